/* Lists whose entries are numbered: an entry is found by what it says, and a new
 * one gets the next number, both without a walk through the list. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/xalloc.h"
#include "lib/sys/config_int.h"

struct content_key {
	const struct snode *list;
	const struct cvalues *vals;
};

static uint64_t content_mix(uint64_t h, const struct snode *leaf, const char *value)
{
	h = hash_mix(h, leaf->place + 1);
	return leaf->kind == LEAF_VALUE ? hash_bytes(h, value, strlen(value)) : h;
}

static uint64_t content_hash(const struct config_node *entry)
{
	const struct config_leaf *l;
	uint64_t h = 0;

	NODE_FOREACH_LEAF(l, entry) {
		const struct snode *s = near_nth(entry->s->kids, l->place);

		if (!s->is_key)
			h = content_mix(h, s, l->value);
	}
	return h;
}

static bool content_equal(const struct config_node *entry, const void *key)
{
	const struct content_key *k = key;
	const struct config_leaf *l;
	size_t want = 0, have = 0;

	for (size_t i = 0; i < k->vals->v.n; i++) {
		const struct snode *leaf = k->vals->v.v[i].leaf;

		want += near_at(leaf->parent) == k->list && !leaf->is_key;
	}
	NODE_FOREACH_LEAF(l, entry) {
		const struct snode *s = near_nth(entry->s->kids, l->place);
		const struct cvalue *v;

		if (s->is_key)
			continue;
		v = cvalues_find(k->vals, s);
		if (!v || (v->value && strcmp(v->value, l->value) != 0))
			return false;
		have++;
	}
	return want == have;
}

void content_forget(const struct config_list *l, struct config_node *entry)
{
	if (l->contents)
		cindex_remove(l->contents, content_hash(entry), entry);
}

void content_learn(const struct config_list *l, struct config_node *entry)
{
	if (l->contents)
		cindex_add(l->contents, content_hash(entry), entry);
}

struct config_node *content_find(struct config_node *parent, const struct snode *list,
		const struct cvalues *vals)
{
	struct config_list *l = list_of(parent, list);
	struct content_key k = { list, vals };
	const struct snode *kid;
	uint64_t h = 0;

	if (!l || !l->first)
		return NULL;
	if (!l->contents) {
		l->contents = xcalloc(1, sizeof(*l->contents));
		for (struct config_node *n = l->first; n; n = n->next)
			content_learn(l, n);
	}
	NEAR_FOREACH(kid, list->kids) {
		const struct cvalue *v = cvalues_find(vals, kid);

		if (v && !v->leaf->is_key)
			h = content_mix(h, v->leaf, v->value);
	}
	return cindex_find(l->contents, h, content_equal, &k);
}

/* The last entry has the largest number. */
uint64_t content_next_number(const struct config_node *parent, const struct snode *list)
{
	const struct config_list *l = list_of(parent, list);
	uint64_t max = l && l->last ? strtoull(node_first_value(l->last), NULL, 10) : 0;

	return (max / list->auto_step + 1) * list->auto_step;
}
