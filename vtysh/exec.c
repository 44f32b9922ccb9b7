/* A line of vtysh: in the exec mode a command of vtysh's own or of a daemon's,
 * in the configuration modes a line of the configuration. */
#include <config.h>

#include <errno.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "vtysh/files.h"
#include "vtysh/names.h"
#include "vtysh/vtysh.h"

/* Under the place of a line from which it is not understood. */
static void mark(struct vtysh *v, const char *line)
{
	size_t len = strlen(line), good = 0, at = strspn(line, " ");
	char *part = xstrdup(line);

	if (!v->interactive) {
		free(part);
		return;
	}
	while (at < len) {
		struct grammar_candidates c = { 0 };
		size_t end = at + strcspn(line + at, " ");
		bool fits;

		memcpy(part, line, end);
		part[end] = '\0';
		vtysh_complete(v, part, &c);
		fits = c.list.n > 0;
		grammar_candidates_fini(&c);
		if (!fits)
			break;
		good = end;
		at = end + strspn(line + end, " ");
	}
	/* "% " stands where the prompt's line was; the mark is under the word. */
	printf("%*s^\n", (int)(at < len ? at : good) + 2, "");
	free(part);
}

static void complain(struct vtysh *v, const char *line, const char *sentence)
{
	mark(v, line);
	if (v->numbered)
		fprintf(stderr, "line %u: %s\n", v->line_number, sentence);
	else
		printf("%s\n", sentence);
	fflush(stdout);
}

struct answer {
	struct output *out;
	struct strbuf errors;
};

static bool on_answer(void *ctx, enum ctl_type type, uint32_t line, const char *text, size_t len)
{
	struct answer *a = ctx;

	(void)line;
	if (type == CTL_OUT)
		return output_write(a->out, text, len);
	if (len == 0 || text[0] != '%')
		sb_add(&a->errors, "% ");
	sb_addn(&a->errors, text, len);
	sb_addc(&a->errors, '\n');
	return true;
}

static bool ask_daemon(struct vtysh *v, unsigned owner, const char *command)
{
	struct answer a = { .out = v->out };
	int r;

	r = daemons_ask(v->daemons, owner, CTL_EXEC, command, on_answer, &a);
	output_text(v->out, sb_str(&a.errors));
	sb_free(&a.errors);
	if (r == -ENOTCONN)
		daemons_say_down(v->daemons, owner);
	else if (r < 0 && r != -ECANCELED && r != -EINTR)
		fprintf(stderr, "%% the daemon's answer broke off: %s\n", strerror(-r));
	return r == 0 || r == -ECANCELED;
}

static bool ask_daemons(struct vtysh *v, const struct grammar_match *m)
{
	struct strbuf command = { 0 };
	unsigned owners = m->owners;
	bool ok = true;

	grammar_spell(m, &command);
	output_begin(v->out);
	for (int i = 0; i < N_DAEMONS; i++)
		if (owners & daemon_rows[i].owner)
			ok = ask_daemon(v, daemon_rows[i].owner, sb_str(&command)) && ok;
	output_end(v->out);
	sb_free(&command);
	return ok;
}

/* Lines of one file that both read: told twice only where they differ. */
static bool show_startup_errors(struct vtysh *v)
{
	struct strbuf text[N_DAEMONS] = { 0 };
	bool ok = true;

	output_begin(v->out);
	for (int i = 0; i < N_DAEMONS; i++) {
		int r = daemons_ask_text(v->daemons, daemon_rows[i].owner, CTL_EXEC,
				"show startup-config errors", &text[i]);

		if (r == -ENOTCONN)
			daemons_say_down(v->daemons, daemon_rows[i].owner);
		ok = ok && r == 0;
		if (i == 0 || strcmp(sb_str(&text[0]), sb_str(&text[i])) != 0)
			output_text(v->out, sb_str(&text[i]));
	}
	output_end(v->out);
	for (int i = 0; i < N_DAEMONS; i++)
		sb_free(&text[i]);
	return ok;
}

