/* The shell around the core: what main.c, sockets.c, feed.c, control.c and the
 * show functions share.  One struct bgpd per process; no globals. */
#ifndef WEFT_BGPD_BGPD_H
#define WEFT_BGPD_BGPD_H

#include "bgpd/core/core.h"
#include "lib/sys/daemon.h"
#include "lib/sys/loop.h"

struct config;
struct feedconn;
struct running;
struct schema;
struct sockets;

struct bgpd {
	struct daemon *daemon;
	const struct daemon_options *options;
	struct loop *loop;
	struct schema *schema;
	struct running *running;
	struct bgp_core *core;
	struct sockets *sockets;
	struct feedconn *feed; /* NULL with -Z */
	struct loop_timer *deadline;
	struct loop_work *busy;	 /* the core has more to do */
	struct loop_work *flush; /* connections have something to write */
	bool dispatching, stopping;
};

/* Hands an event to the core and does what it asks for.  Returns what
 * bgp_core_input() does.  May be called from inside an effect. */
size_t bgpd_input(struct bgpd *b, const struct bgp_event *ev);
/* The core has finished (BGP_EVENT_SHUTDOWN) and all is written. */
void bgpd_finished(struct bgpd *b);

/* feed.c */
void bgpd_feed_open(struct bgpd *b);
void bgpd_feed_close(struct bgpd *b);

/* control.c: the control socket, and configuration changes */
int bgpd_control_open(struct bgpd *b, struct err *e);
void bgpd_control_close(struct bgpd *b);
/* Reads the files and runs what they say; the number of faults, all logged. */
unsigned bgpd_config_load(struct bgpd *b);

#endif
