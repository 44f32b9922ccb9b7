/* Into VRFs: the best routes of the VPN and EVPN tables, and of VRFs named by
 * `import vrf`, are copied into the unicast tables of all instances that import
 * one of their route targets.  The cost of a route depends on the targets it
 * carries, not on the number of VRFs.
 * EVPN: type 5 (RFC 9136), and MAC/IP routes with a second label, which become
 * host routes (symmetric IRB, RFC 9135 section 6). */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/vrf_private.h"
#include "lib/base/hash.h"
#include "lib/base/xalloc.h"

#define RANKS_MAX 16 /* paths of one destination that are imported */

/* What is to be imported of one destination. */
struct wanted {
	const struct bgp_instance *from;
	enum family family, target_family;
	uint32_t dest;
	uint8_t key[NLRI_KEY_MAX]; /* in the target's table */
};

struct dest_name {
	uint32_t dest;
	uint16_t instance;
	uint8_t family;
};

static struct vrf_import *at(const struct vrf_importer *m, uint32_t id)
{
	return slab_at(&m->imports, id);
}

static bool same_dest(const void *ctx, uint32_t id, const void *key)
{
	const struct vrf_import *x = at(ctx, id);
	const struct dest_name *n = key;

	return x->dest == n->dest && x->instance == n->instance && x->family == n->family;
}

static uint32_t dest_hash(const struct vrf_importer *m, struct dest_name n)
{
	return (uint32_t)hash_u64(m->core->seed,
			(uint64_t)n.dest << 32 | (uint64_t)n.instance << 8 | n.family);
}

/* ---- route targets ---- */

static int index_compare(const void *a, const void *b)
{
	const struct rt_index_entry *x = a, *y = b;

	if (x->rt != y->rt)
		return x->rt < y->rt ? -1 : 1;
	if (x->family != y->family)
		return (int)x->family - (int)y->family;
	return (int)x->instance - (int)y->instance;
}

static void index_add(struct vrf_importer *m, uint64_t rt, const struct bgp_instance *i, uint8_t f)
{
	*vec_push(&m->index) = (struct rt_index_entry){ rt, i->index, f };
}

static void index_build(struct vrf_importer *m)
{
	static const enum family vpn[2] = { FAM_IPV4_VPN, FAM_IPV6_VPN };

	m->index.n = 0;
	for (size_t n = 0; n < m->core->instances.n; n++) {
		const struct bgp_instance *i = m->core->instances.v[n];

		if (!i || i->removed)
			continue;
		if (i->l3vni) {
			const struct rt_list *l = &i->config->evpn.rt_import;

			for (size_t k = 0; k < l->rt.n; k++)
				index_add(m, l->rt.v[k], i, FAM_EVPN);
			if (!l->rt.n)
				index_add(m, route_target_auto(0, i->l3vni), i, FAM_EVPN);
		}
		for (int af = 0; af < 2; af++) {
			const struct instance_family_config *f =
					&i->config->family[vrf_unicast()[af]];

			for (size_t k = 0; f->vpn_import && k < f->rt_import.rt.n; k++)
				index_add(m, f->rt_import.rt.v[k], i, (uint8_t)vpn[af]);
		}
	}
	if (m->index.n)
		qsort(m->index.v, m->index.n, sizeof(*m->index.v), index_compare);
	m->index_stale = false;
}

