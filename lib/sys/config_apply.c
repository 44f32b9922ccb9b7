/* One matched line to changes of the tree. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/sys/config_int.h"

static void value_add(struct cvalues *vals, const struct snode *leaf, const char *value)
{
	struct cvalue *v;

	for (size_t i = 0; i < vals->v.n && !leaf->is_leaflist; i++) {
		if (vals->v.v[i].leaf == leaf) {
			vals->v.v[i].value = value;
			return;
		}
	}
	v = vec_push(&vals->v);
	v->leaf = leaf;
	v->value = value;
}

void line_values(const struct sline *l, const struct gmatch *m, struct cvalues *ret)
{
	const struct snode *carrier = near_at(l->carrier), *s;

	/* the way to the line before it: the values are where that one's were */
	if (m->way && m->way == ret->way)
		return;
	ret->way = m->way;
	ret->v.n = 0;
	if (l->implicit)
		value_add(ret, carrier, NULL);
	for (size_t i = 0; i < m->bound.n; i++) {
		const struct tnode *n = near_at(m->bound.v[i].token->node);
		const struct teffect *f;

		if (n->kind == T_VALUE && near_get(n->var))
			value_add(ret, near_at(n->var), m->bound.v[i].value);
		if (n->kind == T_VALUE && near_get(n->var2))
			value_add(ret, near_at(n->var2), m->bound.v[i].value);
		NEAR_FOREACH(f, n->effects) {
			if (near_get(f->var))
				value_add(ret, near_at(f->var), near_get(f->value));
		}
	}
	/* what leaving a value out means */
	if (l->kind != LINE_CLI || !near_get(carrier->omitted))
		return;
	NEAR_FOREACH(s, l->slots) {
		if (s == carrier && !cvalues_find(ret, s))
			value_add(ret, s, near_at(s->omitted));
	}
}

/* The first n of the line's steps. */
static struct config_node *find_steps(struct config_node *at, const struct sline *l, size_t n,
		const struct cvalues *vals)
{
	for (size_t i = 0; i < n && at; i++)
		at = tree_find(at, near_nth(l->steps, i), vals);
	return at;
}

static struct config_node *get_steps(struct config *c, struct config_node *at,
		const struct sline *l, size_t n, const struct cvalues *vals)
{
	for (size_t i = 0; i < n; i++)
		at = tree_get(c, at, near_nth(l->steps, i), vals, NULL);
	return at;
}

/* The node that holds a leaf at or below the anchor. */
static struct config_node *leaf_parent(struct config *c, struct config_node *anchor,
		const struct snode *leaf, bool create)
{
	const struct snode *way[8];
	size_t n = 0;

	for (const struct snode *s = near_at(leaf->parent); s != anchor->s && n < 8;
			s = near_at(s->parent))
		way[n++] = s;
	while (anchor && n > 0) {
		n--;
		anchor = create ? tree_get(c, anchor, way[n], NULL, NULL) :
				  tree_find(anchor, way[n], NULL);
	}
	return anchor;
}

static void unset_leaf(struct config *c, struct config_node *anchor, const struct snode *leaf)
{
	struct config_node *parent = leaf_parent(c, anchor, leaf, false);
	struct config_node *n;

	if (parent && leaf->is_leaflist) {
		while ((n = tree_find(parent, leaf, NULL)) != NULL)
			tree_remove(c, n);
	} else if (parent) {
		tree_unset(c, parent, leaf);
	}
	if (parent && parent != anchor)
		tree_prune(c, parent, anchor);
}

static bool no_means_false(const struct snode *leaf)
{
	return leaf->kind == LEAF_BOOL && (leaf->def_true || !leaf->has_def);
}

static void set_leaf(struct config *c, struct config_node *anchor, const struct cvalue *v)
{
	const char *text = tree_text(v);

	if (text)
		tree_set(c, leaf_parent(c, anchor, v->leaf, true), v->leaf, text);
	else
		unset_leaf(c, anchor, v->leaf);
}

static void unset_slots(struct config *c, struct config_node *anchor, const struct sline *l,
		const struct cvalues *vals)
{
	const struct snode *leaf;

	NEAR_FOREACH(leaf, l->slots) {
		if (!cvalues_find(vals, leaf))
			unset_leaf(c, anchor, leaf);
	}
}

/* A line about a whole entry or container says all there is to say. */
static void unset_unsaid(struct config *c, struct config_node *anchor, const struct sline *l,
		const struct cvalues *vals)
{
	const struct snode *s = near_at(l->carrier);
	const struct sline *own;

	if (s->is_leaf || s->is_leaflist || l->kind == LINE_MODE || l->kind == LINE_MODE_ALIAS)
		return;
	if (l->kind == LINE_ALIAS && !s->is_list && !s->presence)
		return;
	unset_slots(c, anchor, l, vals);
	if (!s->is_list)
		return;
	NEAR_FOREACH(own, s->own)
		unset_slots(c, anchor, own, vals);
}

