/* Grammar from a table of commands: read, resolved and merged into a graph when weft is
 * built (yang/mkschema.c). */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/vec.h"
#include "lib/sys/grammar_graph.h"

struct typed {
	const char *text;
	const struct value_type *type;
};

struct building {
	struct near_area *area;
	const struct grammar_word *words;
	VEC(struct typed) types;
};

#define AREA_SIZE ((size_t)16 << 20) /* many times what all commands need */

static struct value_type *type_new(struct near_area *a, const char *text)
{
	struct value_type *t = near_new(a, struct value_type);
	char *end;

	if (isdigit((unsigned char)*text)) {
		struct value_range *r;

		t->kind = VALUE_UINT;
		near_array_fill(a, t->ranges, 1);
		r = near_array(t->ranges);
		r->min = strtoull(text, &end, 10);
		assert(*end == '-');
		r->max = strtoull(end + 1, NULL, 10);
	} else {
		t->kind = VALUE_SYNTAX;
		t->syntax = syntax_find(text);
		assert(t->syntax);
	}
	value_type_finish(a, t);
	return t;
}

/* One type per text, so that tokens of different commands can be shared. */
static const struct value_type *type_of(struct building *b, const char *text)
{
	struct typed *x;

	for (size_t i = 0; i < b->types.n; i++) {
		if (strcmp(b->types.v[i].text, text) == 0)
			return b->types.v[i].type;
	}
	x = vec_push(&b->types);
	x->text = text;
	x->type = type_new(b->area, text);
	return x->type;
}

static const struct grammar_word *word_of(const struct building *b, const struct tnode *n)
{
	const char *text = near_at(n->text);

	for (const struct grammar_word *w = b->words; w && w->word; w++) {
		if (n->kind == T_VALUE ? *w->word == '$' && strcmp(w->word + 1, text) == 0 :
					 strcmp(w->word, text) == 0)
			return w;
	}
	return NULL;
}

static void resolve(void *arg, struct tnode *n)
{
	struct building *b = arg;
	const struct grammar_word *w = word_of(b, n);

	const char *type = near_get(n->type_text);

	near_set_text(b->area, n->help, w ? w->help : NULL);
	near_set_text(b->area, n->names, w ? w->names : NULL);
	if (n->kind == T_VALUE)
		near_set(n->type, type_of(b, type ? type : "word"));
}

static struct tnode *last_word(const struct tseq *seq)
{
	struct tnode *last = NULL;

	for (size_t i = 0; i < seq->nodes.n; i++) {
		if (near_nth(seq->nodes, i)->kind == T_WORD)
			last = near_nth(seq->nodes, i);
	}
	return last;
}

struct grammar *grammar_build(struct near_area *a, const struct grammar_command *commands,
		const struct grammar_word *words)
{
	struct building b = { .area = a, .words = words };
	struct err e = { "" };
	struct grammar *g;

	near_area_init(a, AREA_SIZE);
	g = near_new(a, struct grammar);
	graph_init(a, &g->graph);
	for (const struct grammar_command *row = commands; row->pattern; row++) {
		struct gcommand *c = near_new(a, struct gcommand);
		struct tnode *last;

		near_push(a, g->commands, c);
		c->id = row->id;
		c->owners = row->owners;
		near_set_text(a, c->pattern, row->pattern);
		if (template_parse(a, row->pattern, &c->seq, &e)) {
			fprintf(stderr, "%s\n", e.text);
			abort();
		}
		template_visit(&c->seq, resolve, &b);
		last = last_word(&c->seq);
		if (last && !near_get(last->help))
			near_set_text(a, last->help, row->help);
		graph_add(a, &g->graph, &c->seq, c, false);
	}
	vec_free(&b.types);
	g->size = a->used;
	return g;
}
