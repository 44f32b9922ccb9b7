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

struct batch {
	struct nlri nlri[BATCH];
	uint64_t hashes[BATCH];
	uint32_t infos[BATCH];
	bool with_info;
	unsigned n;
};

static void count_update(struct peer *p, enum family f, const struct rib_change *c, bool accepted)
{
	struct peer_family *pf = &p->family[f];
	struct adj_in_family *af = &p->adj_in->family[f];

	pf->received += 1u - c->was_there;
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
	uint32_t guesses[BATCH];

	rib_prefetch(rib, b->hashes, b->n, guesses);
	for (unsigned i = 0; i < b->n; i++) {
		const uint8_t *key = b->nlri[i].key;
		enum path_reason reason;
		struct rib_change change;

		route.info = b->with_info ? b->infos[i] : 0;
		route.attrs = adj_in_apply(p, f, v, key, route.info, &reason);
		route.reason = (uint8_t)reason;
		attrs_ref(core->attrs, attrs);
		rib_put(rib, key, b->hashes[i], guesses[i], &route, b->nlri[i].path_id, &change);
		count_update(p, f, &change, route.attrs != 0);
	}
}

static void withdraw(struct peer *p, enum family f, const struct batch *b)
{
	struct adj_in_family *af = &p->adj_in->family[f];
	struct rib_dropped gone = rib_drop(p->instance->rib[f], b->nlri, b->hashes, b->n, p->source,
			adj_in_era_bits(af));

	p->count.prefixes_withdrawn += gone.paths;
	p->family[f].received -= gone.paths;
	p->family[f].accepted -= gone.accepted;
	af->stale -= gone.other_era;
}

/* As update_field_next(); what came before an error counts. */
static int batch_fill(struct batch *b, const struct rib *rib, struct update_field *field,
		struct info_table *infos)
{
	int r;

	for (b->n = 0; b->n < BATCH; b->n++) {
		r = update_field_next(field, &b->nlri[b->n]);
		if (r != 1)
			break;
	}
	for (unsigned i = 0; i < b->n; i++) {
		b->hashes[i] = rib_key_hash(rib, b->nlri[i].key);
		rib_hash_prefetch(&rib->hash, b->hashes[i]);
	}
	for (unsigned i = 0; b->with_info && i < b->n; i++)
		b->infos[i] = info_intern(infos, &b->nlri[i].info);
	return r;
}

int adj_in_field(struct peer *p, struct update *u, struct update_field *field, struct msg_error *e)
{
	struct bgp_core *core = p->instance->core;
	enum family f = field->family;
	struct rib *rib = p->instance->rib[f];
	uint32_t attrs = 0;
	struct adj_in_verdict v = { 0 };
	struct batch b;
	int r;

	b.with_info = !rib_is_unicast(rib) && !field->withdraw;
	adj_in_get(p);
	do {
		r = batch_fill(&b, rib, field, core->infos);
		if (!b.n)
			break;
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
	} while (r == 1);
	adj_in_verdict_fini(p, &v);
	attrs_unref(core->attrs, attrs);
	if (r >= 0)
		return 0;
	update_field_error(field, e);
	return r;
}
