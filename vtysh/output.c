/* Output of commands: filter, pages. */
#include <config.h>

#include "vtysh/output.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/strbuf.h"
#include "lib/base/xalloc.h"

enum filter {
	FILTER_NONE,
	FILTER_INCLUDE,
	FILTER_EXCLUDE,
	FILTER_BEGIN,
	FILTER_SECTION,
	FILTER_COUNT
};

static const char *const filter_names[] = { "", "include", "exclude", "begin", "section", "count" };

struct output {
	bool interactive;
	int length; /* as asked for */
	enum filter filter;
	regex_t regex;
	bool begun;    /* FILTER_BEGIN, or the section's first line, has matched */
	size_t indent; /* of that line */
	unsigned long count;
	struct strbuf partial; /* a line whose end has not come yet */
	FILE *to;              /* standard output or the pager */
	int page, left;        /* built-in pages; 0: none */
	bool done;             /* nobody reads any more */
};

struct output *output_new(bool interactive)
{
	struct output *o = xcalloc(1, sizeof(*o));

	o->interactive = interactive;
	o->length = -1;
	o->to = stdout;
	return o;
}

static void drop_filter(struct output *o)
{
	if (o->filter != FILTER_NONE)
		regfree(&o->regex);
	o->filter = FILTER_NONE;
}

void output_free(struct output *o)
{
	drop_filter(o);
	sb_free(&o->partial);
	free(o);
}

void output_set_length(struct output *o, int lines)
{
	o->length = lines;
}

static enum filter filter_parse(const char *word, size_t len)
{
	for (int i = FILTER_INCLUDE; len && i <= FILTER_COUNT; i++)
		if (strncmp(filter_names[i], word, len) == 0)
			return (enum filter)i;
	if (len == 4 && strncmp(word, "grep", 4) == 0)
		return FILTER_INCLUDE;
	return FILTER_NONE;
}

int output_filter(struct output *o, char *line, struct err *err)
{
	char *bar = strstr(line, " | "), *word, *text;
	enum filter f;
	size_t len;
	int r;

	drop_filter(o);
	if (!bar)
		return 0;
	word = bar + 3 + strspn(bar + 3, " ");
	len = strcspn(word, " ");
	f = filter_parse(word, len);
	if (f == FILTER_NONE)
		return err_set(err, EINVAL,
			"%% Unknown filter: want include, exclude, begin, section or count");
	text = word + len;
	text += strspn(text, " ");
	if (!*text && f != FILTER_COUNT)
		return err_set(err, EINVAL, "%% Command incomplete: %s needs a regular expression",
			filter_names[f]);
	r = regcomp(&o->regex, *text ? text : "", REG_EXTENDED | REG_NOSUB);
	if (r != 0) {
		char why[128];

		regerror(r, &o->regex, why, sizeof(why));
		return err_set(err, EINVAL, "%% Regular expression '%s': %s", text, why);
	}
	o->filter = f;
	*bar = '\0';
	return 0;
}

void output_begin(struct output *o)
{
	const char *pager = getenv("VTYSH_PAGER");
	struct winsize ws;

	o->begun = o->done = false;
	o->count = 0;
	o->to = stdout;
	o->page = 0;
	sb_reset(&o->partial);
	if (!o->interactive || !isatty(STDOUT_FILENO) || o->length == 0)
		return;
	if (pager && *pager) {
		fflush(stdout);
		o->to = popen(pager, "w");
		if (!o->to)
			o->to = stdout;
		return;
	}
	if (o->length > 0)
		o->page = o->length;
	else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 2)
		o->page = ws.ws_row - 1;
	o->left = o->page;
}

/* One key, without echo.  Returns false to stop. */
static bool more(struct output *o)
{
	struct termios old, raw;
	char key = 'q';

	fputs("--More--", stdout);
	fflush(stdout);
	if (tcgetattr(STDIN_FILENO, &old) == 0) {
		raw = old;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
		if (read(STDIN_FILENO, &key, 1) != 1)
			key = 'q';
		tcsetattr(STDIN_FILENO, TCSANOW, &old);
	}
	fputs("\r        \r", stdout);
	o->left = key == '\n' || key == '\r' ? 1 : o->page;
	return key != 'q' && key != 'Q' && key != 3;
}

static bool put(struct output *o, const char *text, size_t len)
{
	if (o->done)
		return false;
	while (o->page && len) {
		const char *nl = memchr(text, '\n', len);
		size_t n = nl ? (size_t)(nl - text) + 1 : len;

		if (o->left == 0 && !more(o)) {
			o->done = true;
			return false;
		}
		fwrite(text, 1, n, o->to);
		o->left -= nl != NULL;
		text += n;
		len -= n;
	}
	if (len && fwrite(text, 1, len, o->to) != len)
		o->done = true;
	return !o->done;
}

/* A line that matches, and those below it that are indented further. */
static bool in_section(struct output *o, const char *line, bool match)
{
	size_t indent = strspn(line, " ");

	if (o->begun && indent > o->indent)
		return true;
	o->begun = match;
	o->indent = indent;
	return match;
}

static bool put_filtered(struct output *o, const char *line, size_t len)
{
	bool match = regexec(&o->regex, line, 0, NULL, 0) == 0;

	if (o->filter == FILTER_COUNT) {
		o->count += match;
		return true;
	}
	if (o->filter == FILTER_BEGIN)
		match = o->begun = o->begun || match;
	if (o->filter == FILTER_SECTION)
		match = in_section(o, line, match);
	if (o->filter == FILTER_EXCLUDE)
		match = !match;
	return !match || (put(o, line, len) && put(o, "\n", 1));
}

bool output_write(struct output *o, const char *text, size_t len)
{
	const char *nl;

	if (o->filter == FILTER_NONE)
		return put(o, text, len);
	while ((nl = memchr(text, '\n', len)) != NULL) {
		size_t n = (size_t)(nl - text);
		bool go_on;

		sb_addn(&o->partial, text, n);
		go_on = put_filtered(o, sb_str(&o->partial), o->partial.len);
		sb_reset(&o->partial);
		if (!go_on)
			return false;
		text += n + 1;
		len -= n + 1;
	}
	sb_addn(&o->partial, text, len);
	return true;
}

bool output_text(struct output *o, const char *text)
{
	return output_write(o, text, strlen(text));
}

void output_end(struct output *o)
{
	if (o->filter != FILTER_NONE && o->partial.len)
		put_filtered(o, sb_str(&o->partial), o->partial.len);
	if (o->filter == FILTER_COUNT) {
		char text[32];

		snprintf(text, sizeof(text), "%lu\n", o->count);
		put(o, text, strlen(text));
	}
	drop_filter(o);
	sb_reset(&o->partial);
	if (o->to != stdout)
		pclose(o->to);
	o->to = stdout;
	fflush(stdout);
}
