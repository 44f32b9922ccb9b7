/* One path as shows tell it: a row of a table, or in full; text and JSON. */
#ifndef WEFT_BGPD_SHOW_PATH_H
#define WEFT_BGPD_SHOW_PATH_H

#include "bgpd/core/instance.h"
#include "bgpd/core/peer.h"
#include "lib/base/jsonw.h"

struct path_view {
	const struct bgp_core *core;
	const struct bgp_instance *instance;
	enum family family;
	uint32_t dest, id;     /* its table's, of the destination and the path */
	const uint8_t *key;
	uint32_t version;
	const struct path *path;
	const struct attrs *attrs; /* after policy; as received if that denied it */
	const struct nlri_info *info;
	const struct route_source *source; /* an imported path's: the original's */
	const struct bgp_instance *imported_from; /* NULL: not imported */
	const char *not_installed; /* why the kernel does not get it; NULL: it may */
	bool valid, best, multipath, stale;
	const char *selection; /* of the best: why, in FRR's words */
};

/* The table's version when the outcome last changed; 0: before anybody followed it. */
static inline uint32_t path_view_version(const struct dest *d)
{
	return d->log_at + 1;
}

/* Fills it from a path of a destination.  Valid until the next event. */
void path_view_init(struct path_view *v, const struct bgp_instance *i, enum family f,
		uint32_t dest, uint32_t path);
/* Why it is not the best, or not usable. */
const char *path_view_reason(const struct path_view *v);
/* As received, before the inbound policy. */
void path_view_received(struct path_view *v);

/* ---- a row of a table ---- */

/* The end of the last row, as that of the next one is often the same: neighbouring
 * prefixes have the same origin.  Zeroed at first; until the next event, then
 * row_tail_forget(). */
struct row_tail {
	const struct attrs *attrs;
	const struct route_source *source;
	struct strbuf text;
};
void row_tail_forget(struct row_tail *t);

/* prefix: "" in all rows but a destination's first. */
void path_row_text(const struct path_view *v, const char *prefix, bool wide, struct row_tail *tail,
		struct strbuf *out);
/* The columns after the next hop, and the status before it: for rows of routes
 * that are no paths of a table (what a peer was told). */
void row_status_text(bool valid, bool best, bool multipath, bool internal, bool stale,
		struct strbuf *out);
void row_attrs_text(const struct attrs *a, struct strbuf *out);
void next_hop_column_text(const struct ip_addr *a, uint8_t family, bool wide, struct strbuf *out);
/* Members of an object that is open, in one line. */
void path_row_json(const struct path_view *v, struct row_tail *tail, struct jsonw *j);

/* ---- in full ---- */

void path_detail_text(const struct path_view *v, struct strbuf *out);
void path_detail_json(const struct path_view *v, struct jsonw *j);

/* ---- parts ---- */

/* IP part of a key, with its length: "20.0.1.0/24"; an EVPN key in brackets. */
void key_text(enum family f, const uint8_t *key, struct strbuf *out);
void evpn_key_json(const uint8_t *key, struct jsonw *j);
void json_part(struct jsonw *j, const char *key, const struct attrs *a, enum attr_part p,
		void (*text)(struct attr_span, struct strbuf *));
/* "20.0.1.1", or the interface of an unnumbered peer; "(unspec)" for our own. */
const char *source_name(const struct route_source *s, char *buf);
bool source_is_internal(const struct route_source *s);
/* Its host name as the peer gave it, "" if none; ours for local routes. */
const char *source_hostname(const struct bgp_core *c, const struct route_source *s);
char origin_code(uint8_t origin);
/* Wall clock time of a point in monotonic time, as ctime(3) without the new line. */
int64_t wall_seconds(const struct bgp_core *c, int64_t mono_secs);
const char *wall_text(int64_t epoch, char buf[32]);
/* "00:01:02", "1d02h03m", "01w2d03h", as FRR writes times of sessions. */
const char *uptime_text(int64_t secs, char buf[32]);

#endif
