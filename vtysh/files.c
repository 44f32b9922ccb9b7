/* The running configuration as text, and its file. */
#include <config.h>

#include "vtysh/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/config.h"
#include "lib/sys/textfile.h"

/* What each daemon owns, from that daemon, as one configuration. */
static void unite(struct strbuf *parts, struct strbuf *out)
{
	struct config *c = config_new(schema_table);

	for (int i = 0; i < N_DAEMONS; i++)
		config_load_text(c, sb_str(&parts[i]), parts[i].len, "", NULL, NULL);
	config_print(c, NULL, out);
	config_free(c);
}

/* All daemons hold the same text unless one was away during a change. */
static bool whole_text(struct daemons *d, unsigned up, struct strbuf *out)
{
	struct strbuf parts[N_DAEMONS] = { 0 };
	bool ok = true;

	for (int i = 0; i < N_DAEMONS && ok; i++)
		if (up & daemon_rows[i].owner)
			ok = daemons_ask_text(d, daemon_rows[i].owner, CTL_CONFIG, "", &parts[i]) == 0;
	if (ok && up == OWNER_BOTH && strcmp(sb_str(&parts[0]), sb_str(&parts[1])) != 0) {
		for (int i = 0; i < N_DAEMONS && ok; i++) {
			sb_reset(&parts[i]);
			ok = daemons_ask_text(d, daemon_rows[i].owner, CTL_CONFIG,
					     daemon_rows[i].name, &parts[i]) == 0;
		}
		if (ok)
			unite(parts, out);
	} else if (ok) {
		sb_add(out, sb_str(&parts[0]));
		if (up != OWNER_BOTH)
			sb_add(out, sb_str(&parts[1]));
	}
	for (int i = 0; i < N_DAEMONS; i++)
		sb_free(&parts[i]);
	return ok;
}

static bool running_text(struct daemons *d, unsigned owner, struct strbuf *out)
{
	unsigned up = daemons_up(d, OWNER_BOTH);
	const char *name = "";

	if (up != OWNER_BOTH)
		daemons_say_down(d, OWNER_BOTH & ~up);
	if (!up)
		return false;
	if (!owner)
		return whole_text(d, up, out);
	for (int i = 0; i < N_DAEMONS; i++)
		if (daemon_rows[i].owner == owner)
			name = daemon_rows[i].name;
	return daemons_ask_text(d, up & owner ? owner : up, CTL_CONFIG, name, out) == 0;
}

bool files_show_running(struct daemons *d, unsigned owner, bool header, struct output *o)
{
	struct strbuf text = { 0 };
	bool ok = running_text(d, owner, &text);

	if (ok) {
		output_begin(o);
		if (header)
			output_text(o, "Building configuration...\n\nCurrent configuration:\n!\n");
		output_write(o, sb_str(&text), text.len);
		output_text(o, "end\n");
		output_end(o);
	}
	sb_free(&text);
	return ok;
}

/* The file that a daemon was started with; false if the daemon is down. */
static bool config_path(struct daemons *d, unsigned owner, struct strbuf *path)
{
	struct strbuf answer = { 0 };
	const char *p = NULL;

	if (daemons_ask_text(d, owner, CTL_PING, "", &answer) == 0)
		p = strstr(sb_str(&answer), "\nconfig ");
	if (p) {
		p += strlen("\nconfig ");
		sb_addn(path, p, strcspn(p, "\n"));
	}
	sb_free(&answer);
	return p != NULL;
}

bool files_show_startup(struct daemons *d, const char *fallback, struct output *o)
{
	struct strbuf path = { 0 }, text = { 0 };
	struct err err;
	bool ok;

	for (int i = 0; i < N_DAEMONS && !path.len; i++)
		config_path(d, daemon_rows[i].owner, &path);
	if (!path.len)
		sb_add(&path, fallback);
	ok = text_file_read(sb_str(&path), &text, &err) == 0;
	if (ok) {
		output_begin(o);
		output_write(o, sb_str(&text), text.len);
		output_end(o);
	} else {
		fprintf(stderr, "%% %s\n", err.text);
	}
	sb_free(&path);
	sb_free(&text);
	return ok;
}

static bool write_to(const char *path, const struct strbuf *text, struct output *o)
{
	struct err err;

	if (text_file_replace(path, sb_str(text), text->len, &err) < 0) {
		fprintf(stderr, "%% %s\n", err.text);
		return false;
	}
	output_text(o, "Configuration saved to ");
	output_text(o, path);
	output_text(o, "\n");
	return true;
}

bool files_write(struct daemons *d, struct output *o)
{
	struct strbuf text = { 0 }, paths[N_DAEMONS] = { 0 };
	bool ok = running_text(d, 0, &text);

	if (ok) {
		output_begin(o);
		output_text(o, "Building Configuration...\n");
		for (int i = 0; i < N_DAEMONS; i++) {
			config_path(d, daemon_rows[i].owner, &paths[i]);
			if (paths[i].len && (i == 0 || strcmp(sb_str(&paths[0]), paths[i].s) != 0))
				ok = write_to(paths[i].s, &text, o) && ok;
		}
		if (ok)
			output_text(o, "[OK]\n");
		output_end(o);
	}
	for (int i = 0; i < N_DAEMONS; i++)
		sb_free(&paths[i]);
	sb_free(&text);
	return ok;
}

void files_hostname(struct daemons *d, struct strbuf *out)
{
	struct strbuf text = { 0 };
	const char *p = NULL;

	for (int i = 0; i < N_DAEMONS && !text.len; i++)
		daemons_ask_text(d, daemon_rows[i].owner, CTL_CONFIG, "", &text);
	if (strncmp(sb_str(&text), "hostname ", 9) == 0)
		p = text.s;
	else if (text.len)
		p = strstr(text.s, "\nhostname ");
	if (p) {
		p += strcspn(p, " ") + 1;
		sb_addn(out, p, strcspn(p, "\n"));
	}
	sb_free(&text);
}
