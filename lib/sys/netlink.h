/* A netlink socket: bytes in, bytes out; what they mean is the caller's.  The
 * only user of libmnl.
 *
 * What matters on rtnetlink: one acknowledgement for a batch (with one for each
 * message a burst overflows the socket), errors without a copy of the request,
 * with the kernel's sentence, a large receive buffer, and never a blocking
 * receive. */
#ifndef WEFT_SYS_NETLINK_H
#define WEFT_SYS_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/err.h"

struct netlink;

/* Room for the largest datagram that the kernel sends (a dump's). */
#define NETLINK_RECV_SIZE 131072

/* A socket of NETLINK_ROUTE that receives the given multicast groups
 * (RTNLGRP_*, ended by 0; NULL for none).  NULL and a sentence on failure. */
struct netlink *netlink_open(const unsigned *groups, size_t recv_buffer, struct err *err);
void netlink_close(struct netlink *n);
int netlink_fd(const struct netlink *n);

/* Leaves out notifications of routes, next hops and neighbours that `of`
 * itself asked for: their sender knows, and a million of them would overrun
 * the socket.  Of additions to forwarding tables the kernel does not say who
 * asked, so all with NTF_EXT_LEARNED, a control plane's, are left out; nor of
 * deletions from them and of neighbours: those with the mark are left out with
 * marked_deletions.  May be changed at any time.  Returns 0 or -errno. */
int netlink_ignore_requests(struct netlink *n, const struct netlink *of, bool marked_deletions);

/* Sends one datagram.  Returns 0 or -errno. */
int netlink_send(struct netlink *n, const void *buf, size_t len);

/* Receives one datagram.  Returns its length, 0 if there is none, -ENOBUFS if
 * some were lost, or another -errno. */
ssize_t netlink_recv(struct netlink *n, void *buf, size_t size);

#endif
