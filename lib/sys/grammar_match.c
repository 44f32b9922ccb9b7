/* Matcher: walks a graph of tokens with the words of a line, all ways, and
 * keeps the way whose words fit best, compared from the left. */
#include "lib/sys/grammar_graph.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/base/xalloc.h"

#define WORDS_MAX 1024 /* bounds recursion; the longest real lines have tens */

struct word {
	const char *text; /* ends in NUL */
	const char *raw;  /* the same place in the line as given */
	size_t len;
};

struct memo {
	const struct value_type *type;
	size_t i, n;
	enum value_rank rank;
	const char *value;
};

struct step {
	const struct gtoken *token;
	const char *value;
	size_t i, n; /* words taken */
	enum value_rank rank;
};

struct gparse {
	char *line;  /* cut into words */
	char *raw;   /* as given, trailing white space removed */
	size_t room;
	VEC(struct word) words;
	size_t limit; /* words before the comment */
	bool too_long, space_at_end;
	VEC(struct memo) memo;
	VEC(char *) memory;
	size_t used, chunk_room;

	VEC(struct step) path, best;
	bool ambiguous, found;
	size_t depth, end;
	/* the first value that did not fit at the depth; its sentence is made
	 * only if it is needed */
	const struct value_type *misfit;
	/* completion: what may follow the best paths */
	bool completing, any_end, may_end;
	VEC(const struct gtoken *) offers;
	VEC(struct step) ends_ranks;
};

struct gparse *gparse_new(void)
{
	return xcalloc(1, sizeof(struct gparse));
}

static void forget(struct gparse *p)
{
	for (size_t i = 0; i < p->memory.n; i++)
		free(p->memory.v[i]);
	p->memory.n = 0;
	p->used = p->chunk_room = 0;
	p->memo.n = 0;
	p->words.n = 0;
}

void gparse_free(struct gparse *p)
{
	if (!p)
		return;
	forget(p);
	free(p->line);
	free(p->raw);
	vec_free(&p->words);
	vec_free(&p->memo);
	vec_free(&p->memory);
	vec_free(&p->path);
	vec_free(&p->best);
	vec_free(&p->offers);
	vec_free(&p->ends_ranks);
	free(p);
}

/* Memory that lasts until the next line; one chunk serves most lines. */
static char *room_for(struct gparse *p, size_t n)
{
	char *s;

	if (p->memory.n && p->used + n <= p->chunk_room) {
		s = p->memory.v[p->memory.n - 1] + p->used;
	} else {
		p->chunk_room = n > 4096 ? n : 4096;
		s = xmalloc(p->chunk_room);
		*vec_push(&p->memory) = s;
		p->used = 0;
	}
	p->used += n;
	return s;
}

static void reuse_memory(struct gparse *p)
{
	while (p->memory.n > 1)
		free(vec_pop(&p->memory));
	if (p->memory.n == 1 && p->chunk_room != 4096) {
		free(vec_pop(&p->memory));
		p->chunk_room = 0;
	}
	p->used = 0;
	p->memo.n = 0;
	p->words.n = 0;
}

size_t gparse_words(struct gparse *p, const char *line, size_t len)
{
	size_t i = 0;

	reuse_memory(p);
	p->space_at_end = len == 0 || isspace((unsigned char)line[len - 1]);
	while (len && isspace((unsigned char)line[len - 1]))
		len--;
	if (p->room < len + 1) {
		p->room = len + 1 > 256 ? len + 1 : 256;
		p->line = xrealloc(p->line, p->room);
		p->raw = xrealloc(p->raw, p->room);
	}
	for (size_t k = 0; k < len; k++)
		p->line[k] = line[k] && !isspace((unsigned char)line[k]) ? line[k] : 0;
	memcpy(p->raw, line, len);
	p->line[len] = p->raw[len] = 0;
	p->limit = SIZE_MAX;
	p->too_long = false;
	while (i < len) {
		if (!p->line[i]) {
			i++;
			continue;
		}
		if (p->words.n == WORDS_MAX) {
			p->too_long = true;
			break;
		}
		struct word *w = vec_push(&p->words);

		w->text = p->line + i;
		w->raw = p->raw + i;
		w->len = strlen(w->text);
		if (p->limit == SIZE_MAX && strcmp(w->text, "!") == 0)
			p->limit = p->words.n - 1;
		i += w->len;
	}
	if (p->limit == SIZE_MAX)
		p->limit = p->words.n;
	return p->limit;
}

