/* Hash table of ids: see htab.h. */
#include <assert.h>

#include "lib/base/htab.h"
#include "lib/base/xalloc.h"

#define SMALL 16 /* slots of a table that begins */
#define STEP 8	 /* slots of a cache line: a move ends before the old ones are full */

uint32_t htab_find(const struct htab *t, uint32_t hash, htab_equal_fn *equal, const void *ctx,
		const void *key)
{
	uint32_t mask;
	const struct htab_slot *slots = htab_home(t, hash, &mask);

	if (!slots)
		return 0;
	for (uint32_t i = hash & mask; slots[i].id; i = (i + 1) & mask)
		if (slots[i].hash == hash && equal(ctx, slots[i].id, key))
			return slots[i].id;
	return 0;
}

static void place(struct htab_slot *slots, uint32_t mask, struct htab_slot s)
{
	uint32_t i = s.hash & mask;

	while (slots[i].id)
		i = (i + 1) & mask;
	slots[i] = s;
}

static uint32_t enough(uint32_t mask)
{
	return mask - mask / 4;
}

static size_t bytes(uint32_t mask)
{
	return ((size_t)mask + 1) * sizeof(struct htab_slot);
}

void htab_reserve(struct htab *t, uint32_t n)
{
	assert(!t->slots && n < 1u << 30);
	t->mask = SMALL - 1;
	while (n > enough(t->mask))
		t->mask = t->mask * 2 + 1;
	t->slots = xcalloc_huge(bytes(t->mask));
}

/* It begins behind an empty slot, where a run may begin but none goes on. */
static void move_begin(struct htab *t)
{
	t->old = t->slots;
	t->old_mask = t->mask;
	t->moved = 0;
	for (t->start = 0; t->old[(t->start - 1) & t->old_mask].id;)
		t->start++;
	t->mask = t->mask * 2 + 1;
	t->slots = xcalloc_huge(bytes(t->mask));
}

/* At least STEP slots, up to the end of a run.  The last run may end where the
 * first one began, as ids that came since may have gone on there. */
static void move_some(struct htab *t)
{
	struct htab_slot s;

	for (uint32_t n = 1;; n++) {
		uint32_t i = (t->start + t->moved++) & t->old_mask;

		s = t->old[i];
		if (s.id)
			place(t->slots, t->mask, s);
		else if (n >= STEP)
			break;
		t->old[i].id = 0;
	}
	if (t->moved <= t->old_mask)
		return;
	xfree_huge(t->old, bytes(t->old_mask));
	t->old = NULL;
}

void htab_insert(struct htab *t, uint32_t hash, uint32_t id)
{
	struct htab_slot *slots;
	uint32_t mask;

	if (!t->slots)
		htab_reserve(t, 0);
	if (!t->old && t->n >= enough(t->mask))
		move_begin(t);
	if (t->old)
		move_some(t);
	slots = htab_home(t, hash, &mask);
	place(slots, mask, (struct htab_slot){ hash, id });
	t->n++;
}

void htab_remove(struct htab *t, uint32_t hash, uint32_t id)
{
	uint32_t mask, i, j;
	struct htab_slot *slots = htab_home(t, hash, &mask);

	for (i = hash & mask; slots[i].id != id; i = (i + 1) & mask)
		assert(slots[i].id);
	/* Close the gap: move back each later slot of the run that may stand there. */
	for (j = (i + 1) & mask; slots[j].id; j = (j + 1) & mask) {
		uint32_t home = slots[j].hash & mask;

		if (((j - home) & mask) >= ((j - i) & mask)) {
			slots[i] = slots[j];
			i = j;
		}
	}
	slots[i].id = 0;
	t->n--;
}

size_t htab_bytes(const struct htab *t)
{
	return (t->slots ? bytes(t->mask) : 0) + (t->old ? bytes(t->old_mask) : 0);
}

void htab_fini(struct htab *t)
{
	if (t->slots)
		xfree_huge(t->slots, bytes(t->mask));
	if (t->old)
		xfree_huge(t->old, bytes(t->old_mask));
	*t = (struct htab){ 0 };
}
