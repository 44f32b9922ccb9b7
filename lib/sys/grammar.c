/* Grammar from a table of commands, for vtysh's own. */
#include "lib/sys/grammar.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/grammar_graph.h"

struct command {
	const struct grammar_command *row;
	struct tseq seq;
};

struct typed {
	char *text;
	struct value_type *type;
};

struct grammar {
	struct graph graph;
	VEC(struct command) commands;
	VEC(struct typed) types;
	const struct grammar_word *words;
};

static struct value_type *type_new(const char *text)
{
	struct value_type *t = xcalloc(1, sizeof(*t));
	char *end;

	if (isdigit((unsigned char)*text)) {
		struct value_range *r = vec_push(&t->ranges);

		t->kind = VALUE_UINT;
		r->min = strtoull(text, &end, 10);
		assert(*end == '-');
		r->max = strtoull(end + 1, NULL, 10);
	} else {
		t->kind = VALUE_SYNTAX;
		t->syntax = syntax_find(text);
		assert(t->syntax);
	}
	value_type_finish(t);
	return t;
}

/* One type per text, so that tokens of different commands can be shared. */
static const struct value_type *type_of(struct grammar *g, const char *text)
{
	struct typed *x;

	for (size_t i = 0; i < g->types.n; i++) {
		if (strcmp(g->types.v[i].text, text) == 0)
			return g->types.v[i].type;
	}
	x = vec_push(&g->types);
	x->text = xstrdup(text);
	x->type = type_new(text);
	return x->type;
}

static const struct grammar_word *word_of(const struct grammar *g, const struct tnode *n)
{
	for (const struct grammar_word *w = g->words; w && w->word; w++) {
		if (n->kind == T_VALUE ? *w->word == '$' && strcmp(w->word + 1, n->text) == 0 :
					 strcmp(w->word, n->text) == 0)
			return w;
	}
	return NULL;
}

static void resolve(void *arg, struct tnode *n)
{
	struct grammar *g = arg;
	const struct grammar_word *w = word_of(g, n);

	n->help = w ? w->help : NULL;
	n->names = w ? w->names : NULL;
	if (n->kind == T_VALUE)
		n->type = type_of(g, n->type_text ? n->type_text : "word");
}

static const struct tnode *last_word(const struct tseq *seq)
{
	const struct tnode *last = NULL;

	for (size_t i = 0; i < seq->nodes.n; i++) {
		if (seq->nodes.v[i].kind == T_WORD)
			last = &seq->nodes.v[i];
	}
	return last;
}

struct grammar *grammar_new(const struct grammar_command *commands,
		const struct grammar_word *words)
{
	struct grammar *g = xcalloc(1, sizeof(*g));
	struct err e = { "" };
	size_t n = 0;

	g->words = words;
	graph_init(&g->graph);
	while (commands[n].pattern)
		n++;
	vec_reserve(&g->commands, n); /* the graph points into it */
	for (size_t i = 0; i < n; i++) {
		struct command *c = vec_push(&g->commands);
		const struct tnode *last;
		int rc = template_parse(commands[i].pattern, &c->seq, &e);

		if (rc) {
			fprintf(stderr, "%s\n", e.text);
			abort();
		}
		c->row = &commands[i];
		template_visit(&c->seq, resolve, g);
		last = last_word(&c->seq);
		if (last && !last->help)
			((struct tnode *)last)->help = c->row->help;
		graph_add(&g->graph, &c->seq, c->row, false);
	}
	return g;
}

void grammar_free(struct grammar *g)
{
	if (!g)
		return;
	graph_fini(&g->graph);
	for (size_t i = 0; i < g->commands.n; i++)
		template_free(&g->commands.v[i].seq);
	for (size_t i = 0; i < g->types.n; i++) {
		free(g->types.v[i].text);
		value_type_free(g->types.v[i].type);
	}
	vec_free(&g->commands);
	vec_free(&g->types);
	free(g);
}

static int refuse(enum gresult r, const struct gmatch *m, const char *line, struct err *e)
{
	if (r == G_AMBIGUOUS)
		return err_set(e, EINVAL, "%% Ambiguous command: %s", line);
	if (r == G_INCOMPLETE)
		return err_set(e, EINVAL, "%% Command incomplete: %s", line);
	if (m->why.text[0])
		return err_set(e, EINVAL, "%% Unknown command: %s (%s)", line, m->why.text);
	return err_set(e, EINVAL, "%% Unknown command: %s", line);
}

int grammar_parse(const struct grammar *g, const char *line, struct grammar_match *ret,
		struct err *e)
{
	struct gparse *p = gparse_new();
	struct gmatch m = { 0 };
	enum gresult r;
	int rc;

	if (gparse_words(p, line, strlen(line)) == 0) {
		gparse_free(p);
		return -ENOENT;
	}
	r = gparse_match(p, &g->graph, 0, &m);
	if (r != G_MATCH) {
		rc = refuse(r, &m, line, e);
		gmatch_fini(&m);
		gparse_free(p);
		return rc;
	}
	memset(ret, 0, sizeof(*ret));
	ret->command = m.line;
	ret->id = ret->command->id;
	ret->memory = p; /* the values are in it */
	for (size_t i = 0; i < m.bound.n; i++) {
		const struct tnode *n = m.bound.v[i].token->node;
		struct grammar_binding *b = vec_push(&ret->words);

		b->name = n->kind == T_VALUE ? n->text : NULL;
		b->value = n->kind == T_VALUE ? m.bound.v[i].value : n->text;
	}
	gmatch_fini(&m);
	return 0;
}

void grammar_match_fini(struct grammar_match *m)
{
	gparse_free(m->memory);
	vec_free(&m->words);
	m->memory = NULL;
}

const char *grammar_value(const struct grammar_match *m, const char *name)
{
	for (size_t i = 0; i < m->words.n; i++) {
		if (m->words.v[i].name && strcmp(m->words.v[i].name, name) == 0)
			return m->words.v[i].value;
	}
	return NULL;
}

bool grammar_has(const struct grammar_match *m, const char *keyword)
{
	for (size_t i = 0; i < m->words.n; i++) {
		if (!m->words.v[i].name && strcmp(m->words.v[i].value, keyword) == 0)
			return true;
	}
	return false;
}

void grammar_complete(const struct grammar *g, const char *partial,
		struct grammar_candidates *ret)
{
	struct gparse *p = gparse_new();
	size_t n = gparse_words(p, partial, strlen(partial));
	const char *last = "";

	if (n && !gparse_ends_in_space(p))
		last = gparse_word(p, --n);
	memset(ret, 0, sizeof(*ret));
	gparse_complete(p, &g->graph, 0, n, last, ret);
	candidates_sort(ret);
	gparse_free(p);
}
