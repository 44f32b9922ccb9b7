/* EVPN for L2VNIs: what others announce.  The EVPN table's log is read; each
 * chosen type 2 and type 3 route is given to the VNIs that import one of its
 * route targets.  Several routes (of different RDs) can speak of the same MAC in
 * a VNI: they are claims on one entry, and the best claim is what overlayd is
 * told (RFC 7432 section 15: sticky, sequence, lower VTEP).
 *
 * An entry that differs from what overlayd was told last is in the queue, once;
 * the feed takes from it when it can. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/evpn_private.h"
#include "lib/base/hash.h"
#include "lib/base/xalloc.h"

#define SLICE 1024

/* What overlayd is to know, or was told, about an entry. */
struct told {
	bool present;
	uint8_t flags;
	uint32_t seq;
	struct ip_addr vtep;
};

/* A MAC, a MAC/IP, or (mac zero, imet) a VTEP of a VNI. */
struct entry {
	struct evpn_mac_name name; /* imet: ip is the VTEP */
	bool imet, queued, live;
	uint32_t claims;
	uint32_t queue_next;
	struct told told;
};

/* One route of the table that speaks of an entry. */
struct claim {
	uint32_t dest, entry;
	uint32_t next_of_entry, next_of_dest;
	bool keep;
};

struct rt_vni {
	uint64_t rt;
	uint32_t vni;
};

/* What overlayd was told of a VNI; outlives the VNI, as the entries do. */
struct count {
	uint32_t vni, n_vteps, n_remote;
};

struct evpn_remote {
	struct evpn *evpn;
	struct rib_reader reader;
	struct work work;
	struct slab entries, claims;
	struct htab entry_by_name, claim_by_dest; /* first claim of a destination */
	struct slab counts;
	struct htab count_by_vni;
	VEC(struct rt_vni) index;		  /* sorted */
	VEC(uint32_t) found;			  /* VNIs of the route at hand */
	bool index_stale;
	uint32_t queue_head, queue_tail;	  /* entries to tell */
};

static struct entry *entry_at(const struct evpn_remote *r, uint32_t id)
{
	return slab_at(&r->entries, id);
}

static struct claim *claim_at(const struct evpn_remote *r, uint32_t id)
{
	return slab_at(&r->claims, id);
}

/* ---- route targets ---- */

/* Automatic route targets are compared without the AS, so that fabrics of
 * several ASes need no configuration, as is the field's habit. */
static uint64_t rt_without_as(uint64_t rt)
{
	return rt & 0xffff0000ffffffffu;
}

static int index_compare(const void *a, const void *b)
{
	const struct rt_vni *x = a, *y = b;

	if (x->rt != y->rt)
		return x->rt < y->rt ? -1 : 1;
	return x->vni < y->vni ? -1 : x->vni > y->vni;
}

static void index_build(struct evpn_remote *r)
{
	const struct evpn *e = r->evpn;
	size_t n = 0;

	r->index.n = 0;
	for (size_t k = 0; k < e->vnis.n; k++) {
		const struct evpn_vni *v = e->vnis.v[k];

		for (size_t t = 0; v->advertised && t < v->rt_import.rt.n; t++)
			*vec_push(&r->index) = (struct rt_vni){ v->rt_import_auto ?
						rt_without_as(v->rt_import.rt.v[t]) :
						v->rt_import.rt.v[t],
				v->vni };
	}
	if (r->index.n)
		qsort(r->index.v, r->index.n, sizeof(*r->index.v), index_compare);
	for (size_t k = 0; k < r->index.n; k++)
		if (n == 0 || index_compare(&r->index.v[n - 1], &r->index.v[k]) != 0)
			r->index.v[n++] = r->index.v[k];
	r->index.n = n;
	r->index_stale = false;
}

