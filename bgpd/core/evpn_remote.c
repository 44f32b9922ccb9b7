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
#define AHEAD 16 /* routes whose memory is asked for before it is looked at */

/* A MAC, a MAC/IP, or (mac zero, imet) a VTEP of a VNI. */
struct entry {
	struct evpn_mac_name name; /* imet: ip is the VTEP */
	bool imet, queued, live;
	uint32_t claims;
	uint32_t queue_next;
	struct evpn_told told;
};

/* One route of the table that speaks of an entry. */
struct claim {
	uint32_t dest;
	uint32_t entry : 31, keep : 1;
	uint32_t next_of_entry, next_of_dest;
};

#define PAGE_BITS 12 /* of a page of destinations' claims */

/* What overlayd was told of a VNI; outlives the VNI, as the entries do. */
struct count {
	uint32_t vni, n_vteps, n_remote;
};

struct evpn_remote {
	struct evpn *evpn;
	struct rib_reader reader;
	struct work work;
	struct slab entries, claims;
	struct htab entry_by_name;
	VEC(uint32_t *) claims_of;	     /* first claim of a destination, in pages by its id;
					      * NULL: none of the page's has any */
	struct slab counts;
	struct htab count_by_vni;
	uint32_t last_count;		     /* found last; 0: none */
	struct evpn_saying saying;
	bool index_stale;
	uint32_t queue_head, queue_tail;     /* entries to tell */
};

static struct entry *entry_at(const struct evpn_remote *r, uint32_t id)
{
	return slab_at(&r->entries, id);
}

static struct claim *claim_at(const struct evpn_remote *r, uint32_t id)
{
	return slab_at(&r->claims, id);
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
	uint32_t hash = evpn_mac_hash(r->evpn, &n->name);
	uint32_t id = htab_find(&r->entry_by_name, hash, entry_equal, r, n);
	struct entry *x;

	if (id)
		return id;
	id = slab_new(&r->entries);
	x = entry_at(r, id);
	x->name = n->name;
	x->imet = n->imet;
	x->live = true;
	htab_insert(&r->entry_by_name, hash, id);
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

static bool better(const struct evpn_told *a, const struct evpn_told *b)
{
	if ((a->flags ^ b->flags) & FEED_MAC_STICKY)
		return a->flags & FEED_MAC_STICKY;
	if (a->seq != b->seq)
		return a->seq > b->seq;
	return ip_compare(&a->vtep, &b->vtep) < 0;
}

/* The best of an entry's claims. */
static struct evpn_told entry_choose(struct evpn_remote *r, const struct entry *x)
{
	const struct rib *rib = evpn_table(r->evpn);
	struct evpn_told best = { 0 };

	for (uint32_t id = x->claims; id; id = claim_at(r, id)->next_of_entry) {
		const struct path *p = rib_best(rib, claim_at(r, id)->dest);
		const struct evpn_told *t;

		if (!p || !p->attrs)
			continue;
		t = evpn_saying_told(&r->saying, r->evpn, p->attrs);
		if (t->present && (!best.present || better(t, &best)))
			best = *t;
	}
	return best;
}

/* Does what is here outweigh what another box claims?  If not, ours yields. */
static bool local_wins(const struct evpn_remote *r, const struct evpn_mac_name *n,
		const struct evpn_told *t)
{
	struct evpn_local *l = evpn_local_find(r->evpn, n);
	struct evpn_told mine = { .present = true };
	const struct evpn_vni *v;

	if (!l || l->yielded)
		return false;
	mine.flags = l->flags & (FEED_MAC_STICKY | FEED_MAC_GATEWAY) ? FEED_MAC_STICKY : 0;
	if (mine.flags)
		return true; /* a gateway's MAC is at home everywhere */
	mine.seq = l->seq;
	v = evpn_vni_get(r->evpn, n->vni);
	mine.vtep = v ? v->vtep : (struct ip_addr){ 0 };
	if (better(&mine, t))
		return true;
	l->yielded = true;
	evpn_local_originate(r->evpn, l);
	return false;
}

static struct evpn_told entry_target(struct evpn_remote *r, const struct entry *x)
{
	struct evpn_told t = entry_choose(r, x);

