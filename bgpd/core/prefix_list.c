/* Prefix lists and access lists for policy.c.  Rules with the same prefix form
 * a chain in sequence order; the heads of the chains are in a hash table by
 * (address, length).  A look-up probes each length that has rules and takes
 * the earliest rule of all; a length none of whose rules admits the prefix's
 * own length is not probed. */
#include "bgpd/core/prefix_list.h"

#include "lib/base/hash.h"
#include "lib/base/htab.h"
#include "lib/base/vec.h"
#include "lib/base/xalloc.h"

struct rule {
	struct prefix prefix;
	uint32_t seq;
	uint32_t next; /* of the same prefix; index + 1 */
	uint32_t last; /* in the chain's head: where to append */
	uint8_t min_len, max_len;
	bool permit;
};

struct length {
	uint8_t len, min_len, max_len; /* over all rules with this length */
};

struct prefix_list {
	uint8_t family;
	VEC(struct rule) rules; /* in sequence order */
	VEC(struct length) lengths; /* ascending */
	struct htab heads;	/* prefix to index + 1 of its first rule */
};

/* Lists are the operator's, not a peer's: no secret seed is needed. */
static uint32_t prefix_hash(const struct prefix *p)
{
	uint64_t v[2];

	memcpy(v, p->b, sizeof(v));
	return (uint32_t)(hash_mix(hash_mix(p->len, v[0]), v[1]) >> 32);
}

static bool head_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct prefix_list *l = ctx;

	return prefix_equal(&l->rules.v[id - 1].prefix, key);
}

struct prefix_list *prefix_list_new(uint8_t family)
{
	struct prefix_list *l = xcalloc(1, sizeof(*l));

	l->family = family;
	return l;
}

void prefix_list_free(struct prefix_list *l)
{
	if (!l)
		return;
	vec_free(&l->rules);
	vec_free(&l->lengths);
	htab_fini(&l->heads);
	free(l);
}

void prefix_list_reserve(struct prefix_list *l, size_t n)
{
	if (!n)
		return;
	l->rules.v = xmalloc_huge(n * sizeof(*l->rules.v));
	l->rules.room = n;
	htab_reserve(&l->heads, (uint32_t)n);
}

static void length_note(struct prefix_list *l, const struct rule *r)
{
	size_t i = 0;

	while (i < l->lengths.n && l->lengths.v[i].len < r->prefix.len)
		i++;
	if (i == l->lengths.n || l->lengths.v[i].len != r->prefix.len) {
		vec_push(&l->lengths);
		memmove(&l->lengths.v[i + 1], &l->lengths.v[i],
				(l->lengths.n - 1 - i) * sizeof(*l->lengths.v));
		l->lengths.v[i] = (struct length){ r->prefix.len, r->min_len, r->max_len };
		return;
	}
	if (r->min_len < l->lengths.v[i].min_len)
		l->lengths.v[i].min_len = r->min_len;
	if (r->max_len > l->lengths.v[i].max_len)
		l->lengths.v[i].max_len = r->max_len;
}

void prefix_list_ahead(const struct prefix_list *l, const struct prefix *p)
{
	htab_prefetch(&l->heads, prefix_hash(p));
}

void prefix_list_add(struct prefix_list *l, const struct prefix *p, uint8_t min_len,
		uint8_t max_len, bool permit, uint32_t seq)
{
	struct rule *r = vec_push(&l->rules);
	uint32_t id = (uint32_t)l->rules.n, head, hash = prefix_hash(p);

	r->prefix = *p;
	r->seq = seq;
	r->min_len = min_len;
	r->max_len = max_len;
	r->permit = permit;
	r->last = id;
	length_note(l, r);
	head = htab_find(&l->heads, hash, head_equal, l, p);
	if (!head) {
		htab_insert(&l->heads, hash, id);
		return;
	}
	l->rules.v[l->rules.v[head - 1].last - 1].next = id;
	l->rules.v[head - 1].last = id;
}

bool prefix_list_match(const struct prefix_list *l, const struct prefix *p, uint32_t *ret_seq)
{
	uint32_t best = UINT32_MAX, at;
	const struct length *n;
	struct prefix q = *p;

	if (ret_seq)
		*ret_seq = 0;
	if (p->family != l->family)
		return false;
	/* From long to short, so that bits are only ever cleared. */
	for (size_t i = l->lengths.n; i-- > 0;) {
		n = &l->lengths.v[i];
		if (n->len > p->len || p->len < n->min_len || p->len > n->max_len)
			continue;
		q.len = n->len;
		prefix_mask(&q);
		at = htab_find(&l->heads, prefix_hash(&q), head_equal, l, &q);
		for (; at && at < best; at = l->rules.v[at - 1].next)
			if (p->len >= l->rules.v[at - 1].min_len &&
					p->len <= l->rules.v[at - 1].max_len)
				best = at;
	}
	if (best == UINT32_MAX)
		return false;
	if (ret_seq)
		*ret_seq = l->rules.v[best - 1].seq;
	return l->rules.v[best - 1].permit;
}

bool prefix_list_equal(const struct prefix_list *a, const struct prefix_list *b)
{
	if (a == b)
		return true;
	if (a->family != b->family || a->rules.n != b->rules.n)
		return false;
	for (size_t i = 0; i < a->rules.n; i++) {
		const struct rule *x = &a->rules.v[i], *y = &b->rules.v[i];

		if (x->min_len != y->min_len || x->max_len != y->max_len ||
				x->permit != y->permit || !prefix_equal(&x->prefix, &y->prefix))
			return false;
	}
	return true;
}