/* The leaf of the entry that can't change and is not what the line says; NULL if
 * there is none. */
static const struct config_leaf *leaf_otherwise(const struct cvalues *vals,
		const struct config_node *entry, bool no)
{
	for (size_t i = 0; entry && i < vals->v.n; i++) {
		const struct snode *s = vals->v.v[i].leaf;
		const struct config_leaf *have;

		if (!(s->fixed || (no && s->exact)) || near_at(s->parent) != entry->s)
			continue;
		have = node_leaf(entry, s);
		if (have && strcmp(have->value, vals->v.v[i].value) != 0)
			return have;
	}
	return NULL;
}

static int check_fixed(const struct cvalues *vals, const struct config_node *entry, struct err *e)
{
	const struct config_leaf *have = leaf_otherwise(vals, entry, false);

	if (have)
		return err_set(e, EINVAL, "%% %s is %s already; remove that first",
				near_at(leaf_schema(entry, have)->help), have->value);
	return 0;
}

static int check_no(const struct cvalues *vals, const struct config_node *at, struct err *e)
{
	const struct config_leaf *have = leaf_otherwise(vals, at, true);

	const char *help;

	if (!have)
		return 0;
	help = near_at(leaf_schema(at, have)->help);
	return err_set(e, EINVAL, "%% %.*s is %s; nothing was removed", (int)strcspn(help, ":"),
			help, have->value);
}

static bool number_is_missing(const struct sline *l, const struct cvalues *vals)
{
	const struct snode *s = near_at(l->carrier);

	return s->auto_step && s == near_at(l->anchor) && !cvalues_find(vals, near_at(s->keys[0]));
}

static int check_line(struct config_node *base, const struct sline *l,
		const struct cvalues *vals, struct err *e)
{
	struct line_check_arg a = { l, vals, NULL };
	int rc;

	if (l->looks && !number_is_missing(l, vals))
		a.existing = find_steps(base, l, l->steps.n, vals);
	rc = check_fixed(vals, a.existing, e);
	if (rc == 0 && l->check)
		rc = line_checks[l->check - 1].fn(&a, e);
	return rc;
}

static int apply_plain(struct config *c, struct config_node *base, const struct sline *l,
		struct cvalues *vals, struct config_node **ret_node, struct err *e)
{
	const struct snode *carrier = near_at(l->carrier), *s;
	struct config_node *at, *same;
	unsigned left;
	bool made = false;
	char number[24];
	int rc = check_line(base, l, vals, e);

	if (rc)
		return rc;
	/* a container's mode is entered, the container made by its first line */
	if (ret_node && !carrier->is_list && !carrier->presence)
		return 0;
	if (number_is_missing(l, vals)) {
		uint64_t v;

		at = get_steps(c, base, l, l->steps.n - 1, vals);
		same = content_find(at, carrier, vals);
		if (same)
			return 0;
		v = content_next_number(at, carrier);
		if (v > UINT32_MAX)
			return err_set(e, EINVAL, "%% No number is left at the end of the list");
		snprintf(number, sizeof(number), "%" PRIu64, v);
		value_add(vals, near_at(carrier->keys[0]), number);
		vals->way = 0;
	}
	at = base;
	left = l->steps.n;
	NEAR_FOREACH(s, l->steps)
		at = tree_get(c, at, s, vals, --left ? NULL : &made);
	if (!made)
		unset_unsaid(c, at, l, vals);
	for (size_t i = 0; i < vals->v.n; i++) {
		s = vals->v.v[i].leaf;
		/* a new entry was made with its own leaves */
		if (!s->is_key && !(made && at->s->is_list && near_at(s->parent) == at->s && s->is_leaf))
			set_leaf(c, at, &vals->v.v[i]);
	}
	if (ret_node)
		*ret_node = at;
	else
		tree_prune(c, at, NULL);
	return 0;
}

static void remove_entry(struct config *c, struct config_node *n)
{
	struct config_node *parent = n->parent;

	/* emptied, it goes with all that is part of it */
	if (n->s->parts.n) {
		for (size_t i = n->s->nkeys; i < n->s->kids.n; i++) {
			const struct snode *kid = near_nth(n->s->kids, i);
			struct config_list *l = list_of(n, kid);

			if (kid->is_leaf)
				tree_unset(c, n, kid);
			while (l && l->first)
				tree_remove(c, l->first);
		}
		tree_prune(c, n, NULL);
		return;
	}
	tree_remove(c, n);
	tree_prune(c, parent, NULL);
}

