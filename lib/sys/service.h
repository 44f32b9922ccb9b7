/* What every daemon offers on its control socket: its configuration, the
 * commands that all have, and its own.
 *
 *	static const struct service_hooks hooks = {
 *		.config = { build, apply, discard }, .exec = exec };
 *	s = service_new(d, &hooks, ctx);	-- loads the files, calls build and apply
 *	return daemon_run(d);
 */
#ifndef WEFT_SYS_SERVICE_H
#define WEFT_SYS_SERVICE_H

#include "lib/sys/commands.h"
#include "lib/sys/ctl.h"
#include "lib/sys/daemon.h"
#include "lib/sys/running.h"

struct service_hooks {
	struct running_hooks config;
	/* Carries out a command that this daemon owns (commands.h).  The match is
	 * gone when it returns: a generator copies what it needs.  A failure is
	 * ctl_answer_err() and a->status. */
	void (*exec)(void *ctx, const struct grammar_match *m, struct ctl_answer *a);
	/* Adds lines to `show memory`; may be NULL. */
	void (*memory)(void *ctx, struct strbuf *out);
};

struct service;

/* Makes the schema, loads the configuration (ends the process if it can't be
 * read at all; with --dryrun ends it in any case), listens on the control
 * socket, and takes over SIGHUP. */
struct service *service_new(struct daemon *d, const struct service_hooks *h, void *ctx);
/* Before the daemon's state that the hooks work on. */
void service_free(struct service *s);
const struct config *service_config(const struct service *s);

#endif
