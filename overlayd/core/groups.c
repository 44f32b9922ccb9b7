/* Groups of next hops: what routes point to.  Every list of next hops has one of
 * its own, also of a single member: as its resolution changes the group is
 * replaced in place, and the routes, however many, are not touched (a leaf can't
 * be replaced by a group: net/ipv4/nexthop.c).  After a restart groups in the
 * kernel are taken over by their content. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "overlayd/core/nexthops.h"

struct group *group_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->groups.slab, id) : NULL;
}

static bool group_kid_equal(const void *ctx, uint32_t id, const void *key)
{
	return group_at(ctx, id)->kid == *(const uint32_t *)key;
}

uint32_t group_by_kid(const struct overlay_core *c, uint32_t kid)
{
	return htab_find(&c->groups_by_kid, kid_hash(c, kid), group_kid_equal, c, &kid);
}

/* ---- by content */

static uint32_t members_hash(const struct overlay_core *c, const struct member *m, unsigned n)
{
	return hash32(hash_bytes(c->seed, m, n * sizeof(*m))) | 1;
}

/* Members as the kernel has them: leaves by the kernel's ids, sorted. */
static unsigned group_wanted(const struct overlay_core *c, const struct group *g,
		struct member *ret)
{
	for (unsigned i = 0; i < g->n_w; i++)
		ret[i] = (struct member){ leaf_at(c, g->w[i].leaf)->kid, g->w[i].weight };
	return g->n_w;
}

static int member_compare(const void *va, const void *vb)
{
	const struct member *a = va, *b = vb;

	return a->leaf < b->leaf ? -1 : a->leaf > b->leaf;
}

static bool members_equal(struct member *a, unsigned n_a, struct member *b, unsigned n_b)
{
	qsort(a, n_a, sizeof(*a), member_compare);
	qsort(b, n_b, sizeof(*b), member_compare);
	return n_a == n_b && memcmp(a, b, n_a * sizeof(*a)) == 0;
}

/* Groups that nobody wants can be found by content, to be taken over. */
static void group_index(struct overlay_core *c, uint32_t id)
{
	struct group *g = group_at(c, id);

	if (g->free_hash)
		htab_remove(&c->groups_free, g->free_hash, id);
	g->free_hash = 0;
	if (g->spec || !g->present || !g->ours || g->n_a == 0)
		return;
	qsort(g->a, g->n_a, sizeof(*g->a), member_compare);
	g->free_hash = members_hash(c, g->a, g->n_a);
	htab_insert(&c->groups_free, g->free_hash, id);
}

static uint32_t group_new(struct overlay_core *c, uint32_t kid)
{
	uint32_t id = slab_new(&c->groups.slab);
	struct group *g = group_at(c, id);

	g->s.q = Q_LIVE;
	g->kid = kid;
	htab_insert(&c->groups_by_kid, kid_hash(c, kid), id);
	return id;
}

struct members_key {
	struct member *m;
	unsigned n;
};

static bool free_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct group *g = group_at(ctx, id);
	const struct members_key *k = key;

	return g->n_a == k->n && memcmp(g->a, k->m, k->n * sizeof(*k->m)) == 0;
}

uint32_t group_claim(struct overlay_core *c, uint32_t spec, const struct member *w, unsigned n)
{
	struct member kernel[KNEXTHOP_MAX];
	struct members_key key = { kernel, n };
	struct group *g;
	uint32_t id;

	for (unsigned i = 0; i < n; i++)
		kernel[i] = (struct member){ leaf_at(c, w[i].leaf)->kid, w[i].weight };
	qsort(kernel, n, sizeof(kernel[0]), member_compare);
	id = htab_find(&c->groups_free, members_hash(c, kernel, n), free_equal, c, &key);
	if (!id)
		id = group_new(c, kid_new(c));
	g = group_at(c, id);
	g->spec = spec;
	group_index(c, id);
	return id;
}

