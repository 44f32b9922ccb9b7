/* vtysh's connections to the daemons, made when first needed and made again
 * when a daemon was restarted. */
#ifndef WEFT_VTYSH_DAEMONS_H
#define WEFT_VTYSH_DAEMONS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/strbuf.h"
#include "lib/sys/commands.h"
#include "lib/sys/ctl.h"

#define N_DAEMONS 2

/* Row i of the daemons: OWNER_* and name. */
extern const struct daemon_row {
	unsigned owner;
	const char *name;
} daemon_rows[N_DAEMONS];

struct daemons;

/* Sockets in run_dir; `only` is a set of OWNER_* that may be talked to. */
struct daemons *daemons_new(const char *run_dir, unsigned only);
void daemons_free(struct daemons *d);

/* The connection, or NULL if the daemon is down (or not among `only`). */
struct ctl_client *daemons_client(struct daemons *d, unsigned owner);
/* Forgets a connection after an error or an answer that was given up. */
void daemons_drop(struct daemons *d, unsigned owner);
/* Of a set: those that are running. */
unsigned daemons_up(struct daemons *d, unsigned owners);
/* Says on standard error that these are down: "% bgpd is not running". */
void daemons_say_down(const struct daemons *d, unsigned owners);

/* One request and its answer.  Returns the answer's status (0, or a positive
 * errno), or -errno: -ENOTCONN if the daemon is down. */
int daemons_ask(struct daemons *d, unsigned owner, enum ctl_type type, const char *body,
		ctl_sink_fn *sink, void *ctx);
/* The same, with the output appended to *out; sentences are printed. */
int daemons_ask_text(struct daemons *d, unsigned owner, enum ctl_type type, const char *body,
		struct strbuf *out);

/* Keeps other sessions from changing the configuration at the same time.
 * Returns a descriptor to be closed, or -1 if there is no lock to be had. */
int daemons_lock(const struct daemons *d);

#endif
