/* Between sockets.c and listeners.c. */
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

/* Takes over the descriptor. */
void sockets_accepted(struct sockets *s, int fd, const char *vrf);

#endif
