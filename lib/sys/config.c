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
	LY_ERR rc = lyd_new_inner(NULL, s->module, s->root->sn->name, 0, &c->root);

	assert(rc == LY_SUCCESS);
	(void)rc;
	c->schema = s;
	return c;
}

struct config *config_dup(const struct config *c)
{
	struct config *d = xcalloc(1, sizeof(*d));
	LY_ERR rc = lyd_dup_single(config_root(c), NULL, LYD_DUP_RECURSIVE, &d->root);

	assert(rc == LY_SUCCESS);
	(void)rc;
	d->schema = c->schema;
	return d;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	cindex_fini(&c->entries);
	cindex_fini(&c->contents);
	vec_free(&c->maxima);
	lyd_free_tree(c->root);
	free(c);
}

const struct lyd_node *config_root(const struct config *c)
{
	/* Sorting is put off until somebody looks; the value stays the same. */
	tree_sort((struct config *)c);
	return c->root;
}

static bool nodes_equal(const struct lyd_node *a, const struct lyd_node *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (a->schema != b->schema)
			return false;
		if (a->schema->nodetype & (LYS_LEAF | LYS_LEAFLIST)) {
			if (strcmp(lyd_get_value(a), lyd_get_value(b)) != 0)
				return false;
		} else if (!nodes_equal(lyd_child(a), lyd_child(b))) {
			return false;
		}
	}
	return !a && !b;
}

bool config_equal(const struct config *a, const struct config *b)
{
	return nodes_equal(lyd_child(config_root(a)), lyd_child(config_root(b)));
}

/* Goes through the containers of a path; *name is then its last part. */
static const struct lyd_node *walk_path(const struct lyd_node *at, const char **name,
		const struct snode **ret)
{
	const struct snode *s = snode_of(at), *found;
	const char *p = *name;

	for (;;) {
		size_t n = strcspn(p, "/");

		found = NULL;
		for (size_t i = 0; i < s->kids.n && !found; i++) {
			const char *kid = s->kids.v[i]->sn->name;

			if (strncmp(kid, p, n) == 0 && !kid[n])
				found = s->kids.v[i];
		}
		/* asking for a name that the schema lacks is a bug */
		assert(found);
		*ret = s = found;
		if (!p[n])
			break;
		at = at ? tree_leaf(at, s) : NULL;
		p += n + 1;
	}
	*name = p;
	return at;
}

const struct lyd_node *config_child(const struct lyd_node *parent, const char *path)
{
	const struct snode *s;
	const struct lyd_node *at = walk_path(parent, &path, &s);

	return at ? tree_leaf(at, s) : NULL;
}

const struct lyd_node *config_next(const struct lyd_node *node)
{
	return node->next && node->next->schema == node->schema ? node->next : NULL;
}

const char *config_value(const struct lyd_node *node)
{
	return lyd_get_value(node);
}

const char *config_str(const struct lyd_node *parent, const char *path)
{
	const struct snode *s;
	const struct lyd_node *at = walk_path(parent, &path, &s);
	const struct lyd_node *n = at ? tree_leaf(at, s) : NULL;

	return n ? lyd_get_value(n) : s->def;
}

uint32_t config_u32(const struct lyd_node *parent, const char *path, bool *ret_set)
{
	const char *text = config_str(parent, path);

	if (ret_set)
		*ret_set = config_child(parent, path) != NULL;
	return text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

bool config_flag(const struct lyd_node *parent, const char *path)
{
	const struct snode *s;
	const struct lyd_node *at = walk_path(parent, &path, &s);
	const struct lyd_node *n = at ? tree_leaf(at, s) : NULL;

	if (s->kind == LEAF_BOOL)
		return n ? strcmp(lyd_get_value(n), "true") == 0 : s->def_true;
	return n != NULL;
}

bool config_has(const struct lyd_node *parent, const char *path)
{
	return config_child(parent, path) != NULL;
}

unsigned config_line_number(const struct lyd_node *node)
{
	return (unsigned)(uintptr_t)node->priv;
}
