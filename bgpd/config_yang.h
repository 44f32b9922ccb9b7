/* The configuration tree as bgpd's configuration value.  Beside lib/sys, the
 * only part of bgpd that sees that tree. */
#ifndef WEFT_BGPD_CONFIG_YANG_H
#define WEFT_BGPD_CONFIG_YANG_H

#include "bgpd/core/config.h"
#include "lib/base/err.h"

struct config;
struct config_node;

/* A value with one reference, or NULL and a sentence naming the line that
 * can't be used. */
struct bgp_config *config_yang_build(const struct config *tree, struct err *e);

/* ---- between config_yang*.c ---- */

/* A peer's own settings and, behind them, its group's; either may be NULL. */
struct yang_source {
	const struct config_node *own, *group;
};

/* Copies the name of a device; -EINVAL and a sentence if it does not fit.  NULL is "". */
int config_yang_name(char *dst, size_t size, const char *name, struct err *e);
int config_yang_rts(const char *text, struct rt_list *ret, struct err *e);
void config_yang_rts_sort(struct rt_list *l);
int config_yang_policy(const struct config_node *root, struct policy_config *ret, struct err *e);
int config_yang_peers(const struct config_node *bgp, struct bgp_config *c, struct instance_config *i,
		struct err *e);

#endif
