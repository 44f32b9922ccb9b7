/* The played kernel's conversation with the core: see overlay_kernel.h. */
#include "overlay_kernel.h"

#include <assert.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

static bool is_listed(const struct fake_object *o, const struct nlmsg *m)
{
	uint8_t family = m->body[0], own = o->bytes[sizeof(struct nlmsghdr)];

	switch (m->type) {
	case RTM_GETLINK:
		return o->type == KOBJ_LINK;
	case RTM_GETADDR:
		return o->type == KOBJ_ADDR;
	case RTM_GETNEXTHOP:
		return o->type == KOBJ_NEXTHOP;
	case RTM_GETNEIGH:
		return o->type == (family == AF_BRIDGE ? KOBJ_FDB : KOBJ_NEIGH) && own == family;
	case RTM_GETROUTE:
		return o->type == KOBJ_ROUTE && own == family;
	}
	return false;
}

static void answer(struct fake_kernel *k, const uint8_t *p, size_t len)
{
	if (k->answers_lost)
		return;
	vec_reserve(&k->answers, len);
	memcpy(k->answers.v + k->answers.n, p, len);
	k->answers.n += len;
}

static int list_error(const struct fake_kernel *k, const struct nlmsg *m)
{
	return k->list_type == 0 || k->list_type == m->type ? k->list_error : 0;
}

static void list(struct fake_kernel *k, const struct nlmsg *m)
{
	uint8_t buf[64];
	struct nlw w = nlw_init(buf, sizeof(buf));
	int32_t done = k->ends_in_error ? list_error(k, m) : 0;

	for (size_t i = 0; i < k->objects.n && !done; i++) {
		struct fake_object *o = &k->objects.v[i];
		struct nlmsghdr h;

		if (!o->live || !is_listed(o, m))
			continue;
		memcpy(&h, o->bytes, sizeof(h));
		h.nlmsg_seq = m->seq;
		memcpy(o->bytes, &h, sizeof(h));
		answer(k, o->bytes, o->len);
	}
	nlw_begin(&w, NLMSG_DONE, NLM_F_MULTI, m->seq, &done, sizeof(done));
	nlw_end(&w);
	answer(k, buf, w.len);
}

static void acknowledge(struct fake_kernel *k, const struct nlmsg *m, int error)
{
	struct nlmsgerr e = { .error = error };
	uint8_t buf[64];
	struct nlw w = nlw_init(buf, sizeof(buf));

	nlw_begin(&w, NLMSG_ERROR, 0, m->seq, &e, sizeof(e));
	nlw_end(&w);
	answer(k, buf, w.len);
}

void fake_input(struct fake_kernel *k, const struct overlay_event *ev)
{
	struct overlay_effect fx;

	overlay_core_input(k->core, k->now, ev);
	while (overlay_core_next_effect(k->core, &fx)) {
		struct overlay_event done = { .type = OVERLAY_SYSCTL };

		if (fx.type == OVERLAY_FX_LOG) {
			k->logged++;
			memcpy(k->log, fx.text, sizeof(k->log));
		}
		if (fx.type == OVERLAY_FX_DELETIONS_UNHEARD)
			k->deletions_unheard = fx.value;
		if (fx.type != OVERLAY_FX_SYSCTL)
			continue;
		*vec_push(&k->sysctls) = fx;
		done.sysctl.path = fx.text;
		done.sysctl.value = fx.value;
		overlay_core_input(k->core, k->now, &done);
	}
}

/* Hands over so many messages from the front of a queue, or all. */
static void hand_over(struct fake_kernel *k, enum overlay_event_type type, uint8_t *v, size_t *n,
		size_t max)
{
	struct overlay_event ev = { .type = type };
	const uint8_t *p = v;
	uint8_t *copy;
	struct nlmsg m;

	for (size_t i = 0; i < max && nlmsg_next(&p, v + *n, &m) > 0; i++)
		;
	ev.bytes.len = (size_t)(p - v);
	copy = malloc(ev.bytes.len);
	memcpy(copy, v, ev.bytes.len);
	memmove(v, p, *n - ev.bytes.len);
	*n -= ev.bytes.len;
	ev.bytes.data = copy;
	fake_input(k, &ev);
	free(copy);
}

static bool hear_answers(struct fake_kernel *k, size_t max)
{
	if (k->answers.n == 0)
		return false;
	hand_over(k, OVERLAY_NL_REPLY, k->answers.v, &k->answers.n, max);
	return true;
}

