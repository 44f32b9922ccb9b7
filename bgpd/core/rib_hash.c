/* Index of a table: see rib_hash.h.  Used by rib.c alone. */
#include <stdlib.h>

#include "bgpd/core/rib_hash.h"
#include "lib/base/xalloc.h"

void rib_hash_grow(struct rib_hash *t)
{
	free(t->slots);
	t->id_bits = t->slots ? t->id_bits + 1 : 6;
	t->mask = (1u << t->id_bits) - 1;
	t->slots = xcalloc((size_t)t->mask + 1, sizeof(*t->slots));
	t->n = 0;
}

void rib_hash_place(struct rib_hash *t, uint64_t hash, uint32_t id)
{
	uint32_t i = (uint32_t)hash & t->mask;

	while (t->slots[i])
		i = (i + 1) & t->mask;
	t->slots[i] = rib_hash_tag(t, hash) | id;
	t->n++;
}

void rib_hash_remove(struct rib_hash *t, uint32_t at,
		uint64_t (*home)(const void *ctx, uint32_t id), const void *ctx)
{
	uint32_t i = at;

	/* Close the gap: move back each later slot of the run that may stand there. */
	for (uint32_t j = (i + 1) & t->mask; t->slots[j]; j = (j + 1) & t->mask) {
		uint32_t h = (uint32_t)home(ctx, t->slots[j] & t->mask) & t->mask;

		if (((j - h) & t->mask) >= ((j - i) & t->mask)) {
			t->slots[i] = t->slots[j];
			i = j;
		}
	}
	t->slots[i] = 0;
	t->n--;
}

void rib_hash_fini(struct rib_hash *t)
{
	free(t->slots);
	*t = (struct rib_hash){ 0 };
}
