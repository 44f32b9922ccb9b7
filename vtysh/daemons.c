/* vtysh's connections to the daemons. */
#include <config.h>

#include "vtysh/daemons.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/xalloc.h"

const struct daemon_row daemon_rows[N_DAEMONS] = {
	{ OWNER_OVERLAYD, "overlayd" },
	{ OWNER_BGPD, "bgpd" },
};

struct daemons {
	char *run_dir;
	unsigned only;
	struct ctl_client *client[N_DAEMONS];
	int why[N_DAEMONS]; /* -errno of the last attempt */
};

struct daemons *daemons_new(const char *run_dir, unsigned only)
{
	struct daemons *d = xcalloc(1, sizeof(*d));

	d->run_dir = xstrdup(run_dir);
	d->only = only;
	return d;
}

void daemons_free(struct daemons *d)
{
	for (int i = 0; i < N_DAEMONS; i++)
		ctl_client_close(d->client[i]);
	free(d->run_dir);
	free(d);
}

static int row_of(unsigned owner)
{
	for (int i = 0; i < N_DAEMONS; i++)
		if (daemon_rows[i].owner == owner)
			return i;
	abort();
}

struct ctl_client *daemons_client(struct daemons *d, unsigned owner)
{
	int i = row_of(owner);

	if (!(d->only & owner))
		return NULL;
	if (!d->client[i])
		d->client[i] = ctl_client_open(d->run_dir, daemon_rows[i].name, &d->why[i]);
	return d->client[i];
}

void daemons_drop(struct daemons *d, unsigned owner)
{
	int i = row_of(owner);

	ctl_client_close(d->client[i]);
	d->client[i] = NULL;
}

unsigned daemons_up(struct daemons *d, unsigned owners)
{
	unsigned up = 0;

	for (int i = 0; i < N_DAEMONS; i++) {
		unsigned owner = daemon_rows[i].owner;

		/* A connection that is left from before may be dead. */
		if ((owners & owner) && daemons_client(d, owner) &&
				daemons_ask(d, owner, CTL_PING, "", NULL, NULL) == 0)
			up |= owner;
	}
	return up;
}

void daemons_say_down(const struct daemons *d, unsigned owners)
{
	for (int i = 0; i < N_DAEMONS; i++) {
		if (!(owners & d->only & daemon_rows[i].owner))
			continue;
		if (d->why[i] == -EACCES || d->why[i] == -EPERM)
			fprintf(stderr, "%% %s: no permission to use %s/%s.vty\n",
					daemon_rows[i].name, d->run_dir, daemon_rows[i].name);
		else
			fprintf(stderr, "%% %s is not running\n", daemon_rows[i].name);
	}
}

struct counted {
	ctl_sink_fn *sink;
	void *ctx;
	bool any;
};

static bool counted_sink(void *ctx, enum ctl_type type, uint32_t line, const char *text, size_t len)
{
	struct counted *c = ctx;

	c->any = true;
	return !c->sink || c->sink(c->ctx, type, line, text, len);
}

int daemons_ask(struct daemons *d, unsigned owner, enum ctl_type type, const char *body,
		ctl_sink_fn *sink, void *ctx)
{
	struct counted counted = { sink, ctx, false };

	/* Twice: the daemon may have been restarted since the last request. */
	for (int tries = 0; tries < 2; tries++) {
		struct ctl_client *c = daemons_client(d, owner);
		int status = 0, r;

		if (!c)
			return -ENOTCONN;
		r = ctl_client_send(c, type, body, strlen(body));
		if (r == 0)
			r = ctl_client_wait(c, counted_sink, &counted, &status);
		if (r == 0)
			return status;
		daemons_drop(d, owner);
		if ((r != -EPIPE && r != -ECONNRESET) || counted.any)
			return r;
	}
	return -ENOTCONN;
}

static bool text_sink(void *ctx, enum ctl_type type, uint32_t line, const char *text, size_t len)
{
	(void)line;
	if (type == CTL_OUT)
		sb_addn(ctx, text, len);
	else
		fprintf(stderr, "%.*s\n", (int)len, text);
	return true;
}

int daemons_ask_text(struct daemons *d, unsigned owner, enum ctl_type type, const char *body,
		struct strbuf *out)
{
	return daemons_ask(d, owner, type, body, text_sink, out);
}

int daemons_lock(const struct daemons *d)
{
	int fd = open(d->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}
