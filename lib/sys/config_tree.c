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
	for (size_t i = 0; s->auto_step && i < c->maxima.n; i++) {
		struct auto_max *m = &c->maxima.v[i];
		uint64_t v = strtoull(k.values[0], NULL, 10);

		if (m->parent == parent && m->list == s && v > m->max)
			m->max = v;
	}
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

static void forget_maxima(struct config *c, const struct lyd_node *parent)
{
	for (size_t i = c->maxima.n; i-- > 0;) {
		if (c->maxima.v[i].parent == parent)
			vec_remove(&c->maxima, i);
	}
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
			forget_maxima(c, n);
		LYD_TREE_DFS_END(top, n);
	}
	if (snode_of(top)->auto_step)
		forget_maxima(c, (struct lyd_node *)top->parent);
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

/* -- entries by content ---------------------------------------------------- */

struct content_key {
	const struct lyd_node *parent;
	const struct snode *list;
	const struct cvalues *vals;
};

static uint64_t content_start(const struct lyd_node *parent, const struct snode *list)
{
	return hash_mix((uintptr_t)parent, (uintptr_t)list + 1);
}

static uint64_t content_mix(uint64_t h, const struct snode *leaf, const char *value)
{
	h = hash_mix(h, (uintptr_t)leaf);
	return value ? hash_bytes(h, value, strlen(value)) : h;
}

static uint64_t content_hash(const struct lyd_node *entry)
{
	const struct snode *list = snode_of(entry);
	uint64_t h = content_start((const struct lyd_node *)entry->parent, list);
	const struct lyd_node *n;

	for (n = lyd_child(entry); n; n = n->next) {
		const struct snode *s = snode_of(n);

		if (!s->is_key)
			h = content_mix(h, s, s->kind == LEAF_VALUE ? lyd_get_value(n) : NULL);
	}
	return h;
}

static bool content_equal(const struct lyd_node *entry, const void *key)
{
	const struct content_key *k = key;
	size_t want = 0, have = 0;

	if (snode_of(entry) != k->list || (const struct lyd_node *)entry->parent != k->parent)
		return false;
	for (size_t i = 0; i < k->vals->v.n; i++)
		want += k->vals->v.v[i].leaf->parent == k->list && !k->vals->v.v[i].leaf->is_key;
	for (const struct lyd_node *n = lyd_child(entry); n; n = n->next) {
		const struct cvalue *v;

		if (snode_of(n)->is_key)
			continue;
		v = cvalues_find(k->vals, snode_of(n));
		if (!v || (v->value && strcmp(v->value, lyd_get_value(n)) != 0))
			return false;
		have++;
	}
	return want == have;
}

static void index_contents(struct config *c)
{
	struct lyd_node *n;

	if (c->contents_indexed)
		return;
	c->contents_indexed = true;
	LYD_TREE_DFS_BEGIN(c->root, n) {
		if (snode_of(n)->auto_step)
			tree_content_learn(c, n);
		LYD_TREE_DFS_END(c->root, n);
	}
}

struct lyd_node *tree_find_content(struct config *c, struct lyd_node *parent,
		const struct snode *list, const struct cvalues *vals)
{
	struct content_key k = { parent, list, vals };
	uint64_t h = content_start(parent, list);

	tree_index(c);
	index_contents(c);
	for (size_t i = 0; i < list->kids.n; i++) {
		const struct cvalue *v = cvalues_find(vals, list->kids.v[i]);

		if (v && !v->leaf->is_key)
			h = content_mix(h, v->leaf, v->value);
	}
	return cindex_find(&c->contents, h, content_equal, &k);
}

void tree_content_forget(struct config *c, struct lyd_node *entry)
{
	if (c->contents_indexed)
		cindex_remove(&c->contents, content_hash(entry), entry);
}

void tree_content_learn(struct config *c, struct lyd_node *entry)
{
	if (c->contents_indexed)
		cindex_add(&c->contents, content_hash(entry), entry);
}

uint64_t tree_next_number(struct config *c, struct lyd_node *parent, const struct snode *list)
{
	struct auto_max *m = NULL;
	const struct lyd_node *n;

	for (size_t i = 0; i < c->maxima.n && !m; i++) {
		if (c->maxima.v[i].parent == parent && c->maxima.v[i].list == list)
			m = &c->maxima.v[i];
	}
	if (!m) {
		/* a dozen lists typed in turns is more than people do */
		if (c->maxima.n >= 16)
			vec_remove(&c->maxima, 0);
		m = vec_push(&c->maxima);
		m->parent = parent;
		m->list = list;
		for (n = lyd_child(parent); n; n = n->next) {
			if (snode_of(n) != list)
				continue;
			uint64_t v = strtoull(lyd_get_value(lyd_child(n)), NULL, 10);

			if (v > m->max)
				m->max = v;
		}
	}
	return (m->max / list->auto_step + 1) * list->auto_step;
}

/* -- order ----------------------------------------------------------------- */

static int compare_entries(const void *a, const void *b)
{
	const struct lyd_node *x = *(struct lyd_node *const *)a;
	const struct lyd_node *y = *(struct lyd_node *const *)b;
	int d;

	if (snode_of(x)->is_leaflist)
		return value_compare(lyd_get_value(x), lyd_get_value(y));
	x = lyd_child(x);
	y = lyd_child(y);
	for (; x && y && snode_of(x)->is_key; x = x->next, y = y->next) {
		d = value_compare(lyd_get_value(x), lyd_get_value(y));
		if (d)
			return d;
	}
	return 0;
}

/* Sorts one list's entries; n is the first. Returns the first node after them. */
static struct lyd_node *sort_run(struct lyd_node *n)
{
	VEC(struct lyd_node *) run = { 0 };
	struct lyd_node *parent = (struct lyd_node *)n->parent, *after;
	const struct lysc_node *schema = n->schema;
	bool sorted = true;

	for (after = n; after && after->schema == schema; after = after->next) {
		*vec_push(&run) = after;
		if (run.n > 1 && compare_entries(&run.v[run.n - 2], &run.v[run.n - 1]) > 0)
			sorted = false;
	}
	if (!sorted) {
		qsort(run.v, run.n, sizeof(*run.v), compare_entries);
		for (size_t i = run.n; i-- > 0;)
			lyd_unlink_tree(run.v[i]);
		for (size_t i = 0; i < run.n; i++)
			lyd_insert_child(parent, run.v[i]);
	}
	vec_free(&run);
	return after;
}

static void sort_children(struct lyd_node *parent)
{
	struct lyd_node *n = lyd_child(parent);

	while (n) {
		const struct snode *s = snode_of(n);

		if (s->is_list || s->is_leaflist)
			n = sort_run(n);
		else
			n = n->next;
	}
	for (n = lyd_child(parent); n; n = n->next) {
		if (n->schema->nodetype & (LYS_LIST | LYS_CONTAINER))
			sort_children(n);
	}
}

void tree_sort(struct config *c)
{
	if (!c->unsorted)
		return;
	sort_children(c->root);
	c->unsorted = false;
}
