/* What bgpd answers to show and clear commands (lib/sys/commands.h).
 *
 * Each is a function of the table in show.c.  It writes all at once if its
 * answer is bounded, or leaves a generator that walks a table a piece at a time
 * (show_table.c).  Text and JSON come from the same data; FRR's layout and keys
 * where FRR has the show. */
#ifndef WEFT_BGPD_SHOW_H
#define WEFT_BGPD_SHOW_H

#include "bgpd/bgpd.h"
#include "bgpd/core/instance.h"
#include "lib/base/jsonw.h"
#include "lib/base/strbuf.h"
#include "lib/sys/commands.h"
#include "lib/sys/ctl.h"

/* One command being answered. */
struct show {
	struct bgpd *bgpd;
	struct bgp_core *core;
	const struct grammar_match *match;
	struct ctl_answer *answer;
	struct strbuf *out; /* answer->out */
	bool json;
};

void show_exec(struct bgpd *b, const struct grammar_match *m, struct ctl_answer *a);
/* Adds bgpd's lines to `show memory`. */
void show_memory(void *bgpd, struct strbuf *out);

/* ---- for the modules ---- */

bool show_has(const struct show *s, const char *keyword);
const char *show_value(const struct show *s, const char *name); /* NULL: not typed */
/* A sentence as answer, and failure. */
void show_fail(const struct show *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The instance that the command is about (`vrf NAME`, else the default one);
 * NULL for `vrf all`, and, with *ret_failed set and the answer made, if there
 * is none. */
const struct bgp_instance *show_instance(const struct show *s, bool *ret_failed);
bool show_all_vrfs(const struct show *s);
/* The family that the command names; IPv4 unicast if it names none. */
enum family show_family(const struct show *s);
/* Peers of an instance in the order of their addresses; the caller frees. */
struct peer **show_peers(const struct bgp_instance *i, size_t *ret_n);
/* The peer that $neighbor names; NULL: none. */
const struct peer *show_peer(const struct show *s, const struct bgp_instance *i);

/* Commands, by module. */
void show_summary(const struct show *s);
void show_evpn_summary(const struct show *s);
void show_neighbors(const struct show *s);
void show_vrfs(const struct show *s);
void show_nexthop(const struct show *s);
void show_bgp_memory(const struct show *s);
void show_update_groups(const struct show *s);
void show_peer_group(const struct show *s);
void show_feed(const struct show *s);
void show_evpn_vni(const struct show *s);
void show_evpn_import_rt(const struct show *s);
void show_evpn_vrf_import_rt(const struct show *s);
void show_route_map(const struct show *s);
void show_prefix_list(const struct show *s);
void show_community_list(const struct show *s);
void show_as_path_list(const struct show *s);
void clear_bgp(const struct show *s);

#endif