static void list_row(struct output *o, const regex_t *re, const char *mode, const char *pattern)
{
	if (re && regexec(re, pattern, 0, NULL, 0) != 0)
		return;
	output_text(o, mode ? "  (" : "  ");
	if (mode) {
		output_text(o, mode);
		output_text(o, ")  ");
	}
	output_text(o, pattern);
	output_text(o, "\n");
}

struct listing {
	struct output *out;
	const regex_t *regex;
	const char *mode; /* only this one; NULL: all, each named */
};

static void list_config_line(void *arg, const struct schema_doc *doc)
{
	struct listing *l = arg;

	if (l->mode && strcmp(l->mode, doc->mode) != 0)
		return;
	list_row(l->out, l->regex, l->mode ? NULL : doc->mode, doc->line);
}

static void list_config(struct vtysh *v, const regex_t *re, const char *mode)
{
	struct listing l = { v->out, re, mode };

	schema_document(schema_table, list_config_line, &l);
}

static bool list(struct vtysh *v, const char *text)
{
	regex_t re;

	if (text && regcomp(&re, text, REG_EXTENDED | REG_NOSUB) != 0) {
		printf("%% Regular expression '%s' is wrong\n", text);
		return false;
	}
	output_begin(v->out);
	if (!v->edit || text)
		for (size_t i = 0; grammar_pattern(commands_grammar, i); i++)
			list_row(v->out, text ? &re : NULL, text ? "exec" : NULL,
					grammar_pattern(commands_grammar, i));
	if (v->edit || text)
		list_config(v, text ? &re : NULL, text ? NULL : edit_prompt(v->edit));
	output_end(v->out);
	if (text)
		regfree(&re);
	return true;
}

static bool show_daemons(struct vtysh *v)
{
	unsigned up = daemons_up(v->daemons, OWNER_BOTH);

	output_begin(v->out);
	for (int i = 0; i < N_DAEMONS; i++) {
		if (!(up & daemon_rows[i].owner))
			continue;
		output_text(v->out, " ");
		output_text(v->out, daemon_rows[i].name);
	}
	output_text(v->out, "\n");
	output_end(v->out);
	return true;
}

static bool configure(struct vtysh *v)
{
	if (!v->edit)
		v->edit = edit_new(v->daemons);
	if (v->edit && v->interactive)
		daemons_say_down(v->daemons, OWNER_BOTH & ~daemons_up(v->daemons, OWNER_BOTH));
	return v->edit != NULL;
}

static bool own_command(struct vtysh *v, const struct grammar_match *m)
{
	const char *text = grammar_value(m, "text");
	unsigned owner = grammar_has(m, "bgpd")	      ? OWNER_BGPD :
			 grammar_has(m, "overlayd") ? OWNER_OVERLAYD :
						      0;

	switch (m->id) {
	case CMD_CONFIGURE:
		return configure(v);
	case CMD_EXIT:
		v->quit = true;
		return true;
	case CMD_LIST:
	case CMD_FIND:
		return list(v, text);
	case CMD_SHOW_HISTORY:
		output_begin(v->out);
		if (v->show_history)
			v->show_history(v->out);
		output_end(v->out);
		return true;
	case CMD_SHOW_RUNNING:
	case CMD_WRITE_TERMINAL:
		return files_show_running(v->daemons, owner, !grammar_has(m, "no-header"), v->out);
	case CMD_SHOW_STARTUP:
		return files_show_startup(v->daemons, v->config_file, v->out);
	case CMD_SHOW_DAEMONS:
		return show_daemons(v);
	case CMD_WRITE:
		return files_write(v->daemons, v->out);
	case CMD_TERMINAL_LENGTH:
		output_set_length(v->out, grammar_has(m, "no") ? -1 : atoi(grammar_value(m, "lines")));
		return true;
	case CMD_TERMINAL_PAGINATE:
		output_set_length(v->out, grammar_has(m, "no") ? 0 : -1);
		return true;
	case CMD_ECHO:
		output_begin(v->out);
		output_text(v->out, text);
		output_text(v->out, "\n");
		output_end(v->out);
		return true;
	default: /* enable, disable, end: nothing to do */
		return true;
	}
}

