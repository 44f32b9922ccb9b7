/* Long work on a peer's routes: removing the stale ones, and applying a changed
 * inbound policy to all; in slices, from the door's queue.
 *
 * A walk looks at every destination of the table, as paths of one peer are not
 * linked: that would cost each route 8 bytes for the rare case. */
#include <stdlib.h>

#include "bgpd/core/adj_in.h"
#include "bgpd/core/door.h"

#define PURGE_SLICE 8192
#define REFILTER_SLICE 2048

static bool run(struct work *w, struct bgp_core *c);

static void start(struct peer *p)
{
	struct adj_in *in = adj_in_get(p);

	in->work.run = run;
	core_work_add(p->instance->core, &in->work);
}

/* ---- purge ---- */

static void purge_dest(struct peer *p, enum family f, uint32_t dest)
{
	struct rib *rib = p->instance->rib[f];
	struct adj_in_family *af = &p->adj_in->family[f];
	uint32_t next;

	for (uint32_t id = dest_at(rib, dest)->paths; id; id = next) {
		const struct path *path = path_at(rib, id);

		next = path->next;
		if (path->source != p->source || (path->flags & PATH_ERA) == adj_in_era_bits(af))
			continue;
		p->family[f].received--;
		p->family[f].accepted -= path->attrs != 0;
		af->stale--;
		/* The order of the rest may change, and the destination go. */
		rib_drop_path(rib, dest, id);
		if (!dest_is_live(rib, dest_at(rib, dest)))
			return;
		next = dest_at(rib, dest)->paths;
	}
}

/* True: there is more. */
static bool purge_slice(struct peer *p, enum family f)
{
	struct adj_in_family *af = &p->adj_in->family[f];
	const struct rib *rib = p->instance->rib[f];

	for (unsigned n = 0; rib && n < PURGE_SLICE && af->stale; n++) {
		af->purge_at = rib_walk(rib, af->purge_at);
		if (!af->purge_at)
			break;
		purge_dest(p, f, af->purge_at);
	}
	return rib && af->stale && af->purge_at;
}

/* All that is stale as if it were of the era just before this one. */
static void join_old_eras(struct peer *p, enum family f)
{
	const struct adj_in_family *af = &p->adj_in->family[f];
	const struct rib *rib = p->instance->rib[f];
	uint8_t before = (uint8_t)(((af->era + 3) & 3) << 4);

	for (uint32_t dest = rib_walk(rib, 0); dest; dest = rib_walk(rib, dest))
		for (uint32_t id = dest_at(rib, dest)->paths; id; id = path_at(rib, id)->next) {
			struct path *path = path_at(rib, id);

			if (path->source == p->source && (path->flags & PATH_ERA) != adj_in_era_bits(af))
				path->flags = (uint8_t)((path->flags & ~PATH_ERA) | before);
		}
}

void adj_in_mark_stale(struct peer *p, enum family f)
{
	struct adj_in_family *af = &adj_in_get(p)->family[f];

	if (af->tasks & TASK_PURGE) {
		if (af->stale)
			core_door(p->instance->core)->data_enough = true;
		/* A removal is of what was stale when it began. */
		while (purge_slice(p, f))
			;
		/* What is stale from now on is not its business. */
		af->tasks = (uint8_t)((af->tasks & ~TASK_PURGE) | TASK_PURGED);
	}
	/* Four eras can be told apart: if three older ones are still about, the
	 * oldest would look like the new one. */
	if (!af->stale) {
		af->old_eras = 0;
	} else if (af->old_eras == 3) {
		join_old_eras(p, f);
		core_door(p->instance->core)->data_enough = true;
		af->old_eras = 1;
	}
	af->old_eras++;
	af->era = (uint8_t)((af->era + 1) & 3);
	af->stale = p->family[f].received;
}

bool adj_in_is_stale(const struct peer *p, enum family f, const struct path *path)
{
	return p->adj_in && (path->flags & PATH_ERA) != adj_in_era_bits(&p->adj_in->family[f]);
}

static void purge_family(struct peer *p, enum family f, bool stale_only)
{
	struct adj_in_family *af = &p->adj_in->family[f];

	if (!stale_only)
		adj_in_mark_stale(p, f);
	af->purge_at = 0;
	af->tasks = (uint8_t)((af->tasks & ~TASK_PURGED) | TASK_PURGE);
}

void adj_in_purge(struct peer *p, enum family f, bool stale_only,
		void (*done)(struct peer *, enum family))
{
	struct adj_in *in = adj_in_get(p);

	if (f == FAM_NONE) {
		in->all_done = done;
		in->all_calls += done != NULL;
		for (int i = 0; i < FAM_COUNT; i++)
			purge_family(p, (enum family)i, stale_only);
	} else {
		in->family[f].done = done;
		in->family[f].calls += done != NULL;
		purge_family(p, f, stale_only);
	}
	start(p);
}

