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
		if (v->leaf->parent == a->line->anchor && strcmp(v->leaf->sn->name, leaf) == 0)
			return v->value ? v->value : "";
	}
	return NULL;
}

/* length <= ge <= le */
static int check_prefix_list(const struct line_check_arg *a, struct err *e)
{
	const char *prefix = given(a, "prefix"), *ge = given(a, "ge"), *le = given(a, "le");
	long len, g, l;

	if (!prefix || (!ge && !le))
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

/* -- the whole --------------------------------------------------------------- */

struct fault {
	struct lyd_node *node;
	const char *sentence;
};

struct faults {
	struct config *c;
	VEC(struct fault) list;
};

static void fault_add(struct faults *f, struct lyd_node *n, const char *sentence)
{
	*vec_push(&f->list) = (struct fault){ n, sentence };
}

static struct lyd_node *rule_target(struct faults *f, const struct lyd_node *n,
		const struct srule *r, const char *key)
{
	struct lyd_node *at = (struct lyd_node *)n->parent;
	struct cvalues vals = { 0 };
	struct lyd_node *found;

	for (unsigned i = 0; i < r->up; i++)
		at = (struct lyd_node *)at->parent;
	for (unsigned i = 0; i < r->list->nkeys; i++) {
		struct cvalue *v = vec_push(&vals.v);

		v->leaf = r->list->keys[i];
		v->value = key;
	}
	found = tree_find(f->c, at, r->list, &vals);
	vec_free(&vals.v);
	return found;
}

static void check_node(struct faults *f, struct lyd_node *n)
{
	const struct snode *s = snode_of(n);
	struct lyd_node *target;
	bool any = false;

	if (s->needs) {
		for (size_t i = 0; i < s->needs->leaves.n; i++)
			any |= tree_leaf(n, s->needs->leaves.v[i]) != NULL;
		if (!any)
			fault_add(f, n, s->needs->sentence);
	}
	if (s->part_of && !rule_target(f, n, s->part_of, lyd_get_value(lyd_child(n))))
		fault_add(f, n, s->part_of->sentence);
	if (s->refers) {
		target = rule_target(f, n, s->refers, lyd_get_value(n));
		for (size_t i = 0; target && i < s->refers->leaves.n; i++) {
			if (!tree_leaf(target, s->refers->leaves.v[i]))
				target = NULL;
		}
		if (!target)
			fault_add(f, n, s->refers->sentence);
	}
}

static void check_below(struct faults *f, struct lyd_node *parent)
{
	for (struct lyd_node *n = lyd_child(parent); n; n = n->next) {
		if (!snode_of(n)->rules_below)
			continue;
		check_node(f, n);
		if (!snode_of(n)->is_leaf && !snode_of(n)->is_leaflist)
			check_below(f, n);
	}
}

static void tell(const struct fault *f, const char *name, config_report_fn *report, void *arg)
{
	const struct snode *s = snode_of(f->node);
	const char *value = s->is_list ? lyd_get_value(lyd_child(f->node)) : lyd_get_value(f->node);
	struct err e;

	err_set(&e, EINVAL, "%% %s %s: %s", s->sn->name, value, f->sentence);
	if (report)
		report(arg, name, config_line_number(f->node), e.text);
}

unsigned config_validate(const struct config *c, const char *name, config_report_fn *report,
		void *arg)
{
	struct faults f = { .c = (struct config *)c };
	unsigned n;

	/* in the order in which people see it */
	check_below(&f, (struct lyd_node *)config_root(c));
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
		struct faults f = { .c = c };
		size_t n;

		check_below(&f, (struct lyd_node *)config_root(c));
		n = f.list.n;
		for (size_t i = 0; i < n; i++)
			tell(&f.list.v[i], name, report, arg);
		/* from the back, as what is inside comes after what it is in */
		for (size_t i = n; i-- > 0;)
			tree_remove(c, f.list.v[i].node);
		vec_free(&f.list);
		total += (unsigned)n;
		if (n == 0)
			break;
		tree_prune_all(c, c->root);
	}
	return total;
}
