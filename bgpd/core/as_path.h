/* AS paths as PART_AS_PATH holds them: segments of type (1), count (1), AS
 * numbers (4 each).  All functions take well-formed paths: as_path_valid()
 * has been asked where the bytes came in. */
#ifndef WEFT_BGPD_CORE_AS_PATH_H
#define WEFT_BGPD_CORE_AS_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd/core/attrs.h"

enum as_segment { AS_SET = 1, AS_SEQUENCE = 2, AS_CONFED_SEQUENCE = 3, AS_CONFED_SET = 4 };

bool as_path_valid(struct attr_span path); /* RFC 7606 section 7.2 */
/* Length as decision counts it: a set is 1, confederation segments 0
 * (RFC 4271 9.1.2.2 (a), RFC 5065 5.3). */
unsigned as_path_hops(struct attr_span path);
/* First AS of the first segment that is no confederation's, 0 if empty or a set. */
uint32_t as_path_neighbor(struct attr_span path);
uint32_t as_path_first(struct attr_span path); /* first AS of all, confederation's or not; 0 */
uint32_t as_path_origin_as(struct attr_span path); /* last AS; 0 if empty or a set */
bool as_path_has_set(struct attr_span path); /* AS_SET or AS_CONFED_SET */
unsigned as_path_count(struct attr_span path, uint32_t as); /* how often it is there */
bool as_path_has_confed(struct attr_span path);

static inline bool as_is_private(uint32_t as) /* RFC 6996 */
{
	return (as >= 64512 && as <= 65534) || (as >= 4200000000u && as <= 4294967294u);
}

/* The following write the new path to buf, which must hold AS_PATH_ROOM(path,
 * n) bytes, and return it.  buf may not overlap the path. */
#define AS_PATH_ROOM(len, n) ((len) + 4 * (n) + 2 * ((n) / 255 + 2))

/* `as` n times in front, as type AS_SEQUENCE or AS_CONFED_SEQUENCE.  A full
 * segment is not overflowed (RFC 4271 5.1.2). */
struct attr_span as_path_prepend(struct attr_span path, uint8_t type, uint32_t as, unsigned n,
		uint8_t *buf);
/* Every `from` becomes `to` (as-override, local-as). */
struct attr_span as_path_replace(struct attr_span path, uint32_t from, uint32_t to, uint8_t *buf);
struct attr_span as_path_strip_confed(struct attr_span path, uint8_t *buf);
struct attr_span as_path_remove(struct attr_span path, uint32_t as, uint8_t *buf); /* each of it */
/* remove-private-AS.  all: also when there are public ones; replace_with (not
 * 0): instead of leaving them out.  keep (not 0): this one stays (the peer's
 * own AS, as FRR does). */
struct attr_span as_path_remove_private(struct attr_span path, bool all, uint32_t replace_with,
		uint32_t keep, uint8_t *buf);

#endif
