/* Policy compiler: lists and route-maps from configuration to what
 * policy_bind.c applies.  Names are resolved here, once.
 * Used by core.c for each new configuration. */
#include "bgpd/core/policy.h"

#include <errno.h>
#include <string.h>

#include "bgpd/core/policy_clause.h"
#include "lib/base/xalloc.h"

struct named_prefixes {
	char *name;
	struct prefix_list *list;
};

struct named_list {
	char *name;
	struct route_list *list;
};

/* One space of names each, sorted by name. */
struct policy {
	unsigned refs;
	VEC(struct named_prefixes) prefix_lists[2], access_lists[2]; /* IPv4, IPv6 */
	VEC(struct named_list) lists[LIST_KINDS];
	VEC(struct compiled_map) maps;
};

/* Works on any struct whose first member is the name. */
static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

#define NAMES_SORT(vec)                                                                            \
	do {                                                                                       \
		if ((vec)->n)                                                                      \
			qsort((vec)->v, (vec)->n, sizeof(*(vec)->v), name_compare);                \
	} while (0)
#define NAMES_FIND(vec, key)                                                                       \
	((vec)->n ? bsearch(&(key), (vec)->v, (vec)->n, sizeof(*(vec)->v), name_compare) : NULL)

const struct prefix_list *policy_find_prefix_list(const struct policy *p, uint8_t family,
		const char *name)
{
	const struct named_prefixes *n = NAMES_FIND(&p->prefix_lists[family == 6], name);

	return n ? n->list : NULL;
}

const struct prefix_list *policy_find_access_list(const struct policy *p, uint8_t family,
		const char *name)
{
	const struct named_prefixes *n = NAMES_FIND(&p->access_lists[family == 6], name);

	return n ? n->list : NULL;
}

const struct route_list *policy_find_list(const struct policy *p, enum list_kind k,
		const char *name)
{
	const struct named_list *n = NAMES_FIND(&p->lists[k], name);

	return n ? n->list : NULL;
}

struct compiled_map *policy_find_map(const struct policy *p, const char *name)
{
	return NAMES_FIND(&p->maps, name);
}

static struct prefix_list *prefix_list_compile(const struct prefix_list_config *c)
{
	struct prefix_rules *none = c->rules ? NULL : prefix_rules_new(c->family, 0);
	struct prefix_list *l = prefix_list_new(c->rules ? c->rules : none);

	prefix_rules_unref(none);
	return l;
}

static int access_rules(const struct list_config *c, struct prefix_rules *rules, struct err *e)
{
	const struct list_entry *x;

	vec_foreach(x, &c->entries) {
		struct prefix_list_entry r = {
			.seq = x->seq,
			.permit = x->permit,
			.any = strcmp(x->text, "any") == 0,
			.le = x->exact ? 0 : (uint8_t)family_bits(c->family),
		};

		if (!r.any && (prefix_parse(x->text, &r.prefix) || r.prefix.family != c->family))
			return err_set(e, EINVAL, "access-list %s seq %u: '%.80s' is not a prefix",
					c->name, x->seq, x->text);
		prefix_rules_add(rules, &r);
	}
	return 0;
}

static struct prefix_list *access_list_compile(const struct list_config *c, struct err *e)
{
	struct prefix_rules *rules = prefix_rules_new(c->family, c->entries.n);
	struct prefix_list *l = access_rules(c, rules, e) ? NULL : prefix_list_new(rules);

	prefix_rules_unref(rules);
	return l;
}

static int lists_compile(struct policy *p, const struct policy_config *c, struct err *e)
{
	const struct prefix_list_config *pl;
	const struct list_config *l;

	vec_foreach(pl, &c->prefix_lists)
		*vec_push(&p->prefix_lists[pl->family == 6]) = (struct named_prefixes){
			xstrdup(pl->name), prefix_list_compile(pl) };
	vec_foreach(l, &c->lists) {
		if (l->kind == LIST_ACCESS) {
			struct prefix_list *a = access_list_compile(l, e);

			if (!a)
				return -EINVAL;
			*vec_push(&p->access_lists[l->family == 6]) =
					(struct named_prefixes){ xstrdup(l->name), a };
		} else {
			struct route_list *r = route_list_new(l, e);

			if (!r)
				return -EINVAL;
			*vec_push(&p->lists[l->kind]) =
					(struct named_list){ xstrdup(l->name), r };
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		NAMES_SORT(&p->prefix_lists[i]);
		NAMES_SORT(&p->access_lists[i]);
	}
	for (unsigned k = 0; k < LIST_KINDS; k++)
		NAMES_SORT(&p->lists[k]);
	return 0;
}

/* "ip address" and "ip-address" are the same words. */
static bool words_equal(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == ' ' || *a == '-') && (*b == ' ' || *b == '-')))
			return false;
	return *a == *b;
}

static const struct clause_kind *kind_find(const struct clause_kind *table, const char *words)
{
	for (; table->words; table++)
		if (words_equal(table->words, words))
			return table;
	return NULL;
}

const char *policy_clause_words(bool set, const char *words)
{
	const struct clause_kind *k = kind_find(set ? set_kinds : match_kinds, words);

	return k ? k->words : NULL;
}

