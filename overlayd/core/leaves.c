/* Leaves: next-hop objects of the kernel that are one next hop, known by their
 * content.  Groups stand on them. */
#include "overlayd/core/nexthops.h"

struct leaf *leaf_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->leaves.slab, id) : NULL;
}

static bool leaf_kid_equal(const void *ctx, uint32_t id, const void *key)
{
	return leaf_at(ctx, id)->kid == *(const uint32_t *)key;
}

uint32_t leaf_by_kid(const struct overlay_core *c, uint32_t kid)
{
	return htab_find(&c->leaves_by_kid, kid_hash(c, kid), leaf_kid_equal, c, &kid);
}

/* ---- by content */

static uint32_t leaf_hash(const struct overlay_core *c, const struct leaf *l)
{
	uint64_t h = hash_u64(c->seed, (uint64_t)l->oif << 32 | l->family << 1 | l->onlink);

	return hash32(hash_bytes(h, &l->gateway, sizeof(l->gateway)));
}

static bool leaf_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct leaf *a = leaf_at(ctx, id), *b = key;

	return a->family == b->family && a->onlink == b->onlink && a->oif == b->oif &&
	       ip_equal(&a->gateway, &b->gateway);
}

static uint32_t leaf_new(struct overlay_core *c, const struct leaf *content, uint32_t kid)
{
	uint32_t id = slab_new(&c->leaves.slab), h = leaf_hash(c, content);
	struct leaf *l = leaf_at(c, id);

	*l = *content;
	l->s = (struct obj_state){ .q = Q_LIVE };
	l->kid = kid;
	l->refs = 0;
	htab_insert(&c->leaves_by_kid, kid_hash(c, kid), id);
	if (content->family && !htab_find(&c->leaves.by_key, h, leaf_equal, c, content)) {
		l->indexed = true;
		htab_insert(&c->leaves.by_key, h, id);
	}
	return id;
}

uint32_t leaf_ref(struct overlay_core *c, uint8_t family, const struct khop *hop, bool onlink)
{
	struct leaf key = { .family = family,
		.onlink = onlink,
		.oif = hop->oif,
		.gateway = hop->gateway };
	uint32_t id;

	if (hop->gateway.family)
		key.family = hop->gateway.family;
	id = htab_find(&c->leaves.by_key, leaf_hash(c, &key), leaf_equal, c, &key);
	if (!id)
		id = leaf_new(c, &key, kid_new(c));
	if (leaf_at(c, id)->refs++ == 0)
		obj_dirty(c, OBJ_LEAF, id, &leaf_at(c, id)->s);
	return id;
}

void leaf_unref(struct overlay_core *c, uint32_t id)
{
	struct leaf *l = leaf_at(c, id);

	if (--l->refs == 0)
		obj_dirty(c, OBJ_LEAF, id, &l->s);
}

void leaf_put(struct overlay_core *c, uint32_t id)
{
	struct leaf *l = leaf_at(c, id);

	if (l->refs || l->present || l->s.q & ~(Q_LIVE | Q_REFUSED))
		return;
	refusal_forget(c, &l->s);
	if (l->indexed)
		htab_remove(&c->leaves.by_key, leaf_hash(c, l), id);
	htab_remove(&c->leaves_by_kid, kid_hash(c, l->kid), id);
	l->s.q = 0;
	slab_put(&c->leaves.slab, id);
}

/* ---- what the kernel says */

void leaf_actual(struct overlay_core *c, const struct knexthop *k)
{
	uint32_t id = leaf_by_kid(c, k->id);
	bool ours = k->proto == KOBJ_PROTO && !k->other && !k->blackhole;
	struct leaf content = { .family = ours ? k->family : 0,
		.onlink = k->onlink,
		.oif = k->oif,
		.gateway = k->gateway };
	struct leaf *l = leaf_at(c, id);

	if (l && !l->refs && !leaf_equal(c, id, &content)) {
		l->present = false; /* nobody cares what it was */
		if (l->s.q & ~(Q_LIVE | Q_REFUSED)) {
			l->differs = true;
		} else {
			leaf_put(c, id);
			id = 0;
		}
	}
	if (!id)
		id = leaf_new(c, &content, k->id);
	l = leaf_at(c, id);
	l->s.seen = c->dump_no;
	l->present = true;
	l->ours = ours;
	l->differs = !leaf_equal(c, id, &content);
	obj_dirty(c, OBJ_LEAF, id, &l->s);
}

void leaf_lost(struct overlay_core *c, uint32_t id)
{
	struct leaf *l = leaf_at(c, id);

	if (!l->present)
		return;
	l->present = false;
	obj_dirty(c, OBJ_LEAF, id, &l->s);
	groups_leaf_lost(c, l->kid);
}

/* ---- diff, and requests */

enum verb leaf_diff(struct overlay_core *c, uint32_t id)
{
	const struct leaf *l = leaf_at(c, id);
	const struct link *link;

	if (l->refs) {
		if (l->present && !l->differs)
			return VERB_NONE;
		link = link_at(c, link_by_ifindex(c, l->oif));
		return link && link->a.flags & IFF_UP ? VERB_ADD : VERB_WAIT;
	}
	return l->present && l->ours && c->feed_synced ? VERB_DELETE : VERB_NONE;
}

bool leaf_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f)
{
	const struct leaf *l = leaf_at(c, id);
	struct knexthop k = { .id = l->kid,
		.proto = KOBJ_PROTO,
		.family = l->family,
		.onlink = l->onlink,
		.oif = l->oif,
		.gateway = l->gateway };

	(void)f;
	/* The kernel would take it out of its groups, and end those that are empty
	 * with their routes: not before they have let go of it. */
	if (v == VERB_DELETE && leaf_is_in_group(c, l))
		return true;
	return kobj_encode_nexthop(w, seq, &k, v == VERB_ADD);
}

void leaf_done(struct overlay_core *c, const struct flight *f)
{
	struct leaf *l = leaf_at(c, f->id);

	if (f->verb == VERB_DELETE) {
		leaf_lost(c, f->id);
		return;
	}
	l->s.seen = c->dump_no;
	if (!l->present)
		c->groups_due = true;
	l->present = l->ours = true;
	l->differs = false;
	obj_dirty(c, OBJ_LEAF, f->id, &l->s);
}

void leaf_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out)
{
	const struct leaf *l = leaf_at(c, id);
	const struct link *link = link_at(c, link_by_ifindex(c, l->oif));
	char buf[IP_TEXT_MAX];

	sb_addf(out, "next hop %u", l->kid);
	if (l->gateway.family)
		sb_addf(out, " via %s", ip_text(&l->gateway, buf));
	sb_addf(out, " on %s", link ? link->name : "a link that is gone");
}
