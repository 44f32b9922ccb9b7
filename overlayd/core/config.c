/* The configuration value: see config.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

struct claim {
	char what[32], by[32]; /* "VNI 4000", "vrf prod" */
};

struct claims {
	VEC(struct claim) list;
};

static struct claim *claim_number(struct claims *k, const char *kind, uint32_t number)
{
	struct claim *c = vec_push(&k->list);

	snprintf(c->what, sizeof(c->what), "%s %u", kind, number);
	return c;
}

static void claim_interface(struct claims *k, const char *name, const char *by, const char *whose)
{
	struct claim *c = vec_push(&k->list);

	snprintf(c->what, sizeof(c->what), "interface %s", name);
	snprintf(c->by, sizeof(c->by), "%s %s", by, whose);
}

static void claims_of(struct claims *k, const struct overlay_config *c)
{
	const struct overlay_bridge_domain *bd;
	const struct overlay_interface *ifp;
	const struct overlay_vrf *vrf;
	const struct overlay_name *m;
	char id[12];

	vec_foreach (vrf, &c->vrfs) {
		if (vrf->l3vni)
			snprintf(claim_number(k, "VNI", vrf->l3vni)->by, 32, "vrf %s", vrf->name);
		if (vrf->table)
			snprintf(claim_number(k, "table", vrf->table)->by, 32, "vrf %s", vrf->name);
	}
	vec_foreach (bd, &c->bridge_domains) {
		snprintf(id, sizeof(id), "%u", bd->id);
		if (bd->vni)
			snprintf(claim_number(k, "VNI", bd->vni)->by, 32, "bridge-domain %s", id);
		vec_foreach (m, &bd->members)
			claim_interface(k, m->name, "bridge-domain", id);
	}
	vec_foreach (ifp, &c->interfaces)
		if (ifp->vrf[0] && strcmp(ifp->vrf, "default") != 0)
			claim_interface(k, ifp->name, "vrf", ifp->vrf);
}

static int claim_compare(const void *va, const void *vb)
{
	const struct claim *a = va, *b = vb;
	int order = strcmp(a->what, b->what);

	return order ? order : strcmp(a->by, b->by);
}

int overlay_config_check(const struct overlay_config *c, struct err *e)
{
	struct claims k = { 0 };
	int rc = 0;

	claims_of(&k, c);
	if (k.list.n)
		qsort(k.list.v, k.list.n, sizeof(*k.list.v), claim_compare);
	for (size_t i = 1; i < k.list.n && rc == 0; i++) {
		const struct claim *a = &k.list.v[i - 1], *b = &k.list.v[i];

		if (strcmp(a->what, b->what) == 0)
			rc = err_set(e, EINVAL, "%s can't be in both %s and %s", a->what, a->by,
					b->by);
	}
	vec_free(&k.list);
	return rc;
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
