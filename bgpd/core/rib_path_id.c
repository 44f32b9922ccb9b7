/* Path ids (RFC 7911), kept beside a table: few paths have one, so a path only
 * has a flag, and this index knows the number. */
#include <assert.h>

#include "bgpd/core/rib_private.h"

struct path_id {
	uint32_t path, id; /* id 0: free */
};
_Static_assert(sizeof(struct path_id) == RIB_PATH_ID_SIZE, "rib.c makes the slab");

static uint32_t path_id_find(const struct rib *rib, uint32_t path, uint32_t *ret_at)
{
	uint64_t h = hash_u64(rib->seed, path);
	uint32_t id = rib_hash_first(&rib->path_id_hash, h, ret_at);

	while (id && ((struct path_id *)slab_at(&rib->path_ids, id))->path != path)
		id = rib_hash_next(&rib->path_id_hash, h, ret_at);
	return id;
}

uint32_t rib_path_add_path_id(const struct rib *rib, uint32_t path)
{
	uint32_t at, id;

	if (!(path_at(rib, path)->flags & PATH_ADD_PATH))
		return 0;
	id = path_id_find(rib, path, &at);
	return id ? ((struct path_id *)slab_at(&rib->path_ids, id))->id : 0;
}

static void entry_hashes(const void *ctx, const uint32_t *ids, unsigned n, uint64_t *ret)
{
	const struct rib *rib = ctx;

	for (unsigned i = 0; i < n; i++)
		ret[i] = hash_u64(rib->seed,
				((const struct path_id *)slab_at(&rib->path_ids, ids[i]))->path);
}

void rib_path_id_set(struct rib *rib, uint32_t path, uint32_t value)
{
	uint64_t hash = hash_u64(rib->seed, path);
	uint32_t at, id = slab_new(&rib->path_ids), there = rib_hash_first(&rib->path_id_hash, hash, &at);

	*(struct path_id *)slab_at(&rib->path_ids, id) = (struct path_id){ path, value };
	while (there)
		there = rib_hash_next(&rib->path_id_hash, hash, &at);
	rib_hash_insert(&rib->path_id_hash, hash, id, at, entry_hashes, rib);
}

void rib_path_id_drop(struct rib *rib, uint32_t path)
{
	uint32_t at, id = path_id_find(rib, path, &at);

	assert(id);
	rib_hash_remove(&rib->path_id_hash, hash_u64(rib->seed, path), id);
	((struct path_id *)slab_at(&rib->path_ids, id))->id = 0; /* marks it free */
	slab_put(&rib->path_ids, id);
}