/* Adds the VNIs that import rt to r->found; returns whether there were any. */
static bool vnis_add(struct evpn_remote *r, uint64_t rt)
{
	struct rt_vni key = { rt, 0 };
	size_t lo = 0, hi = r->index.n, before = r->found.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (index_compare(&r->index.v[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < r->index.n && r->index.v[lo].rt == rt; lo++)
		*vec_push(&r->found) = r->index.v[lo].vni;
	return r->found.n > before;
}

static int vni_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Leaves the VNIs that import a route with these attributes in r->found. */
static void vnis_of(struct evpn_remote *r, const struct attrs *a)
{
	struct attr_span s = attrs_part(a, PART_EXT_COMMUNITIES);
	unsigned targets = 0;
	size_t n = 0;

	r->found.n = 0;
	for (unsigned at = 0; at + 8 <= s.len; at += 8) {
		uint64_t rt = 0;

		if (s.p[at] > 2 || s.p[at + 1] != 2)
			continue;
		for (int b = 0; b < 8; b++)
			rt = rt << 8 | s.p[at + b];
		targets += vnis_add(r, rt);
		if (s.p[at] == 0)
			targets += vnis_add(r, rt_without_as(rt));
	}
	if (targets < 2)
		return;
	qsort(r->found.v, r->found.n, sizeof(r->found.v[0]), vni_compare);
	for (size_t i = 0; i < r->found.n; i++)
		if (n == 0 || r->found.v[n - 1] != r->found.v[i])
			r->found.v[n++] = r->found.v[i];
	r->found.n = n;
}

/* ---- entries ---- */

struct entry_name {
	struct evpn_mac_name name;
	bool imet;
};

static bool entry_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct entry *x = entry_at(ctx, id);
	const struct entry_name *n = key;

	return x->imet == n->imet && x->name.vni == n->name.vni &&
	       memcmp(x->name.mac.b, n->name.mac.b, 6) == 0 && ip_equal(&x->name.ip, &n->name.ip);
}

static uint32_t entry_find(const struct evpn_remote *r, const struct entry_name *n)
{
	return htab_find(&r->entry_by_name, evpn_mac_hash(r->evpn, &n->name), entry_equal, r, n);
}

static uint32_t entry_get(struct evpn_remote *r, const struct entry_name *n)
{
	uint32_t id = entry_find(r, n);

	if (id)
		return id;
	id = slab_new(&r->entries);
	*entry_at(r, id) = (struct entry){ .name = n->name, .imet = n->imet, .live = true };
	htab_insert(&r->entry_by_name, evpn_mac_hash(r->evpn, &n->name), id);
	return id;
}

static void entry_queue(struct evpn_remote *r, uint32_t id)
{
	struct entry *x = entry_at(r, id);

	if (x->queued)
		return;
	x->queued = true;
	x->queue_next = 0;
	if (r->queue_tail)
		entry_at(r, r->queue_tail)->queue_next = id;
	else
		r->queue_head = id;
	r->queue_tail = id;
	feed_out_wake(r->evpn->core->feed_out);
}

static uint8_t claim_flags(const struct attrs *a, bool sticky)
{
	struct attr_span s = attrs_part(a, PART_EXT_COMMUNITIES);
	const uint8_t *nd = ext_community_find(s, 0x06, 0x08);

	return (sticky ? FEED_MAC_STICKY : 0) |
	       (ext_community_find(s, 0x03, 0x0d) ? FEED_MAC_GATEWAY : 0) |
	       (nd && (nd[2] & 1) ? FEED_MAC_ROUTER : 0);
}

static bool better(const struct told *a, const struct told *b)
{
	if ((a->flags ^ b->flags) & FEED_MAC_STICKY)
		return a->flags & FEED_MAC_STICKY;
	if (a->seq != b->seq)
		return a->seq > b->seq;
	return ip_compare(&a->vtep, &b->vtep) < 0;
}

/* The best of an entry's claims. */
static struct told entry_choose(const struct evpn_remote *r, const struct entry *x)
{
	const struct bgp_core *c = r->evpn->core;
	const struct rib *rib = evpn_table(r->evpn);
	struct told best = { 0 };

	for (uint32_t id = x->claims; id; id = claim_at(r, id)->next_of_entry) {
		const struct path *p = rib_best(rib, claim_at(r, id)->dest);
		const struct attrs *a = p ? attrs_get(c->attrs, p->attrs) : NULL;
		struct told t = { .present = true };
		bool sticky;

		if (!a || !a->next_hop)
			continue;
		t.seq = evpn_mobility(a, &sticky);
		t.flags = claim_flags(a, sticky);
		t.vtep = attrs_next_hop(c->attrs, a->next_hop)->addr;
		if (!best.present || better(&t, &best))
			best = t;
	}
	return best;
}

/* Does what is here outweigh what another box claims?  If not, ours yields. */
static bool local_wins(const struct evpn_remote *r, const struct evpn_mac_name *n,
		const struct told *t)
{
	struct evpn_local *l = evpn_local_find(r->evpn, n);
	const struct evpn_vni *v = evpn_vni_get(r->evpn, n->vni);
	struct told mine = { true, 0, 0, { 0 } };

	if (!l || l->yielded)
		return false;
	mine.flags = l->flags & (FEED_MAC_STICKY | FEED_MAC_GATEWAY) ? FEED_MAC_STICKY : 0;
	if (mine.flags)
		return true; /* a gateway's MAC is at home everywhere */
	mine.seq = l->seq;
	mine.vtep = v ? v->vtep : (struct ip_addr){ 0 };
	if (better(&mine, t))
		return true;
	l->yielded = true;
	evpn_local_originate(r->evpn, l);
	return false;
}

static struct told entry_target(const struct evpn_remote *r, const struct entry *x)
{
	struct told t = entry_choose(r, x);

	if (t.present && !x->imet && local_wins(r, &x->name, &t))
		t.present = false;
	return t;
}

static bool told_equal(const struct told *a, const struct told *b)
{
	return a->present == b->present &&
	       (!a->present || (a->flags == b->flags && a->seq == b->seq &&
						ip_equal(&a->vtep, &b->vtep)));
}

static void entry_eval(struct evpn_remote *r, uint32_t id)
{
	struct told t = entry_target(r, entry_at(r, id));

	if (!told_equal(&t, &entry_at(r, id)->told) || !entry_at(r, id)->claims)
		entry_queue(r, id);
}

void evpn_remote_local_changed(struct evpn_remote *r, const struct evpn_mac_name *n)
{
	struct entry_name name = { *n, false };
	uint32_t id = entry_find(r, &name);

	if (id)
		entry_queue(r, id);
}

bool evpn_remote_seq(const struct evpn_remote *r, uint32_t vni, const struct mac_addr *mac,
		uint32_t *ret_seq)
{
	struct entry_name name = { { vni, *mac, { 0 } }, false };
	uint32_t id = entry_find(r, &name);
	struct told t;

	if (!id)
		return false;
	t = entry_choose(r, entry_at(r, id));
	*ret_seq = t.seq;
	return t.present;
}

/* ---- claims ---- */

static bool claim_dest_equal(const void *ctx, uint32_t id, const void *key)
{
	return claim_at(ctx, id)->dest == *(const uint32_t *)key;
}

static uint32_t dest_hash(const struct evpn_remote *r, uint32_t dest)
{
	return (uint32_t)hash_u64(r->evpn->core->seed, dest);
}

static uint32_t claims_of_dest(const struct evpn_remote *r, uint32_t dest)
{
	return htab_find(&r->claim_by_dest, dest_hash(r, dest), claim_dest_equal, r, &dest);
}

/* A destination's claims differ in their VNIs, and are in their order. */
static uint32_t claim_vni(const struct evpn_remote *r, uint32_t id)
{
	return entry_at(r, claim_at(r, id)->entry)->name.vni;
}

/* Renews, or adds, the claim on an entry, in a list where all of lower VNIs are
 * before *link; returns the link behind it. */
static uint32_t *claim_renew(struct evpn_remote *r, uint32_t dest, const struct entry_name *n,
		uint32_t *link)
{
	uint32_t entry, id;

	while (*link && claim_vni(r, *link) < n->name.vni)
		link = &claim_at(r, *link)->next_of_dest;
	entry = entry_get(r, n);
	id = *link;
	if (!id || claim_at(r, id)->entry != entry) {
		id = slab_new(&r->claims);
		*claim_at(r, id) = (struct claim){ dest, entry, entry_at(r, entry)->claims, *link, true };
		entry_at(r, entry)->claims = id;
		*link = id;
	}
	claim_at(r, id)->keep = true;
	return &claim_at(r, id)->next_of_dest;
}

static void claim_unlink_from_entry(struct evpn_remote *r, uint32_t id)
{
	uint32_t *link = &entry_at(r, claim_at(r, id)->entry)->claims;

	while (*link != id)
		link = &claim_at(r, *link)->next_of_entry;
	*link = claim_at(r, id)->next_of_entry;
}

/* Drops the claims of a destination that were not renewed; every entry that it
 * spoke or speaks of is looked at again. */
static void claims_settle(struct evpn_remote *r, uint32_t *link)
{
	uint32_t id;

	while ((id = *link)) {
		struct claim *c = claim_at(r, id);
		uint32_t entry = c->entry;

		if (c->keep) {
			c->keep = false;
			link = &c->next_of_dest;
		} else {
			claim_unlink_from_entry(r, id);
			*link = c->next_of_dest;
			slab_put(&r->claims, id);
		}
		entry_eval(r, entry);
	}
}

/* Ingress replication (RFC 6514 section 5): other tunnels are not for us to
 * copy frames into.  No PMSI at all is taken as that. */
static bool floods_by_unicast(const struct attrs *a)
{
	struct attr_span s = attrs_part(a, PART_PMSI);

	return s.len < 2 || s.p[1] == EVPN_PMSI_INGRESS;
}

static void dest_changed(struct evpn_remote *r, uint32_t dest)
{
	const struct evpn *e = r->evpn;
	const struct rib *rib = evpn_table(e);
	const struct path *p = rib_best(rib, dest);
	const uint8_t *key = rib_dest(rib, dest)->key;
	uint32_t before, first, *link = &first;
	struct entry_name n = { 0 };
	struct evpn_key k;

	if (key[0] != EVPN_MACIP && key[0] != EVPN_IMET)
		return;
	before = first = claims_of_dest(r, dest);
	if (p && e->core->sources.v[p->source]->kind == SOURCE_PEER) {
		nlri_evpn_key(key, &k);
		n.imet = k.type == EVPN_IMET;
		n.name.mac = k.mac;
		n.name.ip = k.ip;
		r->found.n = 0;
		if (!n.imet || floods_by_unicast(attrs_get(e->core->attrs, p->attrs)))
			vnis_of(r, attrs_get(e->core->attrs, p->attrs));
		for (size_t i = 0; i < r->found.n; i++) {
			const struct evpn_vni *v = evpn_vni_get(e, r->found.v[i]);

			n.name.vni = r->found.v[i];
			if (v && !(n.imet && ip_equal(&k.ip, &v->vtep)))
				link = claim_renew(r, dest, &n, link);
		}
	}
	claims_settle(r, &first);
	if (first == before)
		return;
	if (before)
		htab_remove(&r->claim_by_dest, dest_hash(r, dest), before);
	if (first)
		htab_insert(&r->claim_by_dest, dest_hash(r, dest), first);
}

/* ---- reading ---- */

static bool remote_run(struct work *w, struct bgp_core *c)
{
	struct evpn_remote *r =
			(struct evpn_remote *)((char *)w - offsetof(struct evpn_remote, work));
	uint32_t ids[64], n;

	(void)c;
	if (!r->reader.rib)
		return false;
	if (r->index_stale)
		index_build(r);
	for (unsigned done = 0; done < SLICE; done += n) {
		n = rib_reader_read(&r->reader, ids, 64);
		for (uint32_t k = 0; k < n; k++)
			dest_changed(r, ids[k]);
		if (!n)
			return false;
	}
	return rib_reader_pending(&r->reader);
}

static void remote_wake(struct rib_reader *reader)
{
	struct evpn_remote *r =
			(struct evpn_remote *)((char *)reader - offsetof(struct evpn_remote, reader));

	core_work_add(r->evpn->core, &r->work);
}

void evpn_remote_config(struct evpn_remote *r)
{
	struct rib *rib = evpn_table(r->evpn);

	r->index_stale = true;
	if (r->reader.rib)
		rib_reader_rewind(&r->reader);
	else if (rib && r->evpn->vnis.n)
		rib_reader_open(rib, &r->reader, true, remote_wake);
	core_work_add(r->evpn->core, &r->work);
}

void evpn_remote_table_gone(struct evpn_remote *r)
{
	rib_reader_close(&r->reader);
	core_work_remove(r->evpn->core, &r->work);
	htab_fini(&r->claim_by_dest);
	slab_fini(&r->claims);
	slab_init(&r->claims, sizeof(struct claim));
	for (uint32_t id = 1; id <= r->entries.used; id++)
		if (entry_at(r, id)->live) {
			entry_at(r, id)->claims = 0;
			entry_queue(r, id);
		}
}

/* ---- telling overlayd ---- */

static bool count_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct evpn_remote *r = ctx;

	return ((const struct count *)slab_at(&r->counts, id))->vni == *(const uint32_t *)key;
}

