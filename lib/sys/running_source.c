/* Lines of a file or an edit, and the configuration that they make. */
#include "lib/sys/running_source.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/base/xalloc.h"

void source_init(struct source *s, const char *name, const char *text, size_t len,
		uint32_t first)
{
	memset(s, 0, sizeof(*s));
	s->name = name;
	s->text = text;
	s->len = len;
	s->first = first;
}

void source_cut(struct source *s)
{
	uint32_t number = s->first;
	char *save;

	if (s->copy)
		return;
	s->copy = xmalloc(s->len + 1);
	memcpy(s->copy, s->text, s->len);
	s->copy[s->len] = '\0';
	for (char *p = s->copy; *p; p = save) {
		struct line *l = vec_push(&s->lines);

		l->text = p;
		l->number = number++;
		save = p + strcspn(p, "\n");
		if (*save)
			*save++ = '\0';
	}
}

void source_fini(struct source *s)
{
	free(s->copy);
	vec_free(&s->lines);
}

void source_report(struct source *s, uint32_t line, const char *sentence)
{
	if (s->quiet)
		return;
	s->n_reports++;
	s->report(s->report_arg, s->name, line, sentence);
}

bool source_whole(struct source *s)
{
	s->n_reports = 0;
	return s->whole(s->pieces_arg, s);
}

static void report_load(void *arg, const char *name, unsigned line, const char *sentence)
{
	struct source *s = arg;

	(void)name;
	source_report(s, line, sentence);
}

static bool source_load_pieces(struct source *s, struct config *c)
{
	struct config_load *l = config_load_begin(c, s->len, s->indented, s->pieces_arg, s->name,
			report_load, s);
	bool ok = s->pieces(s->pieces_arg, l);

	config_load_end(l);
	return ok;
}

/* A file: the lines not left out among the first n, as one text. */
static void source_load(struct source *s, struct config *c, size_t n)
{
	struct strbuf text = { 0 };

	if (n == SOURCE_ALL && !s->copy) {
		config_load_text(c, s->text, s->len, s->name, report_load, s);
		return;
	}
	source_cut(s);
	n = n == SOURCE_ALL ? s->lines.n : n;
	for (size_t i = 0; i < n; i++) {
		if (!s->lines.v[i].skip)
			sb_add(&text, s->lines.v[i].text);
		sb_addc(&text, '\n'); /* the numbers stay right */
	}
	config_load_text(c, sb_str(&text), text.len, s->name, report_load, s);
	sb_free(&text);
}

static bool cursor_lines(struct source *s, struct config_cursor *cur, size_t n)
{
	struct err err;

	for (size_t i = 0; i < n; i++) {
		const struct line *l = &s->lines.v[i];
		enum config_result r = l->skip ? CONFIG_OK : config_line(cur, l->text, &err);

		/* 'end' goes to the top; what follows in a file counts. */
		if (r != CONFIG_BAD)
			continue;
		source_report(s, l->number, err.text);
		if (s->strict)
			return false;
	}
	return true;
}

/* An edit: first to its place, then line by line. */
static bool source_edit(struct source *s, struct config *c, size_t n)
{
	struct config_cursor *cur = config_cursor_new(c);
	char *node = xstrdup(s->node), *save = NULL;
	struct err err;
	bool ok = true;

	for (char *t = strtok_r(node, "\n", &save); t && ok; t = strtok_r(NULL, "\n", &save)) {
		if (config_line(cur, t, &err) == CONFIG_BAD) {
			source_report(s, 0, err.text);
			ok = false;
		}
	}
	free(node);
	ok = ok && cursor_lines(s, cur, n);
	config_cursor_free(cur);
	return ok;
}

bool source_apply(struct source *s, struct config *c, size_t n)
{
	if (!s->text)
		return source_load_pieces(s, c);
	if (!s->node) {
		source_load(s, c, n);
		return true;
	}
	source_cut(s);
	return source_edit(s, c, n == SOURCE_ALL ? s->lines.n : n);
}