/* First entry of the index that is not below (rt, family). */
static size_t index_find(const struct vrf_importer *m, uint64_t rt, uint8_t family)
{
	struct rt_index_entry key = { rt, 0, family };
	size_t lo = 0, hi = m->index.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (index_compare(&m->index.v[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ---- one destination ---- */

/* The one of this target and rank; 0: none. */
static uint32_t import_find(struct vrf_importer *m, uint32_t first, uint16_t target, uint8_t rank)
{
	uint32_t begin = m->near ? at(m, m->near)->next : first, id;

	if (m->fresh)
		return 0;
	for (id = begin; id; id = at(m, id)->next)
		if (at(m, id)->target == target && at(m, id)->rank == rank)
			return id;
	for (id = first; id != begin; id = at(m, id)->next)
		if (at(m, id)->target == target && at(m, id)->rank == rank)
			return id;
	return 0;
}

static struct vrf_import *import_get(struct vrf_importer *m, const struct wanted *w, uint16_t target,
		uint8_t rank, uint32_t *ret_id)
{
	struct dest_name name = { w->dest, w->from->index, (uint8_t)w->family };
	uint32_t hash = dest_hash(m, name), first = htab_find(&m->by_dest, hash, same_dest, m, &name);
	struct vrf_import *x;
	uint32_t id;

	id = import_find(m, first, target, rank);
	if (!id) {
		id = slab_new(&m->imports);
		x = at(m, id);
		*x = (struct vrf_import){ .dest = w->dest, .instance = w->from->index,
			.family = (uint8_t)w->family, .target = target, .rank = rank,
			.external = 2, .live = true };
		if (first) {
			uint32_t before = m->near ? m->near : first;

			x->next = at(m, before)->next;
			at(m, before)->next = id;
		} else {
			htab_insert(&m->by_dest, hash, id);
		}
	}
	m->near = id;
	*ret_id = id;
	return at(m, id);
}

/* Takes one copy out of its target's table. */
static void import_withdraw(struct vrf_importer *m, uint32_t id, const uint8_t *key, enum family f)
{
	const struct vrf_import *x = at(m, id);
	const struct bgp_instance *i = m->core->instances.v[x->target];

	if (i && i->rib[f] && x->external < 2)
		rib_withdraw(i->rib[f], key, i->source_import[x->external], id);
}

static void import_path(struct vrf_importer *m, const struct wanted *w, const struct path *p,
		uint16_t target, uint8_t rank)
{
	struct bgp_core *c = m->core;
	struct bgp_instance *i = c->instances.v[target];
	const struct route_source *src = c->sources.v[p->source];
	struct rib *rib = i ? i->rib[w->target_family] : NULL;
	struct nlri_info info = *info_get(c->infos, p->info);
	const char *map = i ? i->config->family[w->target_family].vpn_map_import : NULL;
	uint32_t id, attrs = p->attrs, attrs_in = p->attrs;
	struct vrf_import *x;
	uint8_t external = src->ibgp ? 1 : 0;

	if (!rib || i->removed || (src->kind == SOURCE_EVPN_LOCAL && src->instance == target))
		return;
	if (w->family == FAM_EVPN && info.label[1] != NLRI_LABEL_NONE)
		info = (struct nlri_info){ { info.label[1], NLRI_LABEL_NONE }, { 0 }, { 0 } };
	attrs_ref(c->attrs, attrs);
	if (map && w->family != FAM_EVPN) {
		struct policy_filter names = { .route_map = map };
		struct policy_bound *b = policy_bind(c->policy, w->target_family, &names);
		struct policy_route r = { .family = w->target_family, .key = w->key, .source = src,
			.source_vrf = w->from->name, .interface = "", .local_as = i->config->as };
		bool permitted = policy_apply(b, c->attrs, c->infos, &r, &attrs, NULL);

		policy_bound_free(b);
		if (!permitted) {
			attrs_unref(c->attrs, attrs);
			return;
		}
	}
	attrs_ref(c->attrs, attrs_in);
	x = import_get(m, w, target, rank, &id);
	if (x->external != external)
		import_withdraw(m, id, w->key, w->target_family);
	x = at(m, id);
	x->external = external;
	x->keep = true;
	rib_update(rib, w->key, i->source_import[external], id, attrs_in, attrs,
			w->family == w->target_family ? 0 : info_intern(c->infos, &info),
			REASON_NONE, core_now_secs(c));
}

static void targets_add(struct vrf_importer *m, uint64_t rt, uint8_t family)
{
	for (size_t e = index_find(m, rt, family); e < m->index.n && m->index.v[e].rt == rt &&
			m->index.v[e].family == family;
			e++) {
		uint16_t i = m->index.v[e].instance;

		while (m->target_of.n <= i)
			*vec_push(&m->target_of) = 0;
		if (m->target_of.v[i] == m->round)
			continue;
		m->target_of.v[i] = m->round;
		*vec_push(&m->targets) = i;
	}
}

/* Instances that import this path by its targets, into m->targets.  Automatic EVPN
 * targets stand in the index with AS 0 and match any, so that fabrics of several
 * ASes need no configuration, as is the field's habit. */
static void targets_of(struct vrf_importer *m, const struct wanted *w, const struct path *p)
{
	struct attr_span s = attrs_part(attrs_get(m->core->attrs, p->attrs), PART_EXT_COMMUNITIES);

	if (++m->round == 0) { /* they look like those of long ago */
		m->target_of.n = 0;
		m->round = 1;
	}
	for (unsigned k = 0; k + 8 <= s.len; k += 8) {
		uint64_t rt = 0;

		if (s.p[k] > 2 || s.p[k + 1] != 2) /* route target, RFC 4360 section 4 */
			continue;
		for (int b = 0; b < 8; b++)
			rt = rt << 8 | s.p[k + b];
		targets_add(m, rt, (uint8_t)w->family);
		if (w->family == FAM_EVPN && s.p[k] == 0)
			targets_add(m, rt & 0xffff0000ffffffffu, FAM_EVPN);
	}
}

/* Where the routes of this destination would go: false if nowhere at all. */
static bool want(const struct bgp_instance *from, enum family f, uint32_t dest, struct wanted *ret)
{
	const struct rib *rib = from->rib[f];
	const uint8_t *key = rib_dest(rib, dest)->key;
	struct prefix p;

	*ret = (struct wanted){ .from = from, .family = f, .dest = dest };
	if (f == FAM_EVPN && key[0] != EVPN_MACIP && key[0] != EVPN_PREFIX)
		return false;
	if (!nlri_key_prefix(f, key, &p))
		return false;
	ret->target_family = p.family == 6 ? FAM_IPV6_UNICAST : FAM_IPV4_UNICAST;
	nlri_key_unicast(&p, ret->key);
	return true;
}

static bool importable(const struct vrf_importer *m, const struct wanted *w, const struct path *p)
{
	const struct bgp_core *c = m->core;
	const struct route_source *src = c->sources.v[p->source];
	const struct bgp_instance *d = vrf_default(c);

	if (src->kind == SOURCE_IMPORT)
		return false;
	if (w->family != FAM_EVPN)
		return true;
	if (rib_dest(w->from->rib[FAM_EVPN], w->dest)->key[0] == EVPN_MACIP)
		return src->kind == SOURCE_PEER && d &&
		       info_get(c->infos, p->info)->label[1] != NLRI_LABEL_NONE;
	return true;
}

static bool import_one(struct vrf_importer *m, const struct wanted *w, const struct path *p, uint8_t rank)
{
	if (!importable(m, w, p))
		return false;
	m->targets.n = 0;
	if (w->family == w->target_family)
		vrf_names_targets(m, w->from, w->family);
	else
		targets_of(m, w, p);
	for (size_t k = 0; k < m->targets.n; k++)
		import_path(m, w, p, m->targets.v[k], rank);
	return true;
}

/* Those in use; if they are imported themselves, the first that is not. */
static void import_paths(struct vrf_importer *m, const struct wanted *w)
{
	const struct rib *rib = w->from->rib[w->family];
	const struct path *p = rib_best(rib, w->dest);
	uint32_t pid = p ? rib_dest(rib, w->dest)->paths : 0;
	uint8_t rank = 0;

	for (; pid && rank < RANKS_MAX; pid = rib_used_next(rib, w->dest, pid))
		rank += import_one(m, w, rib_path(rib, pid), rank);
	for (; !rank && p && p->flags & PATH_USABLE; p = p->next ? rib_path(rib, p->next) : NULL)
		rank += import_one(m, w, p, rank);
}

void vrf_import_dest(struct vrf_importer *m, const struct bgp_instance *from, enum family f,
		uint32_t dest)
{
	struct dest_name name = { dest, from->index, (uint8_t)f };
	uint32_t first, *link, id;
	struct wanted w;

	if (m->index_stale)
		index_build(m);
	if (!want(from, f, dest, &w))
		return;
	m->near = 0;
	m->fresh = !htab_find(&m->by_dest, dest_hash(m, name), same_dest, m, &name);
	import_paths(m, &w);
	/* Copies that were not renewed go. */
	first = htab_find(&m->by_dest, dest_hash(m, name), same_dest, m, &name);
	if (!first)
		return;
	htab_remove(&m->by_dest, dest_hash(m, name), first);
	for (link = &first; (id = *link);) {
		struct vrf_import *x = at(m, id);

		if (x->keep) {
			x->keep = false;
			link = &x->next;
			continue;
		}
		*link = x->next;
		import_withdraw(m, id, w.key, w.target_family);
		x->live = false;
		slab_put(&m->imports, id);
	}
	if (first)
		htab_insert(&m->by_dest, dest_hash(m, name), first);
}

void vrf_import_touch(struct vrf_importer *m, const struct bgp_instance *from, enum family f,
		uint32_t dest)
{
	struct dest_name name = { dest, from->index, (uint8_t)f };
	uint32_t id = htab_find(&m->by_dest, dest_hash(m, name), same_dest, m, &name);
	struct wanted w;

	if (!id || !want(from, f, dest, &w))
		return;
	for (; id; id = at(m, id)->next) {
		const struct bgp_instance *i = m->core->instances.v[at(m, id)->target];
		struct rib *rib = i ? i->rib[w.target_family] : NULL;
		uint32_t copy = rib ? rib_find(rib, w.key) : 0;

		if (copy)
			rib_touch(rib, copy);
	}
}

/* ---- life ---- */

static bool wanted_by_target(const struct vrf_importer *m, enum family f)
{
	const struct rt_index_entry *e;

	vec_foreach(e, &m->index)
		if (e->family == f)
			return true;
	return false;
}

static void importer_wake(struct rib_reader *r)
{
	struct vrf_importer *m =
			((struct vrf_in *)((char *)r - offsetof(struct vrf_in, reader)))->importer;

	core_work_add(m->core, &m->work);
}

/* A table that no instance imports from is not read: not any more, once a walk
 * has taken out what was imported before. */
static void reader_settle(struct vrf_importer *m, struct rib *rib, enum family f)
{
	struct rib_reader *r = &m->in[f].reader;
	bool wanted = wanted_by_target(m, f);

	if (wanted && !r->rib && rib)
		rib_reader_open(rib, r, true, importer_wake);
	else if (!wanted && r->rib && !rib_reader_pending(r))
		rib_reader_close(r);
}

static bool importer_run(struct work *work, struct bgp_core *c)
{
	struct vrf_importer *m =
			(struct vrf_importer *)((char *)work - offsetof(struct vrf_importer, work));
	const struct bgp_instance *d = vrf_default(c);
	uint32_t ids[64], n;
	bool more = false;

	if (m->index_stale)
		index_build(m);
	for (int f = 0; d && f < FAM_COUNT; f++) {
		struct rib_reader *r = &m->in[f].reader;

		reader_settle(m, d->rib[f], (enum family)f);
		for (unsigned done = 0; r->rib && done < VRF_SLICE; done += n) {
			n = rib_reader_read(r, ids, 64);
			for (uint32_t k = 0; k < n; k++)
				vrf_import_dest(m, d, (enum family)f, ids[k]);
			if (!n)
				break;
		}
		more |= r->rib && rib_reader_pending(r);
		reader_settle(m, d->rib[f], (enum family)f);
	}
	return more;
}

struct vrf_importer *vrf_importer_new(struct bgp_core *c)
{
	struct vrf_importer *m = xcalloc(1, sizeof(*m));

	m->core = c;
	m->work.run = importer_run;
	slab_init(&m->imports, sizeof(struct vrf_import));
	vrf_names_init(&m->names, c);
	for (int f = 0; f < FAM_COUNT; f++)
		m->in[f].importer = m;
	return m;
}

void vrf_importer_config(struct vrf_importer *m)
{
	m->index_stale = true;
	for (int f = 0; f < FAM_COUNT; f++)
		if (m->in[f].reader.rib)
			rib_reader_rewind(&m->in[f].reader);
	core_work_add(m->core, &m->work);
}

void vrf_importer_forget(struct vrf_importer *m, const struct bgp_instance *i)
{
	VEC(uint32_t) gone = { 0 };

	m->index_stale = true;
	m->names.stale = true;
	for (uint32_t id = 1; id <= m->imports.used; id++)
		if (at(m, id)->live &&
				(at(m, id)->target == i->index || at(m, id)->instance == i->index))
			*vec_push(&gone) = id;
	for (size_t k = 0; k < gone.n; k++) {
		struct vrf_import *x = at(m, gone.v[k]);
		struct dest_name name = { x->dest, x->instance, x->family };
		struct bgp_instance *from = m->core->instances.v[x->instance];
		uint32_t first = htab_find(&m->by_dest, dest_hash(m, name), same_dest, m, &name);
		struct wanted w;

		if (from && from->rib[x->family] &&
				want(from, (enum family)x->family, x->dest, &w))
			import_withdraw(m, gone.v[k], w.key, w.target_family);
		htab_remove(&m->by_dest, dest_hash(m, name), first);
		for (uint32_t *link = &first; *link; link = &at(m, *link)->next)
			if (*link == gone.v[k]) {
				*link = x->next;
				break;
			}
		if (first)
			htab_insert(&m->by_dest, dest_hash(m, name), first);
		x->live = false;
		slab_put(&m->imports, gone.v[k]);
	}
	vec_free(&gone);
}

void vrf_importer_free(struct vrf_importer *m)
{
	core_work_remove(m->core, &m->work);
	for (int f = 0; f < FAM_COUNT; f++)
		rib_reader_close(&m->in[f].reader);
	htab_fini(&m->by_dest);
	slab_fini(&m->imports);
	vec_free(&m->index);
	vec_free(&m->targets);
	vec_free(&m->target_of);
	vrf_names_fini(&m->names);
	free(m);
}