static bool hear_notifications(struct fake_kernel *k, size_t max)
{
	if (k->notifications.n == 0 || !overlay_core_takes_notifications(k->core))
		return false;
	hand_over(k, OVERLAY_NL_NOTIFY, k->notifications.v, &k->notifications.n, max);
	return true;
}

static bool is_dump(const struct nlmsg *m)
{
	return m->flags & NLM_F_DUMP && m->type >= RTM_GETLINK && (m->type & 3) == 2;
}

static bool is_listing(const struct fake_batch *b)
{
	const uint8_t *p = b->bytes;
	struct nlmsg m;

	return nlmsg_next(&p, b->bytes + b->len, &m) > 0 && is_dump(&m);
}

/* When nothing is asked all notifications are read first, see core.h. */
static bool pull(struct fake_kernel *k, size_t size)
{
	struct overlay_event tick = { .type = OVERLAY_TICK };
	struct fake_batch *b;
	size_t n;

	while (!overlay_core_awaits_reply(k->core) && hear_notifications(k, SIZE_MAX))
		;
	fake_input(k, &tick);
	b = vec_push(&k->waiting);
	b->done = 0;
	b->len = overlay_core_pull_netlink(k->core, k->now, b->bytes, size);
	n = b->len;
	if (n && k->send_error && !is_listing(b)) {
		struct overlay_event lost = { .type = OVERLAY_NL_LOST, .error = k->send_error };

		k->waiting.n--;
		k->sends_failed++;
		fake_input(k, &lost);
		return true;
	}
	k->waiting.n -= n == 0;
	if (k->waiting.n > k->most_in_air)
		k->most_in_air = (unsigned)k->waiting.n;
	fake_input(k, &tick); /* effects */
	return n > 0;
}

/* Does so many requests of those that were sent first. */
static bool work(struct fake_kernel *k, size_t max)
{
	struct fake_batch *b = k->waiting.v;
	const uint8_t *p;
	struct nlmsg m;

	if (k->waiting.n == 0)
		return false;
	p = b->bytes + b->done;
	for (size_t i = 0; i < max && nlmsg_next(&p, b->bytes + b->len, &m) > 0; i++) {
		int rc;

		if (is_dump(&m)) {
			k->lists++;
			if (list_error(k, &m) && !k->ends_in_error)
				acknowledge(k, &m, k->list_error);
			else
				list(k, &m);
			continue;
		}
		k->requests++;
		rc = fake_request(k, &m, true);
		if (rc == 0 && (m.type & 3) == 1)
			k->deletes++;
		else if (rc == 0)
			k->adds++;
		k->refused += rc == -EINVAL;
		if (rc < 0 || m.flags & NLM_F_ACK)
			acknowledge(k, &m, rc);
	}
	b->done = (size_t)(p - b->bytes);
	if (b->done >= b->len)
		vec_remove(&k->waiting, 0);
	return true;
}

static unsigned drawn(struct fake_kernel *k, unsigned n)
{
	k->draw = hash_u64(7, k->draw) | 1;
	return (unsigned)(k->draw >> 8) % n;
}

static bool is_over(const struct fake_kernel *k)
{
	return !k->waiting.n && !k->answers.n && !k->notifications.n;
}

bool fake_steps(struct fake_kernel *k, unsigned n)
{
	while (n-- > 0) {
		size_t few = 1 + drawn(k, 4);

		if (is_over(k) && !pull(k, 512) && !pull(k, 512)) /* effects may have come first */
			return false;
		switch (drawn(k, 4)) {
		case 0:
			pull(k, 200 + drawn(k, 600));
			break;
		case 1:
			work(k, few);
			break;
		case 2:
			hear_answers(k, few);
			break;
		case 3:
			hear_notifications(k, few);
			break;
		}
	}
	return true;
}

void fake_run(struct fake_kernel *k)
{
	unsigned rounds = 0;

	while (k->draw && fake_steps(k, 1))
		assert(rounds++ < 1000000);
	while (!k->draw && (pull(k, OVERLAY_BATCH_MAX) || !is_over(k) || pull(k, OVERLAY_BATCH_MAX))) {
		assert(rounds++ < 10000);
		work(k, SIZE_MAX);
		hear_answers(k, SIZE_MAX);
		if (k->answers_lost && overlay_core_awaits_reply(k->core))
			return;
	}
}
