/* BGP's TCP connections: listeners, connecting, bytes between the core and the
 * kernel.  The core decides; this does what its effects say. */
#ifndef WEFT_BGPD_SOCKETS_H
#define WEFT_BGPD_SOCKETS_H

#include "bgpd/bgpd.h"

struct sockets;

struct sockets *sockets_new(struct bgpd *b);
void sockets_free(struct sockets *s);

/* Listens as -l and -p say, in the default VRF and in each that has an
 * instance; -errno and a sentence if the default VRF's addresses can't be had.
 * A VRF whose device is not there yet is tried again. */
int sockets_listen(struct sockets *s, struct err *e);
/* The set of instances, of passwords, or of VRF devices may have changed. */
void sockets_sync(struct sockets *s);

void sockets_connect(struct sockets *s, const struct bgp_effect *ef);
void sockets_close(struct sockets *s, conn_id id);
/* The core has bytes for it; they are written when this turn's input is done. */
void sockets_want_write(struct sockets *s, conn_id id);
/* Writes what can be written now; true if it should be called again soon. */
bool sockets_flush(struct sockets *s);
/* Offers data again that the core did not take; after a tick. */
void sockets_offer(struct sockets *s);
/* Is something still to be written to a connection that is being closed? */
bool sockets_draining(const struct sockets *s);

struct socket_status {
	int fd;
	size_t in_queue, out_queue; /* bytes waiting in our buffers and the kernel's */
	uint32_t mss;
};
/* False if there is no such connection. */
bool sockets_status(const struct sockets *s, conn_id id, struct socket_status *ret);

#endif
