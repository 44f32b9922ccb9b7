/* The command lines of the schema: names in templates resolved to leaves, lines
 * sorted into modes, and each mode's grammar built. */
#include <errno.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/schema_build.h"

static char *single_spaced(const char *text)
{
	char *out = xmalloc(strlen(text) + 1), *at = out;

	for (; *text; text++) {
		if (!isspace((unsigned char)*text))
			*at++ = *text;
		else if (at > out && at[-1] != ' ')
			*at++ = ' ';
	}
	*at = 0;
	return out;
}

/* "x<leaf>", "$a&b", "$a/b" are for the parser: "x", "$a", "$b". */
static char *without_effects(const char *text)
{
	char *out = xmalloc(strlen(text) + 1), *at = out, *name = NULL;

	for (; *text; text++) {
		if (*text == '<')
			text += strcspn(text, ">");
		else if (*text == '&')
			text += strcspn(text, " ]|)}") - 1;
		else if (*text == '/' && name)
			at = name;
		else
			*at++ = *text;
		if (*text == '$')
			name = at;
		else if (*text == ' ')
			name = NULL;
	}
	*at = 0;
	return out;
}

static void set_shown(struct near_area *a, struct sline *l, const char *text)
{
	char *spaced = single_spaced(text), *shown = without_effects(spaced);

	near_set_text(a, l->shown, shown);
	free(shown);
	free(spaced);
}

/* "name" or "container/leaf": the carrier itself, a child of the anchor, or
 * what is found farther up. */
static struct snode *find_name(const struct sline *l, const char *name)
{
	size_t first = strcspn(name, "/");

	struct snode *carrier = near_at(l->carrier), *anchor = near_at(l->anchor);

	if (!name[first] && carrier != anchor && strcmp(near_at(carrier->name), name) == 0)
		return carrier;
	for (const struct snode *at = anchor; at; at = near_get(at->parent)) {
		for (size_t i = 0; i < at->kids.n; i++) {
			struct snode *k = near_nth(at->kids, i);

			if (strncmp(near_at(k->name), name, first) != 0 || near_at(k->name)[first])
				continue;
			while (k && name[first]) {
				name += first + 1;
				first = strcspn(name, "/");
				k = snode_kid(k, name);
			}
			return k;
		}
	}
	return NULL;
}

struct resolving {
	struct schema_build *b;
	struct sline *l;
	const char *text;
	struct err *e;
	int rc;
	const struct tnode *last_word;
};

static bool sets(const struct sline *l, const struct snode *leaf)
{
	for (size_t i = 0; i < l->slots.n; i++) {
		if (near_nth(l->slots, i) == leaf)
			return true;
	}
	return false;
}

static void add_slot(struct resolving *r, struct snode *leaf)
{
	if (!leaf->is_key && !sets(r->l, leaf))
		near_push(&r->b->area, r->l->slots, leaf);
}

static struct snode *resolve_name(struct resolving *r, const char *name)
{
	struct snode *leaf = find_name(r->l, name);

	if (!leaf || leaf->is_list || (!leaf->is_leaf && !leaf->is_leaflist)) {
		r->rc = err_set(r->e, EINVAL, "%s: template \"%s\": no leaf %s",
				near_at(near_at(r->l->carrier)->name), r->text, name);
		return NULL;
	}
	add_slot(r, leaf);
	return leaf;
}

/* What the keyword sets; the node of its name; what it always means; what the
 * line is about. */
static const char *word_help(const struct resolving *r, const struct tnode *n)
{
	const struct snode *carrier = near_at(r->l->carrier);
	const struct snode *set = n->effects.n ? near_get(near_nth(n->effects, 0)->var) : NULL;
	const char *text = near_at(n->text);

	if (set)
		return near_get(set->help);
	if (strcmp(text, near_at(carrier->name)) == 0 && r->l->kind != LINE_NOOP)
		return near_get(carrier->help);
	for (size_t i = 0; i < r->b->words.n; i++) {
		if (strcmp(r->b->words.v[i].word, text) == 0)
			return r->b->words.v[i].help;
	}
	return n == r->last_word && r->l->kind != LINE_NOOP ? near_get(carrier->help) : "";
}

static void resolve_node(void *arg, struct tnode *n)
{
	struct resolving *r = arg;
	struct snode *leaf;

	for (size_t i = 0; i < n->effects.n && r->rc == 0; i++) {
		struct teffect *f = near_nth(n->effects, i);

		near_set(f->var, resolve_name(r, near_at(f->name)));
	}
	if (r->rc || n->kind != T_VALUE)
		return;
	if (r->l->kind == LINE_NOOP) {
		near_set(n->type, r->b->word);
		return;
	}
	leaf = resolve_name(r, near_at(n->text));
	if (!leaf)
		return;
	near_set(n->var, leaf);
	near_set(n->type, near_at(leaf->type));
	near_set(n->help, near_get(leaf->help));
	near_set(n->names, near_get(leaf->offers));
	n->identity = leaf->is_key || leaf->is_leaflist;
	if (near_get(n->other))
		near_set(n->var2, resolve_name(r, near_at(n->other)));
}

