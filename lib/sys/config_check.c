/* What types can't say: checks of whole lines as they are typed, and of the
 * whole configuration when all lines are there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text_regex.h"
#include "lib/sys/config_int.h"

/* -- lines ------------------------------------------------------------------ */

static const char *given(const struct line_check_arg *a, const char *leaf)
{
	const struct cvalue *v;

	for (size_t i = 0; i < a->vals->v.n; i++) {
		v = &a->vals->v.v[i];
		if (*v->leaf->sn->name == *leaf && v->leaf->parent == a->line->anchor &&
				strcmp(v->leaf->sn->name, leaf) == 0)
			return v->value ? v->value : "";
	}
	return NULL;
}

/* length <= ge <= le */
static int check_prefix_list(const struct line_check_arg *a, struct err *e)
{
	const char *prefix, *ge, *le;
	long len, g, l;

	/* most lines give neither */
	le = given(a, "le");
	ge = given(a, "ge");
	if (!ge && !le)
		return 0;
	prefix = given(a, "prefix");
	if (!prefix)
		return 0;
	len = strtol(strchr(prefix, '/') + 1, NULL, 10);
	g = ge ? strtol(ge, NULL, 10) : len;
	l = le ? strtol(le, NULL, 10) : 128;
	if ((ge && g < len) || (le && l < len) || g > l)
		return err_set(e, EINVAL, "%% Invalid prefix range for %s, make sure: len <= ge <= le",
				prefix);
	return 0;
}

static int check_regex(const struct line_check_arg *a, struct err *e)
{
	const char *text = given(a, "regex");
	struct text_regex *r;
	struct err why = { "" };

	if (!text)
		return 0;
	r = text_regex_new(text, &why);
	if (!r)
		return err_set(e, EINVAL, "%% %s", why.text);
	text_regex_free(r);
	return 0;
}

static int check_static_route(const struct line_check_arg *a, struct err *e)
{
	const char *gateway = given(a, "gateway"), *interface = given(a, "interface");

	if (gateway && interface && *interface &&
			(!strcmp(gateway, "blackhole") || !strcmp(gateway, "reject") ||
					!strcmp(gateway, "Null0")))
		return err_set(e, EINVAL, "%% A %s route leads to no interface", gateway);
	return 0;
}

static int check_bgp_instance(const struct line_check_arg *a, struct err *e)
{
	if (!a->existing && !given(a, "asn"))
		return err_set(e, EINVAL, "%% No BGP process is configured: an AS number is needed");
	return 0;
}

static const struct {
	const char *name;
	line_check_fn *fn;
} checks[] = {
	{ "prefix-list-entry", check_prefix_list },
	{ "regex", check_regex },
	{ "static-route", check_static_route },
	{ "bgp-instance", check_bgp_instance },
};

line_check_fn *line_check_find(const char *name)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		if (strcmp(checks[i].name, name) == 0)
			return checks[i].fn;
	}
	return NULL;
}

bool line_check_looks(line_check_fn *check)
{
	return check == check_bgp_instance;
}

/* -- the whole --------------------------------------------------------------- */

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
	return list_find(list_of(at, r->list), keys);
}

static bool reference_holds(struct config_node *from, const struct srule *r, const char *key)
{
	struct config_node *target = rule_target(from, r, key);

	for (size_t i = 0; target && i < r->leaves.n; i++) {
		if (!node_has(target, r->leaves.v[i]))
			return false;
	}
	return target != NULL;
}

static void fault_add(struct faults *f, struct config_node *n, const struct snode *leaf,
		const char *sentence)
{
	*vec_push(&f->list) = (struct fault){ n, leaf, sentence };
}

static void check_node(struct faults *f, struct config_node *n)
{
	const struct snode *s = n->s;
	bool any = false;

	if (s->needs) {
		for (size_t i = 0; i < s->needs->leaves.n; i++)
			any |= node_has(n, s->needs->leaves.v[i]);
		if (!any)
			fault_add(f, n, NULL, s->needs->sentence);
	}
	if (s->part_of && !rule_target(n->parent, s->part_of, node_first_value(n)))
		fault_add(f, n, NULL, s->part_of->sentence);
	if (s->refers && !reference_holds(n->parent, s->refers, node_first_value(n)))
		fault_add(f, n, NULL, s->refers->sentence);
}

static void check_below(struct faults *f, struct config_node *parent)
{
	const struct snode *s = parent->s;

	for (size_t i = 0; i < s->kids.n; i++) {
		const struct snode *kid = s->kids.v[i];
		struct config_list *l;

		if (!kid->rules_below)
			continue;
		if (kid->is_leaf) {
			const char *value = node_value(parent, kid);

			if (value && kid->refers && !reference_holds(parent, kid->refers, value))
				fault_add(f, parent, kid, kid->refers->sentence);
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

	err_set(&e, EINVAL, "%% %s %s: %s", s->sn->name, value, f->sentence);
	if (report)
		report(arg, name, l ? l->line : f->node->line, e.text);
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
