/* The core alone: how many nanoseconds and bytes does a route cost, from the
 * UPDATE that brings it to the UPDATEs that pass it on, without a socket?  And
 * how long does the longest call take, during which the core hears nothing?
 *
 *	core_bench [-f FAMILY] [-n ROUTES] [-s SENDERS] [-r RECEIVERS] [-g ROUTES_PER_SET] [-i] [-c] [-x SEED]
 *		[-b BYTES] [-t TIMES] [-m PATHS] [-R] [-e] [-h HOPS] [-M MEDS]
 *
 * Plays all neighbours through the core's door.  FAMILY: ipv4, ipv6, vpnv4 or
 * evpn.  -i: internal peers, clients of the core as their route reflector.  -c:
 * before the withdrawal the first of several senders closes its session.  -x:
 * withdraws in another order than that of the table.  -b: bytes a call brings.
 * -t: all that so many times, and what was the least of each phase.  -m: maximum-paths;
 * -R: of several ASes (bestpath as-path multipath-relax).  -e: no sender's paths are the
 * shortest.  -h: so many next hops, which senders have by turns.  -M: each sender has a
 * MED, by turns of so many. */
#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/core_routes.h"
#include "bgpd/core/core.h"
#include "bgpd/core/msg.h"
#include "bgpd/core/update.h"
#include "lib/base/xalloc.h"

#define OUR_AS 65000
#define BUFFER (256 * 1024) /* bytes a call, as bgpd reads and writes them */

struct side {
	conn_id conn;
	struct ip_addr addr;
	uint32_t as;
	core_bytes load, withdraw;
	size_t at;
	uint64_t bytes, routes;
};

static struct side *sides;
static int n_sides, n_senders = 1, n_receivers = 1;
static uint32_t n_routes = 1000000;
static double per_set = 6;
static size_t per_call = BUFFER;
static bool internal, closes, relaxed, equal;
static unsigned hops, meds;
static uint16_t max_paths;
static enum family family = FAM_IPV4_UNICAST;
static mono_t now = MONO_SEC(1);
static conn_id next_conn = 1;
static uint64_t spent, longest; /* nanoseconds of processor time in the core: all, one call */

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void call_over(uint64_t began)
{
	uint64_t ns = cpu_ns() - began;

	spent += ns;
	if (ns > longest)
		longest = ns;
}

static size_t input(struct bgp_core *c, const struct bgp_event *e)
{
	uint64_t began = cpu_ns();
	size_t taken = bgp_core_input(c, now, e);

	call_over(began);
	return taken;
}

