/* Requests to the kernel from a thread of their own.  The kernel does what a
 * netlink request asks for within the send, for a batch of routes some
 * milliseconds: the daemon reads its feed, answers commands and makes the next
 * batch meanwhile.  Answers are read from the socket as ever. */
#ifndef WEFT_SYS_NETLINK_SENDER_H
#define WEFT_SYS_NETLINK_SENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/sys/netlink.h"

struct netlink_sender;

/* For batches of requests of at most size bytes, of which so many may wait.  The
 * thread begins with the first one, so after the daemon has forked and given up
 * its privileges.  n must outlive the sender.  NULL and a sentence on failure. */
struct netlink_sender *netlink_sender_new(struct netlink *n, size_t size, unsigned waiting,
		struct err *err);
/* Waits for the batches that are being sent. */
void netlink_sender_free(struct netlink_sender *s);

/* Where the next batch is to be put; NULL if too many wait: netlink_sender_fd()
 * becomes readable when that is over. */
void *netlink_sender_buffer(struct netlink_sender *s);
/* Sends, after all before it, what was put there. */
void netlink_sender_send(struct netlink_sender *s, size_t len);

/* Something is not sent yet. */
bool netlink_sender_is_busy(struct netlink_sender *s);

/* Readable when there is something to know; then: 0, or -errno if sending
 * failed since it was asked last. */
int netlink_sender_fd(const struct netlink_sender *s);
int netlink_sender_result(struct netlink_sender *s);

#endif
