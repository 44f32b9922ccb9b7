/* What was changed in a configuration, kept so that it can be taken back and made
 * again: an edit costs what it changes, not what is configured. */
#include <assert.h>
#include <stdlib.h>

#include "lib/base/xalloc.h"
#include "lib/sys/config_int.h"

enum edit_kind { EDIT_MADE, EDIT_GONE, EDIT_LEAVES };

struct edit {
	enum edit_kind kind;
	struct config_node *node, *parent;
	/* the block that the node does not have now */
	char *leaves;
	uint32_t len;
};

struct config_change {
	struct config *config;
	VEC(struct edit) edits;
	bool in; /* the tree is as it was after the change */
};

static struct edit *edit_add(struct config *c, enum edit_kind kind, struct config_node *n)
{
	struct edit *e = vec_push(&c->change->edits);

	e->kind = kind;
	e->node = n;
	e->parent = n->parent;
	return e;
}

void change_made(struct config *c, struct config_node *n)
{
	if (c->change)
		edit_add(c, EDIT_MADE, n);
}

void change_gone(struct config *c, struct config_node *n)
{
	struct config_node *parent = n->parent;

	list_remove(n);
	c->generation++;
	if (c->change)
		edit_add(c, EDIT_GONE, n)->parent = parent;
	else
		node_free(n);
}

static char *leaves_swap(struct config_node *n, char *leaves, uint32_t len, bool keep)
{
	struct config_list *l = n->parent ? list_of(n->parent, n->s) : NULL;
	char *old;

	if (l)
		content_forget(l, n);
	old = node_leaves_swap(n, leaves, len, keep);
	if (l)
		content_learn(l, n);
	return old;
}

void change_leaves(struct config *c, struct config_node *n, char *leaves, uint32_t len)
{
	uint32_t old_len = n->leaves_len;
	char *old = leaves_swap(n, leaves, len, c->change != NULL);

	if (c->change) {
		struct edit *e = edit_add(c, EDIT_LEAVES, n);

		e->leaves = old;
		e->len = old_len;
	}
}

void config_record(struct config *c)
{
	assert(!c->change);
	c->change = xcalloc(1, sizeof(*c->change));
	c->change->config = c;
	c->change->in = true;
}

struct config_change *config_recorded(struct config *c)
{
	struct config_change *ch = c->change;

	c->change = NULL;
	return ch;
}

static void edit_swap(struct edit *e, bool in)
{
	if (e->kind == EDIT_LEAVES) {
		uint32_t len = e->node->leaves_len;

		e->leaves = leaves_swap(e->node, e->leaves, e->len, true);
		e->len = len;
	} else if ((e->kind == EDIT_MADE) == in) {
		list_insert(e->parent, e->node);
	} else {
		list_remove(e->node);
	}
}

void config_change_swap(struct config_change *ch)
{
	size_t n = ch->edits.n;

	ch->in = !ch->in;
	ch->config->generation++;
	for (size_t i = 0; i < n; i++)
		edit_swap(&ch->edits.v[ch->in ? i : n - 1 - i], ch->in);
}

void config_change_free(struct config_change *ch)
{
	struct edit *e;

	if (!ch)
		return;
	vec_foreach(e, &ch->edits) {
		if (e->kind == EDIT_LEAVES)
			free(e->leaves);
		else if (e->kind == (ch->in ? EDIT_GONE : EDIT_MADE))
			node_free(e->node);
	}
	vec_free(&ch->edits);
	free(ch);
}