/* ---- policy again ---- */

static void refilter_path(struct peer *p, enum family f, uint32_t dest, uint32_t id,
		struct adj_in_verdict *v, uint32_t *judged)
{
	struct rib *rib = p->instance->rib[f];
	const struct path *path = path_at(rib, id);
	enum path_reason reason;
	uint32_t attrs;

	if (*judged != path->attrs_in) {
		adj_in_verdict_fini(p, v);
		adj_in_judge(p, f, path->attrs_in, v);
		*judged = path->attrs_in;
	}
	attrs = adj_in_apply(p, f, v, dest_at(rib, dest)->key, path->info, &reason);
	p->family[f].accepted += (uint32_t)(attrs != 0) - (path->attrs != 0);
	rib_set_path_attrs(rib, dest, id, attrs, reason, core_now_secs(p->instance->core));
}

static bool refilter_slice(struct peer *p, enum family f)
{
	struct adj_in_family *af = &p->adj_in->family[f];
	const struct rib *rib = p->instance->rib[f];
	struct adj_in_verdict v = { 0 };
	uint32_t judged = 0; /* held by the paths that have it, all this slice long */
	VEC(uint32_t) mine = { 0 };

	for (unsigned n = 0; n < REFILTER_SLICE; n++) {
		af->refilter_at = rib_walk(rib, af->refilter_at);
		if (!af->refilter_at)
			break;
		/* A path is moved within its destination when it changes: first collect. */
		for (uint32_t id = dest_at(rib, af->refilter_at)->paths; id;
				id = path_at(rib, id)->next)
			if (path_at(rib, id)->source == p->source)
				*vec_push(&mine) = id;
		for (size_t i = 0; i < mine.n; i++)
			refilter_path(p, f, af->refilter_at, mine.v[i], &v, &judged);
		mine.n = 0;
	}
	vec_free(&mine);
	adj_in_verdict_fini(p, &v);
	return af->refilter_at != 0;
}

void adj_in_refilter(struct peer *p, enum family f)
{
	struct adj_in_family *af = &adj_in_get(p)->family[f];

	if (!p->instance->rib[f] || !p->family[f].received)
		return;
	af->refilter_at = 0;
	af->tasks |= TASK_REFILTER;
	start(p);
}

/* ---- the queue's side ---- */

/* Calls whom finished purges concern.  The last call may free the peer. */
static void tell(struct peer *p, unsigned finished, bool purging)
{
	struct adj_in *in = p->adj_in;
	void (*done[FAM_COUNT + 1])(struct peer *, enum family) = { NULL };
	unsigned calls[FAM_COUNT + 1] = { 0 };

	for (int i = 0; i < FAM_COUNT; i++)
		if (finished & 1u << i) {
			done[i] = in->family[i].done;
			calls[i] = in->family[i].calls;
			in->family[i].calls = 0;
		}
	if (!purging) {
		done[FAM_NONE] = in->all_done;
		calls[FAM_NONE] = in->all_calls;
		in->all_calls = 0;
	}
	for (int i = 0; i <= FAM_COUNT; i++)
		for (; calls[i]; calls[i]--)
			done[i](p, (enum family)i);
}

static bool run(struct work *w, struct bgp_core *c)
{
	struct adj_in *in = (struct adj_in *)((char *)w - offsetof(struct adj_in, work));
	struct peer *p = in->peer;
	unsigned finished = 0;
	uint8_t left = 0;

	for (int i = 0; i < FAM_COUNT; i++) {
		struct adj_in_family *af = &in->family[i];

		if (af->tasks & TASK_REFILTER && !refilter_slice(p, (enum family)i))
			af->tasks &= (uint8_t)~TASK_REFILTER;
		if (af->tasks & TASK_PURGE && !purge_slice(p, (enum family)i)) {
			af->tasks &= (uint8_t)~TASK_PURGE;
			af->tasks |= TASK_PURGED;
		}
		if (af->tasks & TASK_PURGED) {
			af->tasks &= (uint8_t)~TASK_PURGED;
			finished |= 1u << i;
		}
		left |= af->tasks;
	}
	if (left)
		core_work_add(c, w);
	if (finished)
		tell(p, finished, left & TASK_PURGE);
	return false;
}

void adj_in_free(struct peer *p)
{
	if (!p->adj_in)
		return;
	if (p->adj_in->work.queued)
		core_work_remove(p->instance->core, &p->adj_in->work);
	free(p->adj_in);
	p->adj_in = NULL;
}