static void help_seq(const struct resolving *r, struct tseq *seq)
{
	for (size_t i = 0; i < seq->nodes.n; i++) {
		struct tnode *n = near_nth(seq->nodes, i);
		const struct tnode *next = i + 1 < seq->nodes.n ? near_nth(seq->nodes, i + 1) : NULL;

		if (n->kind == T_WORD) {
			const char *help = word_help(r, n);

			/* "tag $tag": what is said of the value */
			if (!*help && next && next->kind == T_VALUE && near_get(next->help))
				help = near_at(next->help);
			near_set_text(&r->b->area, n->help, help);
		}
		for (size_t k = 0; k < n->alts.n; k++)
			help_seq(r, near_nth(n->alts, k));
	}
}

/* From below one node to the other, which is in it. */
static void line_steps(struct near_area *a, const struct snode *from, struct snode *to,
		struct sline *l)
{
	if (to == from)
		return;
	line_steps(a, from, near_at(to->parent), l);
	near_push(a, l->steps, to);
}

static struct smode *mode_of(const struct sline *l, unsigned up)
{
	const struct snode *n = near_at(l->carrier);
	struct smode *m;

	if (l->kind == LINE_MODE || l->kind == LINE_MODE_ALIAS ||
			(l->kind == LINE_NO && near_get(n->mode)))
		n = near_get(n->parent);
	while (n && !near_get(n->mode))
		n = near_get(n->parent);
	m = n ? near_get(n->mode) : NULL;
	while (m && up--)
		m = near_get(m->above);
	return m;
}

static void item_add(struct near_area *a, struct snode *n, struct sline *l, struct snode *kid)
{
	struct sitem *x = near_new(a, struct sitem);

	near_push(a, n->items, x);
	near_set(x->line, l);
	near_set(x->kid, kid);
}

/* What follows from the leaves that it sets and from its kind; n: its carrier. */
static void line_place(struct near_area *a, struct sline *l, struct snode *n)
{
	struct snode *anchor = near_at(l->anchor);

	l->implicit = n->is_leaf && n->kind != LEAF_VALUE && !sets(l, n) && l->kind != LINE_NO;
	if (l->implicit)
		near_push(a, l->slots, n);
	l->looks = l->kind == LINE_MODE || l->kind == LINE_MODE_ALIAS ||
			(l->check && line_checks[l->check - 1].looks);
	for (size_t i = 0; i < l->slots.n; i++)
		l->looks |= near_nth(l->slots, i)->fixed;
	if (l->kind == LINE_MODE)
		near_set(near_at(n->mode)->line, l);
	if (l->kind == LINE_CLI && n == anchor)
		near_push(a, n->own, l);
	if (l->kind == LINE_CLI)
		item_add(a, anchor, l, NULL);
}

static int line_add(struct schema_build *b, struct snode *n, enum line_kind kind,
		const char *text, uint8_t check, struct err *e)
{
	struct snode *anchor = n->is_leaf || n->is_leaflist ? near_at(n->parent) : n;
	struct near_area *a = &b->area;
	struct sline *l = near_new(a, struct sline);
	struct resolving r = { b, l, text, e, 0, NULL };
	unsigned up = strspn(text, "^");
	struct smode *m;

	near_push(a, b->schema->lines, l);
	l->kind = kind;
	set_shown(a, l, text + up);
	near_set(l->carrier, n);
	near_set(l->anchor, anchor);
	l->check = check;
	m = mode_of(l, up);
	if (!m)
		return 0; /* '^' in the top mode: no such line */
	near_set(l->mode, m);
	line_steps(a, near_at(m->node), anchor, l);
	r.rc = template_parse(a, text + up, &l->seq, e);
	if (r.rc)
		return r.rc;
	for (size_t i = 0; i < l->seq.nodes.n; i++) {
		if (near_nth(l->seq.nodes, i)->kind == T_WORD)
			r.last_word = near_nth(l->seq.nodes, i);
	}
	template_visit(&l->seq, resolve_node, &r);
	if (r.rc)
		return r.rc;
	help_seq(&r, &l->seq);
	line_place(a, l, n);
	if (kind != LINE_NO)
		graph_add(a, &m->plain, &l->seq, l, false);
	graph_add(a, &m->no, &l->seq, l, true);
	return 0;
}

/* "../a/b leaf leaf: sentence" */
static struct srule *rule_new(struct schema_build *b, struct snode *from, const char *text, bool path,
		struct err *e)
{
	struct near_area *a = &b->area;
	struct srule *r = near_new(a, struct srule);
	struct snode *at = near_get(from->parent);
	size_t n;

