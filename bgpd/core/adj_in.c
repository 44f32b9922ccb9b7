/* Routes as a peer sent them, on their way into a table: from a field of a
 * decoded UPDATE in batches, so that what depends on the attributes alone is
 * done once, and the table's memory is asked for ahead of its use.
 * Called by receive.c, which also watches maximum-prefix; calls policy.c and
 * rib.c. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/adj_in.h"
#include "bgpd/core/update.h"
#include "lib/base/xalloc.h"

#define BATCH 64 /* routes */

struct adj_in *adj_in_get(struct peer *p)
{
	if (!p->adj_in) {
		p->adj_in = xcalloc(1, sizeof(*p->adj_in));
		p->adj_in->peer = p;
	}
	return p->adj_in;
}

static void count_change(struct peer *p, enum family f, const struct rib_change *c, bool there,
		bool accepted)
{
	struct peer_family *pf = &p->family[f];
	struct adj_in_family *af = &p->adj_in->family[f];

	pf->received += (uint32_t)there - c->was_there;
	pf->accepted += (uint32_t)accepted - c->was_accepted;
	if (c->was_there && (c->flags & PATH_ERA) != adj_in_era_bits(af))
		af->stale--;
}

void adj_in_update_batch(struct peer *p, enum family f, const uint8_t *keys,
		const uint32_t *path_ids, const uint32_t *infos, unsigned n, uint32_t attrs)
{
	struct bgp_core *core = p->instance->core;
	struct rib *rib = p->instance->rib[f];
	struct adj_in *in = adj_in_get(p);
	struct path route = { .attrs_in = attrs, .source = p->source, .time = core_now_secs(core),
		.flags = adj_in_era_bits(&in->family[f]) };
	struct adj_in_verdict v;
	uint64_t hashes[BATCH];

	adj_in_judge(p, f, attrs, &v);
	for (unsigned from = 0; from < n; from += BATCH) {
		unsigned m = n - from < BATCH ? n - from : BATCH;

		for (unsigned i = 0; i < m; i++)
			hashes[i] = rib_key_hash(rib, keys + (size_t)(from + i) * rib->key_size);
		if (m > 1)
			rib_prefetch(rib, hashes, m);
		for (unsigned i = 0; i < m; i++) {
			const uint8_t *key = keys + (size_t)(from + i) * rib->key_size;
			enum path_reason reason = v.reason;
			struct rib_change change;

			route.info = infos ? infos[from + i] : 0;
			route.attrs = adj_in_apply(p, f, &v, key, route.info, &reason);
			route.reason = (uint8_t)reason;
			attrs_ref(core->attrs, attrs);
			rib_put(rib, key, hashes[i], &route, path_ids ? path_ids[from + i] : 0, &change);
			count_change(p, f, &change, true, route.attrs != 0);
		}
	}
	adj_in_verdict_fini(p, &v);
	attrs_unref(core->attrs, attrs);
}

void adj_in_withdraw_batch(struct peer *p, enum family f, const uint8_t *keys,
		const uint32_t *path_ids, unsigned n)
{
	struct rib *rib = p->instance->rib[f];
	uint64_t hashes[BATCH];

	adj_in_get(p);
	for (unsigned from = 0; from < n; from += BATCH) {
		unsigned m = n - from < BATCH ? n - from : BATCH;

		for (unsigned i = 0; i < m; i++)
			hashes[i] = rib_key_hash(rib, keys + (size_t)(from + i) * rib->key_size);
		if (m > 1)
			rib_prefetch(rib, hashes, m);
		for (unsigned i = 0; i < m; i++) {
			struct rib_change change;

			rib_drop(rib, keys + (size_t)(from + i) * rib->key_size, hashes[i], p->source,
					path_ids ? path_ids[from + i] : 0, &change);
			p->count.prefixes_withdrawn += change.was_there;
			count_change(p, f, &change, false, false);
		}
	}
}

int adj_in_field(struct peer *p, struct update *u, struct update_field *field, struct msg_error *e)
{
	struct bgp_core *core = p->instance->core;
	enum family f = field->family;
	unsigned size = families[f].key_size, n = 0;
	uint8_t keys[BATCH * NLRI_KEY_MAX];
	uint32_t path_ids[BATCH], infos[BATCH], attrs = 0;
	bool with_info = f != FAM_IPV4_UNICAST && f != FAM_IPV6_UNICAST && !field->withdraw;
	struct nlri nlri;
	int r;

	if (!field->withdraw)
		attrs = attrs_intern(core->attrs, update_field_attrs(u, field));
	do {
		r = update_field_next(field, &nlri);
		if (r == 1) {
			memcpy(keys + n * size, nlri.key, size);
			path_ids[n] = nlri.path_id;
			if (with_info)
				infos[n] = info_intern(core->infos, &nlri.info);
			n++;
		}
		if (n && (n == BATCH || r != 1)) {
			const uint32_t *ids = field->add_path ? path_ids : NULL;

			if (field->withdraw) {
				adj_in_withdraw_batch(p, f, keys, ids, n);
			} else {
				attrs_ref(core->attrs, attrs);
				adj_in_update_batch(p, f, keys, ids, with_info ? infos : NULL, n, attrs);
			}
			n = 0;
		}
	} while (r == 1);
	attrs_unref(core->attrs, attrs);
	if (r >= 0)
		return 0;
	update_field_error(field, e);
	return r;
}