static uint32_t count_find(const struct evpn_remote *r, uint32_t vni)
{
	return htab_find(&r->count_by_vni, (uint32_t)hash_u64(r->evpn->core->seed, vni), count_equal,
			r, &vni);
}

static void count_told(struct evpn *e, const struct entry *x, int by)
{
	struct evpn_remote *r = e->remote;
	struct evpn_vni *v = evpn_vni_get(e, x->name.vni);
	uint32_t id = count_find(r, x->name.vni);
	struct count *c;

	if (!id) {
		id = slab_new(&r->counts);
		((struct count *)slab_at(&r->counts, id))->vni = x->name.vni;
		htab_insert(&r->count_by_vni,
				(uint32_t)hash_u64(e->core->seed, x->name.vni), id);
	}
	c = slab_at(&r->counts, id);
	*(x->imet ? &c->n_vteps : &c->n_remote) += (uint32_t)by;
	if (v)
		evpn_remote_counts(r, v);
}

void evpn_remote_counts(const struct evpn_remote *r, struct evpn_vni *v)
{
	uint32_t id = count_find(r, v->vni);
	const struct count *c = id ? slab_at(&r->counts, id) : NULL;

	v->n_vteps = c ? c->n_vteps : 0;
	v->n_remote = c ? c->n_remote : 0;
}