static size_t pull(struct bgp_core *c, conn_id conn, uint8_t *buf, size_t size)
{
	uint64_t began = cpu_ns();
	size_t n = bgp_core_pull(c, now, conn, buf, size);

	call_over(began);
	return n;
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

/* ---- the door ---- */

static void count_mp(struct side *s, const uint8_t *p, const uint8_t *end)
{
	for (; p < end; p += family == FAM_EVPN ? 2 + p[1] : 1 + (p[0] + 7) / 8)
		s->routes++;
}

static void count(struct side *s, const uint8_t *p, size_t n)
{
	s->bytes += n;
	for (const uint8_t *end = p + n; p < end; p += p[16] << 8 | p[17]) {
		const uint8_t *to = p + (p[16] << 8 | p[17]), *at = p + 21, *attrs_end;

		if (p[18] != MSG_UPDATE)
			continue;
		count_mp(s, at, at + (p[19] << 8 | p[20]));
		at += p[19] << 8 | p[20];
		attrs_end = at + 2 + (at[0] << 8 | at[1]);
		/* The MP attributes come first, and their length takes two bytes. */
		if (attrs_end - at > 6 && at[3] == ATTR_MP_UNREACH && at[2] & 0x10)
			count_mp(s, at + 9, at + 6 + (at[4] << 8 | at[5]));
		else if (attrs_end - at > 6 && at[3] == ATTR_MP_REACH)
			count_mp(s, at + 11 + at[9], at + 6 + (at[4] << 8 | at[5]));
		count_mp(s, attrs_end, to);
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
	static uint8_t buf[BUFFER];
	struct bgp_effect e;

	while (bgp_core_next_effect(c, &e)) {
		size_t n;

		if (e.type == BGP_EFFECT_LOG && getenv("BENCH_LOG"))
			fprintf(stderr, "%s\n", e.log.text);
		if (e.type == BGP_EFFECT_CLOSE && !closes)
			fprintf(stderr, "closed\n"), exit(1);
		if (e.type != BGP_EFFECT_WANT_WRITE)
			continue;
		while ((n = pull(c, e.conn, buf, sizeof(buf))))
			count(side_of(e.conn), buf, n);
	}
}

static void tick(struct bgp_core *c)
{
	struct bgp_event e = { .type = BGP_EVENT_TICK };

	do {
		input(c, &e);
		drain(c);
	} while (bgp_core_deadline(c) <= now);
}

static size_t data(struct bgp_core *c, struct side *s, const uint8_t *p, size_t n)
{
	struct bgp_event e = { .type = BGP_EVENT_DATA, .conn = s->conn, .data = { p, n } };
	size_t taken = input(c, &e);

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
	o.caps.family[family] = true;
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
	i->decision.multipath_relax = relaxed;
	i->family[family].max_paths_ebgp = i->family[family].max_paths_ibgp = max_paths;
	for (int j = 0; j < n_sides; j++) {
		struct peer_config *p = vec_push(&i->peers);

		peer_config_init(p);
		p->addr = sides[j].addr;
		p->remote_as = sides[j].as;
		p->remote_as_type = REMOTE_AS_NUMBER;
		p->passive = true;
		p->ebgp_multihop = 2;
		p->family[family] = &peer_family_on;
		if (internal)
			peer_config_family(k, p, family)->route_reflector_client = true;
	}
	return k;
}

struct phase {
	const char *name;
	uint64_t least; /* ns; 0: not run yet */
};

static void report(struct phase *p, size_t mem)
{
	uint64_t routes = 0, bytes = 0;

	for (int i = 0; i < n_sides; i++) {
		routes += sides[i].routes;
		bytes += sides[i].bytes;
		sides[i].routes = sides[i].bytes = 0;
	}
	if (!p->least || spent < p->least)
		p->least = spent;
	printf("%-9s %7.3f s  %6.0f ns/route  %8.3f ms longest call  %9llu routes out  %10llu bytes out", p->name,
			(double)spent / 1e9, (double)spent / n_routes, (double)longest / 1e6,
			(unsigned long long)routes, (unsigned long long)bytes);
	if (mem)
		printf("  %6.1f bytes/route", (double)mem / n_routes);
	printf("\n");
	spent = longest = 0;
}

static enum family family_named(const char *name)
{
	static const struct {
		const char *name;
		enum family family;
	} names[] = { { "ipv4", FAM_IPV4_UNICAST }, { "ipv6", FAM_IPV6_UNICAST },
		{ "vpnv4", FAM_IPV4_VPN }, { "evpn", FAM_EVPN } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i].name))
			return names[i].family;
	fprintf(stderr, "core_bench: family %s is none of ipv4, ipv6, vpnv4, evpn\n", name);
	exit(2);
}

/* The first sender's session ends; bgpd does not start it again by itself. */
static void close_first(struct bgp_core *c)
{
	struct bgp_event e = { .type = BGP_EVENT_CLOSED, .conn = sides[0].conn };

	input(c, &e);
	drain(c);
	tick(c);
	sides[0].conn = 0;
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
			size_t total = !s->conn ? 0 : withdraw ? s->withdraw.n : s->load.n;
			size_t n = total - s->at;

			n = n < per_call ? n : per_call;
			if (n)
				s->at += data(c, s, (withdraw ? s->withdraw.v : s->load.v) + s->at, n);
			more |= s->at < total;
		}
	} while (more);
	tick(c);
}

