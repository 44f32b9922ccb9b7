/* Checks of the whole configuration when all lines are there: what is incomplete, and
 * what refers to something that isn't there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/config_int.h"

struct fault {
	struct config_node *node;
	const struct snode *leaf; /* of the node, that is at fault; NULL: the node itself */
	const char *sentence;
};

struct faults {
	VEC(struct fault) list;
};

/* The entry of a rule's list, from the node that a path begins at. */
static struct config_node *rule_target(struct config_node *at, const struct srule *r,
		const char *key)
{
	const char *keys[3] = { key, key, key };

	for (unsigned i = 0; i < r->up; i++)
		at = at->parent;
	return list_find(list_of(at, near_at(r->list)), keys);
}

static bool reference_holds(struct config_node *from, const struct srule *r, const char *key)
{
	struct config_node *target = rule_target(from, r, key);
	const struct snode *leaf;

	if (!target)
		return false;
	NEAR_FOREACH(leaf, r->leaves) {
		if (!node_has(target, leaf))
			return false;
	}
	return true;
}

static void fault_add(struct faults *f, struct config_node *n, const struct snode *leaf,
		const char *sentence)
{
	*vec_push(&f->list) = (struct fault){ n, leaf, sentence };
}

static void check_node(struct faults *f, struct config_node *n)
{
	const struct srule *needs = near_get(n->s->needs), *part_of = near_get(n->s->part_of),
			   *refers = near_get(n->s->refers);
	const struct snode *leaf;
	bool any = false;

	if (needs) {
		NEAR_FOREACH(leaf, needs->leaves)
			any |= node_has(n, leaf);
		if (!any)
			fault_add(f, n, NULL, near_at(needs->sentence));
	}
	if (part_of && !rule_target(n->parent, part_of, node_first_value(n)))
		fault_add(f, n, NULL, near_at(part_of->sentence));
	if (refers && !reference_holds(n->parent, refers, node_first_value(n)))
		fault_add(f, n, NULL, near_at(refers->sentence));
}

static void check_below(struct faults *f, struct config_node *parent)
{
	const struct snode *kid;

	NEAR_FOREACH(kid, parent->s->kids) {
		struct config_list *l;

		if (!kid->rules_below)
			continue;
		if (kid->is_leaf) {
			const struct srule *refers = near_get(kid->refers);
			const char *value = node_value(parent, kid);

			if (value && refers && !reference_holds(parent, refers, value))
				fault_add(f, parent, kid, near_at(refers->sentence));
			continue;
		}
		l = list_of(parent, kid);
		for (struct config_node *n = l ? l->first : NULL; n; n = n->next) {
			check_node(f, n);
			if (!kid->is_leaflist)
				check_below(f, n);
		}
	}
}

static void tell(const struct fault *f, const char *name, config_report_fn *report, void *arg)
{
	const struct config_leaf *l = f->leaf ? node_leaf(f->node, f->leaf) : NULL;
	const struct snode *s = f->leaf ? f->leaf : f->node->s;
	const char *value = l ? l->value : s->is_list || s->is_leaflist ? node_first_value(f->node) : "";
	struct err e;

	err_set(&e, EINVAL, "%% %s %s: %s", near_at(s->name), value, f->sentence);
	if (report)
		report(arg, name, l ? leaf_line(f->node, l) : f->node->line, e.text);
}

unsigned config_validate(const struct config *c, const char *name, config_report_fn *report,
		void *arg)
{
	struct faults f = { 0 };
	unsigned n;

	/* in the order in which people see it */
	check_below(&f, c->root);
	for (size_t i = 0; i < f.list.n; i++)
		tell(&f.list.v[i], name, report, arg);
	n = (unsigned)f.list.n;
	vec_free(&f.list);
	return n;
}

/* Removing one thing can leave others incomplete, so this goes on until there
 * is no fault; each round removes at least one node. */
unsigned config_repair(struct config *c, const char *name, config_report_fn *report, void *arg)
{
	unsigned total = 0;

	for (;;) {
		struct faults f = { 0 };
		struct fault *x;
		size_t n;

		check_below(&f, c->root);
		n = f.list.n;
		for (size_t i = 0; i < n; i++)
			tell(&f.list.v[i], name, report, arg);
		/* from the back, as what is inside comes after what it is in */
		for (size_t i = n; i-- > 0;) {
			x = &f.list.v[i];
			if (x->leaf)
				tree_unset(c, x->node, x->leaf);
			else
				tree_remove(c, x->node);
		}
		vec_free(&f.list);
		total += (unsigned)n;
		if (n == 0)
			break;
		tree_prune_all(c, c->root);
	}
	return total;
}
