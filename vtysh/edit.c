/* The configuration modes. */
#include <config.h>

#include "vtysh/edit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/textfile.h"
#include "vtysh/commit.h"

/* Which configuration a daemon runs: it counts the changes. */
struct running_id {
	long pid; /* 0: it is down */
	uint64_t changes;
};

struct edit {
	struct daemons *daemons;
	struct running_id seen[N_DAEMONS]; /* when ours was fetched */
	uint64_t applied;		   /* changes that we made since */
	struct config *config;
	struct config_cursor *cursor;
	struct strbuf waiting, node; /* lines, and where they begin */
	uint32_t first;
	bool changed; /* something was sent to the daemons */
};

static struct running_id ask_running(struct edit *e, unsigned owner)
{
	struct running_id id = { 0, 0 };
	struct strbuf answer = { 0 };
	const char *p = NULL;

	if (daemons_ask_text(e->daemons, owner, CTL_PING, "", &answer) == 0)
		p = strstr(sb_str(&answer), "\nrunning ");
	if (p)
		sscanf(p, " running %ld %" SCNu64, &id.pid, &id.changes);
	sb_free(&answer);
	return id;
}

/* Did others change what is running since we fetched it? */
static bool others_changed(struct edit *e)
{
	for (int i = 0; i < N_DAEMONS; i++) {
		struct running_id id = ask_running(e, daemon_rows[i].owner);

		if (id.pid != e->seen[i].pid ||
				(id.pid && id.changes != e->seen[i].changes + e->applied))
			return true;
	}
	return false;
}

/* The running configuration as one of the daemons has it. */
static struct config *fetch(struct edit *e)
{
	struct strbuf text = { 0 };
	struct config *c = NULL;

	/* first: what changes meanwhile is fetched again */
	e->applied = 0;
	for (int i = 0; i < N_DAEMONS; i++)
		e->seen[i] = ask_running(e, daemon_rows[i].owner);

	for (int i = 0; i < N_DAEMONS && !c; i++) {
		sb_reset(&text);
		if (daemons_ask_text(e->daemons, daemon_rows[i].owner, CTL_CONFIG, "", &text) != 0)
			continue;
		c = config_new(schema_table);
		config_load_text(c, sb_str(&text), text.len, "", NULL, NULL);
	}
	sb_free(&text);
	return c;
}

struct edit *edit_new(struct daemons *d)
{
	struct edit *e;

	if (!daemons_up(d, OWNER_BOTH)) {
		daemons_say_down(d, OWNER_BOTH);
		return NULL;
	}
	e = xcalloc(1, sizeof(*e));
	e->daemons = d;
	e->config = fetch(e);
	if (!e->config)
		e->config = config_new(schema_table);
	e->cursor = config_cursor_new(e->config);
	return e;
}

void edit_free(struct edit *e)
{
	if (!e)
		return;
	config_cursor_free(e->cursor);
	config_free(e->config);
	sb_free(&e->waiting);
	sb_free(&e->node);
	free(e);
}

/* Our copy follows what the daemons have. */
static void resync(struct edit *e)
{
	struct config *c = fetch(e);

	if (!c)
		return;
	config_cursor_rebase(e->cursor, c);
	config_free(e->config);
	e->config = c;
}

static void wait_line(struct edit *e, const char *line, unsigned number)
{
	/* Lines refused here are left blank, so that the numbers stay right. */
	while (e->waiting.len && e->first < number) {
		unsigned n = e->first;

		for (const char *p = e->waiting.s; *p; p++)
			n += *p == '\n';
		if (n >= number)
			break;
		sb_addc(&e->waiting, '\n');
	}
	if (!e->waiting.len)
		e->first = number;
	sb_add(&e->waiting, line);
	sb_addc(&e->waiting, '\n');
}