	if (path) {
		for (; strncmp(text, "../", 3) == 0; text += 3, r->up++)
			at = near_at(at->parent);
		n = strcspn(text, " :");
		for (size_t i = 0; i < at->kids.n; i++) {
			const char *name = near_at(near_nth(at->kids, i)->name);

			if (strncmp(name, text, n) == 0 && !name[n])
				near_set(r->list, near_nth(at->kids, i));
		}
		text += n;
	}
	if (path && (!near_get(r->list) || !near_at(r->list)->is_list)) {
		err_set(e, EINVAL, "%s: a rule names no list", near_at(from->name));
		return NULL;
	}
	while (*text && *text != ':') {
		char name[64] = "";

		text += strspn(text, " \t\n");
		n = strcspn(text, " \t\n:");
		if (n && n < sizeof(name)) {
			struct snode *leaf;

			memcpy(name, text, n);
			leaf = snode_kid(path ? near_at(r->list) : from, name);
			if (!leaf) {
				err_set(e, EINVAL, "%s: a rule names no leaf", near_at(from->name));
				return NULL;
			}
			near_push(a, r->leaves, leaf);
		}
		text += n;
	}
	near_set_text(a, r->sentence, *text ? text + 1 + strspn(text + 1, " \t\n") : "incomplete");
	return r;
}

static int rules_of(struct schema_build *b, struct snode *n, const char *name, const char *arg,
		struct err *e)
{
	struct srule *r;
	bool path = strcmp(name, "needs") != 0;

	if (path && strcmp(name, "part-of") != 0 && strcmp(name, "refers") != 0)
		return 0;
	r = rule_new(b, n, arg, path, e);
	if (!r)
		return -EINVAL;
	if (!path) {
		near_set(n->needs, r);
	} else if (strcmp(name, "part-of") == 0) {
		near_set(n->part_of, r);
		near_push(&b->area, near_at(r->list)->parts, n);
	} else {
		near_set(n->refers, r);
	}
	for (struct snode *x = n; x; x = near_get(x->parent))
		x->rules_below = true;
	return 0;
}

static const struct {
	const char *name;
	enum line_kind kind;
} kinds[] = {
	{ "cli", LINE_CLI },
	{ "alias", LINE_ALIAS },
	{ "mode", LINE_MODE },
	{ "mode-alias", LINE_MODE_ALIAS },
	{ "no", LINE_NO },
	{ "noop", LINE_NOOP },
};

static uint8_t check_find(const char *name)
{
	for (const struct line_check *c = line_checks; c->name; c++) {
		if (strcmp(c->name, name) == 0)
			return (uint8_t)(c - line_checks + 1);
	}
	return 0;
}

/* sn: what n was made of; their children are in the same order. */
static int lines_of(struct schema_build *b, struct snode *n, const struct lysc_node *sn,
		struct err *e)
{
	const struct lysc_ext_instance *exts = sn->exts;
	struct smode *m = near_get(n->mode);
	LY_ARRAY_COUNT_TYPE i;
	uint8_t check = 0;
	int rc = 0;

	LY_ARRAY_FOR(exts, i) {
		if (strcmp(exts[i].def->name, "check") == 0) {
			check = check_find(exts[i].argument);
			if (!check)
				return err_set(e, EINVAL, "no check %s", exts[i].argument);
		}
	}
	LY_ARRAY_FOR(exts, i) {
		const char *name = exts[i].def->name, *arg = exts[i].argument;

		for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds) && rc == 0; k++) {
			if (strcmp(kinds[k].name, name) == 0)
				rc = line_add(b, n, kinds[k].kind, arg, check, e);
		}
		if (rc == 0 && arg)
			rc = rules_of(b, n, name, arg, e);
		if (rc)
			return rc;
		if (strcmp(name, "first") == 0)
			near_set(n->first, snode_kid(n, arg));
		if (strcmp(name, "default-mode") == 0 && m && near_get(m->above))
			near_set(near_at(m->above)->dflt, m);
	}
	sn = lysc_node_child(sn);
	for (size_t k = 0; k < n->kids.n && rc == 0; k++, sn = sn->next) {
		struct snode *kid = near_nth(n->kids, k);

		rc = lines_of(b, kid, sn, e);
		if (!kid->is_leaf && !kid->is_leaflist)
			item_add(&b->area, n, NULL, kid);
	}
	return rc;
}

static void mode_steps(struct near_area *a, struct smode *m, struct snode *to)
{
	if (to == near_at(near_at(m->above)->node))
		return;
	mode_steps(a, m, near_at(to->parent));
	near_push(a, m->steps, to);
}

int schema_lines(struct schema_build *b, const struct lysc_node *top, struct err *e)
{
	for (size_t i = 0; i < b->schema->modes.n; i++) {
		struct smode *m = near_nth(b->schema->modes, i);

		if (near_get(m->above))
			mode_steps(&b->area, m, near_at(m->node));
	}
	return lines_of(b, near_at(b->schema->root), top, e);
}
