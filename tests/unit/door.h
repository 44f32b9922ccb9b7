/* A core with neighbours that a test plays by hand: what the core says on each
 * connection is kept as messages, what it asks for as effects. */
#ifndef WEFT_TESTS_UNIT_DOOR_H
#define WEFT_TESTS_UNIT_DOOR_H

#include "bgpd/core/core.h"
#include "bgpd/core/instance.h"
#include "bgpd/core/msg.h"
#include "bgpd/core/peer.h"
#include "bgpd/core/session.h"
#include "bgpd/core/update.h"

#define OUR_AS 65000
#define OUR_ID 0x0a000001u

struct door_msg {
	uint8_t type;
	uint16_t len; /* of the body */
	uint8_t *body;
};

struct door_conn {
	conn_id id;
	bool closed; /* the core closed it */
	VEC(struct door_msg) sent;
	size_t seen; /* those before it have been looked at */
};

struct door_test {
	struct bgp_core *core;
	mono_t now;
	struct bgp_config *config; /* the one in force; NULL before the first */
	VEC(struct door_conn) conns;
	VEC(char *) log;
	conn_id connecting; /* of the last CONNECT effect that was not answered; 0: none */
	unsigned connects;
	bool finished, no_pull;
};

void door_open(struct door_test *t);
void door_close(struct door_test *t);
/* An empty configuration with our AS and id; one peer of it, IPv4 unicast. */
struct bgp_config *door_config_new(void);
struct peer_config *door_config_peer(struct bgp_config *c, uint32_t addr, uint32_t as);
void door_configure(struct door_test *t, struct bgp_config *c); /* takes it over */
size_t door_input(struct door_test *t, struct bgp_event *ev);
/* Time passes, with ticks at each deadline. */
void door_wait(struct door_test *t, mono_t time);

void door_accept(struct door_test *t, conn_id id, uint32_t addr);
conn_id door_connected(struct door_test *t); /* the connection that is being asked for; its number */
void door_lost(struct door_test *t, conn_id id, int error);
size_t door_data(struct door_test *t, conn_id id, const void *p, size_t len);
struct open_msg door_open_msg(uint32_t as, uint32_t id); /* with 4-byte AS, refresh, IPv4 unicast */
void door_send_open(struct door_test *t, conn_id id, const struct open_msg *o);
void door_send(struct door_test *t, conn_id id, uint8_t type, const void *body, size_t len);
void door_keepalive(struct door_test *t, conn_id id);
/* Announces (or withdraws) 10.n.0.0/16 .. with this AS as path. */
void door_announce(struct door_test *t, conn_id id, uint32_t as, unsigned first, unsigned n);
void door_end_of_rib(struct door_test *t, conn_id id);
/* The whole way up on an incoming connection. */
void door_establish(struct door_test *t, conn_id id, uint32_t addr, const struct open_msg *o);

struct door_conn *door_conn(struct door_test *t, conn_id id);
/* The next message that the core sent on it, NULL if there is none. */
const struct door_msg *door_next(struct door_test *t, conn_id id);
/* The next that is no KEEPALIVE. */
const struct door_msg *door_next_news(struct door_test *t, conn_id id);
bool door_notified(struct door_test *t, conn_id id, uint8_t code, uint8_t subcode);
struct peer *door_peer(struct door_test *t, uint32_t addr);
unsigned door_paths(struct door_test *t);
bool door_logged(struct door_test *t, const char *text);
#endif
