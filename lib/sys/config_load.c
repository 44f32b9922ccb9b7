/* A text of many lines to a configuration.  The text may come in pieces, so that a large
 * file is never in memory as a whole beside the tree that is made of it. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/config_int.h"

struct config_load {
	struct config *config;
	struct config_cursor *cur;
	const char *name;
	config_report_fn *report;
	void *arg;
	unsigned bad, number;
};

struct config_load *config_load_begin(struct config *c, size_t size, config_indented_fn *indented,
		void *indented_arg, const char *name, config_report_fn *report, void *arg)
{
	struct config_load *l = xcalloc(1, sizeof(*l));

	l->config = c;
	l->name = name;
	l->report = report;
	l->arg = arg;
	nodes_begin(c, 2 * size); /* about what they need */
	l->cur = config_cursor_new(c);
	config_cursor_text(l->cur, indented, indented_arg);
	return l;
}

static void load_line(struct config_load *l, const char *line, size_t len)
{
	struct err e;

	l->config->line = ++l->number;
	if (config_line_n(l->cur, line, len, &e) != CONFIG_BAD)
		return;
	l->bad++;
	if (l->report)
		l->report(l->arg, l->name, l->number, e.text);
}

void config_load_piece(struct config_load *l, const char *text, size_t len)
{
	const char *end = text + len, *nl;

	for (; text < end && (nl = memchr(text, '\n', (size_t)(end - text))) != NULL; text = nl + 1)
		load_line(l, text, (size_t)(nl - text));
	if (text < end) {
		struct strbuf last = { 0 };

		sb_addn(&last, text, (size_t)(end - text));
		load_line(l, last.s, last.len);
		sb_free(&last);
	}
}

unsigned config_load_end(struct config_load *l)
{
	unsigned bad;

	config_cursor_free(l->cur);
	nodes_end(l->config);
	bad = l->bad + config_repair(l->config, l->name, l->report, l->arg);
	l->config->line = 0;
	free(l);
	return bad;
}

unsigned config_load_lines(const struct config_load *l)
{
	return l->number;
}

bool config_text_is_indented(const char *text, size_t len)
{
	const char *end = text + len;

	while ((text = memchr(text, '\n', (size_t)(end - text))) != NULL && ++text < end) {
		if (*text == ' ' || *text == '\t')
			return true;
	}
	return false;
}

struct text {
	const char *s;
	size_t len;
};

static bool ask_text(void *arg)
{
	const struct text *t = arg;

	return config_text_is_indented(t->s, t->len);
}

unsigned config_load_text(struct config *c, const char *text, size_t len, const char *name,
		config_report_fn *report, void *arg)
{
	struct text t = { text, len };
	struct config_load *l = config_load_begin(c, len, ask_text, &t, name, report, arg);

	config_load_piece(l, text, len);
	return config_load_end(l);
}
