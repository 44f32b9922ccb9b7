/* Prefix lists and access lists for policy.c.  A rule is in a hash table by its (address, length).
 * Rules with the same prefix form a chain in sequence order, whose head is what the table
 * has; most lists have none, and no memory for that.  A look-up probes each length that has rules and
 * takes the earliest rule of all; a length none of whose rules admits the prefix's own
 * length is not probed.
 *
 * A slot of the table is a rule's number plus 1 in as many low bits as are needed; above
 * them are the low bits of its hash, whose high bits chose the place. So a probe hardly ever
 * reads another prefix's rule. */
#include "bgpd/core/prefix_list.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/vec.h"
#include "lib/base/xalloc.h"

struct length {
	uint8_t len, min_len, max_len; /* over all rules with this length */
};

struct prefix_list {
	struct prefix_rules *rules;
	VEC(struct length) lengths; /* ascending */
	uint32_t *slots;	    /* 0: empty */
	uint32_t n_slots, id_bits;
	uint32_t *next; /* by number: of the same prefix, plus 1; NULL: there is no chain */
};

/* Lists are the operator's, not a peer's: no secret seed is needed. */
static uint32_t key_hash(uint8_t family, uint8_t len, const uint8_t *addr)
{
	uint64_t v[2] = { 0 };

	if (family == 4)
		memcpy(v, addr, 4);
	else
		memcpy(v, addr, 16);
	return (uint32_t)(hash_mix(hash_mix(len, v[0]), v[1]) >> 32);
}

static uint32_t rule_hash(const struct prefix_rules *r, size_t i)
{
	const struct prefix_rule *x = prefix_rules_at(r, i);

	return key_hash(r->family, x->len, x->addr);
}

static uint32_t home_of(const struct prefix_list *l, uint32_t hash)
{
	return (uint32_t)((uint64_t)hash * l->n_slots >> 32);
}

static bool addr_equal(uint8_t family, const uint8_t *a, const uint8_t *b)
{
	return family == 4 ? memcmp(a, b, 4) == 0 : memcmp(a, b, 16) == 0;
}

/* The slot that has the prefix, or the free one where it would be. */
static uint32_t *slot_of(const struct prefix_list *l, uint32_t hash, uint8_t len,
		const uint8_t *addr)
{
	uint32_t i = home_of(l, hash), tag = hash << l->id_bits, ids = (1u << l->id_bits) - 1;

	for (; l->slots[i]; i = i + 1 < l->n_slots ? i + 1 : 0) {
		const struct prefix_rule *x;

		if ((l->slots[i] & ~ids) != tag)
			continue;
		x = prefix_rules_at(l->rules, (l->slots[i] & ids) - 1);
		if (x->len == len && addr_equal(l->rules->family, x->addr, addr))
			break;
	}
	return &l->slots[i];
}

/* Before those that are there. */
static void rule_insert(struct prefix_list *l, uint32_t i, uint32_t hash)
{
	const struct prefix_rule *x = prefix_rules_at(l->rules, i);
	uint32_t *slot = slot_of(l, hash, x->len, x->addr);

	if (*slot && !l->next)
		l->next = xcalloc(l->rules->n, sizeof(*l->next));
	if (*slot)
		l->next[i] = *slot & ((1u << l->id_bits) - 1);
	*slot = hash << l->id_bits | (i + 1);
}

static void lengths_make(struct prefix_list *l)
{
	struct length of[129] = { 0 };
	bool used[129] = { false };

	for (uint32_t i = 0; i < l->rules->n; i++) {
		const struct prefix_rule *x = prefix_rules_at(l->rules, i);
		uint8_t min = prefix_rule_min(x), max = prefix_rule_max(l->rules, x);
		struct length *n = &of[x->len];

		if (!used[x->len] || min < n->min_len)
			n->min_len = min;
		if (!used[x->len] || max > n->max_len)
			n->max_len = max;
		used[x->len] = true;
		n->len = x->len;
	}
	for (size_t i = 0; i <= 128; i++)
		if (used[i])
			*vec_push(&l->lengths) = of[i];
}

