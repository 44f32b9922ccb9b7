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

#define BATCH RIB_BATCH /* routes */

struct adj_in *adj_in_get(struct peer *p)
{
	if (!p->adj_in) {
		p->adj_in = xcalloc(1, sizeof(*p->adj_in));
		p->adj_in->peer = p;
	}
	return p->adj_in;
}

/* Keys packed; path_ids, infos NULL if all are 0. */
struct batch {
	const uint8_t *keys;
	const uint64_t *hashes;
	const uint32_t *path_ids, *infos;
	unsigned n;
};

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

/* At most BATCH routes whose slots have been asked for. */
static void update(struct peer *p, enum family f, const struct batch *b, uint32_t attrs,
		struct adj_in_verdict *v)
{
	struct bgp_core *core = p->instance->core;
	struct rib *rib = p->instance->rib[f];
	struct path route = { .attrs_in = attrs, .source = p->source, .time = core_now_secs(core),
		.flags = adj_in_era_bits(&p->adj_in->family[f]) };

	if (b->n > 1)
		rib_prefetch(rib, b->hashes, b->n);
	for (unsigned i = 0; i < b->n; i++) {
		const uint8_t *key = b->keys + (size_t)i * rib->key_size;
		enum path_reason reason;
		struct rib_change change;

		route.info = b->infos ? b->infos[i] : 0;
		route.attrs = adj_in_apply(p, f, v, key, route.info, &reason);
		route.reason = (uint8_t)reason;
		attrs_ref(core->attrs, attrs);
		rib_put(rib, key, b->hashes[i], &route, b->path_ids ? b->path_ids[i] : 0, &change);
		count_change(p, f, &change, true, route.attrs != 0);
	}
}

static void withdraw(struct peer *p, enum family f, const struct batch *b)
{
	struct rib *rib = p->instance->rib[f];

	if (b->n > 1)
		rib_prefetch(rib, b->hashes, b->n);
	for (unsigned i = 0; i < b->n; i++) {
		struct rib_change change;

		rib_drop(rib, b->keys + (size_t)i * rib->key_size, b->hashes[i], p->source,
				b->path_ids ? b->path_ids[i] : 0, &change);
		p->count.prefixes_withdrawn += change.was_there;
		count_change(p, f, &change, false, false);
	}
}

int adj_in_field(struct peer *p, struct update *u, struct update_field *field, struct msg_error *e)
{
	struct bgp_core *core = p->instance->core;
	enum family f = field->family;
	struct rib *rib = p->instance->rib[f];
	unsigned size = families[f].key_size;
	uint8_t keys[BATCH * NLRI_KEY_MAX];
	uint64_t hashes[BATCH];
	uint32_t path_ids[BATCH], infos[BATCH], attrs = 0;
	bool with_info = f != FAM_IPV4_UNICAST && f != FAM_IPV6_UNICAST && !field->withdraw;
	struct batch b = { keys, hashes, field->add_path ? path_ids : NULL, with_info ? infos : NULL, 0 };
	struct adj_in_verdict v = { 0 };
	struct nlri nlri;
	int r;

	adj_in_get(p);
	do {
		r = update_field_next(field, &nlri);
		if (r == 1) {
			memcpy(keys + b.n * size, nlri.key, size);
			path_ids[b.n] = nlri.path_id;
			if (with_info)
				infos[b.n] = info_intern(core->infos, &nlri.info);
			hashes[b.n] = rib_key_hash(rib, nlri.key);
			rib_hash_prefetch(&rib->hash, hashes[b.n++]);
		}
		if (!b.n || (b.n < BATCH && r == 1))
			continue;
		if (field->withdraw) {
			withdraw(p, f, &b);
		} else {
			/* Meanwhile the slots are on their way from memory. */
			if (!attrs) {
				attrs = attrs_intern(core->attrs, update_field_attrs(u, field));
				adj_in_judge(p, f, attrs, &v);
			}
			update(p, f, &b, attrs, &v);
		}
		b.n = 0;
	} while (r == 1);
	adj_in_verdict_fini(p, &v);
	attrs_unref(core->attrs, attrs);
	if (r >= 0)
		return 0;
	update_field_error(field, e);
	return r;
}
