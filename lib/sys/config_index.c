/* Hash table from entries' identities to their nodes. */
#include <stdlib.h>

#include "lib/base/xalloc.h"
#include "lib/sys/config_int.h"

#define CINDEX_GONE ((struct config_node *)1)

static void grow(struct cindex *x)
{
	struct cindex old = *x;
	size_t size = old.live * 4 < 64 ? 64 : old.mask + 1;

	while (size < old.live * 4)
		size *= 2;
	x->slots = xcalloc(size, sizeof(*x->slots));
	x->mask = size - 1;
	x->used = x->live = 0;
	for (size_t i = 0; old.slots && i <= old.mask; i++) {
		if (old.slots[i].node && old.slots[i].node != CINDEX_GONE)
			cindex_add(x, old.slots[i].hash, old.slots[i].node);
	}
	free(old.slots);
}

struct config_node *cindex_find(const struct cindex *x, uint64_t hash, cindex_equal_fn *equal,
		const void *key)
{
	if (!x->slots)
		return NULL;
	for (size_t i = hash & x->mask; x->slots[i].node; i = (i + 1) & x->mask) {
		const struct cindex_slot *s = &x->slots[i];

		if (s->hash == hash && s->node != CINDEX_GONE && equal(s->node, key))
			return s->node;
	}
	return NULL;
}

void cindex_add(struct cindex *x, uint64_t hash, struct config_node *n)
{
	size_t i;

	if (!x->slots || x->used * 2 > x->mask)
		grow(x);
	for (i = hash & x->mask; x->slots[i].node; i = (i + 1) & x->mask)
		;
	x->slots[i] = (struct cindex_slot){ hash, n };
	x->used++;
	x->live++;
}

void cindex_remove(struct cindex *x, uint64_t hash, const struct config_node *n)
{
	if (!x->slots)
		return;
	for (size_t i = hash & x->mask; x->slots[i].node; i = (i + 1) & x->mask) {
		if (x->slots[i].node == n) {
			x->slots[i].node = CINDEX_GONE;
			x->live--;
			return;
		}
	}
}

void cindex_fini(struct cindex *x)
{
	free(x->slots);
	x->slots = NULL;
	x->mask = x->used = x->live = 0;
}
