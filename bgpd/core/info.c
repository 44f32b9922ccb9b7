/* Interned NLRI extras: see info.h.  Few values are live at a time (a label or
 * a VNI and an ESI per VRF), so the last one asked for usually comes again. */
#include <assert.h>
#include <stdlib.h>

#include "bgpd/core/info.h"
#include "lib/base/hash.h"
#include "lib/base/htab.h"
#include "lib/base/slab.h"
#include "lib/base/xalloc.h"

/* Without the padding at the end. */
#define INFO_BYTES (offsetof(struct nlri_info, gateway) + sizeof(struct ip_addr))
_Static_assert(INFO_BYTES == 8 + 10 + 17, "struct nlri_info has holes");

struct entry {
	struct nlri_info info;
	uint32_t refs, hash;
};

struct info_table {
	struct slab entries;
	struct htab by_value;
	uint64_t seed;
	uint32_t last;
	struct nlri_info empty;
};

struct info_table *info_table_new(uint64_t seed)
{
	struct info_table *t = xcalloc(1, sizeof(*t));

	t->seed = seed;
	t->empty.label[0] = t->empty.label[1] = NLRI_LABEL_NONE;
	slab_init(&t->entries, sizeof(struct entry));
	return t;
}

void info_table_free(struct info_table *t)
{
	if (!t)
		return;
	slab_fini(&t->entries);
	htab_fini(&t->by_value);
	free(t);
}

static struct entry *entry_at(const struct info_table *t, uint32_t id)
{
	return slab_at(&t->entries, id);
}

static bool entry_equal(const void *ctx, uint32_t id, const void *key)
{
	return memcmp(&entry_at(ctx, id)->info, key, INFO_BYTES) == 0;
}

uint32_t info_intern(struct info_table *t, const struct nlri_info *i)
{
	struct entry *e;
	uint32_t hash, id = t->last;

	if (id && entry_equal(t, id, i)) {
		entry_at(t, id)->refs++;
		return id;
	}
	if (memcmp(i, &t->empty, INFO_BYTES) == 0)
		return 0;
	hash = (uint32_t)hash_bytes(t->seed, i, INFO_BYTES);
	id = htab_find(&t->by_value, hash, entry_equal, t, i);
	if (!id) {
		id = slab_new(&t->entries);
		e = entry_at(t, id);
		memcpy(&e->info, i, INFO_BYTES);
		e->hash = hash;
		htab_insert(&t->by_value, hash, id);
	}
	entry_at(t, id)->refs++;
	t->last = id;
	return id;
}

void info_ref(struct info_table *t, uint32_t id)
{
	if (id)
		entry_at(t, id)->refs++;
}

void info_unref(struct info_table *t, uint32_t id)
{
	struct entry *e;

	if (!id)
		return;
	e = entry_at(t, id);
	assert(e->refs > 0);
	if (--e->refs)
		return;
	htab_remove(&t->by_value, e->hash, id);
	slab_put(&t->entries, id);
	if (t->last == id)
		t->last = 0;
}

const struct nlri_info *info_get(const struct info_table *t, uint32_t id)
{
	return id ? &entry_at(t, id)->info : &t->empty;
}