void group_set(struct overlay_core *c, uint32_t id, const struct member *w, unsigned n)
{
	struct group *g = group_at(c, id);
	struct member *old = g->w;
	unsigned n_old = g->n_w;

	for (unsigned i = 0; i < n; i++)
		leaf_at(c, w[i].leaf)->refs++;
	g->w = n ? xmemdup(w, n * sizeof(*w)) : NULL;
	g->n_w = (uint16_t)n;
	for (unsigned i = 0; i < n_old; i++)
		leaf_unref(c, old[i].leaf);
	free(old);
	obj_dirty(c, OBJ_GROUP, id, &g->s);
}

void group_release(struct overlay_core *c, uint32_t id)
{
	group_set(c, id, NULL, 0);
	group_at(c, id)->spec = 0;
	group_index(c, id);
}

void group_put(struct overlay_core *c, uint32_t id)
{
	struct group *g = group_at(c, id);

	if (g->spec || g->present || g->a_refs || g->s.q & ~(Q_LIVE | Q_REFUSED))
		return;
	refusal_forget(c, &g->s);
	htab_remove(&c->groups_by_kid, kid_hash(c, g->kid), id);
	free(g->w);
	free(g->a);
	free(g->sent);
	g->s.q = 0;
	slab_put(&c->groups.slab, id);
}

bool group_is_ready(const struct group *g)
{
	return g->n_w && !(g->s.q & Q_LEAVING) && ((g->present && g->ours) || g->s.q & Q_FLYING);
}

void group_use(struct overlay_core *c, uint32_t kid, int change)
{
	uint32_t id = kid ? group_by_kid(c, kid) : 0;
	struct group *g = group_at(c, id);

	if (!g)
		return;
	g->a_refs += (uint32_t)change;
	if (g->a_refs == 0 && (!g->spec || !g->n_w))
		obj_dirty(c, OBJ_GROUP, id, &g->s);
}

unsigned group_hops(const struct overlay_core *c, uint32_t kid, struct khop *hops, unsigned max)
{
	const struct group *g = group_at(c, group_by_kid(c, kid));
	unsigned n = 0;

	for (unsigned i = 0; g && i < g->n_a && n < max; i++) {
		const struct leaf *l = leaf_at(c, leaf_by_kid(c, g->a[i].leaf));

		if (l && l->present && l->family)
			hops[n++] = (struct khop){ l->gateway, l->oif };
	}
	return n;
}

/* ---- what the kernel says */

static void spec_changed(struct overlay_core *c, uint32_t spec)
{
	if (!spec)
		return;
	spec_at(c, spec)->toggled = true;
	c->toggled_due = true;
}

/* Leaves that nobody wants may have waited for the group's end. */
static void free_leaves(struct overlay_core *c, const struct group *g)
{
	for (unsigned i = 0; i < g->n_a; i++) {
		uint32_t id = leaf_by_kid(c, g->a[i].leaf);
		struct leaf *l = leaf_at(c, id);

		if (l && !l->refs)
			obj_dirty(c, OBJ_LEAF, id, &l->s);
	}
}

bool leaf_is_in_group(const struct overlay_core *c, const struct leaf *l)
{
	const struct group *g;
	uint32_t id;

	slab_foreach (id, g, &c->groups.slab)
		for (unsigned i = 0; g->present && i < g->n_a; i++)
			if (g->a[i].leaf == l->kid)
				return true;
	return false;
}

void group_actual(struct overlay_core *c, const struct knexthop *k)
{
	uint32_t id = group_by_kid(c, k->id);
	struct group *g;

	if (!id)
		id = group_new(c, k->id);
	g = group_at(c, id);
	g->s.seen = c->dump_no;
	if (!g->present)
		spec_changed(c, g->spec);
	g->present = true;
	g->ours = k->proto == KOBJ_PROTO && !k->other;
	free_leaves(c, g);
	free(g->a);
	g->n_a = k->n;
	g->a = k->n ? xcalloc(k->n, sizeof(*g->a)) : NULL;
	for (unsigned i = 0; i < k->n; i++)
		g->a[i] = (struct member){ k->members[i].id, k->members[i].weight };
	group_index(c, id);
	obj_dirty(c, OBJ_GROUP, id, &g->s);
}

