/* Tables of routes, as generators: a piece at a time, in show order. */
#ifndef WEFT_BGPD_SHOW_TABLE_H
#define WEFT_BGPD_SHOW_TABLE_H

#include "bgpd/show_filter.h"

enum table_form {
	TABLE_ROUTES,	  /* FRR's `show bgp ipv4 unicast` and, for EVPN, `show bgp l2vpn evpn` */
	TABLE_EVPN_ROUTES,/* `show bgp l2vpn evpn route` */
	TABLE_PEER,	  /* received-routes, filtered-routes */
	TABLE_ADVERTISED, /* advertised-routes */
};

struct table_spec {
	enum table_form form;
	bool detail, wide;
	struct show_filter filter; /* handed over */
	const struct peer *peer;   /* TABLE_ADVERTISED */
	bool all_vrfs;		   /* several instances, each under its name */
};

/* Leaves a generator over one family of an instance, or of all. */
void show_table(const struct show *s, const struct bgp_instance *i, enum family f,
		const struct table_spec *spec);

#endif
