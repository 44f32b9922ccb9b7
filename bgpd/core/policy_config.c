/* Policy configuration as a value: freeing it and comparing two. */
#include "bgpd/core/policy_config.h"

#include <string.h>

static bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void clause_fini(struct clause_config *c)
{
	free(c->words);
	free(c->arg);
}

static void route_map_entry_fini(struct route_map_entry *e)
{
	struct clause_config *c;

	vec_foreach(c, &e->match)
		clause_fini(c);
	vec_foreach(c, &e->set)
		clause_fini(c);
	vec_free(&e->match);
	vec_free(&e->set);
	free(e->call);
	free(e->description);
}

void prefix_list_config_add(struct prefix_list_config *l, const struct prefix_list_entry *e)
{
	if (!l->rules)
		l->rules = prefix_rules_new(l->family, 0);
	prefix_rules_add(l->rules, e);
}

void policy_config_fini(struct policy_config *c)
{
	struct prefix_list_config *pl;
	struct list_config *l;
	struct list_entry *le;
	struct route_map_config *m;
	struct route_map_entry *e;

	vec_foreach(pl, &c->prefix_lists) {
		free(pl->name);
		prefix_rules_unref(pl->rules);
	}
	vec_foreach(l, &c->lists) {
		free(l->name);
		vec_foreach(le, &l->entries)
			free(le->text);
		vec_free(&l->entries);
	}
	vec_foreach(m, &c->route_maps) {
		free(m->name);
		vec_foreach(e, &m->entries)
			route_map_entry_fini(e);
		vec_free(&m->entries);
	}
	vec_free(&c->prefix_lists);
	vec_free(&c->lists);
	vec_free(&c->route_maps);
}

static bool prefix_list_config_equal(const struct prefix_list_config *a,
		const struct prefix_list_config *b)
{
	return a->family == b->family && str_equal(a->name, b->name) &&
	       prefix_rules_equal(a->rules, b->rules);
}

static bool list_config_equal(const struct list_config *a, const struct list_config *b)
{
	if (a->kind != b->kind || a->family != b->family || a->entries.n != b->entries.n ||
			!str_equal(a->name, b->name))
		return false;
	for (size_t i = 0; i < a->entries.n; i++) {
		const struct list_entry *x = &a->entries.v[i], *y = &b->entries.v[i];

		if (x->seq != y->seq || x->permit != y->permit || x->exact != y->exact ||
				x->regex != y->regex || !str_equal(x->text, y->text))
			return false;
	}
	return true;
}

static bool clauses_equal(const struct clause_config *a, size_t na, const struct clause_config *b,
		size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		if (!str_equal(a[i].words, b[i].words) || !str_equal(a[i].arg, b[i].arg))
			return false;
	return true;
}

static bool route_map_config_equal(const struct route_map_config *a,
		const struct route_map_config *b)
{
	if (a->entries.n != b->entries.n || !str_equal(a->name, b->name))
		return false;
	for (size_t i = 0; i < a->entries.n; i++) {
		const struct route_map_entry *x = &a->entries.v[i], *y = &b->entries.v[i];

		if (x->seq != y->seq || x->permit != y->permit ||
				x->on_match_next != y->on_match_next ||
				x->on_match_goto != y->on_match_goto ||
				!str_equal(x->call, y->call) ||
				!clauses_equal(x->match.v, x->match.n, y->match.v, y->match.n) ||
				!clauses_equal(x->set.v, x->set.n, y->set.v, y->set.n))
			return false;
	}
	return true;
}

bool policy_config_equal(const struct policy_config *a, const struct policy_config *b)
{
	if (a->prefix_lists.n != b->prefix_lists.n || a->lists.n != b->lists.n ||
			a->route_maps.n != b->route_maps.n)
		return false;
	for (size_t i = 0; i < a->prefix_lists.n; i++)
		if (!prefix_list_config_equal(&a->prefix_lists.v[i], &b->prefix_lists.v[i]))
			return false;
	for (size_t i = 0; i < a->lists.n; i++)
		if (!list_config_equal(&a->lists.v[i], &b->lists.v[i]))
			return false;
	for (size_t i = 0; i < a->route_maps.n; i++)
		if (!route_map_config_equal(&a->route_maps.v[i], &b->route_maps.v[i]))
			return false;
	return true;
}
