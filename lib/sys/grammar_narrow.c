/* The matcher's short way: all ways through the graph at once, word by word, of
 * which only those that fit the word best go on.
 * Paths are compared from the left (grammar_match.c), so what is left at the
 * end is the best; where nothing is left, or it takes a closer look, the long way
 * decides.  Lists are long, and their lines differ in values alone: a word is not
 * looked at again where it is the one of the line before, and a value only as what
 * it was there. */
#include "lib/sys/grammar_parse.h"

#include <string.h>

#include "lib/base/xalloc.h"

/* A type that was tried at the word; several tokens may ask. */
struct tried {
	const struct value_type *type;
	size_t n; /* words; 0: the rest of the line */
	enum value_rank rank;
	const char *value;
};

struct layer {
	struct narrow *nw;
	struct gparse *p;
	size_t word, begin; /* begin: of the layer's ways */
	enum value_rank best;
	struct tried tried[8];
	unsigned n_tried, n_values; /* types; tokens that are values */
	bool stuck;
};

static bool used_before(const struct narrow *nw, size_t at, const struct gtoken *t)
{
	for (; at; at = nw->ways.v[at].before) {
		if (nw->ways.v[at].token == t)
			return true;
	}
	return false;
}

static void offer(struct layer *l, size_t before, const struct gtoken *t, size_t end,
		enum value_rank rank, const char *value)
{
	struct way *w;

	if (rank < l->best || rank == RANK_NONE)
		return;
	if (rank > l->best) {
		l->best = rank;
		l->nw->ways.n = l->begin;
	}
	vec_reserve(&l->nw->ways, 1);
	w = &l->nw->ways.v[l->nw->ways.n++];
	*w = (struct way){ t, value, before, end, rank };
}

static const struct tried *try_type(struct layer *l, const struct value_type *type, size_t n)
{
	struct narrow *nw = l->nw;
	const char *text;
	struct tried *x;
	char *buf = nw->values + nw->used;
	size_t len;

	for (unsigned i = 0; i < l->n_tried; i++) {
		x = &l->tried[i];
		if (x->type == type && x->n == n)
			return x;
	}
	text = n ? gparse_joined(l->p, l->word, n) : l->p->words.v[l->word].raw;
	len = n == 1 ? l->p->words.v[l->word].len : strlen(text);
	if (l->n_tried == 8 || nw->used + len + VALUE_EXTRA > sizeof(nw->values)) {
		l->stuck = true;
		return NULL;
	}
	x = &l->tried[l->n_tried++];
	*x = (struct tried){ type, n, value_match(type, text, buf, NULL), buf };
	if (x->rank != RANK_NONE)
		nw->used += strlen(buf) + 1;
	return x;
}

static void offer_value(struct layer *l, size_t before, const struct gtoken *t)
{
	const struct tnode *node = near_at(t->node);
	const struct value_type *type = near_at(node->type);
	size_t left = l->p->end - l->word;
	const struct tried *x;

	l->n_values++;
	if (value_takes_rest(type)) {
		l->nw->steady = false;
		x = try_type(l, type, 0);
		if (x)
			offer(l, before, t, l->p->end, x->rank, x->value);
		return;
	}
	if (value_takes_several(type))
		l->nw->steady = false;
	else
		left = 1;
	for (; left; left--) {
		x = try_type(l, type, left);
		if (!x)
			return;
		if (x->rank != RANK_NONE && gparse_guard_holds(node, x->value))
			offer(l, before, t, l->word + left, x->rank, x->value);
	}
}

static void go_on(struct layer *l, size_t from)
{
	const struct gtoken *t = l->nw->ways.v[from].token, *next;
	const struct word *w = &l->p->words.v[l->word];

	NEAR_FOREACH(next, t->next) {
		/* most tokens fail here */
		if (next->first && next->first != *w->text)
			continue;
		if (!t->plain && !near_at(next->node)->repeat && used_before(l->nw, from, next))
			continue;
		if (next->first)
			offer(l, from, next, l->word + 1, gparse_word_rank(next, w), NULL);
		else
			offer_value(l, from, next);
	}
}

/* The type that alone decides the layer, for words that begin with a digit. */
static const struct value_type *decided_by(const struct layer *l, size_t from, size_t to)
{
	const struct narrow *nw = l->nw;
	const struct way *last = &nw->ways.v[nw->ways.n - 1];

	if (to - from != 1 || nw->ways.n - to != 1 || l->n_values != 1 || l->n_tried != 1 ||
			last->token->first || nw->ways.v[from].token->before_digit)
		return NULL;
	return l->tried[0].type;
}

