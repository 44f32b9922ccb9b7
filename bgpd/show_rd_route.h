/* One prefix, or what has one address, in the tables with route distinguishers. */
#ifndef WEFT_BGPD_SHOW_RD_ROUTE_H
#define WEFT_BGPD_SHOW_RD_ROUTE_H

#include "bgpd/show.h"
#include "bgpd/show_detail.h"

/* Leaves a generator. */
void show_rd_route(const struct show *s, const struct bgp_instance *i, enum family f,
		enum detail_which which);

#endif
