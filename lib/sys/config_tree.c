/* Nodes of a configuration by the values of a line: found, made, removed. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/config_int.h"

const struct cvalue *cvalues_find(const struct cvalues *vals, const struct snode *leaf)
{
	for (size_t i = 0; vals && i < vals->v.n; i++) {
		if (vals->v.v[i].leaf == leaf)
			return &vals->v.v[i];
	}
	return NULL;
}

/* False if a key is neither given nor has a meaning when left out. */
static bool keys_from(const struct snode *s, const struct cvalues *vals, const char *keys[3])
{
	for (unsigned i = 0; i < s->nkeys; i++) {
		const struct snode *key = near_at(s->keys[i]);
		const struct cvalue *v = cvalues_find(vals, key);

		keys[i] = v ? v->value : near_get(key->omitted);
		if (!keys[i])
			return false;
	}
	return true;
}

struct config_node *tree_find(const struct config_node *parent, const struct snode *s,
		const struct cvalues *vals)
{
	const char *keys[3];

	if (s->is_list && !keys_from(s, vals, keys))
		return NULL;
	return list_find(list_of(parent, s), keys);
}

const char *tree_text(const struct cvalue *v)
{
	switch (v->leaf->kind) {
	case LEAF_BOOL:
		return v->leaf->def_true ? NULL : "true";
	case LEAF_EMPTY:
		return "";
	case LEAF_VALUE:
		break;
	}
	return v->value;
}

/* Keys, then what else the line says of the entry itself, in the schema's order. */
static size_t entry_values(const struct snode *s, const char *const *keys,
		const struct cvalues *vals, struct cvalue ret[64])
{
	size_t n = 0, i;

	for (unsigned k = 0; k < s->nkeys; k++)
		ret[n++] = (struct cvalue){ near_at(s->keys[k]), keys[k] };
	for (size_t k = 0; vals && k < vals->v.n && n < 64; k++) {
		struct cvalue v = vals->v.v[k];

		if (near_at(v.leaf->parent) != s || v.leaf->is_key || v.leaf->is_leaflist)
			continue;
		v.value = tree_text(&v);
		if (!v.value)
			continue;
		for (i = n++; ret[i - 1].leaf->place > v.leaf->place; i--)
			ret[i] = ret[i - 1];
		ret[i] = v;
	}
	return n;
}

static struct config_node *add(struct config *c, struct config_node *parent, struct config_node *n,
		struct list_place at)
{
	list_insert_at(parent, n, at);
	change_made(c, n);
	return n;
}

struct config_node *tree_get(struct config *c, struct config_node *parent, const struct snode *s,
		const struct cvalues *vals, bool *ret_made)
{
	struct cvalue leaves[64];
	struct config_node *n;
	struct list_place at;
	const char *keys[3];
	size_t count = 0;

	if (s->is_list) {
		bool known = keys_from(s, vals, keys);

		assert(known);
		(void)known;
	}
	n = list_seek(list_of(parent, s), keys, &at);
	if (ret_made)
		*ret_made = !n;
	if (n)
		return n;
	if (s->is_list)
		count = entry_values(s, keys, ret_made ? vals : NULL, leaves);
	return add(c, parent, node_new(c, s, leaves, count, c->line), at);
}

struct config_node *tree_leaf_entry(const struct config_node *parent, const struct snode *s,
		const char *value)
{
	return list_find(list_of(parent, s), &value);
}

void tree_set(struct config *c, struct config_node *parent, const struct snode *s,
		const char *value)
{
	const struct config_leaf *l;
	struct list_place at;
	uint32_t len;
	char *leaves;

	if (s->is_leaflist) {
		struct cvalue v = { s, value };

		if (!list_seek(list_of(parent, s), &value, &at))
			add(c, parent, node_new(c, s, &v, 1, c->line), at);
		return;
	}
	l = node_leaf(parent, s);
	if (l && strcmp(l->value, value) == 0)
		return;
	leaves = node_leaves_with(parent, s, value, c->line, &len);
	change_leaves(c, parent, leaves, len);
}

void tree_unset(struct config *c, struct config_node *parent, const struct snode *s)
{
	uint32_t len;
	char *leaves;

	if (!node_leaf(parent, s))
		return;
	leaves = node_leaves_with(parent, s, NULL, 0, &len);
	change_leaves(c, parent, leaves, len);
}

void tree_remove(struct config *c, struct config_node *n)
{
	change_gone(c, n);
}

/* Does the node say something by being there? */
static bool has_meaning(const struct snode *s)
{
	const struct sline *own;

	if (near_get(s->mode))
		return s->is_list || s->presence || !near_get(s->parent);
	if (s->presence)
		return true;
	if (!s->is_list)
		return false;
	NEAR_FOREACH(own, s->own) {
		if (own->kind == LINE_CLI)
			return true;
	}
	return false;
}

static bool says_nothing(const struct config_node *n)
{
	const struct config_leaf *l;

	if (has_meaning(n->s))
		return false;
	NODE_FOREACH_LEAF(l, n) {
		if (!near_nth(n->s->kids, l->place)->is_key)
			return false;
	}
	for (const struct config_list *k = node_lists(n); k; k = k->next) {
		if (k->first)
			return false;
	}
	return true;
}

static void remove_parts(struct config *c, const struct config_node *entry)
{
	const struct snode *s = entry->s, *above = near_get(s->parent), *part;

	NEAR_FOREACH(part, s->parts) {
		const struct snode *way[4];
		struct config_node *at = entry->parent, *found;
		const char *keys[3];
		unsigned n = 0;

		/* the list lies below one or more containers beside the entry */
		for (const struct snode *x = near_at(part->parent); x != above && n < 4;
				x = near_at(x->parent))
			way[n++] = x;
		while (at && n > 0)
			at = tree_find(at, way[--n], NULL);
		if (!at)
			continue;
		for (unsigned k = 0; k < s->nkeys; k++)
			keys[k] = node_value(entry, near_at(s->keys[k]));
		found = list_find(list_of(at, part), keys);
		if (found) {
			tree_remove(c, found);
			tree_prune(c, at, entry->parent);
		}
	}
}

void tree_prune(struct config *c, struct config_node *n, const struct config_node *stop)
{
	while (n && n != stop && n->parent && says_nothing(n)) {
		struct config_node *parent = n->parent;

		if (n->s->parts.n)
			remove_parts(c, n);
		tree_remove(c, n);
		n = parent;
	}
}

void tree_prune_all(struct config *c, struct config_node *n)
{
	struct config_node *child, *next;

	for (struct config_list *l = node_lists(n); l; l = l->next) {
		if (!l->s->rules_below || l->s->is_leaflist)
			continue;
		for (child = l->first; child; child = next) {
			next = child->next;
			tree_prune_all(c, child);
		}
	}
	if (n->parent && says_nothing(n))
		tree_remove(c, n);
}
