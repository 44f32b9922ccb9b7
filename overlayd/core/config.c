/* The configuration value: see config.h. */
#include <stdio.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "overlayd/core/config.h"

struct overlay_config *overlay_config_new(void)
{
	struct overlay_config *c = xcalloc(1, sizeof(*c));

	c->vxlan_port = OVERLAY_VXLAN_PORT;
	c->ip_forwarding = c->ipv6_forwarding = true;
	return c;
}

void overlay_config_free(struct overlay_config *c)
{
	struct overlay_vrf *vrf;
	struct overlay_bridge_domain *bd;
	struct overlay_interface *ifp;

	if (!c)
		return;
	vec_foreach (vrf, &c->vrfs)
		vec_free(&vrf->routes);
	vec_foreach (bd, &c->bridge_domains) {
		vec_free(&bd->gateways);
		vec_free(&bd->members);
	}
	vec_foreach (ifp, &c->interfaces)
		vec_free(&ifp->addrs);
	vec_free(&c->vrfs);
	vec_free(&c->bridge_domains);
	vec_free(&c->interfaces);
	free(c);
}

struct overlay_vrf *overlay_config_vrf(struct overlay_config *c, const char *name)
{
	struct overlay_vrf *vrf;

	vec_foreach (vrf, &c->vrfs)
		if (strcmp(vrf->name, name) == 0)
			return vrf;
	vrf = vec_push(&c->vrfs);
	snprintf(vrf->name, sizeof(vrf->name), "%s", name);
	return vrf;
}

struct overlay_interface *overlay_config_interface(struct overlay_config *c, const char *name)
{
	struct overlay_interface *ifp;

	vec_foreach (ifp, &c->interfaces)
		if (strcmp(ifp->name, name) == 0)
			return ifp;
	ifp = vec_push(&c->interfaces);
	snprintf(ifp->name, sizeof(ifp->name), "%s", name);
	return ifp;
}