const char *gparse_word(const struct gparse *p, size_t i)
{
	return i < p->words.n ? p->words.v[i].text : "";
}

bool gparse_ends_in_space(const struct gparse *p)
{
	return p->space_at_end;
}

static const char *joined(struct gparse *p, size_t i, size_t n)
{
	size_t len = 0;
	char *s, *at;

	if (n == 1)
		return p->words.v[i].text;
	for (size_t k = i; k < i + n; k++)
		len += p->words.v[k].len + 1;
	s = at = room_for(p, len);
	for (size_t k = i; k < i + n; k++) {
		memcpy(at, p->words.v[k].text, p->words.v[k].len);
		at += p->words.v[k].len;
		*at++ = k + 1 < i + n ? ' ' : 0;
	}
	return s;
}

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
	text = n ? joined(p, i, n) : p->words.v[i].raw;
	buf = room_for(p, strlen(text) + VALUE_EXTRA);
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

static enum value_rank word_rank(const struct gtoken *t, const struct word *w)
{
	if (w->len > t->word_len || memcmp(w->text, t->node->text, w->len) != 0)
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
		if (a->token->node->kind != b->token->node->kind ||
				strcmp(a->token->node->text, b->token->node->text) != 0)
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
	if (t->node && t->node->kind == T_VALUE && value_takes_several(t->node->type))
		*vec_push(&p->offers) = t;
	for (size_t k = 0; k < t->next.n; k++) {
		if (t->next.v[k]->node->repeat || !on_path(p, t->next.v[k]))
			*vec_push(&p->offers) = t->next.v[k];
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

static bool guard_holds(const struct tnode *n, const char *value)
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
	const struct value_type *type = t->node->type;
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
		rank = guard_holds(t->node, m->value) ? m->rank : RANK_NONE;
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
		const struct gtoken *next = t->next.v[k];

		if (!next->node->repeat && on_path(p, next))
			continue;
		if (next->node->kind == T_VALUE) {
			if (!at_end || value_takes_rest(next->node->type))
				try_value(p, next, i);
		} else if (!at_end) {
			take(p, next, i, 1, word_rank(next, &p->words.v[i]), NULL);
		}
	}
}

static void start(struct gparse *p, size_t first)
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
}

static void explain(struct gparse *p, struct err *why)
{
	const struct word *w = &p->words.v[p->depth];

	value_match(p->misfit, w->text, room_for(p, w->len + VALUE_EXTRA), why);
}

enum gresult gparse_match(struct gparse *p, const struct graph *g, size_t first,
		struct gmatch *ret)
{
	start(p, first);
	p->completing = false;
	p->end = p->limit;
	ret->line = NULL;
	ret->bound.n = 0;
	if (p->too_long) {
		ret->depth = first;
		err_set(&ret->why, EINVAL, "more than %d words", WORDS_MAX);
		return G_UNKNOWN;
	}
	walk(p, g->root, first);
	ret->depth = p->depth;
	ret->why.text[0] = 0;
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
	ret->line = p->best.v[p->best.n - 1].token->accepts.v[0];
	return G_MATCH;
}

void gmatch_fini(struct gmatch *m)
{
	vec_free(&m->bound);
}

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

static void offer_value(const struct value_type *t, const char *help, const char *last,
		struct grammar_candidates *ret)
{
	for (size_t i = 0; i < t->members.n; i++)
		offer_value(t->members.v[i], help, last, ret);
	for (size_t i = 0; i < t->items.n; i++) {
		if (strncmp(t->items.v[i].name, last, strlen(last)) == 0)
			candidates_add(ret, t->items.v[i].name,
					t->items.v[i].help ? t->items.v[i].help : help, false);
	}
	if (t->placeholder && *t->placeholder)
		candidates_add(ret, t->placeholder, help, true);
}

void gparse_complete(struct gparse *p, const struct graph *g, size_t first, size_t n,
		const char *last, struct grammar_candidates *ret)
{
	start(p, first);
	p->completing = true;
	p->end = n;
	p->any_end = p->may_end = false;
	p->offers.n = 0;
	if (p->too_long)
		return;
	walk(p, g->root, first);
	for (size_t i = 0; i < p->offers.n; i++) {
		const struct tnode *node = p->offers.v[i]->node;

		if (node->kind == T_VALUE)
			offer_value(node->type, node->help, last, ret);
		else if (strncmp(node->text, last, strlen(last)) == 0)
			candidates_add(ret, node->text, node->help, false);
	}
	if (p->may_end && !*last)
		candidates_add(ret, "<cr>", "", true);
}
