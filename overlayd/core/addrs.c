/* Addresses of interfaces: wanted beside actual. */
#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>

#include "overlayd/core/state.h"

struct addr_key {
	uint32_t ifindex;
	uint8_t len;
	struct ip_addr addr;
};

struct addr *addr_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->addrs.slab, id) : NULL;
}

static uint32_t key_hash(const struct overlay_core *c, const struct addr_key *k)
{
	return hash32(hash_bytes(hash_u64(c->seed, (uint64_t)k->ifindex << 8 | k->len), &k->addr,
			sizeof(k->addr)));
}

static bool key_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct addr *a = addr_at(ctx, id);
	const struct addr_key *k = key;

	return a->ifindex == k->ifindex && a->len == k->len && ip_equal(&a->addr, &k->addr);
}

uint32_t addr_get(struct overlay_core *c, uint32_t ifindex, const struct ip_addr *ip, uint8_t len)
{
	struct addr_key k = { ifindex, len, *ip };
	uint32_t id = htab_find(&c->addrs.by_key, key_hash(c, &k), key_equal, c, &k);
	struct addr *a;

	if (id)
		return id;
	id = slab_new(&c->addrs.slab);
	a = addr_at(c, id);
	a->s.q = Q_LIVE;
	a->ifindex = ifindex;
	a->len = len;
	a->addr = *ip;
	htab_insert(&c->addrs.by_key, key_hash(c, &k), id);
	return id;
}

void addr_put(struct overlay_core *c, uint32_t id)
{
	struct addr *a = addr_at(c, id);
	struct addr_key k = { a->ifindex, a->len, a->addr };

	if (a->present || a->wanted || a->told || a->s.q & ~(Q_LIVE | Q_REFUSED))
		return;
	refusal_forget(c, &a->s);
	htab_remove(&c->addrs.by_key, key_hash(c, &k), id);
	a->s.q = 0;
	slab_put(&c->addrs.slab, id);
}

void addr_lost(struct overlay_core *c, uint32_t id)
{
	struct addr *a = addr_at(c, id);

	if (a->present) {
		a->present = false;
		c->connected_due = c->specs_due = true;
		feed_tell(c, FEED_ADDRESS, id, &a->s);
	}
	obj_dirty(c, OBJ_ADDR, id, &a->s);
}

void addr_actual(struct overlay_core *c, const struct kaddr *k, bool gone)
{
	uint32_t id = addr_get(c, k->ifindex, &k->addr, k->len);
	struct addr *a = addr_at(c, id);

	if (gone) {
		addr_lost(c, id);
		return;
	}
	a->s.seen = c->dump_no;
	a->a_proto = k->proto;
	a->a_flags = k->flags;
	if (!a->present) {
		a->present = true;
		c->connected_due = c->specs_due = true;
		feed_tell(c, FEED_ADDRESS, id, &a->s);
	}
	obj_dirty(c, OBJ_ADDR, id, &a->s);
}

enum verb addr_diff(struct overlay_core *c, uint32_t id)
{
	const struct addr *a = addr_at(c, id);
	const struct link *l = link_at(c, link_by_ifindex(c, a->ifindex));

	if (a->wanted && !a->present) {
		if (!l)
			return VERB_NONE;
		/* Not before the link is in its VRF. */
		return link_is_placed(c, l) ? VERB_ADD : VERB_WAIT;
	}
	/* A link whose VRF went is in no VRF now: what it had there must not
	 * join that segment to the underlay. */
	if (a->present && a->a_proto == KOBJ_PROTO && c->config && l &&
			(!a->wanted || link_is_astray(c, l)))
		return VERB_DELETE;
	return VERB_NONE;
}

bool addr_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f)
{
	const struct addr *a = addr_at(c, id);
	struct kaddr k = { .ifindex = a->ifindex,
		.addr = a->addr,
		.len = a->len,
		.proto = KOBJ_PROTO,
		.flags = a->w_flags };

	(void)f;
	return kobj_encode_addr(w, seq, &k, v == VERB_ADD);
}

void addr_done(struct overlay_core *c, const struct flight *f)
{
	struct addr *a = addr_at(c, f->id);
	struct kaddr k = { .ifindex = a->ifindex,
		.addr = a->addr,
		.len = a->len,
		.proto = KOBJ_PROTO,
		.flags = a->w_flags };

	addr_actual(c, &k, f->verb == VERB_DELETE);
}

void addr_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out)
{
	const struct addr *a = addr_at(c, id);
	const struct link *l = link_at(c, link_by_ifindex(c, a->ifindex));
	char buf[IP_TEXT_MAX];

	sb_addf(out, "address %s/%u on %s", ip_text(&a->addr, buf), a->len,
			l ? l->name : "a link that is gone");
}