void evpn_feed_out_reset(struct evpn *e)
{
	struct evpn_remote *r = e->remote;

	for (uint32_t id = 1; id <= r->entries.used; id++) {
		struct entry *x = entry_at(r, id);

		if (!x->live)
			continue;
		if (x->told.present)
			count_told(e, x, -1);
		x->told = (struct told){ 0 };
		entry_queue(r, id);
	}
}

bool evpn_feed_out_pending(const struct evpn *e)
{
	return e->remote->queue_head != 0;
}

static void entry_msg(const struct entry *x, const struct told *t, struct feed_msg *m)
{
	memset(m, 0, sizeof(*m));
	m->add = t->present;
	if (x->imet) {
		m->type = FEED_VTEP;
		m->vtep.vni = x->name.vni;
		m->vtep.addr = x->name.ip;
		return;
	}
	m->type = FEED_REMOTE_MAC;
	m->mac.vni = x->name.vni;
	m->mac.mac = x->name.mac;
	m->mac.ip = x->name.ip;
	m->mac.flags = t->flags;
	m->mac.seq = t->seq;
	m->mac.vtep = t->vtep;
}

static void entry_free(struct evpn_remote *r, uint32_t id)
{
	struct entry *x = entry_at(r, id);

	htab_remove(&r->entry_by_name, evpn_mac_hash(r->evpn, &x->name), id);
	x->live = false;
	slab_put(&r->entries, id);
}

