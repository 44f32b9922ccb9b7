/* Routes by VRF and prefix.  One entry holds bgpd's route, the configuration's
 * static ones, ours in the kernel and those of others there.  Compact: a
 * million of them are the common case, so IPv4 and IPv6 have slabs of their
 * own, and an id says by bit 31 which. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "overlayd/core/state.h"

struct route_key {
	uint32_t vrf;
	const struct prefix *p;
};

struct route *route_at(const struct overlay_core *c, uint32_t id)
{
	if (!id)
		return NULL;
	return slab_at(id & ROUTE_V6 ? &c->routes6.slab : &c->routes4.slab, id & ~ROUTE_V6);
}

struct static_route *static_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->statics, id) : NULL;
}

struct foreign *foreign_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->foreigns, id) : NULL;
}

struct prefix route_prefix(const struct route *r)
{
	struct prefix p = { .family = r->family, .len = r->len };

	memcpy(p.b, r->b, family_bits(r->family) / 8);
	return p;
}

static bool v4_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct route *r = slab_at(&((const struct overlay_core *)ctx)->routes4.slab, id);
	const struct route_key *k = key;

	return r->len == k->p->len && r->vrf == k->vrf && memcmp(r->b, k->p->b, 4) == 0;
}

static bool v6_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct route *r = slab_at(&((const struct overlay_core *)ctx)->routes6.slab, id);
	const struct route_key *k = key;

	return r->len == k->p->len && r->vrf == k->vrf && memcmp(r->b, k->p->b, 16) == 0;
}

static uint32_t key_hash(const struct overlay_core *c, uint32_t vrf, const struct prefix *p)
{
	uint64_t a, b = (uint64_t)vrf << 8 | p->len;

	if (p->family == 4) {
		uint32_t v;

		memcpy(&v, p->b, 4);
		return hash32(hash_mix(c->seed ^ b << 32, v));
	}
	memcpy(&a, p->b, 8);
	a = hash_mix(c->seed ^ b, a);
	memcpy(&b, p->b + 8, 8);
	return hash32(hash_mix(a, b));
}

uint32_t route_find(const struct overlay_core *c, uint32_t vrf, const struct prefix *p)
{
	struct route_key k = { vrf, p };
	uint32_t id;

	if (p->family == 4)
		return htab_find(&c->routes4.by_key, key_hash(c, vrf, p), v4_equal, c, &k);
	id = htab_find(&c->routes6.by_key, key_hash(c, vrf, p), v6_equal, c, &k);
	return id ? id | ROUTE_V6 : 0;
}

uint32_t route_get(struct overlay_core *c, uint32_t vrf, const struct prefix *p)
{
	struct table *t = p->family == 6 ? &c->routes6 : &c->routes4;
	uint32_t id = route_find(c, vrf, p);
	struct route *r;

	if (id)
		return id;
	id = slab_new(&t->slab);
	r = slab_at(&t->slab, id);
	r->s.q = Q_LIVE;
	r->vrf = (uint16_t)vrf;
	r->family = p->family;
	r->len = p->len;
	memcpy(r->b, p->b, family_bits(p->family) / 8);
	htab_insert(&t->by_key, key_hash(c, vrf, p), id);
	return p->family == 6 ? id | ROUTE_V6 : id;
}

void route_put(struct overlay_core *c, uint32_t id)
{
	struct route *r = route_at(c, id);
	struct table *t = id & ROUTE_V6 ? &c->routes6 : &c->routes4;
	struct prefix p;

	if (r->w_spec || r->statics || r->a_type || r->foreign || r->told ||
			r->s.q & ~(Q_LIVE | Q_REFUSED | Q_TAKEN | Q_UNSURE))
		return;
	p = route_prefix(r);
	refusal_forget(c, &r->s);
	htab_remove(&t->by_key, key_hash(c, r->vrf, &p), id & ~ROUTE_V6);
	r->s.q = 0;
	slab_put(&t->slab, id & ~ROUTE_V6);
}

int route_compare(const struct route *a, const struct route *b)
{
	int d;

	if (a->vrf != b->vrf)
		return a->vrf < b->vrf ? -1 : 1;
	d = memcmp(a->b, b->b, family_bits(a->family) / 8);
	return d ? d : a->len - b->len;
}

void route_dirty(struct overlay_core *c, uint32_t id)
{
	struct route *r = route_at(c, id);

	obj_dirty(c, OBJ_ROUTE, id, &r->s);
	if (r->foreign || r->statics || r->told & ROUTE_TOLD_PROTO)
		feed_tell(c, FEED_LOCAL_ROUTE, id, &r->s);
}

bool route_is_present(const struct route *r)
{
	return r->a_type || r->foreign;
}

static void presence_changed(struct overlay_core *c, const struct route *r, bool was)
{
	struct prefix p = route_prefix(r);
	uint32_t *n = &vrf_at(c, r->vrf)->lens[r->family == 6][r->len];

	if (was != route_is_present(r))
		*n += was ? -1u : 1u;
	watch_touch(c, r->vrf, &p);
}

/* ---- what is to be */

