/* Matcher: walks a graph of tokens with the words of a line, all ways, and
 * keeps the way whose words fit best, compared from the left. */
#include "lib/sys/grammar_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The rank and canonical form of n words (0: the rest of the line) as a value.
 * Many lines ask for the same type at the same place. */
static const struct memo *value_at(struct gparse *p, const struct value_type *t, size_t i,
		size_t n)
{
	const char *text;
	struct memo *m;
	char *buf;

	for (size_t k = 0; k < p->memo.n; k++) {
		m = &p->memo.v[k];
		if (m->type == t && m->i == i && m->n == n)
			return m;
	}
	text = n ? gparse_joined(p, i, n) : p->words.v[i].raw;
	buf = gparse_room(p, strlen(text) + VALUE_EXTRA);
	m = vec_push(&p->memo);
	m->type = t;
	m->i = i;
	m->n = n;
	m->rank = value_match(t, text, buf, NULL);
	m->value = buf;
	if (m->rank == RANK_NONE && n == 1 && (i > p->depth || (i == p->depth && !p->misfit))) {
		p->depth = i;
		p->misfit = t;
	}
	return m;
}

enum value_rank gparse_word_rank(const struct gtoken *t, const struct word *w)
{
	if (w->len > t->word_len || memcmp(w->text, near_at(t->text), w->len) != 0)
		return RANK_NONE;
	return w->len == t->word_len ? RANK_EXACT : RANK_ABBREV;
}

static bool on_path(const struct gparse *p, const struct gtoken *t)
{
	for (size_t i = 0; i < p->path.n; i++) {
		if (p->path.v[i].token == t)
			return true;
	}
	return false;
}

/* <0: the path fits worse than the other, 0: as well, >0: better.  A comparison
 * by word; several words of one value have one rank. */
static int compare_steps(const struct gparse *p, const struct step *other, size_t n)
{
	size_t a = 0, b = 0;

	while (a < p->path.n && b < n) {
		const struct step *x = &p->path.v[a], *y = &other[b];

		if (x->rank != y->rank)
			return x->rank < y->rank ? -1 : 1;
		if (x->i + x->n <= y->i + y->n)
			a++;
		if (x->i + x->n >= y->i + y->n)
			b++;
	}
	return 0;
}

static void keep_best(struct gparse *p)
{
	p->best.n = 0;
	for (size_t i = 0; i < p->path.n; i++)
		*vec_push(&p->best) = p->path.v[i];
	p->found = true;
	p->ambiguous = false;
}

static bool abbreviates_differently(const struct gparse *p)
{
	for (size_t i = 0; i < p->path.n && i < p->best.n; i++) {
		const struct step *a = &p->path.v[i], *b = &p->best.v[i];

		if (a->rank != RANK_ABBREV || b->rank != RANK_ABBREV || a->token == b->token)
			continue;
		if (!a->token->first != !b->token->first ||
				strcmp(near_at(a->token->text), near_at(b->token->text)) != 0)
			return true;
	}
	return false;
}

static void offer(struct gparse *p, const struct gtoken *t)
{
	int c = p->any_end ? compare_steps(p, p->ends_ranks.v, p->ends_ranks.n) : 1;

	if (c < 0)
		return;
	if (c > 0) {
		p->any_end = true;
		p->may_end = false;
		p->offers.n = 0;
		p->ends_ranks.n = 0;
		for (size_t i = 0; i < p->path.n; i++)
			*vec_push(&p->ends_ranks) = p->path.v[i];
	}
	p->may_end |= t->accepts.n > 0;
	if (near_get(t->node) && !t->first && value_takes_several(near_at(near_at(t->node)->type)))
		*vec_push(&p->offers) = t;
	for (size_t k = 0; k < t->next.n; k++) {
		const struct gtoken *next = near_nth(t->next, k);

		if (near_at(next->node)->repeat || !on_path(p, next))
			*vec_push(&p->offers) = next;
	}
}

static void reached_end(struct gparse *p, const struct gtoken *t)
{
	int c;

	if (p->completing) {
		offer(p, t);
		return;
	}
	if (t->accepts.n == 0)
		return;
	c = p->found ? compare_steps(p, p->best.v, p->best.n) : 1;
	if (c > 0)
		keep_best(p);
	else if (c == 0 && abbreviates_differently(p))
		p->ambiguous = true;
}

static void walk(struct gparse *p, const struct gtoken *t, size_t i);

