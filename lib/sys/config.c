/* Configuration values: made, copied, compared, read. */
#include "lib/sys/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/config_int.h"

struct config *config_new(const struct schema *s)
{
	struct config *c = xcalloc(1, sizeof(*c));

	c->root = node_new(c, near_at(s->root), NULL, 0, 0);
	c->schema = s;
	return c;
}

struct config *config_dup(const struct config *c)
{
	struct config *d = xcalloc(1, sizeof(*d));

	nodes_begin(d, 0);
	d->root = node_dup(d, c->root);
	nodes_end(d);
	d->schema = c->schema;
	return d;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	assert(!c->change);
	node_free(c->root);
	free(c);
}

const struct config_node *config_root(const struct config *c)
{
	return c->root;
}

static bool leaves_equal(const struct config_node *a, const struct config_node *b)
{
	const struct config_leaf *x, *y = leaf_first(b);
	const char *end = (const char *)y + b->leaves_len;

	/* the lines may differ */
	NODE_FOREACH_LEAF(x, a) {
		if ((const char *)y == end || x->place != y->place || strcmp(x->value, y->value) != 0)
			return false;
		y = leaf_next(y);
	}
	return (const char *)y == end;
}

static bool nodes_equal(const struct config_node *a, const struct config_node *b)
{
	for (; a && b; a = a->next, b = b->next) {
		const struct snode *s = a->s;

		if (s != b->s || !leaves_equal(a, b))
			return false;
		for (size_t i = 0; !s->is_leaflist && i < s->kids.n && (node_lists(a) || node_lists(b)); i++) {
			const struct config_list *x = list_of(a, near_nth(s->kids, i)),
						 *y = list_of(b, near_nth(s->kids, i));

			if (!nodes_equal(x ? x->first : NULL, y ? y->first : NULL))
				return false;
		}
	}
	return !a && !b;
}

bool config_equal(const struct config *a, const struct config *b)
{
	return nodes_equal(a->root, b->root);
}

/* A kid of a node by its path, and the node that has it, if that is there. */
struct found {
	const struct config_node *at;
	const struct snode *s;
};

static struct found walk_path(const struct config_node *at, const char *path)
{
	struct found f = { at, snode_step(at->s, &path) };

	/* asking for a name that the schema lacks is a bug */
	assert(f.s);
	while (*path++ == '/') {
		if (f.at)
			f.at = list_find(list_of(f.at, f.s), NULL);
		f.s = snode_step(f.s, &path);
		assert(f.s);
	}
	return f;
}

static const char *value_of(const struct found *f)
{
	return f->at && f->s->is_leaf ? node_value(f->at, f->s) : NULL;
}

const struct config_node *config_child(const struct config_node *parent, const char *path)
{
	struct found f = walk_path(parent, path);
	const struct config_list *l = f.at ? list_of(f.at, f.s) : NULL;

	assert(!f.s->is_leaf);
	return l ? l->first : NULL;
}

size_t config_count(const struct config_node *parent, const char *path)
{
	struct found f = walk_path(parent, path);
	const struct config_list *l = f.at ? list_of(f.at, f.s) : NULL;
	size_t n = 0;

	for (size_t i = 0; l && i < l->runs.n; i++)
		n += l->runs.v[i].n;
	return n;
}

const struct config_node *config_next(const struct config_node *node)
{
	return node->next;
}

const struct config_node *config_entry(const struct config_node *parent, const char *path,
		const char *key)
{
	struct found f = walk_path(parent, path);

	return f.at ? list_find(list_of(f.at, f.s), &key) : NULL;
}

const char *config_value(const struct config_node *node)
{
	return node_first_value(node);
}

bool config_item(const struct config_node *node, size_t *at, struct config_item *ret)
{
	while (*at < node->s->kids.n) {
		const struct snode *kid = near_nth(node->s->kids, (*at)++);
		const struct config_list *l;

		ret->name = near_at(kid->name);
		ret->value = kid->is_leaf ? node_value(node, kid) : NULL;
		l = kid->is_leaf ? NULL : list_of(node, kid);
		ret->node = l ? l->first : NULL;
		if (ret->value || ret->node)
			return true;
	}
	return false;
}

const char *config_str(const struct config_node *parent, const char *path)
{
	struct found f = walk_path(parent, path);
	const char *value = value_of(&f);

	return value ? value : near_get(f.s->def);
}

const struct snode *config_leaf(const struct config_node *node, const char *name)
{
	return walk_path(node, name).s;
}

const struct snode *config_next_leaf(const struct config_node *node, uint32_t *at,
		const char **ret_value)
{
	const struct config_leaf *l;

	if (*at >= node->leaves_len)
		return NULL;
	l = (const struct config_leaf *)(node_leaves(node) + *at);
	*at += l->size;
	*ret_value = l->value;
	return leaf_schema(node, l);
}

uint32_t config_u32(const struct config_node *parent, const char *path, bool *ret_set)
{
	struct found f = walk_path(parent, path);
	const char *value = value_of(&f), *text = value ? value : near_get(f.s->def);

	if (ret_set)
		*ret_set = value != NULL;
	return text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

bool config_flag(const struct config_node *parent, const char *path)
{
	struct found f = walk_path(parent, path);
	const char *value = value_of(&f);

	if (f.s->kind == LEAF_BOOL)
		return value ? strcmp(value, "true") == 0 : f.s->def_true;
	return value != NULL;
}

bool config_has(const struct config_node *parent, const char *path)
{
	struct found f = walk_path(parent, path);

	return f.at && node_has(f.at, f.s);
}

unsigned config_line_number(const struct config_node *node)
{
	return node->line;
}
