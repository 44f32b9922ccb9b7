/* The thread that sends requests to the kernel: see netlink_sender.h.  Buffers
 * are a ring: those between the two counters belong to the thread. */
#define _GNU_SOURCE /* pthread_setname_np */
#include "lib/sys/netlink_sender.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/xalloc.h"

/* A batch is sent in pieces of whole messages.  Between those of forwarding
 * entries others may run: an entry of a VXLAN device takes per-CPU memory, which
 * the kernel can't make while it adds one: it searches what a worker made
 * before.  With 1,000 in a piece an entry cost 26 us, with 128 of them 8 or, when
 * the worker had to wait for the processor, up to 16. */
#define PIECE_MAX 6144

struct slot {
	uint8_t *buf;
	size_t len;
};

struct netlink_sender {
	struct netlink *netlink;
	int event;
	bool started;
	pthread_t thread;
	pthread_mutex_t mutex; /* of all below */
	pthread_cond_t wake;
	bool asleep, quit;
	bool awaited; /* the caller waits for a buffer */
	int result;
	unsigned given, sent;
	unsigned n;
	struct slot slots[];
};

/* Bytes of the whole messages that make the next piece. */
static size_t piece(const uint8_t *p, size_t len)
{
	struct nlmsghdr h;
	size_t n = 0;

	while (n < len) {
		memcpy(&h, p + n, sizeof(h));
		if (n > 0 && n + h.nlmsg_len > PIECE_MAX)
			return n;
		n += NLMSG_ALIGN(h.nlmsg_len);
	}
	return len;
}

static int send_slot(struct netlink_sender *s, const struct slot *slot)
{
	size_t n;

	for (size_t at = 0; at < slot->len; at += n) {
		struct nlmsghdr h;
		int rc;

		n = piece(slot->buf + at, slot->len - at);
		rc = netlink_send(s->netlink, slot->buf + at, n);
		if (rc < 0)
			return rc;
		memcpy(&h, slot->buf + at, sizeof(h));
		if (h.nlmsg_type == RTM_NEWNEIGH)
			sched_yield();
	}
	return 0;
}

/* Called with the mutex, which it gives up while it sends. */
static void send_next(struct netlink_sender *s)
{
	const struct slot *slot = &s->slots[s->sent % s->n];
	uint64_t one = 1;
	int rc;

	pthread_mutex_unlock(&s->mutex);
	rc = send_slot(s, slot);
	pthread_mutex_lock(&s->mutex);
	s->sent++;
	if (rc == 0 && !s->awaited)
		return;
	if (rc < 0)
		s->result = rc;
	s->awaited = false;
	while (write(s->event, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *run(void *arg)
{
	struct netlink_sender *s = arg;

	pthread_mutex_lock(&s->mutex);
	for (;;) {
		while (s->sent != s->given)
			send_next(s);
		if (s->quit)
			break;
		s->asleep = true;
		pthread_cond_wait(&s->wake, &s->mutex);
		s->asleep = false;
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

/* Signals are the loop's. */
static bool start(struct netlink_sender *s)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	s->started = pthread_create(&s->thread, NULL, run, s) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (s->started)
		pthread_setname_np(s->thread, "netlink sender");
	return s->started;
}

struct netlink_sender *netlink_sender_new(struct netlink *n, size_t size, unsigned waiting,
		struct err *err)
{
	/* One more: the last answer may be here before its send has returned. */
	unsigned slots = waiting + 1;
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct netlink_sender *s;

	if (event < 0) {
		err_set(err, errno, "eventfd: %s", strerror(errno));
		return NULL;
	}
	s = xcalloc(1, sizeof(*s) + slots * sizeof(s->slots[0]));
	s->netlink = n;
	s->n = slots;
	for (unsigned i = 0; i < slots; i++)
		s->slots[i].buf = xmalloc(size);
	s->event = event;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->wake, NULL);
	return s;
}

void netlink_sender_free(struct netlink_sender *s)
{
	if (!s)
		return;
	if (s->started) {
		pthread_mutex_lock(&s->mutex);
		s->quit = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->mutex);
		pthread_join(s->thread, NULL);
	}
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->mutex);
	close(s->event);
	for (unsigned i = 0; i < s->n; i++)
		free(s->slots[i].buf);
	free(s);
}

void *netlink_sender_buffer(struct netlink_sender *s)
{
	bool full;

	pthread_mutex_lock(&s->mutex);
	if (s->given == s->sent)
		s->given = s->sent = 0; /* they must not wrap: the ring is no power of two */
	full = s->given - s->sent == s->n;
	s->awaited |= full;
	pthread_mutex_unlock(&s->mutex);
	return full ? NULL : s->slots[s->given % s->n].buf;
}

void netlink_sender_send(struct netlink_sender *s, size_t len)
{
	bool asleep;

	pthread_mutex_lock(&s->mutex);
	s->slots[s->given++ % s->n].len = len;
	if (!s->started && !start(s))
		send_next(s); /* no thread to be had: as good, but slower */
	asleep = s->asleep;
	pthread_mutex_unlock(&s->mutex);
	if (asleep)
		pthread_cond_signal(&s->wake);
}

bool netlink_sender_is_busy(struct netlink_sender *s)
{
	bool busy;

	pthread_mutex_lock(&s->mutex);
	busy = s->given != s->sent;
	pthread_mutex_unlock(&s->mutex);
	return busy;
}

int netlink_sender_fd(const struct netlink_sender *s)
{
	return s->event;
}

int netlink_sender_result(struct netlink_sender *s)
{
	uint64_t n;
	int rc;

	while (read(s->event, &n, sizeof(n)) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&s->mutex);
	rc = s->result;
	s->result = 0;
	pthread_mutex_unlock(&s->mutex);
	return rc;
}
