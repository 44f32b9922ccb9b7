/* Between sockets.c, connection.c and listeners.c. */
#ifndef WEFT_BGPD_SOCKETS_PRIVATE_H
#define WEFT_BGPD_SOCKETS_PRIVATE_H

#include "bgpd/sockets.h"
#include "lib/base/htab.h"
#include "lib/base/vec.h"

struct connection {
	struct sockets *sockets;
	conn_id id;
	int fd;
	char vrf[16];
	struct loop_fd *watch;
	bool connecting, closing, in_writing;
	bool finished; /* closed for writing, until the peer closes too */
	uint8_t *in; /* what the core has not taken yet */
	size_t in_len;
	uint8_t *out; /* what the socket has not taken yet */
	size_t out_at, out_len;
	struct loop_timer *linger; /* of one that is closing: when it is given up */
};

struct sockets {
	struct bgpd *bgpd;
	VEC(struct connection *) connections; /* NULL where a place is free */
	struct htab by_id;		      /* conn_id to place + 1 */
	VEC(struct connection *) writing;     /* NULL where one is gone */
	conn_id last_id;
	bool held; /* some connection has `in` */
	uint8_t *in_buffer, *out_buffer;
	struct listeners *listeners;
};

#define BUFFER_SIZE (256 * 1024)

/* connection.c */
struct connection *connection_find(const struct sockets *s, conn_id id);
struct connection *connection_new(struct sockets *s, conn_id id, int fd);
void connection_free(struct connection *c);
/* The core is told; the connection is gone. */
void connection_lost(struct connection *c, int error);
/* Asks the loop for what it can use now. */
void connection_want(struct connection *c);
void connection_read(struct connection *c); /* c may be gone after it */
/* True if it should have another turn soon.  c may be gone. */
bool connection_write(struct connection *c);
/* Of the timer `linger`: it has waited long enough. */
void connection_linger_over(void *connection);

/* sockets.c */
void connection_ready(void *arg, int fd, unsigned ready);
/* Takes over the descriptor. */
void sockets_accepted(struct sockets *s, int fd, const char *vrf);

#endif
