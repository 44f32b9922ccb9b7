/* Rules of a prefix list: see prefix_rules.h. */
#include "bgpd/core/prefix_rules.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/xalloc.h"

struct prefix_rules *prefix_rules_new(uint8_t family, size_t room)
{
	struct prefix_rules *r = xcalloc(1, sizeof(*r));

	r->refs = 1;
	r->family = family;
	r->size = (uint8_t)(sizeof(struct prefix_rule) + family_bits(family) / 8);
	if (room)
		r->v = xmalloc_huge(room * r->size);
	r->room = (uint32_t)room;
	return r;
}

struct prefix_rules *prefix_rules_ref(struct prefix_rules *r)
{
	r->refs++;
	return r;
}

void prefix_rules_unref(struct prefix_rules *r)
{
	if (!r || --r->refs)
		return;
	free(r->v);
	free(r);
}

static const struct prefix none;

void prefix_rules_add(struct prefix_rules *r, const struct prefix_list_entry *e)
{
	const uint8_t *addr = e->any ? none.b : e->prefix.b;
	struct prefix_rule *x;

	assert(r->refs == 1 && (e->any || e->prefix.family == r->family));
	if (r->n == r->room) {
		r->room = r->room ? r->room * 2 : 4;
		r->v = xrealloc(r->v, (size_t)r->room * r->size);
	}
	x = (struct prefix_rule *)(r->v + (size_t)r->n++ * r->size);
	x->seq = e->seq;
	x->ge = e->ge;
	x->le = e->le;
	x->permit = e->permit;
	x->any = e->any;
	x->len = e->any ? 0 : e->prefix.len;
	if (r->family == 4)
		memcpy(x->addr, addr, 4);
	else
		memcpy(x->addr, addr, 16);
}

struct prefix_list_entry prefix_rules_entry(const struct prefix_rules *r, size_t i)
{
	const struct prefix_rule *x = prefix_rules_at(r, i);
	struct prefix_list_entry e = {
		.seq = x->seq,
		.permit = x->permit,
		.any = x->any,
		.prefix = { .family = r->family, .len = x->len },
		.ge = x->ge,
		.le = x->le,
	};

	memcpy(e.prefix.b, x->addr, r->size - sizeof(*x));
	return e;
}

bool prefix_rules_equal(const struct prefix_rules *a, const struct prefix_rules *b)
{
	if (a == b)
		return true;
	if (!a || !b)
		return !(a ? a : b)->n;
	if (a->family != b->family || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct prefix_rule *x = prefix_rules_at(a, i), *y = prefix_rules_at(b, i);

		if (x->seq != y->seq || x->len != y->len || x->ge != y->ge || x->le != y->le ||
				x->permit != y->permit || x->any != y->any ||
				memcmp(x->addr, y->addr, a->size - sizeof(*x)) != 0)
			return false;
	}
	return true;
}
