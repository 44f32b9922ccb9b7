/* Virtual time, connections and their mishaps.  See sim.h. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/sim/sim.h"
#include "lib/base/xalloc.h"

#define PULL_SIZE 65535

/* ---- events ---- */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void schedule(struct sim *s, mono_t at, enum sim_event_type type, int router, int pipe, int end)
{
	size_t i = s->heap.n;
	struct sim_event e = { at, rng_next(&s->rng), type, router, pipe, end };

	vec_push(&s->heap);
	for (; i > 0 && before(&e, &s->heap.v[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap.v[i] = s->heap.v[(i - 1) / 2];
	s->heap.v[i] = e;
}

static struct sim_event take(struct sim *s)
{
	struct sim_event top = s->heap.v[0], last = s->heap.v[--s->heap.n];
	size_t i = 0;

	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= s->heap.n)
			break;
		if (c + 1 < s->heap.n && before(&s->heap.v[c + 1], &s->heap.v[c]))
			c++;
		if (!before(&s->heap.v[c], &last))
			break;
		s->heap.v[i] = s->heap.v[c];
		i = c;
	}
	if (s->heap.n)
		s->heap.v[i] = last;
	return top;
}

static mono_t delay(struct sim *s)
{
	return 1 + (mono_t)rng_below(&s->rng, (uint64_t)s->delay_max);
}

/* ---- routers ---- */

struct ip_addr sim_addr(int router)
{
	return ip4(0x0a000001u + ((uint32_t)router + 1) * 256);
}

struct ip_addr sim_addr6(int router)
{
	struct ip_addr a = { 6, { 0xfd } };

	a.b[15] = (uint8_t)(router + 1);
	a.b[14] = (uint8_t)((router + 1) >> 8);
	return a;
}

struct bgp_core *sim_core(struct sim *s, int router)
{
	return s->routers.v[router]->core;
}

static struct bgp_core *make_core(struct sim *s, int router)
{
	struct ip_addr a = sim_addr(router);
	struct bgp_core_options o = { .seed = rng_next(&s->rng), .no_overlay = !s->feed,
		.router_id = ip4_u32(&a) };

	return bgp_core_new(&o, s->now);
}

int sim_router_add(struct sim *s)
{
	int n = (int)s->routers.n;
	struct sim_router *r = xcalloc(1, sizeof(*r));

	r->addr = sim_addr(n);
	r->addr6 = sim_addr6(n);
	r->tick_at = MONO_NEVER;
	*vec_push(&s->routers) = r;
	r->core = make_core(s, n);
	return n;
}

static int router_at(const struct sim *s, const struct ip_addr *a)
{
	for (size_t n = 0; n < s->routers.n; n++)
		if (ip_equal(&s->routers.v[n]->addr, a) || ip_equal(&s->routers.v[n]->addr6, a))
			return (int)n;
	return -1;
}

/* ---- connections ---- */

static struct sim_end *find_end(struct sim *s, int router, conn_id conn, int *ret_pipe, int *ret_end)
{
	for (size_t n = s->pipes.n; n-- > 0;) {
		struct sim_pipe *p = s->pipes.v[n];

		for (int e = 0; !p->dead && e < 2; e++)
			if (p->end[e].router == router && p->end[e].conn == conn) {
				*ret_pipe = (int)n;
				*ret_end = e;
				return &p->end[e];
			}
	}
	return NULL;
}

static void end_fini(struct sim_end *e)
{
	for (size_t n = e->in_at; n < e->in.n; n++)
		free(e->in.v[n].bytes);
	vec_free(&e->in);
	e->in_at = e->in_bytes = 0;
}

static void pipe_bury(struct sim_pipe *p)
{
	p->dead = true;
	end_fini(&p->end[0]);
	end_fini(&p->end[1]);
}

static void send_chunk(struct sim *s, int pipe, int to, const uint8_t *bytes, size_t len)
{
	struct sim_end *e = &s->pipes.v[pipe]->end[to];
	struct sim_chunk *c;
	mono_t at = s->now + delay(s);

	if (at < e->last_at)
		at = e->last_at;
	e->last_at = at;
	c = vec_push(&e->in);
	*c = (struct sim_chunk){ .at = at, .bytes = xmemdup(bytes, len), .len = len };
	e->in_bytes += len;
	schedule(s, at, SIM_DELIVER, e->router, pipe, to);
}

static void send_fin(struct sim *s, int pipe, int to)
{
	struct sim_end *e = &s->pipes.v[pipe]->end[to];

	e->fin = true;
	schedule(s, e->last_at > s->now ? e->last_at : s->now + delay(s), SIM_DELIVER, e->router, pipe, to);
}

/* What a core has to say, as far as the buffer towards the other end has room. */
static void write_out(struct sim *s, int pipe, int end)
{
	static uint8_t buf[PULL_SIZE];
	struct sim_pipe *p = s->pipes.v[pipe];
	struct sim_end *e = &p->end[end], *other = &p->end[!end];
	struct bgp_core *core = sim_core(s, e->router);
	size_t n;

	e->writing = false;
	while (e->want_write && (other->in_bytes < s->buffer || e->closing)) {
		n = bgp_core_pull(core, s->now, e->conn, buf, sizeof(buf));
		if (!n)
			e->want_write = false;
		else if (other->router >= 0 && !other->closing)
			send_chunk(s, pipe, !end, buf, n);
	}
	if (e->closing && e->open) {
		e->open = false;
		if (other->open)
			send_fin(s, pipe, !end);
		else
			pipe_bury(p);
	}
}

static void connect_effect(struct sim *s, int router, const struct bgp_effect *x)
{
	struct sim_pipe *p = xcalloc(1, sizeof(*p));
	int other = router_at(s, &x->connect.remote), n = (int)s->pipes.n;

	p->end[0].router = router;
	p->end[0].conn = x->conn;
	p->end[0].open = true;
	memcpy(p->end[0].vrf, x->connect.vrf, sizeof(p->end[0].vrf));
	p->end[1].router = other;
	memcpy(p->end[1].vrf, "default", 8);
	*vec_push(&s->pipes) = p;
	if (other < 0 || s->routers.v[other]->down)
		schedule(s, s->now + delay(s), SIM_REFUSED, router, n, 0);
	else
		schedule(s, s->now + delay(s), SIM_ACCEPT, other, n, 1);
}

static void close_effect(struct sim *s, int router, conn_id conn)
{
	int pipe, end;
	struct sim_end *e = find_end(s, router, conn, &pipe, &end);

	if (!e || e->closing)
		return;
	e->closing = true;
	e->want_write = true;
	write_out(s, pipe, end);
}

static void want_effect(struct sim *s, int router, conn_id conn)
{
	int pipe, end;
	struct sim_end *e = find_end(s, router, conn, &pipe, &end);

	if (!e || e->want_write)
		return;
	e->want_write = true;
	if (!e->writing) {
		e->writing = true;
		schedule(s, s->now + (mono_t)rng_below(&s->rng, 1000), SIM_WRITE, router, pipe, end);
	}
}

static void note_log(struct sim *s, int router, const struct bgp_effect *x)
{
	struct sim_router *r = s->routers.v[router];

	if (strncmp(x->log.text, "%ADJCHANGE", 10) == 0) {
		if (strstr(x->log.text, " Up"))
			r->ups++;
		else
			r->downs++;
	}
	if (s->verbose)
		printf("%10.6f r%d: %s\n", (double)s->now / 1e6, router, x->log.text);
}

static void effects(struct sim *s, int router)
{
	struct sim_router *r = s->routers.v[router];
	struct bgp_effect x;
	mono_t at;

	while (bgp_core_next_effect(r->core, &x)) {
		switch (x.type) {
		case BGP_EFFECT_CONNECT:
			connect_effect(s, router, &x);
			break;
		case BGP_EFFECT_CLOSE:
			close_effect(s, router, x.conn);
			break;
		case BGP_EFFECT_WANT_WRITE:
			want_effect(s, router, x.conn);
			break;
		case BGP_EFFECT_LOG:
			note_log(s, router, &x);
			break;
		case BGP_EFFECT_FINISHED:
			r->finished = true;
			break;
		case BGP_EFFECT_WANT_FEED:
			if (s->feed && !r->feed_asked) {
				r->feed_asked = true;
				schedule(s, s->now + delay(s), SIM_FEED, router, 0, 0);
			}
			break;
		case BGP_EFFECT_PASSWORDS:
			break;
		}
	}
	at = bgp_core_deadline(r->core);
	if (at < s->now)
		at = s->now;
	if (at != MONO_NEVER && (r->tick_at == MONO_NEVER || at < r->tick_at)) {
		r->tick_at = at + (mono_t)rng_below(&s->rng, 50);
		schedule(s, r->tick_at, SIM_TICK, router, 0, 0);
	}
}

size_t sim_input(struct sim *s, int router, const struct bgp_event *ev)
{
	size_t taken = bgp_core_input(sim_core(s, router), s->now, ev);

	effects(s, router);
	return taken;
}

void sim_config(struct sim *s, int router, struct bgp_config *c)
{
	struct bgp_event ev = { .type = BGP_EVENT_CONFIG, .config = c };

	sim_input(s, router, &ev);
	bgp_config_unref(c);
}

/* ---- what happens ---- */

static void fill_addresses(struct sim *s, const struct sim_end *me, const struct sim_end *other,
		struct bgp_event *ev)
{
	memcpy(ev->accepted.vrf, me->vrf, sizeof(me->vrf));
	ev->accepted.local = s->routers.v[me->router]->addr;
	ev->accepted.remote = s->routers.v[other->router]->addr;
	ev->accepted.local_global6 = s->routers.v[me->router]->addr6;
	ev->accepted.local_port = 179;
	ev->accepted.remote_port = 50000;
}

static void do_accept(struct sim *s, int pipe)
{
	struct sim_pipe *p = s->pipes.v[pipe];
	struct sim_end *a = &p->end[0], *b = &p->end[1];
	struct bgp_event ev = { .type = BGP_EVENT_ACCEPTED };

	if (p->dead || !a->open)
		return;
	if (s->routers.v[b->router]->down) {
		schedule(s, s->now + delay(s), SIM_REFUSED, a->router, pipe, 0);
		return;
	}
	b->conn = ++s->next_conn;
	b->open = true;
	ev.conn = b->conn;
	fill_addresses(s, b, a, &ev);
	schedule(s, s->now + delay(s), SIM_CONNECTED, a->router, pipe, 0);
	/* Bytes of the accepting end may not arrive before the connection is known to be. */
	a->last_at = s->now + s->delay_max + 1;
	sim_input(s, b->router, &ev);
}

static void do_connected(struct sim *s, int pipe)
{
	struct sim_pipe *p = s->pipes.v[pipe];
	struct bgp_event ev = { .type = BGP_EVENT_CONNECTED, .conn = p->end[0].conn };

	if (p->dead || !p->end[0].open)
		return;
	fill_addresses(s, &p->end[0], &p->end[1], &ev);
	sim_input(s, p->end[0].router, &ev);
}

static void do_refused(struct sim *s, int pipe)
{
	struct sim_pipe *p = s->pipes.v[pipe];
	struct bgp_event ev = { .type = BGP_EVENT_CONNECT_FAILED, .conn = p->end[0].conn,
		.error = ECONNREFUSED };

	if (p->dead || !p->end[0].open)
		return;
	p->end[0].open = false;
	pipe_bury(p);
	sim_input(s, p->end[0].router, &ev);
}

static void closed(struct sim *s, int pipe, int end, int error)
{
	struct sim_pipe *p = s->pipes.v[pipe];
	struct sim_end *e = &p->end[end];
	struct bgp_event ev = { .type = BGP_EVENT_CLOSED, .conn = e->conn, .error = error };
	bool both = !p->end[!end].open;

	e->open = false;
	if (both)
		pipe_bury(p);
	else if (!error && !p->end[!end].fin) {
		/* Half closed: the other end is told in turn. */
		send_fin(s, pipe, !end);
	}
	sim_input(s, e->router, &ev);
}

/* Hands over some of what has arrived. */
static void do_deliver(struct sim *s, int pipe, int end)
{
	struct sim_pipe *p = s->pipes.v[pipe];
	struct sim_end *e = &p->end[end];
	struct sim_chunk *c;
	size_t n, room, taken;
	uint8_t *bytes;

	if (p->dead || !e->open)
		return;
	if (e->in_at == e->in.n) {
		if (e->fin)
			closed(s, pipe, end, 0);
		return;
	}
	c = &e->in.v[e->in_at];
	if (c->at > s->now)
		return; /* its own event comes */
	room = c->len - c->taken;
	n = rng_below(&s->rng, 4) ? room : 1 + rng_below(&s->rng, room);
	/* A copy of its own size, so that reading past it is seen. */
	bytes = xmemdup(c->bytes + c->taken, n);
	{
		struct bgp_event ev = { .type = BGP_EVENT_DATA, .conn = e->conn,
			.data = { bytes, n } };

		taken = sim_input(s, e->router, &ev);
	}
	free(bytes);
	assert(taken <= n);
	if (p->dead || !e->open)
		return;
	c = &e->in.v[e->in_at];
	c->taken += taken;
	e->in_bytes -= taken;
	if (c->taken == c->len) {
		free(c->bytes);
		e->in_at++;
		if (e->in_at == e->in.n)
			e->in.n = e->in_at = 0;
	}
	schedule(s, s->now + (mono_t)rng_below(&s->rng, 200), SIM_DELIVER, e->router, pipe, end);
	if (p->end[!end].open && p->end[!end].want_write && !p->end[!end].writing) {
		p->end[!end].writing = true;
		schedule(s, s->now, SIM_WRITE, p->end[!end].router, pipe, !end);
	}
}

static void do_tick(struct sim *s, const struct sim_event *e)
{
	struct sim_router *r = s->routers.v[e->router];
	struct bgp_event ev = { .type = BGP_EVENT_TICK };

	if (r->tick_at != e->at)
		return; /* an earlier one has come in between */
	r->tick_at = MONO_NEVER;
	sim_input(s, e->router, &ev);
}

static void do_feed(struct sim *s, int router)
{
	static uint8_t buf[PULL_SIZE];
	size_t n;

	s->routers.v[router]->feed_asked = false;
	while ((n = bgp_core_pull_feed(sim_core(s, router), s->now, buf, sizeof(buf))))
		s->feed(s, router, buf, n);
	effects(s, router);
}

void sim_run(struct sim *s, mono_t until)
{
	while (s->heap.n && s->heap.v[0].at <= until) {
		struct sim_event e = take(s);

		s->now = e.at;
		s->events_done++;
		switch (e.type) {
		case SIM_TICK:
			do_tick(s, &e);
			break;
		case SIM_ACCEPT:
			do_accept(s, e.pipe);
			break;
		case SIM_CONNECTED:
			do_connected(s, e.pipe);
			break;
		case SIM_REFUSED:
			do_refused(s, e.pipe);
			break;
		case SIM_DELIVER:
			do_deliver(s, e.pipe, e.end);
			break;
		case SIM_FEED:
			do_feed(s, e.router);
			break;
		case SIM_WRITE:
			if (!s->pipes.v[e.pipe]->dead && s->pipes.v[e.pipe]->end[e.end].open) {
				write_out(s, e.pipe, e.end);
				effects(s, e.router);
			}
			break;
		}
	}
	s->now = until;
}

bool sim_reset(struct sim *s, int a, int b)
{
	for (size_t n = 0; n < s->pipes.n; n++) {
		struct sim_pipe *p = s->pipes.v[n];
		int x = p->end[0].router, y = p->end[1].router;

		if (p->dead || !((x == a && y == b) || (x == b && y == a)) || !p->end[0].open ||
				!p->end[1].open)
			continue;
		end_fini(&p->end[0]);
		end_fini(&p->end[1]);
		closed(s, (int)n, 0, ECONNRESET);
		if (!p->dead && p->end[1].open)
			closed(s, (int)n, 1, ECONNRESET);
		return true;
	}
	return false;
}

void sim_restart(struct sim *s, int router)
{
	struct sim_router *r = s->routers.v[router];

	bgp_core_free(r->core);
	r->core = make_core(s, router);
	r->tick_at = MONO_NEVER;
	r->feed_asked = false;
	for (size_t n = 0; n < s->pipes.n; n++) {
		struct sim_pipe *p = s->pipes.v[n];

		for (int e = 0; e < 2 && !p->dead; e++) {
			if (p->end[e].router != router)
				continue;
			p->end[e].open = false;
			if (p->end[!e].open) {
				end_fini(&p->end[!e]);
				closed(s, (int)n, !e, ECONNRESET);
			} else {
				pipe_bury(p);
			}
		}
	}
}

void sim_init(struct sim *s, uint64_t seed)
{
	*s = (struct sim){ .rng = { seed }, .now = MONO_SEC(1000), .delay_max = MONO_MSEC(50),
		.buffer = 128 * 1024 };
}

void sim_fini(struct sim *s)
{
	for (size_t n = 0; n < s->routers.n; n++) {
		bgp_core_free(s->routers.v[n]->core);
		free(s->routers.v[n]);
	}
	for (size_t n = 0; n < s->pipes.n; n++) {
		pipe_bury(s->pipes.v[n]);
		free(s->pipes.v[n]);
	}
	vec_free(&s->routers);
	vec_free(&s->pipes);
	vec_free(&s->heap);
}
