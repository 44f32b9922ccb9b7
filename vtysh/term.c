/* A person at a terminal, with libedit. */
#include <config.h>

#include "vtysh/term.h"

#include <errno.h>
#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vtysh/files.h"

#define HISTORY_LINES 1000

/* libedit hands its callbacks only an EditLine; there is one terminal. */
static struct term {
	struct vtysh *v;
	EditLine *el;
	History *history;
	struct strbuf hostname, prompt;
} term;

static char *prompt(EditLine *el)
{
	const struct vtysh *v = term.v;
	const char *name = v->edit ? edit_hostname(v->edit) : NULL;

	(void)el;
	sb_reset(&term.prompt);
	sb_add(&term.prompt, name ? name : sb_str(&term.hostname));
	if (v->edit)
		sb_addf(&term.prompt, "(%s)", edit_prompt(v->edit));
	sb_add(&term.prompt, "# ");
	return term.prompt.s;
}

static void learn_hostname(void)
{
	char name[256] = "";

	sb_reset(&term.hostname);
	files_hostname(term.v->daemons, &term.hostname);
	if (term.hostname.len)
		return;
	gethostname(name, sizeof(name) - 1);
	sb_add(&term.hostname, name[0] ? name : "weft");
}

/* The line up to the cursor. */
static char *typed(EditLine *el)
{
	const LineInfo *li = el_line(el);

	return strndup(li->buffer, (size_t)(li->cursor - li->buffer));
}

static unsigned char on_help(EditLine *el, int ch)
{
	char *line = typed(el);

	(void)ch;
	printf("?\n");
	vtysh_help(term.v, line);
	free(line);
	return CC_REDISPLAY;
}

/* What all keywords begin with; returns how many there are. */
static size_t common_start(const struct grammar_candidates *c, struct strbuf *out)
{
	const struct grammar_candidate *x;
	size_t keywords = 0;

	vec_foreach(x, &c->list) {
		size_t n = 0;

		if (x->is_value)
			continue;
		if (!keywords++) {
			sb_add(out, x->text);
			continue;
		}
		while (n < out->len && out->s[n] == x->text[n])
			n++;
		out->len = n;
		out->s[n] = '\0';
	}
	return keywords;
}

static unsigned char on_tab(EditLine *el, int ch)
{
	struct grammar_candidates c;
	const struct grammar_candidate *x;
	struct strbuf start = { 0 };
	char *line = typed(el), *space = strrchr(line, ' ');
	size_t have = strlen(space ? space + 1 : line), keywords;
	unsigned char r = CC_REFRESH;

	(void)ch;
	vtysh_offers(term.v, line, &c);
	keywords = common_start(&c, &start);
	if (keywords == 1 && (have || c.list.n == 1))
		sb_addc(&start, ' ');
	else if (c.list.n > keywords && !have)
		sb_reset(&start); /* a value may come as well: nothing is certain */
	if (start.len > have) {
		el_insertstr(el, start.s + have);
	} else if (c.list.n) {
		size_t column = 0;

		printf("\n");
		vec_foreach(x, &c.list) {
			printf("%-24s", x->text);
			if (++column % 3 == 0 || x + 1 == c.list.v + c.list.n)
				printf("\n");
		}
		r = CC_REDISPLAY;
	} else {
		r = CC_REFRESH_BEEP;
	}
	grammar_candidates_fini(&c);
	sb_free(&start);
	free(line);
	return r;
}

/* ^Z leaves the configuration modes, as `end`. */
static unsigned char on_end(EditLine *el, int ch)
{
	(void)ch;
	el_deletestr(el, (int)(el_line(el)->cursor - el_line(el)->buffer));
	if (term.v->edit)
		el_insertstr(el, "end");
	return CC_NEWLINE;
}

static void on_interrupt(int signo)
{
	(void)signo; /* only breaks off what is being waited for */
}

static void show_history(struct output *o)
{
	HistEvent ev;

	for (int r = history(term.history, &ev, H_LAST); r >= 0; r = history(term.history, &ev, H_PREV)) {
		output_text(o, "  ");
		output_text(o, ev.str);
		if (!strchr(ev.str, '\n'))
			output_text(o, "\n");
	}
}

static bool start(struct vtysh *v, const char *file)
{
	struct sigaction sa = { .sa_handler = on_interrupt };
	HistEvent ev;

	term.v = v;
	term.el = el_init("vtysh", stdin, stdout, stderr);
	term.history = history_init();
	if (!term.el || !term.history)
		return false;
	history(term.history, &ev, H_SETSIZE, HISTORY_LINES);
	history(term.history, &ev, H_SETUNIQUE, 1);
	if (file)
		history(term.history, &ev, H_LOAD, file);
	el_set(term.el, EL_PROMPT, prompt);
	el_set(term.el, EL_EDITOR, "emacs");
	el_set(term.el, EL_HIST, history, term.history);
	el_set(term.el, EL_ADDFN, "weft-help", "What may come here", on_help);
	el_set(term.el, EL_ADDFN, "weft-complete", "Complete a word", on_tab);
	el_set(term.el, EL_ADDFN, "weft-end", "Leave the configuration", on_end);
	el_set(term.el, EL_BIND, "?", "weft-help", NULL);
	el_set(term.el, EL_BIND, "^I", "weft-complete", NULL);
	el_set(term.el, EL_BIND, "^Z", "weft-end", NULL);
	el_set(term.el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	/* Without SA_RESTART: a show that runs too long is given up. */
	sigaction(SIGINT, &sa, NULL);
	v->show_history = show_history;
	return true;
}

static void one_line(const char *text)
{
	char *line = strdup(text);
	bool was_editing = term.v->edit != NULL;
	HistEvent ev;

	line[strcspn(line, "\r\n")] = '\0';
	if (line[strspn(line, " \t")])
		history(term.history, &ev, H_ENTER, line);
	vtysh_line(term.v, line);
	if (was_editing && !term.v->edit)
		learn_hostname();
	free(line);
}

bool term_run(struct vtysh *v, const char *file)
{
	HistEvent ev;

	if (!start(v, file))
		return false;
	printf("\nThis is weft %s. Type ? for help.\n\n", PACKAGE_VERSION);
	learn_hostname();
	while (!v->quit) {
		int n = 0;
		const char *line;

		errno = 0;
		line = el_gets(term.el, &n);
		if (!line && n < 0 && errno == EINTR) {
			printf("\n");
			el_reset(term.el);
			continue;
		}
		if (!line || n <= 0) {
			printf("\n");
			if (!v->edit)
				break;
			vtysh_leave_edit(v); /* ^D in a configuration mode */
			continue;
		}
		one_line(line);
	}
	if (file)
		history(term.history, &ev, H_SAVE, file);
	el_end(term.el);
	history_end(term.history);
	sb_free(&term.hostname);
	sb_free(&term.prompt);
	return true;
}
