/* Routes between VRF tables, VPN and EVPN, by route target: one link per
 * instance, which exports from its unicast tables (vrf_export.c); one importer,
 * which belongs to the default instance as the VPN and EVPN tables do
 * (vrf_import.c).  Both read tables' logs and work in slices.
 * Source: RFC 4364 section 4.3, RFC 9136 section 4.4. */
#include <stdlib.h>

#include "bgpd/core/vrf_private.h"
#include "lib/base/xalloc.h"

struct bgp_instance *vrf_default(const struct bgp_core *c)
{
	return c->instances.n ? c->instances.v[0] : NULL;
}

const uint8_t *ext_community_find(struct attr_span s, uint8_t type, uint8_t sub_type)
{
	for (unsigned at = 0; at + 8 <= s.len; at += 8)
		if (s.p[at] == type && s.p[at + 1] == sub_type)
			return s.p + at;
	return NULL;
}

uint64_t route_target_auto(uint32_t as, uint32_t vni)
{
	return (uint64_t)0x0002 << 48 | (uint64_t)(as & 0xffff) << 32 | vni;
}

struct rd_value rd_auto(uint32_t router_id, uint16_t n)
{
	return (struct rd_value){ { 0, 1, (uint8_t)(router_id >> 24), (uint8_t)(router_id >> 16),
			(uint8_t)(router_id >> 8), (uint8_t)router_id, (uint8_t)(n >> 8),
			(uint8_t)n } };
}

static struct vrf_importer *importer(const struct bgp_core *c)
{
	const struct bgp_instance *d = vrf_default(c);

	return d && d->vrf ? d->vrf->importer : NULL;
}

static bool link_run(struct work *w, struct bgp_core *c)
{
	(void)c;
	return vrf_export_run((struct vrf_link *)((char *)w - offsetof(struct vrf_link, work)));
}

struct vrf_link *vrf_link_new(struct bgp_instance *i)
{
	struct vrf_link *v = xcalloc(1, sizeof(*v));

	v->instance = i;
	v->work.run = link_run;
	for (int af = 0; af < 2; af++) {
		v->export[af].link = v;
		v->export[af].af = af;
	}
	if (i->index == 0)
		v->importer = vrf_importer_new(i->core);
	return v;
}

void vrf_link_free(struct vrf_link *v)
{
	struct vrf_importer *m;

	if (!v)
		return;
	m = importer(v->instance->core);
	vrf_export_withdraw_all(v);
	if (m)
		vrf_importer_forget(m, v->instance);
	core_work_remove(v->instance->core, &v->work);
	for (int af = 0; af < 2; af++) {
		rib_reader_close(&v->export[af].reader);
		for (int o = 0; o < OUT_COUNT; o++) {
			vec_free(&v->export[af].out[o].rt.rt);
			policy_bound_free(v->export[af].out[o].filter);
		}
	}
	if (v->importer)
		vrf_importer_free(v->importer);
	free(v);
}

void vrf_link_config(struct vrf_link *v)
{
	struct vrf_importer *m = importer(v->instance->core);

	vrf_export_config(v);
	if (m) {
		vrf_names_config(&m->names);
		vrf_importer_config(m);
	}
}

bool vrf_path_origin(const struct bgp_instance *i, uint32_t path_id, struct vrf_origin *ret)
{
	const struct bgp_core *c = i->core;
	const struct vrf_importer *m = importer(c);
	const struct vrf_import *x;
	const struct bgp_instance *from;
	const struct rib *rib;
	const struct path *p;
	unsigned rank = 0;

	if (!m || path_id == 0 || path_id > m->imports.used)
		return false;
	x = slab_at(&m->imports, path_id);
	if (!x->live || x->target != i->index)
		return false;
	from = c->instances.v[x->instance];
	rib = from ? from->rib[x->family] : NULL;
	if (!rib || !rib_dest(rib, x->dest)->paths)
		return false;
	p = rib_path(rib, rib_dest(rib, x->dest)->paths);
	while (rank < x->rank && p->next) {
		p = rib_path(rib, p->next);
		rank += (p->flags & PATH_MULTIPATH) != 0;
	}
	*ret = (struct vrf_origin){ from, NULL, (enum family)x->family, x->dest, p->source };
	if (x->family == FAM_IPV4_UNICAST || x->family == FAM_IPV6_UNICAST)
		ret->vrf = from;
	else if (c->sources.v[p->source]->kind == SOURCE_EVPN_LOCAL)
		ret->vrf = c->instances.v[c->sources.v[p->source]->instance];
	return true;
}
