/* VRFs and VNIs: what they are called, which table and devices they have. */
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "overlayd/core/state.h"

struct vrf *vrf_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->vrfs.slab, id) : NULL;
}

static uint32_t name_hash(const struct overlay_core *c, const char *name)
{
	return hash32(hash_bytes(c->seed, name, strlen(name)));
}

static bool name_equal(const void *ctx, uint32_t id, const void *key)
{
	return strcmp(vrf_at(ctx, id)->name, key) == 0;
}

uint32_t vrf_find(const struct overlay_core *c, const char *name)
{
	return htab_find(&c->vrfs.by_key, name_hash(c, name), name_equal, c, name);
}

/* VRFs are few and are never freed: routes and watches name them by id. */
uint32_t vrf_get(struct overlay_core *c, const char *name)
{
	uint32_t id = vrf_find(c, name);
	struct vrf *v;

	if (id)
		return id;
	id = slab_new(&c->vrfs.slab);
	v = vrf_at(c, id);
	v->s.q = Q_LIVE;
	memcpy(v->name, name, strnlen(name, sizeof(v->name) - 1));
	htab_insert(&c->vrfs.by_key, name_hash(c, name), id);
	return id;
}

uint32_t vrf_by_table(const struct overlay_core *c, uint32_t table)
{
	struct overlay_core *cache = (struct overlay_core *)c;
	const struct vrf *v;
	uint32_t id;

	if (table == c->table_cached && c->table_cached_vrf)
		return c->table_cached_vrf;
	slab_foreach (id, v, &c->vrfs.slab) {
		if (v->table != table)
			continue;
		cache->table_cached = table;
		cache->table_cached_vrf = id;
		return id;
	}
	return 0;
}

void vrf_set_table(struct overlay_core *c, uint32_t id, uint32_t table)
{
	struct vrf *v = vrf_at(c, id), *other;
	uint32_t old;

	if (v->table == table)
		return;
	if (v->table)
		routes_drop_vrf(c, id);
	v->table = table;
	c->table_cached_vrf = 0;
	if (!table)
		return;
	slab_foreach (old, other, &c->vrfs.slab)
		if (other->of_nobody && other->table == table)
			vrf_set_table(c, old, 0);
	resync_want(c, ROUTE_DUMPS, 0);
}

uint32_t vrf_of_nobody(struct overlay_core *c, uint32_t table)
{
	char name[IFNAMSIZ];
	uint32_t id;

	snprintf(name, sizeof(name), "/%u", table); /* no link can be called so */
	id = vrf_get(c, name);
	vrf_at(c, id)->of_nobody = true;
	vrf_at(c, id)->table = table;
	c->table_cached_vrf = 0;
	return id;
}

/* A device of kind VRF came, changed or went; also one that someone else made. */
void vrf_device_changed(struct overlay_core *c, uint32_t link_id, bool gone)
{
	struct link *l = link_at(c, link_id);
	uint32_t id;
	struct vrf *v;

	if (l->a.kind != KLINK_VRF)
		return;
	id = vrf_get(c, l->name);
	v = vrf_at(c, id);
	c->plan_due = true;
	if (gone) {
		v->link = 0;
		routes_drop_vrf(c, id);
		/* Those that no link took with it are still there. */
		resync_want(c, ROUTE_DUMPS, MONO_SEC(1));
		if (!v->configured)
			vrf_set_table(c, id, 0);
	} else {
		v->link = link_id;
		vrf_set_table(c, id, l->a.table);
	}
	feed_tell(c, FEED_VRF, id, &v->s);
}

struct vni *vni_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->vnis.slab, id) : NULL;
}

static bool vni_equal(const void *ctx, uint32_t id, const void *key)
{
	return vni_at(ctx, id)->vni == *(const uint32_t *)key;
}

uint32_t vni_find(const struct overlay_core *c, uint32_t vni)
{
	struct overlay_core *cache = (struct overlay_core *)c;
	uint32_t id;

	/* Entries of one come together, and each asks several times.  They are never freed. */
	if (c->last_vni && vni_equal(c, c->last_vni, &vni))
		return c->last_vni;
	id = htab_find(&c->vnis.by_key, hash32(hash_u64(c->seed, vni)), vni_equal, c, &vni);
	if (id)
		cache->last_vni = id;
	return id;
}

static bool is_up(const struct link *l)
{
	return l && l->present && l->a.flags & IFF_UP;
}

bool vni_is_up(const struct overlay_core *c, const struct vni *v)
{
	const struct link *x = link_at(c, v->vxlan), *b = link_at(c, v->bridge);

	return v->configured && is_up(x) && is_up(b) && x->a.kind == KLINK_VXLAN &&
	       x->a.vni == v->vni && x->a.master == b->a.ifindex;
}

uint32_t vni_by_bridge(const struct overlay_core *c, uint32_t ifindex)
{
	uint32_t link = link_by_ifindex(c, ifindex);
	const struct link *l = link_at(c, link);

	return l && l->a.kind == KLINK_BRIDGE && l->wanted ? l->vni : 0;
}
