/* `import vrf NAME`: who imports whose routes by name.  The names are few, the
 * VRFs may be many: one sorted list, made anew when a configuration changed.
 * Used by vrf_export.c (does anybody want this table?) and vrf_import.c. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/vrf_private.h"

static int name_compare(const void *a, const void *b)
{
	const struct vrf_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (x->family != y->family)
		return (int)x->family - (int)y->family;
	return (int)x->instance - (int)y->instance;
}

static void names_build(struct vrf_names *names)
{
	names->entry.n = 0;
	for (size_t n = 0; n < names->core->instances.n; n++) {
		const struct bgp_instance *i = names->core->instances.v[n];

		for (int af = 0; i && !i->removed && af < 2; af++) {
			const struct instance_family_config *f =
					&i->config->family[vrf_unicast()[af]];

			for (size_t k = 0; k < f->import_vrfs.n; k++) {
				struct vrf_name *x = vec_push(&names->entry);

				*x = (struct vrf_name){ .family = (uint8_t)vrf_unicast()[af],
					.instance = i->index };
				strncpy(x->name, f->import_vrfs.v[k], sizeof(x->name) - 1);
			}
		}
	}
	if (names->entry.n)
		qsort(names->entry.v, names->entry.n, sizeof(*names->entry.v), name_compare);
	names->stale = false;
}

/* The next importer behind *at, which begins as SIZE_MAX; NULL: no more. */
static const struct vrf_name *next_importer(struct vrf_names *names,
		const struct bgp_instance *from, enum family f, size_t *at)
{
	struct vrf_name key = { .family = (uint8_t)f };
	size_t lo = 0, hi;

	if (names->stale)
		names_build(names);
	hi = names->entry.n;
	memcpy(key.name, from->name, sizeof(key.name));
	while (*at == SIZE_MAX && lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (name_compare(&names->entry.v[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (*at = *at == SIZE_MAX ? lo : *at + 1; *at < names->entry.n; ++*at) {
		const struct vrf_name *x = &names->entry.v[*at];

		if (x->family != key.family || strcmp(x->name, key.name) != 0)
			return NULL;
		if (x->instance != from->index)
			return x;
	}
	return NULL;
}

bool vrf_names_any(struct vrf_importer *m, const struct bgp_instance *from, enum family f)
{
	size_t at = SIZE_MAX;

	return next_importer(&m->names, from, f, &at) != NULL;
}

void vrf_names_targets(struct vrf_importer *m, const struct bgp_instance *from, enum family f)
{
	const struct vrf_name *x;
	size_t at = SIZE_MAX;

	/* Sorted, so one that imports it twice comes twice in a row. */
	while ((x = next_importer(&m->names, from, f, &at)))
		if (!m->targets.n || m->targets.v[m->targets.n - 1] != x->instance)
			*vec_push(&m->targets) = x->instance;
}

static bool names_run(struct work *work, struct bgp_core *c)
{
	struct vrf_names *names =
			(struct vrf_names *)((char *)work - offsetof(struct vrf_names, work));
	struct vrf_importer *m =
			(struct vrf_importer *)((char *)names - offsetof(struct vrf_importer, names));

	for (size_t n = 0; n < c->instances.n; n++)
		if (c->instances.v[n] && c->instances.v[n]->vrf)
			vrf_export_importers_changed(c->instances.v[n]->vrf, m);
	return false;
}

void vrf_names_init(struct vrf_names *names, struct bgp_core *c)
{
	names->core = c;
	names->work.run = names_run;
}

void vrf_names_fini(struct vrf_names *names)
{
	core_work_remove(names->core, &names->work);
	vec_free(&names->entry);
}

void vrf_names_config(struct vrf_names *names)
{
	names->stale = true;
	core_work_add(names->core, &names->work);
}
