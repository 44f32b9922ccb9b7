/* A destination with all its paths in full. */
#ifndef WEFT_BGPD_SHOW_DETAIL_H
#define WEFT_BGPD_SHOW_DETAIL_H

#include "bgpd/core/instance.h"
#include "lib/base/jsonw.h"

struct peer;

enum detail_which { DETAIL_ALL, DETAIL_BEST, DETAIL_MULTIPATH };

void dest_detail_text(const struct bgp_instance *i, enum family f, uint32_t dest,
		enum detail_which which, struct strbuf *out);
/* Members of an object that is open. */
void dest_detail_json(const struct bgp_instance *i, enum family f, uint32_t dest,
		enum detail_which which, struct jsonw *j);
/* Has the peer been told a route to it? */
bool dest_was_told(const struct peer *p, enum family f, uint32_t dest);

#endif
