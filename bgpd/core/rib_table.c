/* A table's beginning and end, and what it is told about itself.  What is in it
 * comes and goes in rib.c. */
#include <assert.h>
#include <stdlib.h>

#include "bgpd/core/rib_private.h"
#include "lib/base/xalloc.h"

struct rib *rib_new(const struct rib_env *env, enum family f, uint16_t instance, uint64_t seed)
{
	struct rib *rib = xcalloc(1, sizeof(*rib));

	rib->env = env;
	rib->family = f;
	rib->instance = instance;
	rib->seed = seed;
	rib->key_size = families[f].key_size;
	/* A prefix length, or a route type, is never 255. */
	rib->dead_at = f == FAM_EVPN ? 0 : (uint8_t)(rib->key_size - 1);
	slab_init(&rib->dests, (uint32_t)(sizeof(struct dest) + rib->key_size + 3) & ~3u);
	slab_init(&rib->paths, sizeof(struct path));
	slab_init(&rib->path_ids, RIB_PATH_ID_SIZE);
	rib->options.default_local_pref = 100;
	return rib;
}

void rib_free(struct rib *rib)
{
	if (!rib)
		return;
	assert(!rib->log.readers);
	for (uint32_t id = 0; (id = rib_walk(rib, id));)
		for (uint32_t p = dest_at(rib, id)->paths; p; p = path_at(rib, p)->next) {
			const struct path *path = path_at(rib, p);

			attrs_unref(rib->env->attrs, path->attrs_in);
			attrs_unref(rib->env->attrs, path->attrs);
			info_unref(rib->env->infos, path->info);
		}
	rib_log_fini(rib);
	rib_hash_fini(&rib->hash);
	rib_hash_fini(&rib->path_id_hash);
	slab_fini(&rib->dests);
	slab_fini(&rib->paths);
	slab_fini(&rib->path_ids);
	vec_free(&rib->scratch);
	vec_free(&rib->standing);
	free(rib);
}

enum family rib_family(const struct rib *rib)
{
	return rib->family;
}

uint16_t rib_instance(const struct rib *rib)
{
	return rib->instance;
}

void rib_set_options(struct rib *rib, const struct decision_options *o)
{
	rib->options = *o;
}

void rib_log_all_paths(struct rib *rib, bool on)
{
	rib->log_all = on;
}
