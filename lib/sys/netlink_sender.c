/* The thread that sends requests to the kernel: see netlink_sender.h.  Buffer
 * and result belong to the thread from the hand-over until the event. */
#include "lib/sys/netlink_sender.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/xalloc.h"

struct netlink_sender {
	struct netlink *netlink;
	uint8_t *buf;
	size_t len; /* to be sent; 0: nothing */
	int result;
	int event;
	bool busy;  /* the caller's view */
	bool started, quit;
	pthread_t thread;
	pthread_mutex_t mutex; /* of len, quit */
	pthread_cond_t wake;
};

static void send_now(struct netlink_sender *s, size_t len)
{
	uint64_t one = 1;

	s->result = netlink_send(s->netlink, s->buf, len);
	while (write(s->event, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *run(void *arg)
{
	struct netlink_sender *s = arg;

	pthread_mutex_lock(&s->mutex);
	for (;;) {
		size_t len;

		while (!s->len && !s->quit)
			pthread_cond_wait(&s->wake, &s->mutex);
		if (!s->len)
			break;
		len = s->len;
		s->len = 0;
		pthread_mutex_unlock(&s->mutex);
		send_now(s, len);
		pthread_mutex_lock(&s->mutex);
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
	return s->started;
}

struct netlink_sender *netlink_sender_new(struct netlink *n, size_t size, struct err *err)
{
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct netlink_sender *s;

	if (event < 0) {
		err_set(err, errno, "eventfd: %s", strerror(errno));
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->netlink = n;
	s->buf = xmalloc(size);
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
	free(s->buf);
	free(s);
}

bool netlink_sender_is_busy(const struct netlink_sender *s)
{
	return s->busy;
}

void *netlink_sender_buffer(struct netlink_sender *s)
{
	return s->buf;
}

void netlink_sender_send(struct netlink_sender *s, size_t len)
{
	s->busy = true;
	if (!s->started && !start(s)) {
		send_now(s, len); /* no thread to be had: as good, but slower */
		return;
	}
	pthread_mutex_lock(&s->mutex);
	s->len = len;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->mutex);
}

int netlink_sender_fd(const struct netlink_sender *s)
{
	return s->event;
}

int netlink_sender_result(struct netlink_sender *s)
{
	uint64_t n;

	if (!s->busy || read(s->event, &n, sizeof(n)) < 0)
		return 0;
	s->busy = false;
	return s->result;
}
