/* What changed between two configurations of a neighbour, by family. */
#ifndef WEFT_BGPD_CORE_CONFIG_COST_H
#define WEFT_BGPD_CORE_CONFIG_COST_H

#include "bgpd/core/config.h"

struct peer_config_change {
	bool session;	       /* needs a new session, because of: */
	uint8_t why;	       /* enum peer_down */
	bool in[FAM_COUNT];    /* inbound options or names of filters */
	bool out[FAM_COUNT];   /* outbound likewise */
};
struct peer_config_change peer_config_compare(
		const struct peer_config *old, const struct peer_config *new);

#endif
