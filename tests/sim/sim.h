/* A network of BGP cores in one process under virtual time.  Connections are
 * pairs of byte queues with delays, limited buffers and reads of any size; all
 * chance comes from one seed, so a run can be repeated exactly. */
#ifndef WEFT_TESTS_SIM_SIM_H
#define WEFT_TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stdio.h>

#include "bgpd/core/core.h"
#include "bgpd/core/instance.h"
#include "lib/base/rng.h"
#include "lib/base/vec.h"

struct sim_chunk { /* bytes on their way */
	mono_t at;
	uint8_t *bytes;
	size_t len, taken;
};

struct sim_end { /* one end of a connection */
	int router;
	conn_id conn;
	bool open;	   /* the core knows it as a connection */
	char vrf[16];
	bool want_write, writing, closing, delivering;
	mono_t last_at;	   /* when the last chunk towards it arrives: they don't overtake */
	VEC(struct sim_chunk) in; /* towards this end; those before in_at are done */
	size_t in_at, in_bytes;
	bool fin;	   /* no more chunks come: CLOSED after them */
};

struct sim_pipe {
	struct sim_end end[2]; /* 0 asked for it */
	bool dead;
};

struct sim_router {
	struct bgp_core *core;
	struct ip_addr addr, addr6;
	mono_t tick_at;		/* MONO_NEVER: none is scheduled */
	bool down, finished;
	bool feed_asked;	/* SIM_FEED is on its way */
	uint32_t ups, downs;	/* sessions, by the log */
};

enum sim_event_type { SIM_TICK, SIM_ACCEPT, SIM_CONNECTED, SIM_REFUSED, SIM_DELIVER, SIM_WRITE, SIM_FEED };

struct sim_event {
	mono_t at;
	uint64_t order; /* ties are broken by chance, then by age */
	enum sim_event_type type;
	int router;
	int pipe, end;
};

struct sim {
	struct rng rng;
	mono_t now;
	mono_t delay_max;	/* of a chunk */
	size_t buffer;		/* bytes on their way towards an end at most */
	bool verbose;
	/* Set before routers are added, it makes them have an overlayd: takes frames
	 * that a core has for it. */
	void (*feed)(struct sim *s, int router, const uint8_t *frames, size_t len);
	uint64_t events_done;
	VEC(struct sim_event) heap;
	VEC(struct sim_router *) routers;
	VEC(struct sim_pipe *) pipes;
	conn_id next_conn;
};

void sim_init(struct sim *s, uint64_t seed);
void sim_fini(struct sim *s);
/* Router number n, with address 10.n.n.1-like and a core without overlayd. */
int sim_router_add(struct sim *s);
struct ip_addr sim_addr(int router);
struct ip_addr sim_addr6(int router);
struct bgp_core *sim_core(struct sim *s, int router);
/* Hands an event to a core and looks after its effects. */
size_t sim_input(struct sim *s, int router, const struct bgp_event *ev);
void sim_config(struct sim *s, int router, struct bgp_config *c); /* takes over the reference */
/* Until then, or until nothing is left to happen. */
void sim_run(struct sim *s, mono_t until);
/* Breaks a connection of two routers as a lost TCP connection would, if there is one. */
bool sim_reset(struct sim *s, int a, int b);
/* A core dies without a word and starts again, empty. */
void sim_restart(struct sim *s, int router);

#endif
