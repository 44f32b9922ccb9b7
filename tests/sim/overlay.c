/* An overlayd for the simulator.  See overlay.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/overlay.h"

static struct overlay overlays[OVERLAYS_MAX];

struct overlay *overlay_of(int router)
{
	return &overlays[router];
}

void overlays_reset(void)
{
	for (int i = 0; i < OVERLAYS_MAX; i++) {
		struct overlay *o = &overlays[i];

		vec_free(&o->reports);
		vec_free(&o->told);
		vec_free(&o->watches);
		vec_free(&o->lost);
		vec_free(&o->by_default);
		vec_free(&o->answers);
		*o = (struct overlay){ 0 };
	}
}

/* Do they speak of the same thing? */
static bool same_name(const struct feed_msg *a, const struct feed_msg *b)
{
	if (a->type != b->type || strcmp(a->vrf, b->vrf) != 0)
		return false;
	switch (a->type) {
	case FEED_ROUTE:
		return prefix_equal(&a->route.prefix, &b->route.prefix);
	case FEED_LOCAL_ROUTE:
		return a->local_route.proto == b->local_route.proto &&
		       prefix_equal(&a->local_route.prefix, &b->local_route.prefix);
	case FEED_VTEP:
		return a->vtep.vni == b->vtep.vni && ip_equal(&a->vtep.addr, &b->vtep.addr);
	case FEED_LOCAL_MAC:
	case FEED_REMOTE_MAC:
		return a->mac.vni == b->mac.vni && ip_equal(&a->mac.ip, &b->mac.ip) &&
		       memcmp(&a->mac.mac, &b->mac.mac, sizeof(a->mac.mac)) == 0;
	case FEED_VNI:
		return a->vni.vni == b->vni.vni;
	case FEED_NEXTHOP_WATCH:
		return ip_equal(&a->nexthop.addr, &b->nexthop.addr);
	default:
		return true;
	}
}

/* ---- what it says ---- */

static void say(struct sim *s, int router, const struct feed_msg *m)
{
	struct bgp_event ev = { .type = BGP_EVENT_FEED, .feed = m };

	if (overlays[router].up)
		sim_input(s, router, &ev);
}

static bool has_addr(const struct ip_addr *v, size_t n, const struct ip_addr *a)
{
	for (size_t k = 0; k < n; k++)
		if (ip_equal(&v[k], a))
			return true;
	return false;
}

static struct feed_msg nexthop_state(const struct overlay *o, const struct feed_msg *watch)
{
	struct feed_msg m = { .type = FEED_NEXTHOP, .add = true };

	memcpy(m.vrf, watch->vrf, sizeof(m.vrf));
	m.nexthop.addr = watch->nexthop.addr;
	m.nexthop.resolved = !has_addr(o->lost.v, o->lost.n, &m.nexthop.addr);
	m.nexthop.by_default = has_addr(o->by_default.v, o->by_default.n, &m.nexthop.addr);
	m.nexthop.connected = m.nexthop.resolved && !m.nexthop.by_default;
	return m;
}

void overlay_report(struct sim *s, int router, const struct feed_msg *m)
{
	struct overlay *o = &overlays[router];
	size_t at = 0;

	while (at < o->reports.n && !same_name(&o->reports.v[at], m))
		at++;
	if (m->add && at == o->reports.n)
		*vec_push(&o->reports) = *m;
	else if (m->add)
		o->reports.v[at] = *m;
	else if (at < o->reports.n)
		vec_remove(&o->reports, at);
	say(s, router, m);
}

void overlay_up(struct sim *s, int router)
{
	struct overlay *o = &overlays[router];
	struct bgp_event up = { .type = BGP_EVENT_FEED_UP };
	struct feed_msg end = { .type = FEED_END, .add = true };

	assert(!o->up);
	o->up = true;
	o->end = false;
	o->watches.n = 0;
	for (size_t k = 0; k < o->told.n; k++)
		o->told.v[k].stale = true;
	sim_input(s, router, &up);
	for (size_t k = 0; k < o->reports.n; k++)
		say(s, router, &o->reports.v[k]);
	say(s, router, &end);
}

void overlay_down(struct sim *s, int router)
{
	struct bgp_event down = { .type = BGP_EVENT_FEED_DOWN };

	overlays[router].up = false;
	overlays[router].answers.n = 0;
	sim_input(s, router, &down);
}

static void set_addr(struct overlay *o, bool by_default, const struct ip_addr *a, bool in)
{
	size_t n = by_default ? o->by_default.n : o->lost.n, k = 0;
	struct ip_addr *v = by_default ? o->by_default.v : o->lost.v;

	while (k < n && !ip_equal(&v[k], a))
		k++;
	if (in && k == n && by_default)
		*vec_push(&o->by_default) = *a;
	else if (in && k == n)
		*vec_push(&o->lost) = *a;
	else if (!in && k < n && by_default)
		vec_remove(&o->by_default, k);
	else if (!in && k < n)
		vec_remove(&o->lost, k);
}