static int clause_compile(const struct policy *p, struct clause *c,
		const struct clause_kind *table, const struct clause_config *config, struct err *e)
{
	c->arg = xstrdup(config->arg ? config->arg : "");
	c->kind = kind_find(table, config->words);
	if (!c->kind)
		return err_set(e, EINVAL, "no such clause");
	return c->kind->parse(c, p, e);
}

static int clause_compare(const void *a, const void *b)
{
	const struct clause *x = a, *y = b;

	return (x->kind > y->kind) - (x->kind < y->kind);
}

static int entry_compile(const struct policy *p, struct compiled_map *map,
		struct compiled_entry *ce, const struct route_map_entry *c, struct err *e)
{
	struct clause *k;

	ce->seq = c->seq;
	ce->permit = c->permit;
	ce->call_name = c->call ? xstrdup(c->call) : NULL;
	ce->on_match_next = c->on_match_next;
	ce->on_match_goto = c->on_match_goto;
	ce->set_pure = true;
	for (size_t i = 0; i < c->match.n; i++) {
		k = vec_push(&ce->match);
		if (clause_compile(p, k, match_kinds, &c->match.v[i], e)) {
			err_prepend(e, "match %s", c->match.v[i].words);
			return -EINVAL;
		}
		if (k->kind->flags & CLAUSE_DEAR)
			k->memo = ++map->n_dear;
	}
	for (size_t i = 0; i < c->set.n; i++) {
		k = vec_push(&ce->set);
		if (clause_compile(p, k, set_kinds, &c->set.v[i], e)) {
			err_prepend(e, "set %s", c->set.v[i].words);
			return -EINVAL;
		}
		ce->set_pure = ce->set_pure && !(k->kind->flags & CLAUSE_ROUTE);
	}
	if (ce->set.n)
		qsort(ce->set.v, ce->set.n, sizeof(*ce->set.v), clause_compare);
	return 0;
}

static int maps_compile(struct policy *p, const struct policy_config *c, struct err *e)
{
	const struct route_map_config *m;
	struct compiled_map *cm;
	struct compiled_entry *ce;

	vec_foreach(m, &c->route_maps) {
		cm = vec_push(&p->maps);
		cm->name = xstrdup(m->name);
		for (size_t i = 0; i < m->entries.n; i++)
			if (entry_compile(p, cm, vec_push(&cm->entries), &m->entries.v[i], e)) {
				err_prepend(e, "route-map %s %s %u", m->name,
						m->entries.v[i].permit ? "permit" : "deny",
						m->entries.v[i].seq);
				return -EINVAL;
			}
	}
	NAMES_SORT(&p->maps);
	/* Only now do the maps stay where they are. */
	vec_foreach(cm, &p->maps)
		vec_foreach(ce, &cm->entries)
			if (ce->call_name)
				ce->call = policy_find_map(p, ce->call_name);
	return 0;
}

struct policy *policy_new(const struct policy_config *c, struct err *e)
{
	struct policy *p = xcalloc(1, sizeof(*p));

	p->refs = 1;
	if (lists_compile(p, c, e) || maps_compile(p, c, e)) {
		policy_unref(p);
		return NULL;
	}
	return p;
}

struct policy *policy_ref(struct policy *p)
{
	p->refs++;
	return p;
}

static void clause_fini(struct clause *c)
{
	free(c->arg);
	vec_free(&c->bytes);
	vec_free(&c->numbers);
}

static void map_fini(struct compiled_map *m)
{
	struct compiled_entry *e;
	struct clause *c;

	vec_foreach(e, &m->entries) {
		vec_foreach(c, &e->match)
			clause_fini(c);
		vec_foreach(c, &e->set)
			clause_fini(c);
		vec_free(&e->match);
		vec_free(&e->set);
		free(e->call_name);
	}
	vec_free(&m->entries);
	free(m->name);
}

void policy_unref(struct policy *p)
{
	struct named_prefixes *np;
	struct named_list *nl;
	struct compiled_map *m;

	if (!p || --p->refs)
		return;
	for (unsigned i = 0; i < 2; i++) {
		vec_foreach(np, &p->prefix_lists[i]) {
			free(np->name);
			prefix_list_free(np->list);
		}
		vec_foreach(np, &p->access_lists[i]) {
			free(np->name);
			prefix_list_free(np->list);
		}
		vec_free(&p->prefix_lists[i]);
		vec_free(&p->access_lists[i]);
	}
	for (unsigned k = 0; k < LIST_KINDS; k++) {
		vec_foreach(nl, &p->lists[k]) {
			free(nl->name);
			route_list_free(nl->list);
		}
		vec_free(&p->lists[k]);
	}
	vec_foreach(m, &p->maps)
		map_fini(m);
	vec_free(&p->maps);
	free(p);
}

bool policy_has_map(const struct policy *p, const char *route_map)
{
	return policy_find_map(p, route_map) != NULL;
}

uint64_t policy_entry_hits(const struct policy *p, const char *route_map, uint32_t seq)
{
	const struct compiled_map *m = policy_find_map(p, route_map);
	const struct compiled_entry *e;

	if (m)
		vec_foreach(e, &m->entries)
			if (e->seq == seq)
				return e->hits;
	return 0;
}
