/* Lists and route-maps from the configuration tree.  For config_yang.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/config_yang.h"
#include "lib/base/xalloc.h"
#include "lib/sys/config.h"

static bool permits(const struct config_node *n)
{
	const char *action = config_str(n, "action");

	return action && strcmp(action, "permit") == 0;
}

static uint32_t number(const char *text)
{
	uint32_t v = 0;

	for (; *text; text++)
		v = v * 10 + (uint32_t)(*text - '0');
	return v;
}

/* The rules of one list, of which there may be very many. */
static void prefix_entries(const struct config_node *list, struct prefix_list_config *l)
{
	const struct config_node *x = config_child(list, "entry");
	const struct snode *seq = x ? config_leaf(x, "seq") : NULL,
			   *action = x ? config_leaf(x, "action") : NULL,
			   *any = x ? config_leaf(x, "any") : NULL,
			   *prefix = x ? config_leaf(x, "prefix") : NULL,
			   *ge = x ? config_leaf(x, "ge") : NULL, *leaf;
	size_t n = config_count(list, "entry");
	const char *text;

	if (n)
		l->rules = prefix_rules_new(l->family, n);
	for (; x; x = config_next(x)) {
		struct prefix_list_entry e = { 0 };

		for (uint32_t at = 0; (leaf = config_next_leaf(x, &at, &text)) != NULL;) {
			if (leaf == seq)
				e.seq = number(text);
			else if (leaf == action)
				e.permit = *text == 'p';
			else if (leaf == prefix)
				prefix_parse(text, &e.prefix);
			else if (leaf == any)
				e.any = true;
			else if (leaf == ge)
				e.ge = (uint8_t)number(text);
			else
				e.le = (uint8_t)number(text);
		}
		prefix_rules_add(l->rules, &e);
	}
}

static void prefix_lists(const struct config_node *root, const char *path, uint8_t family,
		struct policy_config *ret)
{
	const struct config_node *n;

	CONFIG_FOREACH(n, root, path) {
		struct prefix_list_config *l = vec_push(&ret->prefix_lists);

		l->name = xstrdup(config_str(n, "name"));
		l->family = family;
		prefix_entries(n, l);
	}
}

static const struct {
	const char *path, *text; /* text: the leaf of an entry that is not a regex */
	enum list_kind kind;
	uint8_t family;
} list_sources[] = {
	{ "ip-access-list", "prefix", LIST_ACCESS, 4 },
	{ "ipv6-access-list", "prefix", LIST_ACCESS, 6 },
	{ "as-path-access-list", "regex", LIST_AS_PATH, 0 },
	{ "community-list", "communities", LIST_COMMUNITY, 0 },
	{ "large-community-list", "communities", LIST_LARGE_COMMUNITY, 0 },
	{ "extcommunity-list", "communities", LIST_EXT_COMMUNITY, 0 },
};

static void list_entries(const struct config_node *n, const char *text_leaf, struct list_config *l)
{
	const struct config_node *x;

	CONFIG_FOREACH(x, n, "entry") {
		struct list_entry *e = vec_push(&l->entries);
		const char *text = config_str(x, text_leaf);

		e->seq = config_u32(x, "seq", NULL);
		e->permit = permits(x);
		e->exact = l->kind == LIST_ACCESS && config_flag(x, "exact-match");
		if (!text) {
			e->regex = true;
			text = config_str(x, "regex");
		}
		e->text = xstrdup(text ? text : "");
	}
}

static void lists(const struct config_node *root, struct policy_config *ret)
{
	const struct config_node *n;

	for (size_t i = 0; i < sizeof(list_sources) / sizeof(list_sources[0]); i++)
		CONFIG_FOREACH(n, root, list_sources[i].path) {
			struct list_config *l = vec_push(&ret->lists);

			l->name = xstrdup(config_str(n, "name"));
			l->kind = list_sources[i].kind;
			l->family = list_sources[i].family;
			list_entries(n, list_sources[i].text, l);
		}
}

/* Containers are clauses of several words: their leaves in order, an empty leaf
 * by its name. */
static char *container_arg(const struct config_node *container)
{
	struct strbuf arg = { 0 };
	struct config_item leaf;

	for (size_t at = 0; config_item(container, &at, &leaf);) {
		if (!leaf.value)
			continue;
		if (arg.len)
			sb_addc(&arg, ' ');
		sb_add(&arg, *leaf.value ? leaf.value : leaf.name);
	}
	return arg.len ? sb_steal(&arg) : NULL;
}

static void clause_add(struct route_map_entry *e, bool set, const char *words, char *arg)
{
	struct clause_config *c = set ? vec_push(&e->set) : vec_push(&e->match);

	c->words = xstrdup(words);
	c->arg = arg;
}

/* The names of the schema's nodes are the clauses' words: policy knows both. */
static void clauses(const struct config_node *n, bool set, struct route_map_entry *e)
{
	struct config_item x;

	for (size_t at = 0; n && config_item(n, &at, &x);) {
		char *arg = x.value ? xstrdup(x.value) : container_arg(x.node);

		if (arg)
			clause_add(e, set, x.name, arg);
	}
}

static void route_maps(const struct config_node *root, struct policy_config *ret)
{
	const struct config_node *n, *x;

	CONFIG_FOREACH(n, root, "route-map") {
		struct route_map_config *m = vec_push(&ret->route_maps);

		m->name = xstrdup(config_str(n, "name"));
		CONFIG_FOREACH(x, n, "entry") {
			struct route_map_entry *e = vec_push(&m->entries);
			const char *call = config_str(x, "call"),
				   *text = config_str(x, "description");

			e->seq = config_u32(x, "seq", NULL);
			e->permit = permits(x);
			clauses(config_child(x, "match"), false, e);
			clauses(config_child(x, "set"), true, e);
			e->call = call ? xstrdup(call) : NULL;
			e->description = text ? xstrdup(text) : NULL;
			e->on_match_next = config_flag(x, "on-match-next");
			e->on_match_goto = config_u32(x, "on-match-goto", NULL);
		}
	}
}

int config_yang_policy(const struct config_node *root, struct policy_config *ret, struct err *e)
{
	(void)e;
	prefix_lists(root, "ip-prefix-list", 4, ret);
	prefix_lists(root, "ipv6-prefix-list", 6, ret);
	lists(root, ret);
	route_maps(root, ret);
	return 0;
}