static void take(struct gparse *p, const struct gtoken *t, size_t i, size_t n,
		enum value_rank rank, const char *value)
{
	struct step *s;

	if (rank == RANK_NONE)
		return;
	s = vec_push(&p->path);
	*s = (struct step){ t, value, i, n, rank };
	if (i + n > p->depth) {
		p->depth = i + n;
		p->misfit = NULL;
	}
	walk(p, t, i + n);
	p->path.n--;
}

bool gparse_guard_holds(const struct tnode *n, const char *value)
{
	char *end;
	unsigned long long v;

	if (n->hi == 0)
		return true;
	v = strtoull(value, &end, 10);
	return isdigit((unsigned char)*value) && !*end && v >= n->lo && v <= n->hi;
}

static void try_value(struct gparse *p, const struct gtoken *t, size_t i)
{
	const struct tnode *node = near_at(t->node);
	const struct value_type *type = near_at(node->type);
	const struct memo *m;
	size_t left = p->end - i;
	enum value_rank rank;

	if (value_takes_rest(type)) {
		m = value_at(p, type, i, 0);
		/* with a comment word or more beyond the end */
		take(p, t, i, left ? left : 1, m->rank, m->value);
		return;
	}
	if (!value_takes_several(type))
		left = left ? 1 : 0;
	else if (p->completing && value_at(p, type, i, left)->rank == RANK_NONE)
		take(p, t, i, left, RANK_FREE, ""); /* perhaps half of a pair */
	for (; left; left--) {
		m = value_at(p, type, i, left);
		rank = gparse_guard_holds(node, m->value) ? m->rank : RANK_NONE;
		take(p, t, i, left, rank, m->value);
	}
}

static void walk(struct gparse *p, const struct gtoken *t, size_t i)
{
	bool at_end = i >= p->end;

	if (at_end)
		reached_end(p, t);
	if (i > p->end || (at_end && (p->completing || i >= p->words.n)))
		return;
	for (size_t k = 0; k < t->next.n; k++) {
		const struct gtoken *next = near_nth(t->next, k);
		const struct tnode *node = near_at(next->node);

		if (!node->repeat && on_path(p, next))
			continue;
		if (node->kind == T_VALUE) {
			if (!at_end || value_takes_rest(near_at(node->type)))
				try_value(p, next, i);
		} else if (!at_end) {
			take(p, next, i, 1, gparse_word_rank(next, &p->words.v[i]), NULL);
		}
	}
}

void gparse_walk(struct gparse *p, const struct graph *g, size_t first)
{
	p->path.n = p->best.n = 0;
	p->found = p->ambiguous = false;
	p->depth = first;
	p->misfit = NULL;
	/* failures must be told again for this graph */
	for (size_t i = p->memo.n; i-- > 0;) {
		if (p->memo.v[i].rank == RANK_NONE)
			vec_remove(&p->memo, i);
	}
	if (!p->too_long)
		walk(p, near_at(g->root), first);
}

static void explain(struct gparse *p, struct err *why)
{
	const struct word *w = &p->words.v[p->depth];

	value_match(p->misfit, w->text, gparse_room(p, w->len + VALUE_EXTRA), why);
}

enum gresult gparse_match(struct gparse *p, const struct graph *g, size_t first,
		struct gmatch *ret)
{
	p->completing = false;
	p->end = p->limit;
	ret->why.text[0] = 0;
	if (gparse_narrow(p, g, first, ret)) {
		ret->depth = p->end;
		return G_MATCH;
	}
	ret->line = NULL;
	ret->way = 0;
	ret->bound.n = 0;
	gparse_walk(p, g, first);
	ret->depth = p->depth;
	if (p->too_long) {
		err_set(&ret->why, EINVAL, "more than %d words", WORDS_MAX);
		return G_UNKNOWN;
	}
	if (!p->found && p->misfit)
		explain(p, &ret->why);
	if (!p->found)
		return p->depth >= p->limit && !p->misfit ? G_INCOMPLETE : G_UNKNOWN;
	if (p->ambiguous)
		return G_AMBIGUOUS;
	for (size_t i = 0; i < p->best.n; i++) {
		struct gbinding *b = vec_push(&ret->bound);

		b->token = p->best.v[i].token;
		b->value = p->best.v[i].value;
	}
	ret->line = near_nth(p->best.v[p->best.n - 1].token->accepts, 0);
	return G_MATCH;
}

void gmatch_fini(struct gmatch *m)
{
	vec_free(&m->bound);
}
