/* Filters at work: a neighbour's filter bound to a compiled policy, and its
 * application to routes, the hot path of policy.  Called by adj_in.c and
 * out_group.c for each route, or once per attribute set where the filter does
 * not look at the prefix.
 *
 * What is dear (regular expressions, community lists, making a new attribute
 * set) is remembered per attribute set in two small direct-mapped caches.
 * They hold references, so an id in them can't come to mean another set. */
#include <string.h>

#include "bgpd/core/policy_clause.h"
#include "lib/base/xalloc.h"

#define MEMO_BITS 8
#define MEMO_SIZE (1u << MEMO_BITS)
#define MEMO_CLAUSES 64 /* of one map; dear clauses beyond it are worked out each time */
#define CALL_DEPTH_MAX 10

struct match_memo {
	uint32_t attrs; /* 0: empty */
	const struct compiled_map *map;
	uint64_t known, value; /* a bit for each dear clause */
};

struct set_memo {
	uint32_t from, to;
	const struct compiled_entry *entry;
};

struct policy_bound {
	struct policy *policy;
	/* A filter that was asked for but is not defined denies all. */
	bool has_map, has_prefix_list, has_access_list, has_as_list;
	struct compiled_map *map;
	const struct prefix_list *prefix_list[2], *access_list[2];
	const struct route_list *as_list;
	char *names[4]; /* for traces: map, prefix list, access list, as-path list */
	bool ignores_prefix;
	struct attrs_table *table; /* of the ids in the caches */
	struct match_memo *matches;
	struct set_memo *sets;
};

static bool map_ignores_prefix(const struct compiled_map *m, unsigned depth)
{
	const struct compiled_entry *e;
	const struct clause *c;

	if (!m)
		return true;
	vec_foreach(e, &m->entries) {
		vec_foreach(c, &e->match)
			if (c->kind->flags & CLAUSE_PREFIX)
				return false;
		if (e->call && (depth == 0 || !map_ignores_prefix(e->call, depth - 1)))
			return false;
	}
	return true;
}

static bool name_given(const char *name)
{
	return name && *name;
}

struct policy_bound *policy_bind(struct policy *p, enum family f, const struct policy_filter *x)
{
	struct policy_bound *b = xcalloc(1, sizeof(*b));
	const char *names[4] = { x->route_map, x->prefix_list, x->distribute_list,
		x->filter_list };

	(void)f; /* EVPN routes may have prefixes of both families, so bind both */
	b->policy = policy_ref(p);
	b->has_map = name_given(x->route_map);
	b->has_prefix_list = name_given(x->prefix_list);
	b->has_access_list = name_given(x->distribute_list);
	b->has_as_list = name_given(x->filter_list);
	if (b->has_map)
		b->map = policy_find_map(p, x->route_map);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t family = i ? 6 : 4;

		if (b->has_prefix_list)
			b->prefix_list[i] = policy_find_prefix_list(p, family, x->prefix_list);
		if (b->has_access_list)
			b->access_list[i] = policy_find_access_list(p, family, x->distribute_list);
	}
	if (b->has_as_list)
		b->as_list = policy_find_list(p, LIST_AS_PATH, x->filter_list);
	for (unsigned i = 0; i < 4; i++)
		b->names[i] = name_given(names[i]) ? xstrdup(names[i]) : NULL;
	b->ignores_prefix = !b->has_prefix_list && !b->has_access_list &&
			    map_ignores_prefix(b->map, CALL_DEPTH_MAX);
	return b;
}

static void memo_drop(struct policy_bound *b)
{
	for (unsigned i = 0; i < MEMO_SIZE; i++) {
		if (b->matches)
			attrs_unref(b->table, b->matches[i].attrs);
		if (b->sets) {
			attrs_unref(b->table, b->sets[i].from);
			attrs_unref(b->table, b->sets[i].to);
		}
	}
	free(b->matches);
	free(b->sets);
	b->matches = NULL;
	b->sets = NULL;
}

void policy_bound_free(struct policy_bound *b)
{
	if (!b)
		return;
	memo_drop(b);
	for (unsigned i = 0; i < 4; i++)
		free(b->names[i]);
	policy_unref(b->policy);
	free(b);
}

bool policy_bound_ignores_prefix(const struct policy_bound *b)
{
	return b->ignores_prefix;
}

bool policy_bound_permits_all(const struct policy_bound *b)
{
	return !b->has_map && !b->has_prefix_list && !b->has_access_list && !b->has_as_list;
}

/* ---- matching ---- */

