/* Nodes of a configuration: found, made, removed, sorted.
 * libyang holds them; what it would do in time that grows with a list's length
 * (looking up an entry before it exists, choosing a free number) is done with
 * indexes of our own. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/xalloc.h"
#include "lib/sys/config_int.h"

struct entry_key {
	const struct lyd_node *parent;
	const struct snode *s;
	const char *values[3];
	unsigned n;
};

static uint64_t entry_hash(const struct entry_key *k)
{
	uint64_t h = hash_mix((uintptr_t)k->parent, (uintptr_t)k->s);

	for (unsigned i = 0; i < k->n; i++)
		h = hash_bytes(h, k->values[i], strlen(k->values[i]));
	return h;
}

static bool entry_equal(const struct lyd_node *n, const void *key)
{
	const struct entry_key *k = key;
	const struct lyd_node *v;

	if (snode_of(n) != k->s || (const struct lyd_node *)n->parent != k->parent)
		return false;
	if (k->s->is_leaflist)
		return strcmp(lyd_get_value(n), k->values[0]) == 0;
	v = lyd_child(n);
	for (unsigned i = 0; i < k->n; i++, v = v->next) {
		if (strcmp(lyd_get_value(v), k->values[i]) != 0)
			return false;
	}
	return true;
}

static void entry_key_of(const struct lyd_node *n, struct entry_key *k)
{
	const struct lyd_node *v = lyd_child(n);

	k->parent = (const struct lyd_node *)n->parent;
	k->s = snode_of(n);
	if (k->s->is_leaflist) {
		k->n = 1;
		k->values[0] = lyd_get_value(n);
		return;
	}
	k->n = k->s->nkeys;
	for (unsigned i = 0; i < k->n; i++, v = v->next)
		k->values[i] = lyd_get_value(v);
}

const struct cvalue *cvalues_find(const struct cvalues *vals, const struct snode *leaf)
{
	for (size_t i = 0; i < vals->v.n; i++) {
		if (vals->v.v[i].leaf == leaf)
			return &vals->v.v[i];
	}
	return NULL;
}

/* False if a key is neither given nor has a meaning when left out. */
static bool keys_from(const struct snode *s, const struct cvalues *vals, struct entry_key *k)
{
	k->s = s;
	k->n = s->nkeys;
	for (unsigned i = 0; i < s->nkeys; i++) {
		const struct cvalue *v = cvalues_find(vals, s->keys[i]);

		k->values[i] = v ? v->value : s->keys[i]->omitted;
		if (!k->values[i])
			return false;
	}
	return true;
}

static void index_entry(struct config *c, struct lyd_node *n)
{
	struct entry_key k;

	entry_key_of(n, &k);
	cindex_add(&c->entries, entry_hash(&k), n);
}

void tree_index(struct config *c)
{
	struct lyd_node *n;

	if (c->indexed)
		return;
	c->indexed = true;
	LYD_TREE_DFS_BEGIN(c->root, n) {
		const struct snode *s = snode_of(n);

		if (s->is_list || s->is_leaflist)
			index_entry(c, n);
		LYD_TREE_DFS_END(c->root, n);
	}
}

struct lyd_node *tree_leaf(const struct lyd_node *parent, const struct snode *s)
{
	struct lyd_node *n = NULL;

	if (parent)
		lyd_find_sibling_val(lyd_child(parent), s->sn, NULL, 0, &n);
	return n;
}

struct lyd_node *tree_find(struct config *c, struct lyd_node *parent, const struct snode *s,
		const struct cvalues *vals)
{
	struct entry_key k = { .parent = parent };

	if (!s->is_list)
		return tree_leaf(parent, s);
	tree_index(c);
	if (!keys_from(s, vals, &k))
		return NULL;
	return cindex_find(&c->entries, entry_hash(&k), entry_equal, &k);
}

/* Entries that come in order need no sorting at the end. */
static void note_order(struct config *c, const struct lyd_node *n)
{
	const struct lyd_node *prev = n->prev;

	if (c->unsorted || !prev->next || prev->schema != n->schema)
		return;
	if (snode_of(n)->is_leaflist) {
		c->unsorted = value_compare(lyd_get_value(prev), lyd_get_value(n)) > 0;
		return;
	}
	prev = lyd_child(prev);
	n = lyd_child(n);
	for (; prev && n && snode_of(n)->is_key; prev = prev->next, n = n->next) {
		int d = value_compare(lyd_get_value(prev), lyd_get_value(n));

		if (d) {
			c->unsorted = d > 0;
			return;
		}
	}
}

static void made(struct config *c, struct lyd_node *n, LY_ERR rc)
{
	/* The values were checked against the same types when the line was
	 * parsed. */
	assert(rc == LY_SUCCESS);
	(void)rc;
	n->priv = (void *)(uintptr_t)c->line;
}