uint32_t route_static(const struct overlay_core *c, const struct route *r)
{
	for (uint32_t id = r->statics; id; id = static_at(c, id)->next)
		if (spec_at(c, static_at(c, id)->spec)->resolved)
			return id;
	return 0;
}

const struct foreign *route_connected(const struct overlay_core *c, const struct route *r)
{
	for (uint32_t id = r->foreign; id; id = foreign_at(c, id)->next)
		if (foreign_at(c, id)->proto == 0)
			return foreign_at(c, id);
	return NULL;
}

/* By administrative distance; a connected subnet (0) needs no route of ours. */
uint32_t route_wanted(const struct overlay_core *c, const struct route *r, uint8_t *ret_proto)
{
	const struct static_route *s = static_at(c, route_static(c, r));
	bool bgp = r->w_spec && spec_at(c, r->w_spec)->resolved;

	*ret_proto = 0;
	if ((!s && !bgp) || (r->foreign && route_connected(c, r)))
		return 0;
	if (s && (!bgp || s->distance <= r->w_distance)) {
		*ret_proto = KOBJ_PROTO_STATIC;
		return s->spec;
	}
	*ret_proto = KOBJ_PROTO_BGP;
	return r->w_spec;
}

uint8_t route_local_proto(const struct overlay_core *c, const struct route *r)
{
	uint8_t proto;

	if (!r->foreign && !r->statics)
		return 0;
	if (route_connected(c, r))
		return FEED_CONNECTED;
	if (r->statics && route_wanted(c, r, &proto) && proto == KOBJ_PROTO_STATIC)
		return FEED_STATIC;
	if (!vrf_at(c, r->vrf)->subscribed)
		return 0;
	for (uint32_t id = r->foreign; id; id = foreign_at(c, id)->next)
		if (foreign_at(c, id)->proto != RTPROT_KERNEL)
			return FEED_KERNEL;
	return 0;
}

enum verb route_diff(struct overlay_core *c, uint32_t id)
{
	const struct route *r = route_at(c, id);
	const struct vrf *v = vrf_at(c, r->vrf);
	uint8_t proto;
	const struct spec *s = spec_at(c, route_wanted(c, r, &proto));
	const struct group *g = s && s->group ? group_at(c, s->group) : NULL;

	if (v->of_nobody)
		return r->a_type && c->config ? VERB_DELETE : VERB_NONE;
	if (!v->table || (r->vrf != VRF_DEFAULT && !v->link))
		return r->w_spec || r->statics ? VERB_WAIT : VERB_NONE;
	if (s) {
		if (r->a_type == s->type && r->a_proto == proto &&
				r->a_nhid == (s->type == RTN_UNICAST ? g->kid : 0))
			return VERB_NONE;
		return s->type != RTN_UNICAST || group_is_ready(g) ? VERB_ADD : VERB_WAIT;
	}
	if (!r->a_type && r->s.q & Q_UNSURE)
		return VERB_DELETE;
	if (!r->a_type)
		return r->w_spec || r->statics ? VERB_WAIT : VERB_NONE;
	/* What bgpd has not said yet may come: it sweeps at its END. */
	if (r->a_proto == KOBJ_PROTO_BGP)
		return c->feed_synced || r->s.q & Q_TAKEN ? VERB_DELETE : VERB_NONE;
	return c->config ? VERB_DELETE : VERB_NONE;
}