static struct match_memo *match_memo_of(struct policy_bound *b, const struct compiled_map *m,
		const struct policy_ctx *x)
{
	struct match_memo *at;
	uint32_t slot = (x->id * 2654435761u + (uint32_t)(uintptr_t)m) >> (32 - MEMO_BITS);

	if (!b->matches)
		b->matches = xcalloc(MEMO_SIZE, sizeof(*b->matches));
	at = &b->matches[slot];
	if (at->attrs != x->id || at->map != m) {
		attrs_ref(x->table, x->id);
		attrs_unref(x->table, at->attrs);
		*at = (struct match_memo){ x->id, m, 0, 0 };
	}
	return at;
}

static bool clause_matches(struct policy_bound *b, const struct compiled_map *m,
		const struct clause *c, const struct policy_ctx *x)
{
	struct match_memo *memo;
	uint64_t bit;

	if (!c->memo || c->memo > MEMO_CLAUSES)
		return c->kind->match(c, x);
	memo = match_memo_of(b, m, x);
	bit = 1ull << (c->memo - 1);
	if (!(memo->known & bit)) {
		memo->known |= bit;
		if (c->kind->match(c, x))
			memo->value |= bit;
	}
	return memo->value & bit;
}

static bool entry_matches(struct policy_bound *b, const struct compiled_map *m,
		const struct compiled_entry *e, const struct policy_ctx *x)
{
	const struct clause *c;

	vec_foreach(c, &e->match)
		if (!clause_matches(b, m, c, x))
			return false;
	return true;
}

/* ---- setting ---- */

static uint32_t entry_edit(const struct compiled_entry *e, const struct policy_ctx *x)
{
	struct policy_edit edit = { .ctx = x };
	const struct clause *c;
	uint32_t id;

	attrs_open(x->table, x->id, &edit.a);
	vec_foreach(c, &e->set)
		c->kind->set(c, &edit);
	id = attrs_intern(x->table, &edit.a);
	for (size_t i = 0; i < edit.memory.n; i++)
		free(edit.memory.v[i]);
	vec_free(&edit.memory);
	return id;
}

/* Replaces x->id, and the reference behind it, by the edited set. */
static void entry_set(struct policy_bound *b, const struct compiled_entry *e, struct policy_ctx *x)
{
	struct set_memo *at;
	uint32_t id;

	if (!e->set.n)
		return;
	if (!e->set_pure) {
		id = entry_edit(e, x);
	} else {
		if (!b->sets)
			b->sets = xcalloc(MEMO_SIZE, sizeof(*b->sets));
		at = &b->sets[(x->id * 2654435761u + e->seq * 40503u) >> (32 - MEMO_BITS)];
		if (at->from != x->id || at->entry != e) {
			id = entry_edit(e, x);
			attrs_ref(x->table, x->id);
			attrs_unref(x->table, at->from);
			attrs_unref(x->table, at->to);
			*at = (struct set_memo){ x->id, id, e };
		}
		id = at->to;
		attrs_ref(x->table, id);
	}
	attrs_unref(x->table, x->id);
	x->id = id;
	x->attrs = attrs_get(x->table, id);
}

/* ---- a whole map, a whole filter ---- */

static void trace_set(struct policy_trace *t, const char *list, uint32_t seq)
{
	if (t)
		*t = (struct policy_trace){ list, seq };
}

/* FRR's matrix: a matching permit entry sets, calls, then leaves, goes on or
 * jumps; a matching deny entry denies; the end denies unless an entry that
 * permitted led there. */
static bool map_apply(struct policy_bound *b, struct compiled_map *m, struct policy_ctx *x,
		unsigned depth, struct policy_trace *trace)
{
	bool permitted = false;

	if (depth > CALL_DEPTH_MAX)
		return false;
	for (size_t i = 0; i < m->entries.n; i++) {
		struct compiled_entry *e = &m->entries.v[i];

		if (!entry_matches(b, m, e, x))
			continue;
		e->hits++;
		trace_set(trace, m->name, e->seq);
		if (!e->permit)
			return false;
		permitted = true;
		entry_set(b, e, x);
		if (e->call && !map_apply(b, (struct compiled_map *)e->call, x, depth + 1, trace))
			return false;
		if (e->on_match_goto) {
			while (i + 1 < m->entries.n && m->entries.v[i + 1].seq < e->on_match_goto)
				i++;
		} else if (!e->on_match_next) {
			return true;
		}
	}
	if (!permitted)
		trace_set(trace, m->name, 0);
	return permitted;
}

static bool prefixes_permit(const struct prefix_list *const lists[2], const struct policy_ctx *x,
		const char *name, struct policy_trace *trace)
{
	const struct prefix_list *l = lists[x->prefix.family == 6];
	uint32_t seq = 0;
	bool ok = l && x->prefix.family && prefix_list_match(l, &x->prefix, &seq);

	trace_set(trace, name, seq);
	return ok;
}