/* Does the entry have what the line says of it? */
static bool entry_agrees(const struct config_node *entry, const struct cvalues *vals)
{
	for (size_t i = 0; i < vals->v.n; i++) {
		const struct cvalue *v = &vals->v.v[i];
		const char *have;

		if (near_at(v->leaf->parent) != entry->s || v->leaf->is_key)
			continue;
		have = node_value(entry, v->leaf);
		if (!have || (v->value && strcmp(have, v->value) != 0))
			return false;
	}
	return true;
}

static int remove_list_line(struct config *c, struct config_node *base, const struct sline *l,
		const struct cvalues *vals, struct err *e)
{
	struct config_node *at = find_steps(base, l, l->steps.n - 1, vals), *n = NULL;
	const struct snode *carrier = near_at(l->carrier);
	bool numbered = carrier->auto_step;
	int rc;

	if (at && number_is_missing(l, vals))
		n = content_find(at, carrier, vals);
	else if (at)
		n = tree_find(at, carrier, vals);
	/* parts may be there without what they are part of */
	if (!n && at && carrier->parts.n)
		n = tree_get(c, at, carrier, vals, NULL);
	if (numbered && (!n || !entry_agrees(n, vals)))
		return err_set(e, EINVAL, "%% There is no such line");
	/* `no router bgp` with a mistyped number is not about the one that is there */
	rc = check_no(vals, n, e);
	if (rc)
		return rc;
	if (n)
		remove_entry(c, n);
	return 0;
}

static void remove_slots(struct config *c, struct config_node *at, const struct sline *l,
		const struct cvalues *vals)
{
	const struct snode *s;

	NEAR_FOREACH(s, l->slots) {
		if (no_means_false(s)) {
			if (cvalues_find(vals, s))
				tree_set(c, leaf_parent(c, at, s, true), s, "false");
		} else if (!s->is_leaflist) {
			unset_leaf(c, at, s);
		}
	}
	for (size_t i = 0; i < vals->v.n; i++) {
		const struct cvalue *v = &vals->v.v[i];
		struct config_node *parent, *n = NULL;

		if (!v->leaf->is_leaflist)
			continue;
		parent = leaf_parent(c, at, v->leaf, false);
		if (parent)
			n = tree_leaf_entry(parent, v->leaf, v->value);
		if (n)
			tree_remove(c, n);
	}
}

/* Did the line take what the entry can't be without?  ("no neighbor X remote-as"
 * removes the neighbour.) */
static bool needs_are_gone(const struct config_node *at, const struct sline *l)
{
	const struct srule *needs = near_get(at->s->needs);
	const struct snode *leaf;
	bool took = false;

	if (!needs)
		return false;
	NEAR_FOREACH(leaf, needs->leaves) {
		if (node_has(at, leaf))
			return false;
		for (size_t k = 0; k < l->slots.n; k++)
			took |= near_nth(l->slots, k) == leaf;
	}
	return took;
}

static int apply_no(struct config *c, struct config_node *base, const struct sline *l,
		const struct cvalues *vals, struct err *e)
{
	const struct snode *s = near_at(l->carrier), *leaf;
	struct config_node *at;
	bool create = false, whole;
	int rc;

	if (s->is_list)
		return remove_list_line(c, base, l, vals, e);
	NEAR_FOREACH(leaf, l->slots)
		create |= no_means_false(leaf) && cvalues_find(vals, leaf);
	at = create ? get_steps(c, base, l, l->steps.n, vals) :
		      find_steps(base, l, l->steps.n, vals);
	if (!at)
		return 0;
	if (near_at(l->anchor) == s && (s->presence || l->kind != LINE_CLI) && !create &&
			l->kind != LINE_ALIAS) {
		remove_entry(c, at);
		return 0;
	}
	if (near_at(l->anchor) == s && s->presence) {
		remove_entry(c, at);
		return 0;
	}
	rc = check_no(vals, at, e);
	if (rc)
		return rc;
	whole = s->whole && node_leaf(at, s);
	remove_slots(c, at, l, vals);
	if (whole || needs_are_gone(at, l))
		remove_entry(c, at);
	else
		tree_prune(c, at, NULL);
	return 0;
}

int line_apply(struct config *c, struct config_node *base, const struct sline *l,
		const struct gmatch *m, struct cvalues *vals, bool no, struct config_node **ret_node,
		struct err *e)
{
	if (ret_node)
		*ret_node = NULL;
	if (l->kind == LINE_NOOP)
		return 0;
	line_values(l, m, vals);
	return no ? apply_no(c, base, l, vals, e) : apply_plain(c, base, l, vals, ret_node, e);
}
