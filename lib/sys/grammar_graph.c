/* Templates to a graph of tokens.
 * Beginnings that templates have in common are shared, so that a word is
 * compared once per distinct continuation and not once per line. */
#include "lib/sys/grammar_graph.h"

#include <string.h>

#include "lib/base/vec.h"

struct ends {
	VEC(struct gtoken *) t;
};

static struct gtoken *token_new(struct near_area *a, const struct tnode *node)
{
	struct gtoken *t = near_new(a, struct gtoken);

	if (!node)
		return t;
	near_set(t->node, node);
	near_set(t->text, near_get(node->text));
	if (node->kind == T_WORD) {
		t->word_len = (uint16_t)strlen(near_at(node->text));
		t->first = *near_at(node->text);
	}
	return t;
}

void graph_init(struct near_area *a, struct graph *g)
{
	near_set(g->root, token_new(a, NULL));
}

static void link_token(struct near_area *a, struct gtoken *from, struct gtoken *to)
{
	for (size_t i = 0; i < from->next.n; i++) {
		if (near_nth(from->next, i) == to)
			return;
	}
	near_push(a, from->next, to);
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

static bool same_text(const struct tnode *a, const struct tnode *b)
{
	return strcmp(near_at(a->text), near_at(b->text)) == 0;
}

static bool can_share(const struct tnode *a, const struct tnode *b)
{
	if (a->kind != b->kind || a->effects.n || b->effects.n || a->repeat || b->repeat ||
			a->hi || b->hi)
		return false;
	if (a->kind == T_WORD)
		return same_text(a, b);
	return near_get(a->var) == near_get(b->var) && near_get(a->var2) == near_get(b->var2) &&
			near_get(a->type) == near_get(b->type) &&
			(near_get(a->var) || same_text(a, b));
}

/* May a token be shared?  Only where the way to it is a plain sequence: a loop
 * or a second way into it would connect lines that have nothing in common. */
static struct gtoken *shared(const struct ends *from, const struct tnode *n, bool plain)
{
	if (!plain || from->t.n != 1)
		return NULL;
	for (size_t i = 0; i < from->t.v[0]->next.n; i++) {
		struct gtoken *t = near_nth(from->t.v[0]->next, i);

		if (t->plain && can_share(near_at(t->node), n))
			return t;
	}
	return NULL;
}

static void add_seq(struct near_area *a, struct ends *e, const struct tseq *seq, size_t from,
		bool *plain, const void *line, bool no_form);

static void add_token(struct near_area *a, struct ends *e, const struct tnode *n, bool *plain)
{
	struct gtoken *t = shared(e, n, *plain);

	if (!t) {
		t = token_new(a, n);
		t->plain = *plain && e->t.n == 1;
		for (size_t i = 0; i < e->t.n; i++)
			link_token(a, e->t.v[i], t);
		if (n->repeat)
			link_token(a, t, t);
	}
	e->t.n = 0;
	ends_add(e, t);
}

static void copy_ends(struct ends *to, const struct ends *from)
{
	for (size_t i = 0; i < from->t.n; i++)
		ends_add(to, from->t.v[i]);
}

static void add_choice(struct near_area *a, struct ends *e, const struct tnode *n)
{
	struct ends out = { 0 };
	bool plain = false;

	if (n->kind == T_OPT)
		copy_ends(&out, e);
	for (size_t i = 0; i < n->alts.n; i++) {
		struct ends one = { 0 };

		copy_ends(&one, e);
		add_seq(a, &one, near_nth(n->alts, i), 0, &plain, NULL, false);
		copy_ends(&out, &one);
		vec_free(&one.t);
	}
	vec_free(&e->t);
	*e = out;
}

/* Each alternative can follow each; the matcher lets each occur once. */
static void add_set(struct near_area *a, struct ends *e, const struct tnode *n)
{
	struct gtoken *start = token_new(a, NULL);
	bool plain = false;

	for (size_t i = 0; i < n->alts.n; i++) {
		struct ends one = { 0 };

		ends_add(&one, start);
		add_seq(a, &one, near_nth(n->alts, i), 0, &plain, NULL, false);
		copy_ends(e, &one);
		vec_free(&one.t);
	}
	for (size_t i = 0; i < e->t.n; i++) {
		for (size_t k = 0; k < start->next.n; k++)
			link_token(a, e->t.v[i], near_nth(start->next, k));
	}
}

static bool may_be_left_out(const struct tseq *seq, size_t from)
{
	for (size_t i = from; i < seq->nodes.n; i++) {
		const struct tnode *n = near_nth(seq->nodes, i);

		if (n->kind == T_WORD || n->kind == T_ALT || (n->kind == T_VALUE && n->identity))
			return false;
	}
	return true;
}

static void accept_at(struct near_area *a, const struct ends *e, const void *line)
{
	for (size_t i = 0; i < e->t.n; i++) {
		struct gtoken *t = e->t.v[i];

		if (near_get(t->node) && (t->accepts.n == 0 ||
				near_nth(t->accepts, t->accepts.n - 1) != line))
			near_push(a, t->accepts, line);
	}
}

static void add_seq(struct near_area *a, struct ends *e, const struct tseq *seq, size_t from,
		bool *plain, const void *line, bool no_form)
{
	for (size_t i = from; i < seq->nodes.n; i++) {
		const struct tnode *n = near_nth(seq->nodes, i);

		if (n->kind == T_WORD || n->kind == T_VALUE) {
			add_token(a, e, n, plain);
		} else {
			if (n->kind == T_SET)
				add_set(a, e, n);
			else
				add_choice(a, e, n);
			*plain = false;
		}
		if (line && (i + 1 == seq->nodes.n || (no_form && may_be_left_out(seq, i + 1))))
			accept_at(a, e, line);
	}
}

void graph_add(struct near_area *a, struct graph *g, const struct tseq *seq, const void *line,
		bool no_form)
{
	struct ends e = { 0 };
	bool plain = true;

	ends_add(&e, near_at(g->root));
	add_seq(a, &e, seq, 0, &plain, line, no_form);
	vec_free(&e.t);
}