static bool lists_permit(const struct policy_bound *b, const struct policy_ctx *x,
		struct policy_trace *trace)
{
	if (b->has_access_list && !prefixes_permit(b->access_list, x, b->names[2], trace))
		return false;
	if (b->has_prefix_list && !prefixes_permit(b->prefix_list, x, b->names[1], trace))
		return false;
	if (b->has_as_list) {
		trace_set(trace, b->names[3], 0);
		return b->as_list && route_list_match(b->as_list,
						     attrs_part(x->attrs, PART_AS_PATH),
						     LIST_INCLUDES);
	}
	return true;
}

bool policy_apply(const struct policy_bound *bound, struct attrs_table *t,
		struct info_table *infos, const struct policy_route *r, uint32_t *attrs,
		struct policy_trace *trace)
{
	struct policy_bound *b = (struct policy_bound *)bound; /* its caches only */
	struct policy_ctx x = { .route = r, .table = t, .id = *attrs,
		.attrs = attrs_get(t, *attrs) };

	(void)infos;
	trace_set(trace, NULL, 0);
	if (!b->ignores_prefix && r->key)
		nlri_key_prefix(r->family, r->key, &x.prefix);
	if (!lists_permit(b, &x, trace))
		return false;
	if (!b->has_map)
		return true;
	trace_set(trace, b->names[0], 0);
	if (!b->map)
		return false;
	if (b->table != t) {
		if (b->table)
			memo_drop(b);
		b->table = t;
	}
	attrs_ref(t, x.id); /* *attrs keeps its own until the outcome is known */
	if (!map_apply(b, b->map, &x, 0, trace)) {
		attrs_unref(t, x.id);
		return false;
	}
	attrs_unref(t, *attrs);
	*attrs = x.id;
	return true;
}

/* ---- comparison ---- */

static bool clause_vec_equal(const struct clause *a, size_t na, const struct clause *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++) {
		const struct clause *x = &a[i], *y = &b[i];

		if (x->kind != y->kind || strcmp(x->arg, y->arg) != 0 ||
				!x->prefixes != !y->prefixes || !x->list != !y->list)
			return false;
		if (x->prefixes && !prefix_list_equal(x->prefixes, y->prefixes))
			return false;
		if (x->list && !route_list_equal(x->list, y->list))
			return false;
	}
	return true;
}

static bool map_equal(const struct compiled_map *a, const struct compiled_map *b, unsigned depth)
{
	if (a == b)
		return true;
	if (!a || !b || a->entries.n != b->entries.n || depth > CALL_DEPTH_MAX)
		return false;
	for (size_t i = 0; i < a->entries.n; i++) {
		const struct compiled_entry *x = &a->entries.v[i], *y = &b->entries.v[i];

		if (x->seq != y->seq || x->permit != y->permit ||
				x->on_match_next != y->on_match_next ||
				x->on_match_goto != y->on_match_goto ||
				!clause_vec_equal(x->match.v, x->match.n, y->match.v, y->match.n) ||
				!clause_vec_equal(x->set.v, x->set.n, y->set.v, y->set.n) ||
				!map_equal(x->call, y->call, depth + 1))
			return false;
	}
	return true;
}

static bool prefixes_equal(const struct prefix_list *a, const struct prefix_list *b)
{
	return a == b || (a && b && prefix_list_equal(a, b));
}

static bool map_looks_at_peer(const struct compiled_map *m, unsigned depth)
{
	const struct compiled_entry *e;
	const struct clause *c;

	if (!m)
		return false;
	vec_foreach(e, &m->entries) {
		vec_foreach(c, &e->match)
			if (!strcmp(c->kind->words, "peer"))
				return true;
		if (e->call && depth && map_looks_at_peer(e->call, depth - 1))
			return true;
	}
	return false;
}

bool policy_bound_looks_at_peer(const struct policy_bound *b)
{
	return map_looks_at_peer(b->map, CALL_DEPTH_MAX);
}

bool policy_bound_equal(const struct policy_bound *a, const struct policy_bound *b)
{
	if (!a || !b)
		return (!a || policy_bound_permits_all(a)) && (!b || policy_bound_permits_all(b));
	if (a->has_map != b->has_map || a->has_prefix_list != b->has_prefix_list ||
			a->has_access_list != b->has_access_list ||
			a->has_as_list != b->has_as_list)
		return false;
	for (unsigned i = 0; i < 2; i++)
		if (!prefixes_equal(a->prefix_list[i], b->prefix_list[i]) ||
				!prefixes_equal(a->access_list[i], b->access_list[i]))
			return false;
	if (!a->as_list != !b->as_list || (a->as_list && !route_list_equal(a->as_list, b->as_list)))
		return false;
	return map_equal(a->map, b->map, 0);
}
