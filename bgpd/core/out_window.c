/* From changed destinations to what a group is to be told: compares what each
 * would be announced as now with what the group was told last, a window of
 * destinations at a time. */
#include <stdlib.h>

#include "bgpd/core/nlri.h"
#include "bgpd/core/out_private.h"
#include "lib/base/xalloc.h"

#define WINDOW 2048 /* destinations */
#define MEMO 256
#define DUMP_SCAN 32768 /* ids looked at in one slice of a dump */

/* What the policy made of a set of attributes from a source. */
struct memo {
	uint32_t attrs, result; /* attrs 0: empty; the result is held */
	uint16_t source;
};

/* What is asked of a source for each route, and hardly ever changes in a window. */
struct source_memo {
	uint16_t source, member, source_class; /* member: the source if it is one, else 0 */
};

struct out_window {
	struct source_memo last;
	uint32_t ids[WINDOW];
	struct out_item items[2 * WINDOW + 4];
	uint32_t n;
	struct attrs_run forgotten; /* references to what was said of destinations that are gone */
	struct memo memo[MEMO];
	uint32_t memos; /* of them that are in use: a power of two, not much more than destinations */
	struct out_encoder *encoder;
};

struct out_window *out_window_new(void)
{
	struct out_window *w = xcalloc(1, sizeof(*w));

	w->encoder = out_encoder_new();
	return w;
}

void out_window_free(struct out_window *w)
{
	if (!w)
		return;
	out_encoder_free(w->encoder);
	free(w);
}

static void memo_drop(struct out_window *w, struct attrs_table *t)
{
	for (unsigned i = 0; i < w->memos; i++) {
		attrs_unref(t, w->memo[i].result);
		w->memo[i] = (struct memo){ 0 };
	}
}

/* The attributes of a path as the group would be told them; 0: not at all.
 * With or without `*ret_owned` a reference, which the caller gives back. */
static uint32_t wanted(const struct out_group *g, struct out_window *w, const uint8_t *key,
		const struct path *path, bool ignores_prefix, bool *ret_owned)
{
	struct memo *m = &w->memo[(path->attrs * 31 + path->source) & (w->memos - 1)];

	*ret_owned = !ignores_prefix;
	if (!ignores_prefix)
		return out_policy(g, key, path);
	if (m->attrs != path->attrs || m->source != path->source) {
		attrs_unref(g->all->instance->core->attrs, m->result);
		m->attrs = path->attrs;
		m->source = path->source;
		m->result = out_policy(g, key, path);
	}
	return m->result;
}

static const struct source_memo *source_look(const struct out_group *g, struct out_window *w,
		uint16_t source)
{
	if (w->last.source != source)
		w->last = (struct source_memo){ source, out_member_of(g, source) ? source : 0,
			out_source_class(g, source) };
	return &w->last;
}

static bool is_default(const struct out_group *g, const uint8_t *key)
{
	return (g->all->family == FAM_IPV4_UNICAST && key[4] == 0) ||
	       (g->all->family == FAM_IPV6_UNICAST && key[16] == 0);
}

static void add_item(struct out_window *w, uint32_t dest, const struct sent *s, uint16_t skip,
		uint16_t only)
{
	w->items[w->n++] = (struct out_item){ .dest = dest, .attrs = s->attrs, .info = s->info,
		.source = s->source, .skip = skip, .only = only };
}

/* Whoever is the source of a route was not told it; so when the source changes,
 * the new one must forget the old route, and the old one learn the new. */
static void compare(struct out_group *g, struct out_window *w, uint32_t dest, struct sent old,
		struct sent new, bool force)
{
	static const struct sent none;
	uint16_t old_member = old.attrs ? source_look(g, w, old.source)->member : 0;
	uint16_t old_class = old.attrs ? w->last.source_class : 0;
	uint16_t new_member = new.attrs ? source_look(g, w, new.source)->member : 0;
	bool changed;

	if (!new.attrs) {
		if (old.attrs)
			add_item(w, dest, &none, old_member, 0);
		return;
	}
	if (!old.attrs) {
		add_item(w, dest, &new, new_member, 0);
		return;
	}
	changed = force || new.attrs != old.attrs || new.info != old.info ||
		  w->last.source_class != old_class;
	if (new_member && new_member != old_member)
		add_item(w, dest, &none, 0, new_member);
	if (changed)
		add_item(w, dest, &new, new_member, 0);
	else if (old_member && old_member != new_member)
		add_item(w, dest, &new, 0, old_member);
}

