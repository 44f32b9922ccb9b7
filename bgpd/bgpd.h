/* The shell around the core: what main.c, sockets.c, feed_shell.c and the show
 * functions share.  One struct bgpd per process; no globals. */
#ifndef WEFT_BGPD_BGPD_H
#define WEFT_BGPD_BGPD_H

#include "bgpd/core/core.h"
#include "lib/sys/daemon.h"
#include "lib/sys/loop.h"

struct config;
struct feedconn;
struct record;
struct sockets;

struct bgpd {
	struct daemon *daemon;
	const struct daemon_options *options;
	struct loop *loop;
	const struct config *tree; /* the running configuration; NULL during start-up */
	struct bgp_core *core;
	struct sockets *sockets;
	struct feedconn *feed; /* NULL with -Z */
	struct loop_timer *deadline;
	struct loop_work *busy;	 /* the core has more to do */
	struct loop_work *flush; /* connections have something to write */
	bool dispatching;	 /* effects are being taken */
	bool stopping, finished;
	struct record *record;	    /* NULL: nothing is recorded */
	struct strbuf config_text; /* of the configuration last built, for the recording */
};

/* Hands an event to the core and does what it asks for.  Returns what
 * bgp_core_input() does.  May be called from inside an effect. */
size_t bgpd_input(struct bgpd *b, const struct bgp_event *ev);
/* bgp_core_pull() and bgp_core_pull_feed(), now. */
size_t bgpd_pull(struct bgpd *b, conn_id conn, uint8_t *buf, size_t size);
size_t bgpd_pull_feed(struct bgpd *b, uint8_t *buf, size_t size);
/* Takes the effects that wait, after the core was pulled. */
void bgpd_effects(struct bgpd *b);

#endif
