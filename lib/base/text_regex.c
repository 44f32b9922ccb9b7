/* Regular expressions for policy lists: a deterministic automaton whose states
 * are made when a text first leads to them, out of text_regex_parse.c's
 * nondeterministic one.  A policy meets the same few states again and again,
 * so most characters cost one table look-up. */
#include "lib/base/text_regex.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/text_regex_parse.h"
#include "lib/base/xalloc.h"

#define STATES_MAX 512 /* beyond it all are forgotten and made anew */

struct dfa_state {
	uint32_t *nodes; /* NFA_SET and NFA_END nodes that are waiting */
	uint32_t n;
	uint64_t hash;
	bool first;	 /* of the text's begin */
	bool matched;
	int8_t at_end;	 /* would the end of the text match here?  -1: not worked out */
	uint16_t *next;	 /* by class of byte; index + 1, 0: not worked out */
};

struct text_regex {
	struct nfa nfa;
	uint8_t class[256];
	unsigned n_classes;
	VEC(struct dfa_state) states; /* 0 is the start */
	/* for the closure under way */
	VEC(uint32_t) stack, found;
	uint32_t *seen, mark;
	bool matched;
};

/* Bytes that no set tells apart are one class. */
static void classes_make(struct text_regex *r)
{
	r->n_classes = 1;
	for (size_t i = 0; i < r->nfa.sets.n; i++) {
		uint16_t split[256];
		unsigned n = r->n_classes;

		memset(split, 0xff, sizeof(split));
		for (unsigned c = 0; c < 256; c++)
			if (byte_set_has(&r->nfa.sets.v[i], (uint8_t)c))
				split[r->class[c]] = 0;
		/* A class goes apart only if bytes are left outside the set. */
		for (unsigned c = 0; c < 256; c++)
			if (!byte_set_has(&r->nfa.sets.v[i], (uint8_t)c) && split[r->class[c]] == 0)
				split[r->class[c]] = 1;
		for (unsigned k = 0; k < n; k++)
			split[k] = split[k] == 1 ? (uint16_t)r->n_classes++ : UINT16_MAX;
		for (unsigned c = 0; c < 256; c++)
			if (byte_set_has(&r->nfa.sets.v[i], (uint8_t)c) &&
					split[r->class[c]] != UINT16_MAX)
				r->class[c] = (uint8_t)split[r->class[c]];
	}
}

struct text_regex *text_regex_new(const char *pattern, struct err *e)
{
	struct text_regex *r = xcalloc(1, sizeof(*r));

	if (nfa_build(&r->nfa, pattern, e)) {
		text_regex_free(r);
		return NULL;
	}
	r->seen = xcalloc(r->nfa.nodes.n, sizeof(*r->seen));
	classes_make(r);
	return r;
}

static void states_forget(struct text_regex *r)
{
	for (size_t i = 0; i < r->states.n; i++) {
		free(r->states.v[i].nodes);
		free(r->states.v[i].next);
	}
	r->states.n = 0;
}

void text_regex_free(struct text_regex *r)
{
	if (!r)
		return;
	states_forget(r);
	vec_free(&r->states);
	vec_free(&r->stack);
	vec_free(&r->found);
	free(r->seen);
	nfa_fini(&r->nfa);
	free(r);
}

static void closure_begin(struct text_regex *r)
{
	r->mark++;
	r->found.n = 0;
	r->matched = false;
	if (r->mark == 0) {
		memset(r->seen, 0, r->nfa.nodes.n * sizeof(*r->seen));
		r->mark = 1;
	}
}

/* Adds what can be reached from a node without reading a byte. */
static void closure_add(struct text_regex *r, uint32_t node, bool at_begin, bool at_end)
{
	*vec_push(&r->stack) = node;
	while (r->stack.n) {
		uint32_t at = vec_pop(&r->stack);
		const struct nfa_node *n = &r->nfa.nodes.v[at];

		if (r->seen[at] == r->mark)
			continue;
		r->seen[at] = r->mark;
		switch (n->op) {
		case NFA_MATCH:
			r->matched = true;
			break;
		case NFA_SPLIT:
			*vec_push(&r->stack) = n->out;
			*vec_push(&r->stack) = n->out2;
			break;
		case NFA_BEGIN:
			if (at_begin)
				*vec_push(&r->stack) = n->out;
			break;
		case NFA_END:
			if (at_end)
				*vec_push(&r->stack) = n->out;
			else
				*vec_push(&r->found) = at;
			break;
		case NFA_SET:
			*vec_push(&r->found) = at;
			break;
		}
	}
}

static int node_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The state for what closure_add() found: an old one, or a new one. */
static uint16_t state_of_found(struct text_regex *r, bool first)
{
	struct dfa_state *s;
	size_t size = r->found.n * sizeof(*r->found.v);
	uint64_t hash;

	if (r->found.n)
		qsort(r->found.v, r->found.n, sizeof(*r->found.v), node_compare);
	hash = hash_bytes(r->matched, r->found.v, size);
	for (size_t i = 0; i < r->states.n; i++) {
		s = &r->states.v[i];
		if (s->hash == hash && s->n == r->found.n && s->matched == r->matched &&
				s->first == first &&
				(!size || memcmp(s->nodes, r->found.v, size) == 0))
			return (uint16_t)i;
	}
	s = vec_push(&r->states);
	s->nodes = size ? xmemdup(r->found.v, size) : NULL;
	s->n = (uint32_t)r->found.n;
	s->hash = hash;
	s->first = first;
	s->matched = r->matched;
	s->at_end = -1;
	s->next = xcalloc(r->n_classes, sizeof(*s->next));
	return (uint16_t)(r->states.n - 1);
}

static uint16_t state_start(struct text_regex *r)
{
	if (!r->states.n) {
		closure_begin(r);
		closure_add(r, r->nfa.start, true, false);
		state_of_found(r, true);
	}
	return 0;
}

static uint16_t state_step(struct text_regex *r, uint16_t from, uint8_t byte)
{
	struct dfa_state *s = &r->states.v[from];
	uint16_t to = s->next[r->class[byte]];

	if (to)
		return (uint16_t)(to - 1);
	closure_begin(r);
	for (uint32_t i = 0; i < s->n; i++) {
		const struct nfa_node *n = &r->nfa.nodes.v[s->nodes[i]];

		if (n->op == NFA_SET && byte_set_has(&r->nfa.sets.v[n->set], byte))
			closure_add(r, n->out, false, false);
	}
	closure_add(r, r->nfa.start, false, false); /* a match may begin here */
	to = state_of_found(r, false);
	r->states.v[from].next[r->class[byte]] = (uint16_t)(to + 1);
	return to;
}

static bool state_at_end(struct text_regex *r, uint16_t at)
{
	struct dfa_state *s = &r->states.v[at];

	if (s->at_end < 0) {
		closure_begin(r);
		for (uint32_t i = 0; i < s->n; i++)
			if (r->nfa.nodes.v[s->nodes[i]].op == NFA_END)
				closure_add(r, s->nodes[i], s->first, true);
		s->at_end = r->matched;
	}
	return s->at_end;
}

bool text_regex_match(struct text_regex *r, const char *text, size_t len)
{
	uint16_t at;

	if (r->states.n > STATES_MAX)
		states_forget(r);
	at = state_start(r);
	for (size_t i = 0; i < len; i++) {
		if (r->states.v[at].matched)
			return true;
		at = state_step(r, at, (uint8_t)text[i]);
	}
	return r->states.v[at].matched || state_at_end(r, at);
}
