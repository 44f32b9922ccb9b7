/* Index of a table: see rib_hash.h.  Used by rib.c alone. */
#include <assert.h>

#include "bgpd/core/rib_hash.h"
#include "lib/base/xalloc.h"

static size_t bytes(const struct rib_hash *t)
{
	return ((size_t)t->mask + 1) * sizeof(*t->slots);
}

void rib_hash_grow(struct rib_hash *t)
{
	if (t->slots)
		xfree_huge(t->slots, bytes(t));
	/* If it is full of graves, the same size will do. */
	if (!t->slots)
		t->id_bits = 6;
	else if (t->n > t->mask / 2)
		t->id_bits++;
	t->mask = (1u << t->id_bits) - 1;
	t->slots = xcalloc_huge(bytes(t));
	t->n = t->graves = 0;
}

void rib_hash_place(struct rib_hash *t, uint64_t hash, uint32_t id)
{
	uint32_t i = (uint32_t)hash & t->mask;

	while (t->slots[i] & t->mask)
		i = (i + 1) & t->mask;
	t->graves -= t->slots[i] != 0;
	t->slots[i] = rib_hash_tag(t, hash) | id;
	t->n++;
}

void rib_hash_remove(struct rib_hash *t, uint64_t hash, uint32_t id)
{
	uint32_t at = (uint32_t)hash & t->mask, slot = rib_hash_tag(t, hash) | id;

	while (t->slots[at] != slot) {
		assert(t->slots[at]);
		at = (at + 1) & t->mask;
	}
	t->n--;
	if (t->slots[(at + 1) & t->mask]) {
		t->slots[at] = ~t->mask;
		t->graves++;
		return;
	}
	/* The end of a run: nothing is behind it, nor behind the graves before it. */
	for (;;) {
		t->slots[at] = 0;
		at = (at - 1) & t->mask;
		if (!t->slots[at] || t->slots[at] & t->mask)
			return;
		t->graves--;
	}
}

void rib_hash_fini(struct rib_hash *t)
{
	if (t->slots)
		xfree_huge(t->slots, bytes(t));
	*t = (struct rib_hash){ 0 };
}