/* The kernel takes it out of its groups, and ends those that are empty. */
void groups_leaf_lost(struct overlay_core *c, uint32_t kid)
{
	struct group *g;
	uint32_t gid;

	slab_foreach (gid, g, &c->groups.slab) {
		unsigned n = 0;

		for (unsigned i = 0; i < g->n_a; i++)
			if (g->a[i].leaf != kid)
				g->a[n++] = g->a[i];
		if (n == g->n_a)
			continue;
		g->n_a = (uint16_t)n;
		if (n == 0)
			group_lost(c, gid);
		group_index(c, gid);
		obj_dirty(c, OBJ_GROUP, gid, &g->s);
	}
}

void group_lost(struct overlay_core *c, uint32_t id)
{
	struct group *g = group_at(c, id);

	if (!g->present)
		return;
	g->present = false;
	free_leaves(c, g);
	g->n_a = 0;
	group_index(c, id);
	if (g->a_refs)
		c->orphans_due = true;
	spec_changed(c, g->spec);
	obj_dirty(c, OBJ_GROUP, id, &g->s);
}

/* A leaf came that groups may have waited for. */
void groups_look_again(struct overlay_core *c)
{
	struct group *g;
	uint32_t id;

	c->groups_due = false;
	slab_foreach (id, g, &c->groups.slab)
		if (g->spec)
			obj_dirty(c, OBJ_GROUP, id, &g->s);
}

/* ---- diff, and requests */

static bool leaves_are_ready(const struct overlay_core *c, const struct group *g)
{
	for (unsigned i = 0; i < g->n_w; i++) {
		const struct leaf *l = leaf_at(c, g->w[i].leaf);

		if (l->s.q & Q_LEAVING ||
				(!(l->present && !l->differs) && !(l->s.q & Q_FLYING)))
			return false;
	}
	return true;
}

enum verb group_diff(struct overlay_core *c, uint32_t id)
{
	const struct group *g = group_at(c, id);
	struct member w[KNEXTHOP_MAX];
	unsigned n;

	if (g->spec && g->n_w) {
		n = group_wanted(c, g, w);
		if (g->present && g->ours && members_equal(w, n, g->a, g->n_a))
			return VERB_NONE;
		return leaves_are_ready(c, g) ? VERB_ADD : VERB_WAIT;
	}
	return g->present && g->ours && g->a_refs == 0 && c->feed_synced ? VERB_DELETE : VERB_NONE;
}

static struct knexthop group_sent(const struct group *g)
{
	struct knexthop k = { .id = g->kid, .proto = KOBJ_PROTO, .is_group = true };

	k.n = g->n_sent;
	for (unsigned i = 0; i < k.n; i++) {
		k.members[i].id = g->sent[i].leaf;
		k.members[i].weight = (uint16_t)g->sent[i].weight;
	}
	return k;
}

bool group_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f)
{
	struct group *g = group_at(c, id);
	struct member members[KNEXTHOP_MAX];
	struct knexthop k;

	(void)f;
	if (v == VERB_ADD) {
		free(g->sent);
		g->n_sent = (uint16_t)group_wanted(c, g, members);
		g->sent = xmemdup(members, g->n_sent * sizeof(members[0]));
	}
	k = group_sent(g);
	return kobj_encode_nexthop(w, seq, &k, v == VERB_ADD);
}

void group_done(struct overlay_core *c, const struct flight *f)
{
	struct knexthop k;

	if (f->verb == VERB_DELETE) {
		group_lost(c, f->id);
		return;
	}
	k = group_sent(group_at(c, f->id));
	group_actual(c, &k);
}

void group_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out)
{
	const struct group *g = group_at(c, id);

	sb_addf(out, "next-hop group %u of %u", g->kid, g->n_w);
}
