/* A bgpd core in a test, with neighbours that the test plays: they open
 * sessions, send routes, and keep what they are told in tables of their own. */
#ifndef WEFT_TESTS_UNIT_RIG_H
#define WEFT_TESTS_UNIT_RIG_H

#include "bgpd/core/peer.h"
#include "bgpd/core/update.h"

#define RIG_AS 65000
#define RIG_ADDR "10.0.0.1"

struct rig_peer {
	struct rig *rig;
	struct peer_config config;	/* edit this */
	struct peer_family_config family[FAM_COUNT]; /* and this, then rig_configure() */
	conn_id conn;			/* 0: down */
	bool deaf;			/* does not read */
	bool want;			/* the core has something for it */
	bool lenient;			/* repeated announcements and needless withdrawals are all right */
	struct rib *told;		/* by family 0; source 1 */
	unsigned updates, repeated, needless, end_of_rib, notifications, borr, eorr;
	bool open_refresh;		/* offer route refresh and enhanced refresh */
};

struct rig {
	struct bgp_core *core;
	mono_t now;
	struct instance_config instance;	/* edit (peers come from the list below), then rig_configure() */
	void (*policy)(struct policy_config *c); /* NULL: none */
	VEC(struct rig_peer *) peers;
	struct attrs_table *attrs;		/* of what was told */
	struct info_table *infos;
	struct route_source source;
	const struct route_source *sources[2];
	struct rib_env env;
	struct update update;
	conn_id last_conn;
};

struct rig *rig_new(void);
void rig_free(struct rig *r);
struct rig_peer *rig_peer(struct rig *r, const char *addr, uint32_t as);
void rig_configure(struct rig *r);
void rig_up(struct rig_peer *p);
void rig_down(struct rig_peer *p);
void rig_run(struct rig *r);			/* until nothing is left to do now */
void rig_advance(struct rig *r, mono_t by);	/* and run */
void rig_pull(struct rig_peer *p, unsigned times); /* a deaf one reads a little */
/* a: next hop 0 stands for the peer's own address. */
void rig_announce(struct rig_peer *p, const char *prefix, const struct route_attrs *a);
void rig_announce_n(struct rig_peer *p, uint32_t n, const struct route_attrs *a); /* n.n.n.0/24 */
void rig_withdraw(struct rig_peer *p, const char *prefix);
void rig_withdraw_n(struct rig_peer *p, uint32_t n);
void rig_refresh(struct rig_peer *p);
void rig_end_of_rib(struct rig_peer *p);

/* What the peer was told of a prefix: "nh 10.0.0.1 path 65000 1 lp 100 ...";
 * "" if nothing.  Valid until the next call. */
const char *rig_told(struct rig_peer *p, const char *prefix);
uint32_t rig_told_count(const struct rig_peer *p);
struct peer *rig_core_peer(const struct rig_peer *p);
struct rib *rig_rib(const struct rig *r);
uint32_t rig_dest(const struct rig *r, const char *prefix); /* in the core's table; 0: none */

/* An AS path of sequences from ASes, 0-terminated, in static memory. */
struct attr_span rig_path(const uint32_t *as);
#define PATH(...) rig_path((const uint32_t[]){ __VA_ARGS__, 0 })

#endif