bool route_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f)
{
	const struct route *r = route_at(c, id);
	const struct spec *s;
	struct kroute k;
	uint8_t proto = 0;

	k.table = vrf_at(c, r->vrf)->table;
	k.prefix = route_prefix(r);
	k.metric = KOBJ_METRIC;
	k.nhid = 0;
	if (v == VERB_ADD) {
		s = spec_at(c, route_wanted(c, r, &proto));
		k.type = s->type;
		if (s->type == RTN_UNICAST)
			k.nhid = group_at(c, s->group)->kid;
		f->sent[0] = k.nhid;
		f->sent[1] = (uint32_t)proto << 8 | k.type;
	}
	k.proto = v == VERB_ADD ? proto : r->a_proto;
	return kobj_encode_route(w, seq, &k, v == VERB_ADD);
}

/* Returns whether that is news. */
static bool ours_set(struct overlay_core *c, uint32_t id, uint8_t type, uint8_t proto,
		uint32_t nhid)
{
	struct route *r = route_at(c, id);
	bool was = route_is_present(r), same = r->a_nhid == nhid && r->a_type == type;
	bool same_proto = r->a_proto == proto;

	r->s.seen = c->dump_no;
	r->a_proto = proto;
	if (same)
		return !same_proto;
	if (r->a_nhid)
		group_use(c, r->a_nhid, -1);
	if (nhid)
		group_use(c, nhid, 1);
	r->a_nhid = nhid;
	r->a_type = type;
	presence_changed(c, r, was);
	return true;
}

void route_done(struct overlay_core *c, const struct flight *f)
{
	struct route *r = route_at(c, f->id);

	r->s.q &= (uint16_t)~Q_UNSURE;
	ours_set(c, f->id, (uint8_t)f->sent[1], (uint8_t)(f->sent[1] >> 8), f->sent[0]);
	if (r->told & ROUTE_TOLD_BAD)
		feed_tell(c, FEED_LOCAL_ROUTE, f->id, &r->s);
	route_dirty(c, f->id);
}

void route_lost(struct overlay_core *c, uint32_t id)
{
	if (!route_at(c, id)->a_type)
		return;
	ours_set(c, id, 0, 0, 0);
	route_dirty(c, id);
}

void route_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out)
{
	const struct route *r = route_at(c, id);
	const struct vrf *v = vrf_at(c, r->vrf);
	struct prefix p = route_prefix(r);
	char buf[PREFIX_TEXT_MAX];

	if (v->of_nobody)
		sb_addf(out, "route %s in table %u, which is no VRF's,", prefix_text(&p, buf), v->table);
	else
		sb_addf(out, "route %s in VRF %s", prefix_text(&p, buf), v->name);
}

/* ---- the others' */

struct foreign *foreign_get(struct overlay_core *c, uint32_t route, uint8_t proto, uint8_t type,
		uint32_t metric)
{
	struct route *r = route_at(c, route);
	bool was = route_is_present(r);
	struct foreign *e;
	uint32_t id;

	for (id = r->foreign; id; id = e->next) {
		e = foreign_at(c, id);
		if (e->proto == proto && e->type == type && e->metric == metric)
			return e;
	}
	id = slab_new(&c->foreigns);
	e = foreign_at(c, id);
	e->s.q = Q_LIVE;
	e->proto = proto;
	e->type = type;
	e->metric = metric;
	e->route = route;
	e->next = r->foreign;
	r->foreign = id;
	presence_changed(c, r, was);
	return e;
}

