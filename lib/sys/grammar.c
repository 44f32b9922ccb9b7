/* Lines matched and completed with the grammar of a table of commands. */
#include "lib/sys/grammar.h"

#include <errno.h>
#include <string.h>

#include "lib/sys/grammar_graph.h"

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
	const struct gcommand *command;
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
	command = m.line;
	ret->id = command->id;
	ret->owners = command->owners;
	ret->memory = p; /* the values are in it */
	for (size_t i = 0; i < m.bound.n; i++) {
		const struct gtoken *t = m.bound.v[i].token;
		struct grammar_binding *b = vec_push(&ret->words);

		b->name = t->first ? NULL : near_at(t->text);
		b->value = t->first ? near_at(t->text) : m.bound.v[i].value;
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

void grammar_spell(const struct grammar_match *m, struct strbuf *out)
{
	for (size_t i = 0; i < m->words.n; i++) {
		if (i)
			sb_addc(out, ' ');
		sb_add(out, m->words.v[i].value);
	}
}

const char *grammar_pattern(const struct grammar *g, size_t i)
{
	return i < g->commands.n ? near_at(near_nth(g->commands, i)->pattern) : NULL;
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
