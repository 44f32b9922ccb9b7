/* The core's hands: see kernel.h.  One pump, run piecewise by the loop: answers
 * first, then notifications, then the next batch, so that each is made with all
 * that is known.  Requests go out from a thread of their own, in which the
 * kernel does the work; while it is at one the next ones are made. */
#include "overlayd/kernel.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/log.h"
#include "lib/sys/netlink.h"
#include "lib/sys/netlink_sender.h"
#include "overlayd/sysctl.h"

#define REQUEST_BUFFER (16 << 20)
#define NOTIFY_BUFFER (64 << 20)
#define READS 32 /* datagrams a turn */
#define SENDS 4	 /* batches that may wait to be sent: all that the core has out */
/* So long may notifications wait that the core can't take for what it has out. */
#define UNHEARD_MAX MONO_MSEC(10)

struct kernel {
	struct loop *loop;
	struct overlay_core *core;
	struct feedconn *feed;
	struct netlink *requests, *notifications;
	struct netlink_sender *sender;
	struct loop_fd *request_fd, *notify_fd, *sender_fd;
	struct loop_timer *timer;
	struct loop_work *pump;
	bool answered;	 /* there may be answers to read */
	int hear_error;	 /* of reading notifications, last */
	mono_t heard_at; /* there may be notifications to read, since then; 0: none */
	uint8_t buf[NETLINK_RECV_SIZE];
};

static void input(struct kernel *k, const struct overlay_event *ev)
{
	overlay_core_input(k->core, mono_now(), ev);
}

/* Returns whether there were any. */
static bool effects(struct kernel *k)
{
	struct overlay_effect fx;
	bool any = false;

	while (overlay_core_next_effect(k->core, &fx)) {
		struct overlay_event ev = { .type = OVERLAY_SYSCTL };

		any = true;
		if (fx.type == OVERLAY_FX_LOG) {
			log_notice("%s", fx.text);
			continue;
		}
		if (fx.type == OVERLAY_FX_DELETIONS_UNHEARD) {
			int rc = netlink_ignore_requests(k->notifications, k->requests, fx.value);

			if (rc < 0)
				log_error("netlink filter: %s", strerror(-rc));
			continue;
		}
		ev.sysctl.path = fx.text;
		ev.sysctl.error = sysctl_ensure(fx.text, fx.value, fx.at_least, &ev.sysctl.value);
		input(k, &ev);
	}
	return any;
}

/* Returns whether there is more to read. */
static bool read_replies(struct kernel *k)
{
	for (int i = 0; i < READS; i++) {
		ssize_t n = netlink_recv(k->requests, k->buf, sizeof(k->buf));
		struct overlay_event ev = { .type = OVERLAY_NL_REPLY };

		if (n == 0) {
			k->answered = false;
			return false;
		}
		if (n < 0) {
			ev.type = OVERLAY_NL_LOST;
			ev.error = (int)-n;
		} else {
			ev.bytes.data = k->buf;
			ev.bytes.len = (size_t)n;
		}
		input(k, &ev);
	}
	return true;
}

/* Returns whether there is more to read. */
static bool read_notifications(struct kernel *k)
{
	for (int i = 0; i < READS; i++) {
		ssize_t n = netlink_recv(k->notifications, k->buf, sizeof(k->buf));
		struct overlay_event ev = { .type = OVERLAY_NL_NOTIFY };

		if (n == 0) {
			k->heard_at = 0;
			loop_fd_want(k->notify_fd, LOOP_READ);
			return false;
		}
		if (n < 0) {
			if (n != -ENOBUFS && n != k->hear_error)
				log_error("netlink notifications: %s", strerror((int)-n));
			k->hear_error = (int)n;
			ev.type = OVERLAY_NL_OVERRUN;
		} else {
			k->hear_error = 0;
			ev.bytes.data = k->buf;
			ev.bytes.len = (size_t)n;
		}
		input(k, &ev);
	}
	return true;
}

/* Returns whether there is more to read or to send. */
static bool send_batch(struct kernel *k)
{
	void *buf = netlink_sender_buffer(k->sender);
	size_t n;

	if (!buf)
		return false;
	n = overlay_core_pull_netlink(k->core, mono_now(), buf, OVERLAY_BATCH_MAX);
	if (n)
		netlink_sender_send(k->sender, n);
	return n > 0;
}

