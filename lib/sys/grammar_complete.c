/* Completion and help: what may follow where a partial line ends. */
#include "lib/sys/grammar_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"

/* YANG's descriptions are broken into lines. */
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

void candidates_add(struct grammar_candidates *c, const char *text, const char *help,
		bool is_value)
{
	struct grammar_candidate *x;

	for (size_t i = 0; i < c->list.n; i++) {
		x = &c->list.v[i];
		if (strcmp(x->text, text) == 0 && x->is_value == is_value)
			return;
	}
	x = vec_push(&c->list);
	x->text = xstrdup(text);
	x->help = single_spaced(help ? help : "");
	x->is_value = is_value;
}

static int compare_candidates(const void *a, const void *b)
{
	const struct grammar_candidate *x = a, *y = b;

	/* <cr> comes last */
	if ((x->text[0] == '<') != (y->text[0] == '<'))
		return x->text[0] == '<' ? 1 : -1;
	return strcmp(x->text, y->text);
}

void candidates_sort(struct grammar_candidates *c)
{
	if (c->list.n)
		qsort(c->list.v, c->list.n, sizeof(*c->list.v), compare_candidates);
}

void grammar_candidates_fini(struct grammar_candidates *c)
{
	for (size_t i = 0; i < c->list.n; i++) {
		free(c->list.v[i].text);
		free(c->list.v[i].help);
	}
	vec_free(&c->list);
}

static void offer_value(const struct value_type *t, const char *help, const char *names,
		const char *last, struct grammar_candidates *ret)
{
	const char *placeholder = near_at(t->placeholder);

	for (size_t i = 0; i < t->members.n; i++)
		offer_value(near_nth(t->members, i), help, names, last, ret);
	for (size_t i = 0; i < t->items.n; i++) {
		const struct value_item *item = near_nth(t->items, i);
		const char *name = near_at(item->name), *says = near_get(item->help);

		if (strncmp(name, last, strlen(last)) == 0)
			candidates_add(ret, name, says ? says : help, false);
	}
	if (*placeholder) {
		candidates_add(ret, placeholder, help, true);
		for (size_t i = 0; names && i < ret->list.n; i++)
			if (strcmp(ret->list.v[i].text, placeholder) == 0)
				ret->list.v[i].names = names;
	}
}

void gparse_complete(struct gparse *p, const struct graph *g, size_t first, size_t n,
		const char *last, struct grammar_candidates *ret)
{
	p->completing = true;
	p->end = n;
	p->any_end = p->may_end = false;
	p->offers.n = 0;
	gparse_walk(p, g, first);
	for (size_t i = 0; i < p->offers.n; i++) {
		const struct tnode *node = near_at(p->offers.v[i]->node);
		const char *text = near_at(node->text), *help = near_get(node->help);

		if (node->kind == T_VALUE)
			offer_value(near_at(node->type), help, near_get(node->names), last, ret);
		else if (strncmp(text, last, strlen(last)) == 0)
			candidates_add(ret, text, help, false);
	}
	if (p->may_end && !*last)
		candidates_add(ret, "<cr>", "", true);
}