void evpn_feed_out_pull(struct evpn *e, struct wr *w)
{
	struct evpn_remote *r = e->remote;
	struct feed_msg m;
	uint32_t id;

	while ((id = r->queue_head)) {
		struct entry *x = entry_at(r, id);
		struct told t = entry_target(r, x);

		if (!told_equal(&t, &x->told)) {
			entry_msg(x, &t, &m);
			feed_encode(w, &m);
			if (w->failed)
				return;
			if (t.present != x->told.present)
				count_told(e, x, t.present ? 1 : -1);
			x->told = t;
		}
		r->queue_head = x->queue_next;
		if (!r->queue_head)
			r->queue_tail = 0;
		x->queued = false;
		if (!x->claims)
			entry_free(r, id);
	}
}

/* ---- life ---- */

struct evpn_remote *evpn_remote_new(struct evpn *e)
{
	struct evpn_remote *r = xcalloc(1, sizeof(*r));

	r->evpn = e;
	r->work.run = remote_run;
	slab_init(&r->entries, sizeof(struct entry));
	slab_init(&r->claims, sizeof(struct claim));
	slab_init(&r->counts, sizeof(struct count));
	return r;
}

void evpn_remote_free(struct evpn_remote *r)
{
	core_work_remove(r->evpn->core, &r->work);
	rib_reader_close(&r->reader);
	htab_fini(&r->entry_by_name);
	htab_fini(&r->claim_by_dest);
	slab_fini(&r->entries);
	slab_fini(&r->claims);
	slab_fini(&r->counts);
	htab_fini(&r->count_by_vni);
	vec_free(&r->index);
	vec_free(&r->found);
	free(r);
}
