/* The door's inside, shared by core.c and the modules of sessions: effects out,
 * work between events, connections by their number. */
#ifndef WEFT_BGPD_CORE_DOOR_H
#define WEFT_BGPD_CORE_DOOR_H

#include "bgpd/core/local.h"
#include "bgpd/core/update.h"
#include "lib/base/hash.h"
#include "lib/base/htab.h"
#include "lib/base/rng.h"

struct conn;

struct door {
	VEC(struct bgp_effect) effects;
	size_t effects_at;	      /* those before it have been taken */
	struct work *work, *work_last;
	VEC(struct conn *) conns;     /* NULL where a place is free */
	uint32_t conns_live;
	struct htab conn_ids;	      /* conn_id to place + 1 */
	conn_id last_conn;	      /* number of the last connection that we asked for */
	struct rng rng;		      /* jitter */
	struct update update;	      /* scratch of the decoder */
	struct local local;	      /* what overlayd said */
	bool feed_wanted;	      /* WANT_FEED is out */
	bool data_held;		      /* a DATA event was not taken whole */
	bool data_enough;	      /* the message at hand cost much: others are due */
	bool shutdown, finished;
};

static inline struct door *core_door(const struct bgp_core *c)
{
	return c->door;
}

struct bgp_effect *core_effect(struct bgp_core *c, enum bgp_effect_type type, conn_id id);
struct conn *core_conn_find(const struct bgp_core *c, conn_id id); /* NULL: none */
void core_conn_add(struct bgp_core *c, struct conn *conn);
void core_conn_remove(struct bgp_core *c, struct conn *conn);
/* t shortened by up to a quarter (RFC 4271 section 10, "Jitter"). */
mono_t core_jitter(struct bgp_core *c, mono_t t);

/* instance.c */
struct bgp_instance *instance_new(struct bgp_core *c, const char *vrf,
		const struct instance_config *config);
void instance_free(struct bgp_instance *i);
/* Takes a new configuration of the same VRF; peers are the caller's. */
void instance_configure(struct bgp_instance *i, const struct instance_config *config);
void instance_end_of_rib(struct bgp_instance *i); /* a peer has sent all it has */
void instance_redecide(struct bgp_instance *i, enum family f); /* all of a table, in slices */
/* The router id as configured, else as best learned; true if it or the cluster
 * id changed.  Sessions start again if the former did. */
bool instance_router_id_update(struct bgp_instance *i);

/* reload.c */
int reload_config(struct bgp_core *c, struct bgp_config *config, struct err *e);
/* The compiled policy of a configuration, which keeps it: compiled once, or the
 * running one if that says the same.  One reference, or NULL and a sentence. */
struct policy *policy_of(const struct bgp_core *c, struct bgp_config *config, struct err *e);
void reload_automatic(struct bgp_core *c, const char *vrf); /* its L3VNI came or went */

/* clear.c */
void core_clear(struct bgp_core *c, const struct bgp_clear *k);

#endif