void foreigns_drop(struct overlay_core *c, uint32_t route,
		bool (*drop)(const struct foreign *, uint32_t arg), uint32_t arg)
{
	struct route *r = route_at(c, route);
	bool was = route_is_present(r), any = false;
	uint32_t *at = &r->foreign;

	while (*at) {
		uint32_t id = *at;
		struct foreign *e = foreign_at(c, id);

		if (!drop(e, arg)) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		e->s.q = 0;
		slab_put(&c->foreigns, id);
		any = true;
	}
	if (!any)
		return;
	presence_changed(c, r, was);
	route_dirty(c, route);
}

/* A hop of an IPv6 route can go alone; true if none is left. */
static bool hops_remove(struct foreign *e, const struct kroute *k)
{
	unsigned n = 0;

	for (unsigned i = 0; i < e->n; i++) {
		bool gone = false;

		for (unsigned j = 0; j < k->n; j++)
			gone |= k->hops[j].oif == e->hops[i].oif &&
				ip_equal(&k->hops[j].gateway, &e->hops[i].gateway);
		if (!gone)
			e->hops[n++] = e->hops[i];
	}
	e->n = (uint8_t)n;
	return n == 0;
}

static bool is_same(const struct foreign *e, uint32_t id)
{
	return e->s.refusal == id; /* a mark set just before, see foreign_actual() */
}

static void foreign_actual(struct overlay_core *c, uint32_t vrf, const struct kroute *k, bool gone)
{
	uint32_t id = gone ? route_find(c, vrf, &k->prefix) : route_get(c, vrf, &k->prefix);
	struct foreign *e;
	struct khop hops[FOREIGN_HOPS];
	unsigned n = k->n < FOREIGN_HOPS ? k->n : FOREIGN_HOPS;

	if (!id)
		return;
	e = foreign_get(c, id, k->proto, k->type, k->metric);
	e->s.seen = c->dump_no;
	if (gone && (k->prefix.family == 4 || e->n < 2 || hops_remove(e, k))) {
		e->s.refusal = 1;
		foreigns_drop(c, id, is_same, 1);
		return;
	}
	if (gone)
		return;
	memset(hops, 0, sizeof(hops));
	for (unsigned i = 0; i < n; i++) {
		hops[i].gateway = k->hops[i].gateway;
		hops[i].oif = k->hops[i].oif;
	}
	if (e->n == n && e->nhid == k->nhid && memcmp(e->hops, hops, sizeof(hops)) == 0)
		return;
	e->scope = k->scope;
	e->nhid = k->nhid;
	e->n = (uint8_t)n;
	memcpy(e->hops, hops, sizeof(hops));
	watch_touch(c, vrf, &k->prefix);
	route_dirty(c, id);
}

/* Was that before or after we asked for it?  If it is not wanted then it is
 * deleted all the same. */
static void ours_gone(struct overlay_core *c, uint32_t id, uint8_t proto)
{
	struct route *r = route_at(c, id);

	if (!r->a_type)
		return;
	route_lost(c, id);
	if (!c->routes_asked)
		return;
	r->a_proto = proto;
	r->s.q |= Q_UNSURE;
}

void route_actual(struct overlay_core *c, const struct kroute *k, bool gone)
{
	bool ours = (k->proto == KOBJ_PROTO_BGP || k->proto == KOBJ_PROTO_STATIC) &&
		    k->metric == KOBJ_METRIC;
	uint32_t vrf = vrf_by_table(c, k->table), id;

	if (!vrf && ours && !gone)
		vrf = vrf_of_nobody(c, k->table);
	if (!vrf)
		return;
	if (!ours) {
		if (!vrf_at(c, vrf)->of_nobody)
			foreign_actual(c, vrf, k, gone);
		return;
	}
	id = gone ? route_find(c, vrf, &k->prefix) : route_get(c, vrf, &k->prefix);
	if (!id)
		return;
	if (gone) {
		ours_gone(c, id, k->proto);
		return;
	}
	/* A listing of a full table, as after each change of a link, is no news. */
	if (ours_set(c, id, k->type, k->proto, k->nhid))
		route_dirty(c, id);
}
