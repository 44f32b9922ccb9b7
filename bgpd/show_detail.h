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

/* ---- between show_detail.c and show_detail_json.c ---- */

struct path_view;

/* What a next hop costs; false if it can't be reached. */
bool detail_next_hop_state(const struct path_view *v, uint32_t *ret_metric);
bool detail_is_local(const struct path_view *v);
const char *detail_peer_type(const struct path_view *v);
/* An MPLS label is the upper 20 bits of what was received; a VNI is all 24. */
uint32_t detail_label(enum family f, uint32_t label);
bool detail_wants(const struct path_view *v, enum detail_which which);

#endif