__attribute__((always_inline)) static inline void look_gone(struct out_group *g, struct out_window *w, uint32_t dest)
{
	static const struct sent none;
	uint16_t source = out_sent_forget(&g->sent, dest, &w->forgotten);

	if (source)
		add_item(w, dest, &none, source_look(g, w, source)->member, 0);
}

static void look(struct out_group *g, struct out_window *w, uint32_t dest, bool ignores_prefix,
		bool force)
{
	struct rib *rib = g->all->rib;
	const struct dest *d = dest_at(rib, dest);
	const uint8_t *key = d->key;
	const struct path *best = d->paths ? path_at(rib, d->paths) : NULL;
	struct sent old, new = { 0 };
	bool owned = false;

	if (!best || !(best->flags & PATH_USABLE)) {
		look_gone(g, w, dest);
		return;
	}
	old = out_sent_get(&g->sent, dest);
	if (best && g->default_attrs && is_default(g, key))
		best = NULL; /* the one that we originate stands in its place */
	if (best && out_suppressed(g->all->instance, g->all->family, key) &&
			!out_unsuppressed(g, key, best))
		best = NULL;
	if (best)
		new.attrs = wanted(g, w, key, best, ignores_prefix, &owned);
	if (new.attrs) {
		new.info = best->info;
		new.source = best->source;
	}
	if (!old.attrs && !new.attrs)
		return;
	compare(g, w, dest, old, new, force);
	if (old.attrs != new.attrs || old.source != new.source || old.info != new.info)
		out_sent_set(&g->sent, dest, new);
	if (owned)
		attrs_unref(g->all->instance->core->attrs, new.attrs);
}

static void hand_out(struct out_group *g, struct out_window *w)
{
	struct out_chunk *c;
	struct out_member **m;

	if (!w->n)
		return;
	c = out_chunk_new();
	out_encode(w->encoder, g, w->items, w->n, c);
	if (c->records.n)
		vec_foreach(m, &g->members) {
			if (!out_member_has_chunks(*m))
				peer_want_write((*m)->peer);
			out_member_push(*m, c);
		}
	out_chunk_unref(c);
}

bool out_group_produce(struct out_group *g)
{
	struct out_window *w = g->all->window;
	bool force = g->force && rib_reader_walking(&g->reader), ignores = out_policy_ignores_prefix(g);
	uint32_t n = rib_reader_read(&g->reader, w->ids, WINDOW), dest;
	uint8_t zero[NLRI_KEY_MAX] = { 0 };

	w->n = 0;
	w->last.source = 0;
	for (w->memos = 1; w->memos < n && w->memos < MEMO;)
		w->memos *= 2;
	if (out_default_update(g, &w->items[w->n])) {
		w->n++;
		dest = rib_find(g->all->rib, zero);
		if (dest)
			look(g, w, dest, ignores, false);
	} else if (!n) {
		return out_default_pending(g);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (g->key.has_default_map)
			out_default_look(g, w->ids[i]);
		if (!dest_at(g->all->rib, w->ids[i])->paths)
			look_gone(g, w, w->ids[i]);
		else
			look(g, w, w->ids[i], ignores, force);
	}
	attrs_unref_end(g->all->instance->core->attrs, &w->forgotten);
	if (!rib_reader_walking(&g->reader))
		g->force = false;
	g->produced++;
	hand_out(g, w);
	memo_drop(w, g->all->instance->core->attrs);
	return true;
}

void out_member_dump(struct out_member *m)
{
	struct out_group *g = m->group;
	struct out_window *w = g->all->window;
	uint32_t end = out_sent_end(&g->sent), stop = m->dump_at + DUMP_SCAN;
	struct out_chunk *c;

	w->n = 0;
	if (m->dump_at <= 1 && g->default_attrs)
		w->items[w->n++] = (struct out_item){ .attrs = g->default_attrs,
			.source = g->all->instance->source_network };
	if (!m->dump_at)
		m->dump_at = 1;
	for (; m->dump_at < end && m->dump_at < stop && w->n < WINDOW; m->dump_at++) {
		struct sent s = out_sent_get(&g->sent, m->dump_at);

		if (s.attrs && s.source != m->peer->source)
			add_item(w, m->dump_at, &s, 0, 0);
	}
	if (m->dump_at >= end)
		m->dumping = false;
	if (!w->n)
		return;
	c = out_chunk_new();
	out_encode(w->encoder, g, w->items, w->n, c);
	if (c->records.n)
		out_member_push(m, c);
	out_chunk_unref(c);
}