static bool exec_line(struct vtysh *v, const char *typed)
{
	char *line = xstrdup(typed);
	struct grammar_match m;
	struct err err = { "" };
	int r = output_filter(v->out, line, &err);
	bool ok = false;

	if (r == 0)
		r = grammar_parse(commands_grammar, line, &m, &err);
	if (r == 0) {
		if (m.id == CMD_SHOW_STARTUP_ERRORS)
			ok = show_startup_errors(v);
		else if (m.owners == OWNER_VTYSH)
			ok = own_command(v, &m);
		else
			ok = ask_daemons(v, &m);
		grammar_match_fini(&m);
	} else if (r == -ENOENT) {
		ok = true;
	} else {
		complain(v, line, err.text);
	}
	free(line);
	return ok;
}

bool vtysh_leave_edit(struct vtysh *v)
{
	bool ok;

	if (!v->edit)
		return true;
	ok = edit_commit(v->edit, v->numbered);
	edit_leave(v->edit);
	edit_free(v->edit);
	v->edit = NULL;
	return ok;
}

/* Commands that may be given in the configuration modes without `do`. */
static bool is_exec_anywhere(const char *line)
{
	static const char *const words[] = { "show", "list", "write", "find", "terminal", "clear" };
	size_t len;

	line += strspn(line, " \t");
	len = strcspn(line, " \t");
	for (size_t i = 0; len > 1 && i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(words[i], line, len) == 0)
			return true;
	return false;
}

static const char *after_do(const char *line)
{
	line += strspn(line, " \t");
	return strncmp(line, "do ", 3) == 0 ? line + 3 : NULL;
}

static bool config_mode_line(struct vtysh *v, const char *line)
{
	const char *command = after_do(line);
	enum config_result r;
	struct err err;
	bool ok;

	if (command) {
		ok = edit_commit(v->edit, v->numbered);
		return exec_line(v, command) && ok;
	}
	r = edit_line(v->edit, line, v->line_number, v->interactive, &err);
	if (r == CONFIG_LEFT)
		return vtysh_leave_edit(v);
	if (r != CONFIG_BAD)
		return true;
	if (err.text[0] && is_exec_anywhere(line)) {
		ok = edit_commit(v->edit, v->numbered);
		return exec_line(v, line) && ok;
	}
	if (err.text[0])
		complain(v, line, err.text);
	return false;
}

bool vtysh_line(struct vtysh *v, const char *line)
{
	const char *p = line + strspn(line, " \t");

	v->line_number++;
	if (!*p || *p == '!' || *p == '#')
		return !v->edit || config_mode_line(v, line);
	return v->edit ? config_mode_line(v, line) : exec_line(v, p);
}

void vtysh_complete(const struct vtysh *v, const char *partial, struct grammar_candidates *ret)
{
	const char *command = v->edit ? after_do(partial) : NULL;

	memset(ret, 0, sizeof(*ret));
	if (command)
		grammar_complete(commands_grammar, command, ret);
	else if (v->edit)
		edit_complete(v->edit, partial, ret);
	else
		grammar_complete(commands_grammar, partial + strspn(partial, " \t"), ret);
}

/* Outside of the configuration modes the configuration is asked for only here,
 * for a person who waits. */
void vtysh_offers(struct vtysh *v, const char *partial, struct grammar_candidates *ret)
{
	const char *space = strrchr(partial, ' ');
	struct edit *e = v->edit;

	vtysh_complete(v, partial, ret);
	if (!names_wanted(ret))
		return;
	if (!e && daemons_up(v->daemons, OWNER_BOTH))
		e = edit_new(v->daemons);
	if (e)
		names_offer(edit_config(e), space ? space + 1 : partial, ret);
	if (e != v->edit)
		edit_free(e);
}

void vtysh_help(struct vtysh *v, const char *partial)
{
	struct grammar_candidates c;
	struct grammar_candidate *x;

	vtysh_offers(v, partial, &c);
	if (c.list.n == 0)
		printf("%% There is no matched command.\n");
	vec_foreach(x, &c.list)
		printf("  %-24s %s\n", x->text, x->help ? x->help : "");
	fflush(stdout);
	grammar_candidates_fini(&c);
}