void overlay_nexthop(struct sim *s, int router, const struct ip_addr *a, bool lost, bool by_default)
{
	struct overlay *o = &overlays[router];

	set_addr(o, false, a, lost);
	set_addr(o, true, a, by_default);
	for (size_t k = 0; k < o->watches.n; k++)
		if (ip_equal(&o->watches.v[k].nexthop.addr, a)) {
			struct feed_msg m = nexthop_state(o, &o->watches.v[k]);

			say(s, router, &m);
		}
}

/* ---- what it is told ---- */

static void sweep(struct overlay *o)
{
	for (size_t k = o->told.n; k-- > 0;)
		if (o->told.v[k].stale)
			vec_remove(&o->told, k);
	o->end = true;
}

static void take_watch(struct overlay *o, const struct feed_msg *m)
{
	size_t k = 0;

	while (k < o->watches.n && !same_name(&o->watches.v[k], m))
		k++;
	if (!m->add) {
		if (k < o->watches.n)
			vec_remove(&o->watches, k);
		return;
	}
	if (k == o->watches.n)
		*vec_push(&o->watches) = *m;
	*vec_push(&o->answers) = nexthop_state(o, m);
}

/* A bridge has one entry a MAC: a remote one takes the local one's place. */
static void displace_local(struct overlay *o, const struct feed_msg *m)
{
	for (size_t k = 0; k < o->reports.n; k++) {
		struct feed_msg r = o->reports.v[k];

		if (r.type != FEED_LOCAL_MAC || r.mac.vni != m->mac.vni ||
				!ip_equal(&r.mac.ip, &m->mac.ip) ||
				memcmp(&r.mac.mac, &m->mac.mac, sizeof(r.mac.mac)) != 0)
			continue;
		r.add = false;
		*vec_push(&o->answers) = r;
	}
}

static void take_told(struct overlay *o, const struct feed_msg *m)
{
	size_t k = 0;

	while (k < o->told.n && !same_name(&o->told.v[k].m, m))
		k++;
	if (!m->add) {
		if (k < o->told.n)
			vec_remove(&o->told, k);
		return;
	}
	if (k == o->told.n)
		vec_push(&o->told);
	o->told.v[k] = (struct told){ *m, false };
	if (m->type == FEED_REMOTE_MAC)
		displace_local(o, m);
}

void overlay_take(struct sim *s, int router, const uint8_t *frames, size_t len)
{
	struct rd r = rd_init(frames, len);
	struct feed_msg m;
	int rc;

	(void)s;
	while ((rc = feed_decode(&r, &m)) == 1) {
		if (m.type == FEED_END)
			sweep(&overlays[router]);
		else if (m.type == FEED_NEXTHOP_WATCH)
			take_watch(&overlays[router], &m);
		else if (m.type == FEED_ROUTE || m.type == FEED_VTEP || m.type == FEED_REMOTE_MAC)
			take_told(&overlays[router], &m);
	}
	assert(rc == 0 && rd_left(&r) == 0); /* whole frames */
}

static void answer(struct sim *s, int router)
{
	struct overlay *o = &overlays[router];

	while (o->answers.n) {
		struct feed_msg m = o->answers.v[0];

		vec_remove(&o->answers, 0);
		if (m.type == FEED_LOCAL_MAC)
			overlay_report(s, router, &m);
		else
			say(s, router, &m);
	}
}

void overlays_run(struct sim *s, mono_t for_long)
{
	mono_t end = s->now + for_long;

	while (s->now < end) {
		for (int i = 0; i < (int)s->routers.n; i++)
			answer(s, i);
		sim_run(s, s->now + MONO_MSEC(100));
	}
}

/* ---- questions ---- */

static const struct feed_msg *told_find(int router, const struct feed_msg *m)
{
	const struct overlay *o = &overlays[router];

	for (size_t k = 0; k < o->told.n; k++)
		if (same_name(&o->told.v[k].m, m))
			return &o->told.v[k].m;
	return NULL;
}

const struct feed_msg *overlay_route(int router, const char *vrf, const char *prefix)
{
	struct feed_msg m = { .type = FEED_ROUTE };

	strncpy(m.vrf, vrf, sizeof(m.vrf) - 1);
	assert(prefix_parse(prefix, &m.route.prefix) == 0);
	return told_find(router, &m);
}

const struct feed_msg *overlay_mac(int router, uint32_t vni, const struct mac_addr *mac,
		const struct ip_addr *ip)
{
	struct feed_msg m = { .type = FEED_REMOTE_MAC };

	m.mac.vni = vni;
	m.mac.mac = *mac;
	if (ip)
		m.mac.ip = *ip;
	return told_find(router, &m);
}

const struct feed_msg *overlay_vtep(int router, uint32_t vni, const struct ip_addr *vtep)
{
	struct feed_msg m = { .type = FEED_VTEP };

	m.vtep.vni = vni;
	m.vtep.addr = *vtep;
	return told_find(router, &m);
}

unsigned overlay_count(int router, uint8_t type)
{
	const struct overlay *o = &overlays[router];
	unsigned n = 0;

	for (size_t k = 0; k < o->told.n; k++)
		n += o->told.v[k].m.type == type;
	return n;
}
