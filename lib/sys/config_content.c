/* Lists whose entries are numbered: an entry is found by what it says, and a new
 * one gets the next number, both without a walk through the list. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/sys/config_int.h"

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

void tree_number_used(struct config *c, const struct lyd_node *parent, const struct snode *list,
		const char *number)
{
	uint64_t v = strtoull(number, NULL, 10);

	for (size_t i = 0; i < c->maxima.n; i++) {
		struct auto_max *m = &c->maxima.v[i];

		if (m->parent == parent && m->list == list && v > m->max)
			m->max = v;
	}
}

void tree_numbers_forget(struct config *c, const struct lyd_node *parent)
{
	for (size_t i = c->maxima.n; i-- > 0;) {
		if (c->maxima.v[i].parent == parent)
			vec_remove(&c->maxima, i);
	}
}
