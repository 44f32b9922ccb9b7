/* Two-phase commit of a change over the running daemons. */
#include <config.h>

#include "vtysh/commit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/xalloc.h"

#define TRIES 8

static void refusal_add(struct change *c, uint32_t line, const char *text, size_t len,
		unsigned owner)
{
	struct refusal *r;

	vec_foreach(r, &c->refusals) {
		if (r->line == line && strlen(r->text) == len && memcmp(r->text, text, len) == 0) {
			r->owners |= owner;
			return;
		}
	}
	r = vec_push(&c->refusals);
	r->line = line;
	r->text = strndup(text, len);
	r->owners = owner;
}

struct sink {
	struct change *change;
	unsigned owner;
};

static bool on_answer(void *ctx, enum ctl_type type, uint32_t line, const char *text, size_t len)
{
	struct sink *s = ctx;

	if (type == CTL_ERR)
		refusal_add(s->change, line, text, len, s->owner);
	return true;
}

static int gone(struct daemons *d, struct change *c, const struct daemon_row *row)
{
	char text[64];

	daemons_drop(d, row->owner);
	snprintf(text, sizeof(text), "%% %s went away", row->name);
	refusal_add(c, 0, text, strlen(text), row->owner);
	return -EPIPE;
}

/* Lets all check at the same time.  Returns the set of those that agreed. */
static unsigned check_all(struct daemons *d, struct change *c, unsigned up, const char *text)
{
	unsigned sent = 0, agreed = 0;

	for (int i = 0; i < N_DAEMONS; i++) {
		const struct daemon_row *row = &daemon_rows[i];
		struct ctl_client *k = up & row->owner ? daemons_client(d, row->owner) : NULL;

		if (!k)
			continue;
		if (ctl_client_send_edit(k, c->lenient ? CTL_FLAG_LENIENT : 0, c->first_line,
				    c->node, text, c->len) == 0)
			sent |= row->owner;
		else
			gone(d, c, row);
	}
	for (int i = 0; i < N_DAEMONS; i++) {
		const struct daemon_row *row = &daemon_rows[i];
		struct sink s = { c, row->owner };
		int status = 0;

		if (!(sent & row->owner))
			continue;
		if (ctl_client_wait(daemons_client(d, row->owner), on_answer, &s, &status) < 0)
			gone(d, c, row);
		else if (status == 0)
			agreed |= row->owner;
	}
	return agreed;
}

/* Blanks the lines that some refused and others took, so that all end with the
 * same.  Returns whether there were any. */
static bool blank_disputed(const struct change *c, unsigned up, char *text, size_t *blanked)
{
	const struct refusal *r;
	size_t before = *blanked;

	vec_foreach(r, &c->refusals) {
		uint32_t n = c->first_line;
		char *p = text;

		if (!r->line || (r->owners & up) == up)
			continue;
		for (; n < r->line && (p = strchr(p, '\n')) != NULL; n++)
			p++;
		for (; p && *p && *p != '\n'; p++) {
			*blanked += *p != ' ';
			*p = ' ';
		}
	}
	return *blanked != before;
}

static unsigned send_each(struct daemons *d, struct change *c, unsigned to, enum ctl_type type)
{
	unsigned again = 0;

	for (int i = 0; i < N_DAEMONS; i++) {
		struct sink s = { c, daemon_rows[i].owner };
		int r;

		if (!(to & daemon_rows[i].owner))
			continue;
		r = daemons_ask(d, daemon_rows[i].owner, type, "", on_answer, &s);
		if (r == EAGAIN)
			again |= daemon_rows[i].owner;
		else if (r < 0)
			gone(d, c, &daemon_rows[i]);
	}
	return again;
}

static int commit_locked(struct daemons *d, struct change *c, unsigned up)
{
	char *text = strndup(c->text, c->len);
	size_t blanked = 0;
	unsigned agreed = 0, todo = up;
	int r = -EINVAL;

	for (int tries = 0; tries < TRIES && todo; tries++) {
		agreed = check_all(d, c, todo, text);
		if (c->lenient && agreed && blank_disputed(c, todo, text, &blanked))
			continue;
		if (agreed != todo) {
			send_each(d, c, agreed, CTL_ABORT);
			break;
		}
		r = 0;
		/* A reload came between: that daemon checks again. */
		todo = send_each(d, c, agreed, CTL_APPLY);
	}
	free(text);
	return r;
}

int commit_change(struct daemons *d, struct change *c)
{
	unsigned up = daemons_up(d, OWNER_BOTH);
	int lock, r;

	if (!up) {
		daemons_say_down(d, OWNER_BOTH);
		return -ENOTCONN;
	}
	lock = daemons_lock(d);
	r = commit_locked(d, c, up);
	if (lock >= 0)
		close(lock);
	return r;
}

void change_fini(struct change *c)
{
	for (size_t i = 0; i < c->refusals.n; i++)
		free(c->refusals.v[i].text);
	vec_free(&c->refusals);
}

void change_print(const struct change *c, bool numbered)
{
	const struct refusal *r;
	FILE *to = numbered ? stderr : stdout;

	vec_foreach(r, &c->refusals) {
		if (numbered && r->line)
			fprintf(to, "line %u: ", r->line);
		fprintf(to, "%s%s\n", r->text[0] == '%' ? "" : "% ", r->text);
	}
	fflush(to);
}