#define AHEAD 8 /* places in memory are asked for so many rules before they are needed */

#define FEW 4096 /* rules: their table is small however empty it is */

static void slots_make(struct prefix_list *l)
{
	uint32_t n = l->rules->n, hashes[AHEAD];

	assert(n < 1u << 28);
	while (n >> l->id_bits)
		l->id_bits++;
	l->n_slots = n < FEW ? n * 3 : n / 3 * 5;
	/* written first: a page that is read before would be found twice */
	l->slots = xmalloc_huge(l->n_slots * sizeof(*l->slots));
	memset(l->slots, 0, l->n_slots * sizeof(*l->slots));
	/* the last rule first, as each goes before those with its prefix */
	for (uint32_t i = n + AHEAD; i-- > 0;) {
		if (i < n)
			rule_insert(l, i, hashes[i % AHEAD]);
		if (i >= AHEAD) {
			hashes[i % AHEAD] = rule_hash(l->rules, i - AHEAD);
			__builtin_prefetch(&l->slots[home_of(l, hashes[i % AHEAD])], 1);
		}
	}
}

struct prefix_list *prefix_list_new(struct prefix_rules *rules)
{
	struct prefix_list *l = xcalloc(1, sizeof(*l));

	l->rules = prefix_rules_ref(rules);
	lengths_make(l);
	if (rules->n)
		slots_make(l);
	return l;
}

void prefix_list_free(struct prefix_list *l)
{
	if (!l)
		return;
	prefix_rules_unref(l->rules);
	vec_free(&l->lengths);
	free(l->slots);
	free(l->next);
	free(l);
}

static void shorten(struct prefix *p, uint8_t len)
{
	uint32_t addr;

	p->len = len;
	if (p->family != 4) {
		prefix_mask(p);
		return;
	}
	memcpy(&addr, p->b, sizeof(addr));
	addr &= htobe32(len ? UINT32_MAX << (32 - len) : 0);
	memcpy(p->b, &addr, sizeof(addr));
}

bool prefix_list_match(const struct prefix_list *l, const struct prefix *p, uint32_t *ret_seq)
{
	const struct prefix_rules *r = l->rules;
	uint32_t best = UINT32_MAX, at;
	struct prefix q = *p;

	if (ret_seq)
		*ret_seq = 0;
	if (p->family != r->family)
		return false;
	/* From long to short, so that bits are only ever cleared. */
	for (size_t i = l->lengths.n; i-- > 0;) {
		const struct length *n = &l->lengths.v[i];

		if (n->len > p->len || p->len < n->min_len || p->len > n->max_len)
			continue;
		shorten(&q, n->len);
		at = *slot_of(l, key_hash(q.family, q.len, q.b), q.len, q.b);
		at &= (1u << l->id_bits) - 1;
		for (; at && at < best; at = l->next ? l->next[at - 1] : 0) {
			const struct prefix_rule *x = prefix_rules_at(r, at - 1);

			if (p->len >= prefix_rule_min(x) && p->len <= prefix_rule_max(r, x))
				best = at;
		}
	}
	if (best == UINT32_MAX)
		return false;
	if (ret_seq)
		*ret_seq = prefix_rules_at(r, best - 1)->seq;
	return prefix_rules_at(r, best - 1)->permit;
}

bool prefix_list_equal(const struct prefix_list *a, const struct prefix_list *b)
{
	const struct prefix_rules *r = a->rules, *s = b->rules;

	if (r == s)
		return true;
	if (r->family != s->family || r->n != s->n)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		const struct prefix_rule *x = prefix_rules_at(r, i), *y = prefix_rules_at(s, i);

		if (x->len != y->len || x->permit != y->permit ||
				prefix_rule_min(x) != prefix_rule_min(y) ||
				prefix_rule_max(r, x) != prefix_rule_max(s, y) ||
				!addr_equal(r->family, x->addr, y->addr))
			return false;
	}
	return true;
}
