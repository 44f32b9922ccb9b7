/* Hash table of ids: see htab.h. */
#include <assert.h>

#include "lib/base/htab.h"
#include "lib/base/xalloc.h"

uint32_t htab_find(const struct htab *t, uint32_t hash, htab_equal_fn *equal, const void *ctx,
		const void *key)
{
	if (!t->slots)
		return 0;
	for (uint32_t i = hash & t->mask; t->slots[i].id; i = (i + 1) & t->mask)
		if (t->slots[i].hash == hash && equal(ctx, t->slots[i].id, key))
			return t->slots[i].id;
	return 0;
}

static void place(struct htab *t, struct htab_slot s)
{
	uint32_t i = s.hash & t->mask;

	while (t->slots[i].id)
		i = (i + 1) & t->mask;
	t->slots[i] = s;
}

static size_t bytes(const struct htab *t)
{
	return ((size_t)t->mask + 1) * sizeof(*t->slots);
}

void htab_reserve(struct htab *t, uint32_t n)
{
	assert(!t->slots && n < 1u << 30);
	t->mask = 15;
	while (n > t->mask - t->mask / 4)
		t->mask = t->mask * 2 + 1;
	t->slots = xcalloc_huge(bytes(t));
}

void htab_insert(struct htab *t, uint32_t hash, uint32_t id)
{
	if (!t->slots || t->n >= t->mask - t->mask / 4) {
		struct htab old = *t;

		t->mask = old.slots ? old.mask * 2 + 1 : 15;
		t->slots = xcalloc_huge(bytes(t));
		for (uint32_t i = 0; old.slots && i <= old.mask; i++)
			if (old.slots[i].id)
				place(t, old.slots[i]);
		if (old.slots)
			xfree_huge(old.slots, bytes(&old));
	}
	place(t, (struct htab_slot){ hash, id });
	t->n++;
}

void htab_remove(struct htab *t, uint32_t hash, uint32_t id)
{
	uint32_t i = hash & t->mask, j;

	while (t->slots[i].id != id) {
		assert(t->slots[i].id);
		i = (i + 1) & t->mask;
	}
	/* Close the gap: move back each later slot of the run that may stand there. */
	for (j = (i + 1) & t->mask; t->slots[j].id; j = (j + 1) & t->mask) {
		uint32_t home = t->slots[j].hash & t->mask;

		if (((j - home) & t->mask) >= ((j - i) & t->mask)) {
			t->slots[i] = t->slots[j];
			i = j;
		}
	}
	t->slots[i].id = 0;
	t->n--;
}

void htab_fini(struct htab *t)
{
	if (t->slots)
		xfree_huge(t->slots, bytes(t));
	*t = (struct htab){ 0 };
}