static void sides_make(uint64_t shuffle)
{
	struct core_routes table;

	core_routes_make(&table, family, n_routes, per_set);
	n_sides = n_senders + n_receivers;
	sides = xcalloc((size_t)n_sides, sizeof(*sides));
	for (int i = 0; i < n_sides; i++) {
		struct side *s = &sides[i];
		struct core_sender sender;

		s->conn = next_conn++;
		s->addr = ip4(0x0a000100u + (uint32_t)i);
		s->as = internal ? OUR_AS : 64600 + (uint32_t)i;
		if (i >= n_senders)
			continue;
		sender = (struct core_sender){ .as = s->as, .internal = internal, .number = (unsigned)i,
			.of = equal ? 1 : (unsigned)n_senders,
			.address = 0x0a000100u + (uint32_t)i % (hops ? hops : (unsigned)n_senders),
			.med = meds ? 1 + (uint32_t)i % meds : 0 };
		core_routes_announce(&table, &sender, &s->load);
		core_routes_withdraw(&table, shuffle, &s->withdraw);
	}
	vec_free(&table.nlri);
	vec_free(&table.at);
	vec_free(&table.group);
}

static struct phase load = { .name = "load" }, closing = { .name = "close" };
static struct phase withdrawal = { .name = "withdraw" };

static void play(struct bgp_core *c)
{
	size_t before = rss();

	spent = longest = 0;
	feed(c, false);
	report(&load, rss() - before);
	if (closes) {
		close_first(c);
		report(&closing, 0);
	}
	feed(c, true);
	report(&withdrawal, 0);
	if (closes) {
		now += MONO_SEC(100); /* it may come back */
		tick(c);
		sides[0].conn = next_conn++;
		open_session(c, &sides[0]);
	}
}

static void report_least(void)
{
	const struct phase *const phases[] = { &load, &closing, &withdrawal };

	printf("least:");
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		if (phases[i]->least)
			printf("  %s %.1f ns/route", phases[i]->name, (double)phases[i]->least / n_routes);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct bgp_core_options o = { .seed = 1, .no_overlay = true, .router_id = 0x0a000001 };
	struct bgp_event e = { .type = BGP_EVENT_CONFIG };
	uint64_t shuffle = 0;
	struct bgp_core *c;
	int times = 1, opt;

	while ((opt = getopt(argc, argv, "f:n:s:r:g:icx:b:t:m:Reh:M:")) != -1) {
		switch (opt) {
		case 'f': family = family_named(optarg); break;
		case 'n': n_routes = (uint32_t)atoi(optarg); break;
		case 's': n_senders = atoi(optarg); break;
		case 'r': n_receivers = atoi(optarg); break;
		case 'g': per_set = atof(optarg); break;
		case 'i': internal = true; break;
		case 'c': closes = true; break;
		case 't': times = atoi(optarg); break;
		case 'b': per_call = (size_t)atoi(optarg); break;
		case 'm': max_paths = (uint16_t)atoi(optarg); break;
		case 'R': relaxed = true; break;
		case 'e': equal = true; break;
		case 'h': hops = (unsigned)atoi(optarg); break;
		case 'M': meds = (unsigned)atoi(optarg); break;
		case 'x': shuffle = strtoull(optarg, NULL, 0); break;
		default: return 2;
		}
	}
	closes &= n_senders > 1;
	sides_make(shuffle);
	c = bgp_core_new(&o, now);
	e.config = config();
	bgp_core_input(c, now, &e);
	bgp_config_unref(e.config);
	tick(c);
	for (int i = 0; i < n_sides; i++)
		open_session(c, &sides[i]);
	malloc_trim(0);
	for (int i = 0; i < times; i++)
		play(c);
	if (times > 1)
		report_least();
	bgp_core_free(c);
	return 0;
}