struct lyd_node *tree_get(struct config *c, struct lyd_node *parent, const struct snode *s,
		const struct cvalues *vals)
{
	struct entry_key k = { .parent = parent };
	struct lyd_node *n;
	const char *name = s->sn->name;
	bool known;
	LY_ERR rc;

	tree_index(c);
	if (!s->is_list) {
		n = tree_leaf(parent, s);
		if (!n) {
			rc = lyd_new_inner(parent, NULL, name, 0, &n);
			made(c, n, rc);
		}
		return n;
	}
	known = keys_from(s, vals, &k);
	assert(known);
	(void)known;
	n = cindex_find(&c->entries, entry_hash(&k), entry_equal, &k);
	if (n)
		return n;
	rc = lyd_new_list(parent, NULL, name, 0, &n, k.values[0], k.values[1], k.values[2]);
	made(c, n, rc);
	cindex_add(&c->entries, entry_hash(&k), n);
	note_order(c, n);
	if (s->auto_step)
		tree_number_used(c, parent, s, k.values[0]);
	return n;
}

struct lyd_node *tree_leaf_entry(struct config *c, const struct lyd_node *parent,
		const struct snode *s, const char *value)
{
	struct entry_key k = { parent, s, { value }, 1 };

	tree_index(c);
	return cindex_find(&c->entries, entry_hash(&k), entry_equal, &k);
}

void tree_set(struct config *c, struct lyd_node *parent, const struct snode *s,
		const char *value)
{
	struct lyd_node *n;
	LY_ERR rc;

	if (s->is_leaflist) {
		if (tree_leaf_entry(c, parent, s, value))
			return;
		rc = lyd_new_term(parent, NULL, s->sn->name, value, 0, &n);
		made(c, n, rc);
		index_entry(c, n);
		note_order(c, n);
		return;
	}
	n = tree_leaf(parent, s);
	if (n) {
		if (strcmp(lyd_get_value(n), value ? value : "") == 0)
			return;
		rc = lyd_change_term(n, value);
		made(c, n, rc == LY_EEXIST || rc == LY_ENOT ? LY_SUCCESS : rc);
		return;
	}
	rc = lyd_new_term(parent, NULL, s->sn->name, value, 0, &n);
	made(c, n, rc);
}

void tree_remove(struct config *c, struct lyd_node *top)
{
	struct lyd_node *n;

	tree_index(c);
	LYD_TREE_DFS_BEGIN(top, n) {
		const struct snode *s = snode_of(n);
		struct entry_key k;

		if (s->auto_step)
			tree_content_forget(c, n);
		if (s->is_list || s->is_leaflist) {
			entry_key_of(n, &k);
			cindex_remove(&c->entries, entry_hash(&k), n);
		}
		if (!s->is_leaf && !s->is_leaflist)
			tree_numbers_forget(c, n);
		LYD_TREE_DFS_END(top, n);
	}
	if (snode_of(top)->auto_step)
		tree_numbers_forget(c, (struct lyd_node *)top->parent);
	c->generation++;
	lyd_free_tree(top);
}

/* Does the node say something by being there? */
static bool has_meaning(const struct snode *s)
{
	if (s->mode)
		return s->is_list || s->presence || !s->parent;
	if (s->presence)
		return true;
	for (size_t i = 0; s->is_list && i < s->own.n; i++) {
		if (s->own.v[i]->kind == LINE_CLI)
			return true;
	}
	return false;
}

static bool says_nothing(const struct lyd_node *n)
{
	const struct lyd_node *child;

	if (has_meaning(snode_of(n)))
		return false;
	for (child = lyd_child(n); child; child = child->next) {
		if (!snode_of(child)->is_key)
			return false;
	}
	return true;
}

static void remove_parts(struct config *c, const struct lyd_node *entry)
{
	const struct snode *s = snode_of(entry);

	for (size_t i = 0; i < s->parts.n; i++) {
		const struct snode *part = s->parts.v[i];
		struct entry_key k, mine;
		struct lyd_node *at = (struct lyd_node *)entry->parent, *found;
		const struct snode *way[4];
		unsigned n = 0;

		/* the list lies below one or more containers beside the entry */
		for (const struct snode *x = part->parent; x != s->parent && n < 4; x = x->parent)
			way[n++] = x;
		while (at && n > 0)
			at = tree_leaf(at, way[--n]);
		if (!at)
			continue;
		entry_key_of(entry, &mine);
		k = mine;
		k.parent = at;
		k.s = part;
		found = cindex_find(&c->entries, entry_hash(&k), entry_equal, &k);
		if (found) {
			tree_remove(c, found);
			tree_prune(c, at, (struct lyd_node *)entry->parent);
		}
	}
}

void tree_prune(struct config *c, struct lyd_node *n, const struct lyd_node *stop)
{
	while (n && n != stop && n->parent && says_nothing(n)) {
		struct lyd_node *parent = (struct lyd_node *)n->parent;

		if (snode_of(n)->parts.n)
			remove_parts(c, n);
		tree_remove(c, n);
		n = parent;
	}
}

void tree_prune_all(struct config *c, struct lyd_node *n)
{
	struct lyd_node *child, *next;

	for (child = lyd_child(n); child; child = next) {
		next = child->next;
		if (!snode_of(child)->rules_below)
			continue;
		if (!snode_of(child)->is_leaf && !snode_of(child)->is_leaflist)
			tree_prune_all(c, child);
	}
	if (n->parent && says_nothing(n) && !snode_of(n)->is_leaf && !snode_of(n)->is_leaflist)
		tree_remove(c, n);
}
