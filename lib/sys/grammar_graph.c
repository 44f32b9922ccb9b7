/* Templates to a graph of tokens.
 * Beginnings that templates have in common are shared, so that a word is
 * compared once per distinct continuation and not once per line. */
#include "lib/sys/grammar_graph.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"

struct ends {
	VEC(struct gtoken *) t;
};

static struct gtoken *token_new(struct graph *g, const struct tnode *node)
{
	struct gtoken *t = xcalloc(1, sizeof(*t));

	t->node = node;
	t->word_len = node && node->kind == T_WORD ? strlen(node->text) : 0;
	t->first = t->word_len ? *node->text : 0;
	*vec_push(&g->all) = t;
	return t;
}

void graph_init(struct graph *g)
{
	memset(g, 0, sizeof(*g));
	g->root = token_new(g, NULL);
}

void graph_fini(struct graph *g)
{
	for (size_t i = 0; i < g->all.n; i++) {
		vec_free(&g->all.v[i]->next);
		vec_free(&g->all.v[i]->accepts);
		free(g->all.v[i]);
	}
	vec_free(&g->all);
}

static void link_token(struct gtoken *from, struct gtoken *to)
{
	for (size_t i = 0; i < from->next.n; i++) {
		if (from->next.v[i] == to)
			return;
	}
	*vec_push(&from->next) = to;
	from->before_digit |= to->first >= '0' && to->first <= '9';
}

static void ends_add(struct ends *e, struct gtoken *t)
{
	for (size_t i = 0; i < e->t.n; i++) {
		if (e->t.v[i] == t)
			return;
	}
	*vec_push(&e->t) = t;
}

static bool can_share(const struct tnode *a, const struct tnode *b)
{
	if (a->kind != b->kind || a->effects.n || b->effects.n || a->repeat || b->repeat ||
			a->hi || b->hi)
		return false;
	if (a->kind == T_WORD)
		return strcmp(a->text, b->text) == 0;
	return a->var == b->var && a->var2 == b->var2 && a->type == b->type &&
			(a->var || strcmp(a->text, b->text) == 0);
}

/* May a token be shared?  Only where the way to it is a plain sequence: a loop
 * or a second way into it would connect lines that have nothing in common. */
static struct gtoken *shared(const struct ends *from, const struct tnode *n, bool plain)
{
	if (!plain || from->t.n != 1)
		return NULL;
	for (size_t i = 0; i < from->t.v[0]->next.n; i++) {
		struct gtoken *t = from->t.v[0]->next.v[i];

		if (t->plain && can_share(t->node, n))
			return t;
	}
	return NULL;
}

static void add_seq(struct graph *g, struct ends *e, const struct tseq *seq, size_t from,
		bool *plain, const void *line, bool no_form);

static void add_token(struct graph *g, struct ends *e, const struct tnode *n, bool *plain)
{
	struct gtoken *t = shared(e, n, *plain);

	if (!t) {
		t = token_new(g, n);
		t->plain = *plain && e->t.n == 1;
		for (size_t i = 0; i < e->t.n; i++)
			link_token(e->t.v[i], t);
		if (n->repeat)
			link_token(t, t);
	}
	e->t.n = 0;
	ends_add(e, t);
}

static void copy_ends(struct ends *to, const struct ends *from)
{
	for (size_t i = 0; i < from->t.n; i++)
		ends_add(to, from->t.v[i]);
}

static void add_choice(struct graph *g, struct ends *e, const struct tnode *n)
{
	struct ends out = { 0 };
	bool plain = false;

	if (n->kind == T_OPT)
		copy_ends(&out, e);
	for (size_t i = 0; i < n->alts.n; i++) {
		struct ends one = { 0 };

		copy_ends(&one, e);
		add_seq(g, &one, &n->alts.v[i], 0, &plain, NULL, false);
		copy_ends(&out, &one);
		vec_free(&one.t);
	}
	vec_free(&e->t);
	*e = out;
}

/* Each alternative can follow each; the matcher lets each occur once. */
static void add_set(struct graph *g, struct ends *e, const struct tnode *n)
{
	struct gtoken *start = token_new(g, NULL);
	bool plain = false;

	for (size_t i = 0; i < n->alts.n; i++) {
		struct ends one = { 0 };

		ends_add(&one, start);
		add_seq(g, &one, &n->alts.v[i], 0, &plain, NULL, false);
		copy_ends(e, &one);
		vec_free(&one.t);
	}
	for (size_t i = 0; i < e->t.n; i++) {
		for (size_t k = 0; k < start->next.n; k++)
			link_token(e->t.v[i], start->next.v[k]);
	}
}

static bool may_be_left_out(const struct tseq *seq, size_t from)
{
	for (size_t i = from; i < seq->nodes.n; i++) {
		const struct tnode *n = &seq->nodes.v[i];

		if (n->kind == T_WORD || n->kind == T_ALT || (n->kind == T_VALUE && n->identity))
			return false;
	}
	return true;
}

static void accept_at(const struct ends *e, const void *line)
{
	for (size_t i = 0; i < e->t.n; i++) {
		struct gtoken *t = e->t.v[i];

		if (t->node && (t->accepts.n == 0 || t->accepts.v[t->accepts.n - 1] != line))
			*vec_push(&t->accepts) = line;
	}
}

static void add_seq(struct graph *g, struct ends *e, const struct tseq *seq, size_t from,
		bool *plain, const void *line, bool no_form)
{
	for (size_t i = from; i < seq->nodes.n; i++) {
		const struct tnode *n = &seq->nodes.v[i];

		if (n->kind == T_WORD || n->kind == T_VALUE) {
			add_token(g, e, n, plain);
		} else {
			if (n->kind == T_SET)
				add_set(g, e, n);
			else
				add_choice(g, e, n);
			*plain = false;
		}
		if (line && (i + 1 == seq->nodes.n || (no_form && may_be_left_out(seq, i + 1))))
			accept_at(e, line);
	}
}

void graph_add(struct graph *g, const struct tseq *seq, const void *line, bool no_form)
{
	struct ends e = { 0 };
	bool plain = true;

	ends_add(&e, g->root);
	add_seq(g, &e, seq, 0, &plain, line, no_form);
	vec_free(&e.t);
}
