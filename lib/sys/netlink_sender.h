/* Requests to the kernel from a thread of their own.  The kernel does what a
 * netlink request asks for within the send, for a batch of routes some
 * milliseconds: the daemon reads its feed and answers commands meanwhile.  One
 * request at a time; its answer is read from the socket as ever. */
#ifndef WEFT_SYS_NETLINK_SENDER_H
#define WEFT_SYS_NETLINK_SENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/sys/netlink.h"

struct netlink_sender;

/* For requests of at most size bytes.  The thread begins with the first one, so
 * after the daemon has forked and given up its privileges.  n must outlive the
 * sender.  NULL and a sentence on failure. */
struct netlink_sender *netlink_sender_new(struct netlink *n, size_t size, struct err *err);
/* Waits for a request that is being sent. */
void netlink_sender_free(struct netlink_sender *s);

/* From netlink_sender_send() until netlink_sender_result(). */
bool netlink_sender_is_busy(const struct netlink_sender *s);
/* Where the next request is to be put; only while it is not busy. */
void *netlink_sender_buffer(struct netlink_sender *s);
void netlink_sender_send(struct netlink_sender *s, size_t len);

/* Readable when the request was sent; then: 0 or -errno, once. */
int netlink_sender_fd(const struct netlink_sender *s);
int netlink_sender_result(struct netlink_sender *s);

#endif
