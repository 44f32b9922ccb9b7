/* The core alone: how many nanoseconds and bytes does a route cost, from the
 * UPDATE that brings it to the UPDATEs that pass it on, without a socket?
 *
 *	core_bench [-n ROUTES] [-s SENDERS] [-r RECEIVERS] [-g ROUTES_PER_SET] [-i]
 *
 * Plays all neighbours through the core's door.  -i: internal peers, clients of
 * the core as their route reflector. */
#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bgpd/core/core.h"
#include "bgpd/core/msg.h"
#include "lib/base/rng.h"
#include "lib/base/xalloc.h"

#define OUR_AS 65000
#define FEED (64 * 1024)

struct side {
	conn_id conn;
	struct ip_addr addr;
	uint32_t as;
	VEC(uint8_t) load, withdraw;
	size_t at;
	uint64_t bytes, routes;
};

static struct side *sides;
static int n_sides, n_senders = 1, n_receivers = 1;
static uint32_t n_routes = 1000000;
static double per_set = 6;
static bool internal;
static mono_t now = MONO_SEC(1);

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t rss(void)
{
	unsigned long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- a synthetic table: neighbouring prefixes share attributes ---- */

static struct wr attrs_make(struct side *s, uint32_t set, uint8_t *buf, size_t size)
{
	struct rng r = { set * 7919u + 1 };
	struct wr w = wr_init(buf, size);
	unsigned hops = 2 + (unsigned)rng_below(&r, 5), n = (unsigned)rng_below(&r, 8);

	/* One sender has the shortest path, another one for each set. */
	if (n_senders > 1 && (int)(set % (unsigned)n_senders) != (int)(s - sides))
		hops++;
	wr_u32(&w, 0x40010100);
	wr_u16(&w, 0x4002);
	wr_u8(&w, (uint8_t)(2 + 4 * (hops + !internal)));
	wr_u8(&w, 2);
	wr_u8(&w, (uint8_t)(hops + !internal));
	if (!internal)
		wr_u32(&w, s->as);
	for (unsigned i = 0; i < hops; i++)
		wr_u32(&w, 1000 + (uint32_t)rng_below(&r, 60000));
	wr_u24(&w, 0x400304);
	wr_bytes(&w, s->addr.b, 4);
	if (internal) {
		wr_u24(&w, 0x400504);
		wr_u32(&w, 100);
	}
	if (n > 3) {
		wr_u16(&w, 0xc008);
		wr_u8(&w, (uint8_t)(4 * (n - 3)));
		for (unsigned i = 3; i < n; i++)
			wr_u32(&w, (uint32_t)rng_next(&r));
	}
	return w;
}

static void flush(struct side *s, uint8_t *msg, struct wr *w, bool withdraw)
{
	if (withdraw)
		wr_put16(msg + 19, (uint16_t)(wr_len(w) - 21)), wr_u16(w, 0);
	msg_end(w, msg);
	assert(!w->failed);
	vec_reserve(withdraw ? &s->withdraw : &s->load, wr_len(w));
	if (withdraw) {
		memcpy(s->withdraw.v + s->withdraw.n, msg, wr_len(w));
		s->withdraw.n += wr_len(w);
	} else {
		memcpy(s->load.v + s->load.n, msg, wr_len(w));
		s->load.n += wr_len(w);
	}
}

static void generate(struct side *s)
{
	struct rng r = { 42 };
	uint32_t next = 0x01000000, set = 0;
	uint8_t msg[MSG_MAX], wmsg[MSG_MAX], attrs[1024];
	struct wr ww = { 0 };

	for (uint32_t i = 0; i < n_routes; set++) {
		uint32_t n = 1 + (uint32_t)rng_below(&r, (uint64_t)(2 * per_set - 1));
		struct wr a = attrs_make(s, set, attrs, sizeof(attrs)), w = wr_init(msg, sizeof(msg));

		msg_begin(&w, MSG_UPDATE);
		wr_u16(&w, 0);
		wr_u16(&w, (uint16_t)wr_len(&a));
		wr_bytes(&w, attrs, wr_len(&a));
		for (; n && i < n_routes; n--, i++) {
			next += 256 * (1 + (uint32_t)rng_below(&r, 6) / 2);
			wr_u8(&w, 24);
			wr_u24(&w, next >> 8);
			if (!ww.p || wr_left(&ww) < 8) {
				if (ww.p)
					flush(s, wmsg, &ww, true);
				ww = wr_init(wmsg, sizeof(wmsg));
				msg_begin(&ww, MSG_UPDATE);
				wr_u16(&ww, 0);
			}
			wr_u8(&ww, 24);
			wr_u24(&ww, next >> 8);
		}
		flush(s, msg, &w, false);
	}
	flush(s, wmsg, &ww, true);
}

/* ---- the door ---- */

static void count(struct side *s, const uint8_t *p, size_t n)
{
	s->bytes += n;
	for (const uint8_t *end = p + n; p < end; p += p[16] << 8 | p[17]) {
		const uint8_t *q, *to = p + (p[16] << 8 | p[17]);

		if (p[18] != MSG_UPDATE)
			continue;
		q = p + 21 + (p[19] << 8 | p[20]);
		for (const uint8_t *x = p + 21; x < q; x += 1 + (x[0] + 7) / 8)
			s->routes++;
		q += 2 + (q[0] << 8 | q[1]);
		for (; q < to; q += 1 + (q[0] + 7) / 8)
			s->routes++;
	}
}

static struct side *side_of(conn_id conn)
{
	for (int i = 0; i < n_sides; i++)
		if (sides[i].conn == conn)
			return &sides[i];
	return NULL;
}

static void drain(struct bgp_core *c)
{
	static uint8_t buf[65536];
	struct bgp_effect e;

	while (bgp_core_next_effect(c, &e)) {
		size_t n;

		if (e.type == BGP_EFFECT_LOG && getenv("BENCH_LOG"))
			fprintf(stderr, "%s\n", e.log.text);
		if (e.type == BGP_EFFECT_CLOSE)
			fprintf(stderr, "closed\n"), exit(1);
		if (e.type != BGP_EFFECT_WANT_WRITE)
			continue;
		while ((n = bgp_core_pull(c, now, e.conn, buf, sizeof(buf))))
			count(side_of(e.conn), buf, n);
	}
}

static void tick(struct bgp_core *c)
{
	struct bgp_event e = { .type = BGP_EVENT_TICK };

	do {
		bgp_core_input(c, now, &e);
		drain(c);
	} while (bgp_core_deadline(c) <= now);
}

static size_t data(struct bgp_core *c, struct side *s, const uint8_t *p, size_t n)
{
	struct bgp_event e = { .type = BGP_EVENT_DATA, .conn = s->conn, .data = { p, n } };
	size_t taken = bgp_core_input(c, now, &e);

	drain(c);
	if (bgp_core_deadline(c) <= now)
		tick(c);
	return taken;
}

static void open_session(struct bgp_core *c, struct side *s)
{
	struct bgp_event e = { .type = BGP_EVENT_ACCEPTED, .conn = s->conn };
	struct open_msg o = { .version = 4, .as = s->as, .as2 = (uint16_t)s->as, .hold = 180,
		.router_id = ip4_u32(&s->addr) };
	uint8_t buf[MSG_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	o.caps.as4 = true;
	o.caps.as4_number = s->as;
	o.caps.family[FAM_IPV4_UNICAST] = true;
	strcpy(e.accepted.vrf, "default");
	e.accepted.local = ip4(0x0a000001);
	e.accepted.remote = s->addr;
	e.accepted.local_port = 179;
	e.accepted.remote_port = 1179;
	bgp_core_input(c, now, &e);
	open_encode(&w, &o, true);
	keepalive_encode(&w);
	data(c, s, buf, wr_len(&w));
	tick(c);
}

static struct bgp_config *config(void)
{
	struct bgp_config *k = bgp_config_new();
	struct instance_config *i = vec_push(&k->instances);

	instance_config_init(i);
	i->as = OUR_AS;
	i->router_id = 0x0a000001;
	i->ebgp_requires_policy = false;
	i->log_neighbor_changes = true;
	for (int j = 0; j < n_sides; j++) {
		struct peer_config *p = vec_push(&i->peers);

		peer_config_init(p);
		p->addr = sides[j].addr;
		p->remote_as = sides[j].as;
		p->remote_as_type = REMOTE_AS_NUMBER;
		p->passive = true;
		p->ebgp_multihop = 2;
		p->family[FAM_IPV4_UNICAST].active = true;
		p->family[FAM_IPV4_UNICAST].route_reflector_client = internal;
	}
	return k;
}

static void report(const char *what, double secs, size_t mem)
{
	uint64_t routes = 0, bytes = 0;

	for (int i = 0; i < n_sides; i++) {
		routes += sides[i].routes;
		bytes += sides[i].bytes;
		sides[i].routes = sides[i].bytes = 0;
	}
	printf("%-9s %7.3f s  %6.0f ns/route  %9llu routes out  %10llu bytes out", what, secs,
			secs * 1e9 / n_routes, (unsigned long long)routes, (unsigned long long)bytes);
	if (mem)
		printf("  %6.1f bytes/route", (double)mem / n_routes);
	printf("\n");
}

static void feed(struct bgp_core *c, bool withdraw)
{
	bool more;

	for (int i = 0; i < n_senders; i++)
		sides[i].at = 0;
	do {
		more = false;
		for (int i = 0; i < n_senders; i++) {
			struct side *s = &sides[i];
			size_t total = withdraw ? s->withdraw.n : s->load.n, n = total - s->at;

			if (n > FEED)
				n = FEED;
			if (n)
				s->at += data(c, s, (withdraw ? s->withdraw.v : s->load.v) + s->at, n);
			more |= s->at < total;
		}
	} while (more);
	tick(c);
}

int main(int argc, char **argv)
{
	struct bgp_core_options o = { .seed = 1, .no_overlay = true, .router_id = 0x0a000001 };
	struct bgp_event e = { .type = BGP_EVENT_CONFIG };
	struct bgp_core *c;
	size_t before;
	double t;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:r:g:i")) != -1) {
		switch (opt) {
		case 'n': n_routes = (uint32_t)atoi(optarg); break;
		case 's': n_senders = atoi(optarg); break;
		case 'r': n_receivers = atoi(optarg); break;
		case 'g': per_set = atof(optarg); break;
		case 'i': internal = true; break;
		default: return 2;
		}
	}
	n_sides = n_senders + n_receivers;
	sides = xcalloc((size_t)n_sides, sizeof(*sides));
	for (int i = 0; i < n_sides; i++) {
		sides[i].conn = (conn_id)i + 1;
		sides[i].addr = ip4(0x0a000100u + (uint32_t)i);
		sides[i].as = internal ? OUR_AS : 64600 + (uint32_t)i;
		if (i < n_senders)
			generate(&sides[i]);
	}
	c = bgp_core_new(&o, now);
	e.config = config();
	bgp_core_input(c, now, &e);
	bgp_config_unref(e.config);
	tick(c);
	for (int i = 0; i < n_sides; i++)
		open_session(c, &sides[i]);
	malloc_trim(0);
	before = rss();
	t = seconds();
	feed(c, false);
	t = seconds() - t;
	report("load", t, rss() - before);
	t = seconds();
	feed(c, true);
	report("withdraw", seconds() - t, 0);
	bgp_core_free(c);
	return 0;
}
