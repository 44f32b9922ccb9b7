/* Order: lists sorted by key, so that a tree doesn't tell in which order its lines
 * came. */
#include <stdlib.h>

#include "lib/sys/config_int.h"

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
