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

static char *shown_text(const char *text)
{
	char *spaced = single_spaced(text), *shown = without_effects(spaced);

	free(spaced);
	return shown;
}

/* "name" or "container/leaf": the carrier itself, a child of the anchor, or
 * what is found farther up. */
static struct snode *find_name(const struct sline *l, const char *name)
{
	size_t first = strcspn(name, "/");

	if (!name[first] && l->carrier != l->anchor && strcmp(l->carrier->name, name) == 0)
		return l->carrier;
	for (const struct snode *at = l->anchor; at; at = at->parent) {
		for (size_t i = 0; i < at->kids.n; i++) {
			struct snode *k = at->kids.v[i];

			if (strncmp(k->name, name, first) != 0 || k->name[first])
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
	const struct schema_build *b;
	struct sline *l;
	const char *text;
	struct err *e;
	int rc;
	const struct tnode *last_word;
};

static void add_slot(struct sline *l, struct snode *leaf)
{
	if (leaf->is_key)
		return;
	for (size_t i = 0; i < l->slots.n; i++) {
		if (l->slots.v[i] == leaf)
			return;
	}
	*vec_push(&l->slots) = leaf;
}

static struct snode *resolve_name(struct resolving *r, const char *name)
{
	struct snode *leaf = find_name(r->l, name);

	if (!leaf || leaf->is_list || (!leaf->is_leaf && !leaf->is_leaflist)) {
		r->rc = err_set(r->e, EINVAL, "%s: template \"%s\": no leaf %s",
				r->l->carrier->name, r->text, name);
		return NULL;
	}
	add_slot(r->l, leaf);
	return leaf;
}

/* What the keyword sets; the node of its name; what it always means; what the
 * line is about. */
static const char *word_help(const struct resolving *r, const struct tnode *n)
{
	if (n->effects.n && n->effects.v[0].var)
		return ((const struct snode *)n->effects.v[0].var)->help;
	if (strcmp(n->text, r->l->carrier->name) == 0 && r->l->kind != LINE_NOOP)
		return r->l->carrier->help;
	for (size_t i = 0; i < r->b->words.n; i++) {
		if (strcmp(r->b->words.v[i].word, n->text) == 0)
			return r->b->words.v[i].help;
	}
	return n == r->last_word && r->l->kind != LINE_NOOP ? r->l->carrier->help : "";
}

static void resolve_node(void *arg, struct tnode *n)
{
	struct resolving *r = arg;
	struct snode *leaf;

	for (size_t i = 0; i < n->effects.n && r->rc == 0; i++)
		n->effects.v[i].var = resolve_name(r, n->effects.v[i].name);
	if (r->rc || n->kind != T_VALUE)
		return;
	if (r->l->kind == LINE_NOOP) {
		n->type = r->b->word;
		return;
	}
	leaf = resolve_name(r, n->text);
	if (!leaf)
		return;
	n->var = leaf;
	n->type = leaf->type;
	n->help = leaf->help;
	n->names = leaf->offers;
	n->identity = leaf->is_key || leaf->is_leaflist;
	if (n->other)
		n->var2 = resolve_name(r, n->other);
}

static void help_seq(const struct resolving *r, struct tseq *seq)
{
	for (size_t i = 0; i < seq->nodes.n; i++) {
		struct tnode *n = &seq->nodes.v[i];

		if (n->kind == T_WORD) {
			n->help = word_help(r, n);
			/* "tag $tag": what is said of the value */
			if (!*n->help && i + 1 < seq->nodes.n && n[1].kind == T_VALUE && n[1].help)
				n->help = n[1].help;
		}
		for (size_t k = 0; k < n->alts.n; k++)
			help_seq(r, &n->alts.v[k]);
	}
}

static void steps_between(const struct snode *from, struct snode *to, struct sline *l)
{
	size_t n = 0;

	for (const struct snode *x = to; x && x != from; x = x->parent)
		n++;
	for (size_t i = 0; i < n; i++)
		(void)vec_push(&l->steps);
	for (struct snode *x = to; n > 0; x = x->parent)
		l->steps.v[--n] = x;
}

static bool sets(const struct sline *l, const struct snode *leaf)
{
	for (size_t i = 0; i < l->slots.n; i++) {
		if (l->slots.v[i] == leaf)
			return true;
	}
	return false;
}

static struct smode *mode_of(const struct sline *l, unsigned up)
{
	const struct snode *n = l->carrier;
	struct smode *m;

	if (l->kind == LINE_MODE || l->kind == LINE_MODE_ALIAS)
		n = n->parent;
	else if (l->kind == LINE_NO && n->mode)
		n = n->parent;
	while (n && !n->mode)
		n = n->parent;
	m = n ? n->mode : NULL;
	while (m && up--)
		m = m->above;
	return m;
}

static int line_add(struct schema_build *b, struct snode *n, enum line_kind kind,
		const char *text, const struct line_check *check, struct err *e)
{
	struct sline *l = xcalloc(1, sizeof(*l));
	struct resolving r = { b, l, text, e, 0, NULL };
	unsigned up = strspn(text, "^");

	*vec_push(&b->schema.lines) = l;
	l->kind = kind;
	l->shown = shown_text(text + up);
	l->carrier = n;
	l->anchor = n->is_leaf || n->is_leaflist ? n->parent : n;
	l->check = check;
	l->mode = mode_of(l, up);
	if (!l->mode)
		return 0; /* '^' in the top mode: no such line */
	steps_between(l->mode->node, l->anchor, l);
	r.rc = template_parse(text + up, &l->seq, e);
	if (r.rc)
		return r.rc;
	for (size_t i = 0; i < l->seq.nodes.n; i++) {
		if (l->seq.nodes.v[i].kind == T_WORD)
			r.last_word = &l->seq.nodes.v[i];
	}
	template_visit(&l->seq, resolve_node, &r);
	if (r.rc)
		return r.rc;
	help_seq(&r, &l->seq);
	l->implicit = n->is_leaf && n->kind != LEAF_VALUE && !sets(l, n) && kind != LINE_NO;
	if (l->implicit)
		*vec_push(&l->slots) = n;
	l->looks = kind == LINE_MODE || kind == LINE_MODE_ALIAS || (check && check->looks);
	for (size_t i = 0; i < l->slots.n; i++)
		l->looks |= l->slots.v[i]->fixed;
	if (kind == LINE_MODE)
		n->mode->line = l;
	if (kind == LINE_CLI && l->carrier == l->anchor)
		*vec_push(&n->own) = l;
	if (kind == LINE_CLI)
		vec_push(&l->anchor->items)->line = l;
	if (kind != LINE_NO)
		graph_add(&l->mode->plain, &l->seq, l, false);
	graph_add(&l->mode->no, &l->seq, l, true);
	return 0;
}

/* "../a/b leaf leaf: sentence" */
static struct srule *rule_new(struct schema_build *b, struct snode *from, const char *text, bool path)
{
	struct srule *r = xcalloc(1, sizeof(*r));
	struct snode *at = from->parent;
	size_t n;

	*vec_push(&b->rules) = r;
	if (path) {
		for (; strncmp(text, "../", 3) == 0; text += 3, r->up++)
			at = at->parent;
		n = strcspn(text, " :");
		for (size_t i = 0; i < at->kids.n; i++) {
			const char *name = at->kids.v[i]->name;

			if (strncmp(name, text, n) == 0 && !name[n])
				r->list = at->kids.v[i];
		}
		text += n;
	}
	while (*text && *text != ':') {
		char name[64] = "";

		text += strspn(text, " \t\n");
		n = strcspn(text, " \t\n:");
		if (n && n < sizeof(name)) {
			memcpy(name, text, n);
			*vec_push(&r->leaves) = snode_kid(path ? r->list : from, name);
		}
		text += n;
	}
	r->sentence = *text ? text + 1 + strspn(text + 1, " \t\n") : "incomplete";
	return r;
}

static int rule_check(const struct snode *n, const struct srule *r, bool path, struct err *e)
{
	if (path && (!r->list || !r->list->is_list))
		return err_set(e, EINVAL, "%s: a rule names no list", n->name);
	for (size_t i = 0; i < r->leaves.n; i++) {
		if (!r->leaves.v[i])
			return err_set(e, EINVAL, "%s: a rule names no leaf", n->name);
	}
	return 0;
}

static int rules_of(struct schema_build *b, struct snode *n, const char *name, const char *arg,
		struct err *e)
{
	struct srule *r;
	bool path = strcmp(name, "needs") != 0;

	if (path && strcmp(name, "part-of") != 0 && strcmp(name, "refers") != 0)
		return 0;
	r = rule_new(b, n, arg, path);
	if (rule_check(n, r, path, e))
		return -EINVAL;
	if (!path) {
		n->needs = r;
	} else if (strcmp(name, "part-of") == 0) {
		n->part_of = r;
		*vec_push(&r->list->parts) = n;
	} else {
		n->refers = r;
	}
	for (struct snode *x = n; x; x = x->parent)
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

static const struct line_check *check_find(const char *name)
{
	for (const struct line_check *c = line_checks; c->name; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

static int lines_of(struct schema_build *b, struct snode *n, struct err *e)
{
	const struct lysc_ext_instance *exts = snode_source(n)->exts;
	const struct line_check *check = NULL;
	LY_ARRAY_COUNT_TYPE i;
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
			n->first = snode_kid(n, arg);
		if (strcmp(name, "default-mode") == 0 && n->mode && n->mode->above)
			n->mode->above->dflt = n->mode;
	}
	for (size_t k = 0; k < n->kids.n && rc == 0; k++) {
		struct snode *kid = n->kids.v[k];

		rc = lines_of(b, kid, e);
		if (!kid->is_leaf && !kid->is_leaflist)
			vec_push(&n->items)->kid = kid;
	}
	return rc;
}

static void mode_steps(struct smode *m)
{
	size_t n = 0;

	if (!m->above)
		return;
	for (struct snode *x = m->node; x != m->above->node; x = x->parent)
		n++;
	for (size_t i = 0; i < n; i++)
		(void)vec_push(&m->steps);
	for (struct snode *x = m->node; n > 0; x = x->parent)
		m->steps.v[--n] = x;
}

int schema_lines(struct schema_build *b, struct err *e)
{
	for (size_t i = 0; i < b->schema.modes.n; i++)
		mode_steps(b->schema.modes.v[i]);
	return lines_of(b, b->schema.root, e);
}

void sline_free(struct sline *l)
{
	template_free(&l->seq);
	vec_free(&l->steps);
	vec_free(&l->slots);
	free(l->shown);
	free(l);
}