static bool talk(struct kernel *k)
{
	bool more = k->answered && read_replies(k);
	bool idle = !overlay_core_awaits_reply(k->core);

	if (overlay_core_takes_notifications(k->core)) {
		if ((k->heard_at || idle) && read_notifications(k)) {
			more = true;
			if (idle)
				return true; /* not before all is known */
		}
	} else if (k->heard_at && mono_now() - k->heard_at > UNHEARD_MAX) {
		return more;
	}
	return send_batch(k) || more;
}

static bool pump(void *arg)
{
	struct kernel *k = arg;
	bool more = false;

	if (k->requests)
		more = talk(k);
	more |= effects(k);
	if (k->feed && overlay_core_wants_feed(k->core))
		feedconn_want_write(k->feed);
	loop_timer_set(k->timer, overlay_core_deadline(k->core));
	return more;
}

static void on_answer(void *arg, int fd, unsigned ready)
{
	struct kernel *k = arg;

	(void)fd, (void)ready;
	k->answered = true;
	loop_work_schedule(k->pump);
}

static void on_notification(void *arg, int fd, unsigned ready)
{
	struct kernel *k = arg;

	(void)fd, (void)ready;
	k->heard_at = mono_now();
	loop_fd_want(k->notify_fd, 0); /* until all are read */
	loop_work_schedule(k->pump);
}

static void on_sender(void *arg, int fd, unsigned ready)
{
	struct kernel *k = arg;
	int rc = netlink_sender_result(k->sender);

	(void)fd, (void)ready;
	if (rc < 0) {
		struct overlay_event ev = { .type = OVERLAY_NL_LOST, .error = -rc };

		input(k, &ev);
	}
	loop_work_schedule(k->pump);
}

static void on_timer(void *arg)
{
	struct overlay_event ev = { .type = OVERLAY_TICK };
	struct kernel *k = arg;

	/* Another namespace's work may hold the kernel's lock for long. */
	if (k->sender && netlink_sender_is_busy(k->sender)) {
		ev.type = OVERLAY_NL_SENDING;
		input(k, &ev);
		ev.type = OVERLAY_TICK;
	}
	kernel_input(k, &ev);
}

void kernel_input(struct kernel *k, const struct overlay_event *ev)
{
	input(k, ev);
	loop_work_schedule(k->pump);
}

void kernel_set_feed(struct kernel *k, struct feedconn *f)
{
	k->feed = f;
}

static int open_sockets(struct kernel *k, struct err *err)
{
	static const unsigned groups[] = { RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_NEXTHOP,
		RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
		0 };
	int rc;

	k->requests = netlink_open(NULL, REQUEST_BUFFER, err);
	k->notifications = k->requests ? netlink_open(groups, NOTIFY_BUFFER, err) : NULL;
	if (!k->notifications)
		return -1;
	rc = netlink_ignore_requests(k->notifications, k->requests, false);
	if (rc < 0)
		return err_set(err, -rc, "netlink filter: %s", strerror(-rc));
	k->sender = netlink_sender_new(k->requests, OVERLAY_BATCH_MAX, SENDS, err);
	if (!k->sender)
		return -1;
	k->sender_fd = loop_fd_new(k->loop, netlink_sender_fd(k->sender), on_sender, k);
	loop_fd_want(k->sender_fd, LOOP_READ);
	k->request_fd = loop_fd_new(k->loop, netlink_fd(k->requests), on_answer, k);
	k->notify_fd = loop_fd_new(k->loop, netlink_fd(k->notifications), on_notification, k);
	loop_fd_want(k->request_fd, LOOP_READ);
	loop_fd_want(k->notify_fd, LOOP_READ);
	return 0;
}

struct kernel *kernel_new(struct loop *l, struct overlay_core *core, bool no_kernel,
		struct err *err)
{
	struct kernel *k = xcalloc(1, sizeof(*k));

	k->loop = l;
	k->core = core;
	k->timer = loop_timer_new(l, on_timer, k);
	k->pump = loop_work_new(l, pump, k);
	if (!no_kernel && open_sockets(k, err) < 0) {
		kernel_free(k);
		return NULL;
	}
	loop_work_schedule(k->pump);
	return k;
}

void kernel_free(struct kernel *k)
{
	if (!k)
		return;
	loop_fd_free(k->sender_fd);
	loop_fd_free(k->request_fd);
	loop_fd_free(k->notify_fd);
	loop_timer_free(k->timer);
	loop_work_free(k->pump);
	netlink_sender_free(k->sender);
	netlink_close(k->requests);
	netlink_close(k->notifications);
	free(k);
}
