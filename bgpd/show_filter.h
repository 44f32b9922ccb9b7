/* Which paths a show wants: `community`, `regexp`, `prefix-list` and so on. */
#ifndef WEFT_BGPD_SHOW_FILTER_H
#define WEFT_BGPD_SHOW_FILTER_H

#include "bgpd/core/list.h"
#include "bgpd/show.h"
#include "bgpd/show_path.h"

struct show_filter {
	struct route_list *list; /* over an attribute; NULL: none */
	enum list_kind kind;
	enum list_mode mode;
	bool any_community;	 /* has one of this kind at all */
	struct policy_bound *bound; /* prefix list or route-map; NULL: none */
	bool cidr_only;
	bool inside;		 /* prefix `within` and what lies inside it */
	struct prefix within;
	int evpn_type;		 /* 0: all */
	bool by_vni, by_mac, by_ip, by_rd;
	uint32_t vni;
	struct mac_addr mac;
	struct ip_addr ip;
	struct rd_value rd;
	uint16_t source;	 /* of this peer alone; 0: all */
	/* what of a peer's paths */
	enum { PATHS_IN_TABLE, PATHS_RECEIVED, PATHS_FILTERED } which;
};

/* From a command's words; -EINVAL and a sentence for a person. */
int show_filter_init(struct show_filter *x, const struct show *s, struct err *e);
void show_filter_fini(struct show_filter *x);
bool show_filter_by_dest(const struct show_filter *x); /* the next one can be false */
bool show_filter_dest(const struct show_filter *x, enum family f, const uint8_t *key);
bool show_filter_path(const struct show_filter *x, const struct path_view *v);

#endif