	if (t.present && !x->imet && local_wins(r, &x->name, &t))
		t.present = false;
	return t;
}

static bool told_equal(const struct evpn_told *a, const struct evpn_told *b)
{
	return a->present == b->present &&
	       (!a->present || (a->flags == b->flags && a->seq == b->seq &&
						ip_equal(&a->vtep, &b->vtep)));
}

static void entry_eval(struct evpn_remote *r, uint32_t id)
{
	struct evpn_told t = entry_target(r, entry_at(r, id));

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

bool evpn_remote_seq(struct evpn_remote *r, uint32_t vni, const struct mac_addr *mac,
		uint32_t *ret_seq)
{
	struct entry_name name = { { vni, *mac, { 0 } }, false };
	uint32_t id = entry_find(r, &name);
	struct evpn_told t;

	if (!id)
		return false;
	t = entry_choose(r, entry_at(r, id));
	evpn_saying_forget(&r->saying, r->evpn);
	*ret_seq = t.seq;
	return t.present;
}

/* ---- claims ---- */

static uint32_t claims_of_dest(const struct evpn_remote *r, uint32_t dest)
{
	uint32_t page = dest >> PAGE_BITS;

	if (page >= r->claims_of.n || !r->claims_of.v[page])
		return 0;
	return r->claims_of.v[page][dest & ((1u << PAGE_BITS) - 1)];
}

static void claims_of_dest_set(struct evpn_remote *r, uint32_t dest, uint32_t first)
{
	uint32_t page = dest >> PAGE_BITS;

	while (page >= r->claims_of.n)
		vec_push(&r->claims_of);
	if (!r->claims_of.v[page])
		r->claims_of.v[page] = xcalloc(1u << PAGE_BITS, sizeof(uint32_t));
	r->claims_of.v[page][dest & ((1u << PAGE_BITS) - 1)] = first;
}

static void claims_of_free(struct evpn_remote *r)
{
	for (size_t k = 0; k < r->claims_of.n; k++)
		free(r->claims_of.v[k]);
	vec_free(&r->claims_of);
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
		*claim_at(r, id) = (struct claim){ .dest = dest,
			.entry = entry,
			.next_of_entry = entry_at(r, entry)->claims,
			.next_of_dest = *link };
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

/* Is this route, the best of its destination (or NULL), of interest to VNIs? */
static bool is_heard(const struct evpn *e, const uint8_t *key, const struct path *p)
{
	if (!p || e->core->sources.v[p->source]->kind != SOURCE_PEER)
		return false;
	return key[0] == EVPN_MACIP || floods_by_unicast(attrs_get(e->core->attrs, p->attrs));
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
	if (is_heard(e, key, p)) {
		nlri_evpn_key(key, &k);
		n.imet = k.type == EVPN_IMET;
		n.name.mac = k.mac;
		n.name.ip = k.ip;
		evpn_saying_vnis(&r->saying, e, p->attrs);
		for (size_t i = 0; i < r->saying.vnis.n; i++) {
			const struct evpn_vni *v = evpn_vni_get(e, r->saying.vnis.v[i]);

			n.name.vni = r->saying.vnis.v[i];
			if (v && !(n.imet && ip_equal(&k.ip, &v->vtep)))
				link = claim_renew(r, dest, &n, link);
		}
	}
	claims_settle(r, &first);
	if (first != before)
		claims_of_dest_set(r, dest, first);
}

/* ---- reading ---- */

/* Asks the memory for what dest_changed() will look at: the first VNI's, as a route
 * mostly has one.  What was there, or else where it will be. */
static void dest_ahead(struct evpn_remote *r, uint32_t dest)
{
	const struct rib *rib = evpn_table(r->evpn);
	const uint8_t *key = rib_dest(rib, dest)->key;
	uint32_t claim = claims_of_dest(r, dest);
	struct evpn_mac_name n;
	const struct path *p;
	struct evpn_key k;

	if (claim) {
		__builtin_prefetch(entry_at(r, claim_at(r, claim)->entry), 1);
		return;
	}
	p = rib_best(rib, dest);
	if (key[0] != EVPN_MACIP || !is_heard(r->evpn, key, p))
		return;
	evpn_saying_vnis(&r->saying, r->evpn, p->attrs);
	if (!r->saying.vnis.n)
		return;
	nlri_evpn_key(key, &k);
	n = (struct evpn_mac_name){ r->saying.vnis.v[0], k.mac, k.ip };
	htab_prefetch(&r->entry_by_name, evpn_mac_hash(r->evpn, &n));
}

static bool remote_run(struct work *w, struct bgp_core *c)
{
	struct evpn_remote *r =
			(struct evpn_remote *)((char *)w - offsetof(struct evpn_remote, work));
	uint32_t ids[AHEAD], n;

	(void)c;
	if (!r->reader.rib)
		return false;
	if (r->index_stale)
		evpn_saying_index(&r->saying, r->evpn);
	r->index_stale = false;
	for (unsigned done = 0; done < SLICE; done += n) {
		n = rib_reader_read(&r->reader, ids, AHEAD);
		for (uint32_t k = 0; k < n; k++)
			dest_ahead(r, ids[k]);
		for (uint32_t k = 0; k < n; k++)
			dest_changed(r, ids[k]);
		if (!n)
			break;
	}
	evpn_saying_forget(&r->saying, r->evpn);
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
	claims_of_free(r);
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

static struct count *count_get(struct evpn_remote *r, uint32_t vni)
{
	if (!r->last_count || !count_equal(r, r->last_count, &vni))
		r->last_count = count_find(r, vni);
	if (!r->last_count) {
		r->last_count = slab_new(&r->counts);
		((struct count *)slab_at(&r->counts, r->last_count))->vni = vni;
		htab_insert(&r->count_by_vni, (uint32_t)hash_u64(r->evpn->core->seed, vni),
				r->last_count);
	}
	return slab_at(&r->counts, r->last_count);
}

static void count_told(struct evpn *e, const struct entry *x, int by)
{
	struct count *c = count_get(e->remote, x->name.vni);
	struct evpn_vni *v = evpn_vni_get(e, x->name.vni);

	*(x->imet ? &c->n_vteps : &c->n_remote) += (uint32_t)by;
	if (!v)
		return;
	v->n_vteps = c->n_vteps;
	v->n_remote = c->n_remote;
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
		x->told = (struct evpn_told){ 0 };
		entry_queue(r, id);
	}
}

bool evpn_feed_out_pending(const struct evpn *e)
{
	return e->remote->queue_head != 0;
}

static void entry_msg(const struct entry *x, const struct evpn_told *t, struct feed_msg *m)
{
	/* The message is large and mostly next hops of routes: those aren't cleared. */
	memset(m, 0, offsetof(struct feed_msg, route.nexthops));
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

/* The next one in the queue, and a part of the one behind it. */
static void entry_ahead(const struct evpn_remote *r, const struct entry *next)
{
	if (next->claims)
		__builtin_prefetch(claim_at(r, next->claims));
	else
		htab_prefetch(&r->entry_by_name, evpn_mac_hash(r->evpn, &next->name));
	if (next->queue_next)
		__builtin_prefetch(entry_at(r, next->queue_next), 1);
}

void evpn_feed_out_pull(struct evpn *e, struct wr *w)
{
	struct evpn_remote *r = e->remote;
	struct feed_msg m;
	uint32_t id;

	while ((id = r->queue_head)) {
		struct entry *x = entry_at(r, id);
		struct evpn_told t = entry_target(r, x);

		if (x->queue_next)
			entry_ahead(r, entry_at(r, x->queue_next));
		if (!told_equal(&t, &x->told)) {
			entry_msg(x, &t, &m);
			feed_encode(w, &m);
			if (w->failed)
				break;
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
	evpn_saying_forget(&r->saying, e);
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
	claims_of_free(r);
	slab_fini(&r->entries);
	slab_fini(&r->claims);
	slab_fini(&r->counts);
	htab_fini(&r->count_by_vni);
	evpn_saying_fini(&r->saying);
	free(r);
}