/* Keeps the layer for lines to come. */
static void mark(const struct layer *l, size_t from, size_t to)
{
	struct narrow *nw = l->nw;
	const struct word *w = &l->p->words.v[l->word];
	struct narrow_mark *m = vec_push(&nw->layers);
	size_t begin;

	m->ways = nw->ways.n;
	m->len = UINT32_MAX;
	if (w->len <= NARROW_TEXT) {
		m->len = (uint32_t)w->len;
		memcpy(m->text, w->text, w->len);
	}
	m->only = decided_by(l, from, to);
	if (m->only) {
		begin = (size_t)(nw->ways.v[nw->ways.n - 1].value - nw->values);
		m->room = NARROW_TEXT + VALUE_EXTRA;
		if (begin + m->room <= sizeof(nw->values))
			nw->used = nw->used > begin + m->room ? nw->used : begin + m->room;
		else
			m->only = NULL;
	}
	m->used = nw->used;
}

/* The ways of the layer before word w, one word further.  False: none. */
static bool step(struct gparse *p, struct narrow *nw, size_t word, size_t from, size_t to)
{
	struct layer l;

	/* its largest part needs no beginning */
	l.nw = nw;
	l.p = p;
	l.word = word;
	l.begin = to;
	l.best = RANK_NONE;
	l.n_tried = l.n_values = 0;
	l.stuck = false;
	for (size_t i = from; i < to && !l.stuck; i++) {
		const struct way *w = &nw->ways.v[i];

		if (w->end > word) /* a value of several words */
			offer(&l, w->before, w->token, w->end, w->rank, w->value);
		else
			go_on(&l, i);
	}
	if (l.stuck || nw->ways.n <= to)
		return false;
	if (nw->steady)
		mark(&l, from, to);
	return true;
}

/* Does the word take the ways that the layer has?  A value is then this word's. */
static bool layer_holds(const struct narrow *nw, struct narrow_mark *m, const struct word *w)
{
	const struct way *way;

	if (m->len == w->len && memcmp(m->text, w->text, w->len) == 0)
		return true;
	if (!m->only || w->len > NARROW_TEXT || *w->text < '0' || *w->text > '9')
		return false;
	way = &nw->ways.v[m->ways - 1];
	if (value_match(m->only, w->text, (char *)way->value, NULL) != way->rank ||
			!gparse_guard_holds(near_at(way->token->node), way->value))
		return false;
	m->len = (uint32_t)w->len;
	memcpy(m->text, w->text, w->len);
	return true;
}

/* Layers that stay as they are. */
static size_t layers_kept(const struct gparse *p, struct narrow *nw, const struct graph *g,
		size_t first)
{
	size_t kept = 0;

	if (nw->graph != g || nw->first != first)
		return 0;
	while (kept < nw->layers.n && first + kept < p->end &&
			layer_holds(nw, &nw->layers.v[kept], &p->words.v[first + kept]))
		kept++;
	return kept;
}

static void bind(const struct narrow *nw, size_t at, struct gmatch *ret)
{
	size_t n = 0;

	for (size_t i = at; i; i = nw->ways.v[i].before)
		n++;
	ret->bound.n = 0;
	vec_reserve(&ret->bound, n);
	ret->bound.n = n;
	for (; at; at = nw->ways.v[at].before)
		ret->bound.v[--n] = (struct gbinding){ nw->ways.v[at].token, nw->ways.v[at].value };
}

/* The first way that ends in a line, if it can't be another abbreviation's. */
static bool finish(const struct narrow *nw, size_t from, size_t to, struct gmatch *ret)
{
	size_t found = 0;

	for (size_t i = from; i < to; i++) {
		if (nw->ways.v[i].token->accepts.n == 0)
			continue;
		if (found) {
			for (size_t k = found; k; k = nw->ways.v[k].before) {
				if (nw->ways.v[k].rank == RANK_ABBREV)
					return false;
			}
			break;
		}
		found = i;
	}
	if (!found)
		return false;
	bind(nw, found, ret);
	ret->line = near_nth(nw->ways.v[found].token->accepts, 0);
	return true;
}

bool gparse_narrow(struct gparse *p, const struct graph *g, size_t first, struct gmatch *ret)
{
	struct narrow *nw = &p->narrow;
	size_t kept, from = 0, to = 1;

	if (p->too_long || p->limit != p->words.n || first >= p->end)
		return false;
	kept = layers_kept(p, nw, g, first);
	if (nw->whole && kept == p->end - first && kept == nw->layers.n && ret->way == nw->way)
		return true;
	nw->whole = false;
	nw->graph = g;
	nw->first = first;
	nw->steady = true;
	nw->layers.n = kept;
	nw->ways.n = 0;
	if (kept) {
		from = kept > 1 ? nw->layers.v[kept - 2].ways : 1;
		to = nw->ways.n = nw->layers.v[kept - 1].ways;
		nw->used = nw->layers.v[kept - 1].used;
	} else {
		*vec_push(&nw->ways) = (struct way){ near_at(g->root), NULL, 0, first, RANK_EXACT };
		nw->used = 0;
	}
	for (size_t w = first + kept; w < p->end; w++) {
		if (!step(p, nw, w, from, to))
			return false;
		from = to;
		to = nw->ways.n;
	}
	if (!finish(nw, from, to, ret))
		return false;
	nw->whole = nw->steady;
	ret->way = ++nw->way;
	return true;
}