/* Lines that change nothing by themselves. */
static bool only_moves(const char *line)
{
	static const char *const words[] = { "exit", "quit", "end", "!", "#" };

	line += strspn(line, " \t");
	if (!*line)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(line, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static bool commit(struct edit *e, bool now, bool numbered)
{
	struct change c = { .node = sb_str(&e->node), .text = sb_str(&e->waiting),
		.len = e->waiting.len, .first_line = e->first, .lenient = !now };
	bool ok = commit_change(e->daemons, &c) == 0 && c.refusals.n == 0;

	change_print(&c, numbered);
	change_fini(&c);
	sb_reset(&e->waiting);
	sb_reset(&e->node);
	e->changed = true;
	if (ok)
		e->applied++;
	else
		resync(e);
	return ok;
}

static void say_incomplete(void *arg, const char *name, unsigned line, const char *sentence)
{
	(void)arg, (void)name, (void)line;
	fprintf(stderr, "%s; without effect until then\n", sentence);
}

void edit_leave(struct edit *e)
{
	if (e->changed)
		config_validate(e->config, "", say_incomplete, NULL);
}

enum config_result edit_line(struct edit *e, const char *line, unsigned number, bool now,
		struct err *err)
{
	struct strbuf node = { 0 };
	enum config_result r;

	err->text[0] = '\0';
	config_cursor_lines(e->cursor, &node);
	r = config_line(e->cursor, line, err);
	if (r == CONFIG_BAD && now && others_changed(e)) {
		/* They may have made what this line needs. */
		resync(e);
		r = config_line(e->cursor, line, err);
	}
	if (r != CONFIG_BAD && !(now && only_moves(line))) {
		if (!e->waiting.len)
			sb_add(&e->node, sb_str(&node));
		wait_line(e, line, number);
		if (now && !commit(e, true, false))
			r = CONFIG_BAD;
	}
	sb_free(&node);
	return r;
}

bool edit_commit(struct edit *e, bool numbered)
{
	return !e->waiting.len || commit(e, false, numbered);
}

const char *edit_prompt(const struct edit *e)
{
	return config_prompt(e->cursor);
}

const char *edit_hostname(const struct edit *e)
{
	return config_str(config_root(e->config), "hostname");
}

const struct config *edit_config(const struct edit *e)
{
	return e->config;
}

void edit_complete(const struct edit *e, const char *partial, struct grammar_candidates *ret)
{
	config_complete(e->cursor, partial, ret);
}

static bool read_file(const char *path, struct strbuf *text)
{
	struct err err;

	if (text_file_read(path, text, &err) == 0)
		return true;
	fprintf(stderr, "%% %s\n", err.text);
	return false;
}

/* A file may have been typed for the exec mode: these lines are only its way in. */
static void blank_way_in(char *text)
{
	static const char *const ways[] = { "configure terminal", "conf t", "enable" };

	for (char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t len = strcspn(p, "\r\n");

		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
			if (strlen(ways[i]) == len && memcmp(p, ways[i], len) == 0)
				memset(p, ' ', len);
	}
}

bool edit_file(struct daemons *d, const char *path)
{
	struct strbuf text = { 0 };
	struct change c = { .node = "", .first_line = 1, .lenient = true };
	bool ok = read_file(path, &text);

	if (ok && text.len) {
		blank_way_in(text.s);
		c.text = text.s;
		c.len = text.len;
		ok = commit_change(d, &c) == 0 && c.refusals.n == 0;
		change_print(&c, true);
		change_fini(&c);
	}
	sb_free(&text);
	return ok;
}

static void report(void *arg, const char *name, unsigned line, const char *sentence)
{
	(void)arg;
	(void)name;
	if (line)
		fprintf(stderr, "line %u: ", line);
	fprintf(stderr, "%s%s\n", sentence[0] == '%' ? "" : "% ", sentence);
}

static bool load_file(const char *path, bool print)
{
	struct config_print_opts opts = { .mark_ends = true };
	struct config *c = config_new(schema_table);
	struct strbuf text = { 0 }, out = { 0 };
	bool ok = read_file(path, &text);

	if (ok) {
		blank_way_in(text.len ? text.s : (char[1]){ 0 });
		ok = config_load_text(c, sb_str(&text), text.len, path, report, NULL) == 0;
	}
	if (print) {
		config_print(c, &opts, &out);
		fputs(sb_str(&out), stdout);
	}
	sb_free(&out);
	sb_free(&text);
	config_free(c);
	return ok;
}

bool edit_check_file(const char *path)
{
	return load_file(path, false);
}

bool edit_mark_file(const char *path)
{
	return load_file(path, true);
}
