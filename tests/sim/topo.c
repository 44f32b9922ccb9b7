/* Random networks and their configurations.  Filters only lengthen paths or
 * take prefixes away, the same for all: so there is one stable outcome
 * (no dispute wheels), which does not depend on the order of events. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/topo.h"
#include "lib/base/xalloc.h"

static struct topo_session *add(struct topo *t, int from, int to)
{
	struct topo_session *s = vec_push(&t->router[from].sessions);

	s->other = to;
	return s;
}

struct topo_session *topo_session(struct topo *t, int from, int to)
{
	struct topo_session *s;

	vec_foreach(s, &t->router[from].sessions)
		if (s->other == to)
			return s;
	return NULL;
}

static void connect(struct topo *t, struct rng *rng, int a, int b)
{
	struct topo_session *x, *y;

	if (a == b || topo_session(t, a, b))
		return;
	x = add(t, a, b);
	y = add(t, b, a);
	if (rng_below(rng, 6) == 0)
		(rng_below(rng, 2) ? x : y)->passive = true;
}

/* Inside of an AS: all with all, or all with the first, its clients. */
static void connect_as(struct topo *t, struct rng *rng, int from, int to)
{
	bool reflector = rng_below(rng, 2);

	for (int a = from; a < to; a++)
		for (int b = a + 1; b < to; b++) {
			if (reflector && a != from)
				continue;
			connect(t, rng, a, b);
			if (reflector)
				topo_session(t, a, b)->client = true;
		}
}

void topo_random(struct topo *t, struct rng *rng)
{
	int first_of[TOPO_MAX], n_as = 0;

	*t = (struct topo){ .n = 4 + (int)rng_below(rng, 9) };
	for (int a = 0; a < t->n;) {
		int size = rng_below(rng, 2) ? 1 : 1 + (int)rng_below(rng, 4);

		if (a + size > t->n)
			size = t->n - a;
		for (int i = 0; i < size; i++)
			t->router[a + i].as = (rng_below(rng, 4) ? 64600u : 4200000100u) + (uint32_t)a;
		for (int i = 1; i < size; i++)
			t->router[a + i].as = t->router[a].as;
		connect_as(t, rng, a, a + size);
		first_of[n_as++] = a;
		a += size;
	}
	/* A chain, so that all can be reached, and more at random. */
	for (int i = 1; i < n_as; i++)
		connect(t, rng, first_of[i] - 1, first_of[i]);
	for (int i = 0; i < t->n; i++) {
		int a = (int)rng_below(rng, (uint64_t)t->n), b = (int)rng_below(rng, (uint64_t)t->n);

		if (t->router[a].as != t->router[b].as)
			connect(t, rng, a, b);
	}
	for (int i = 0; i < t->n; i++) {
		t->router[i].first = t->n_prefixes;
		/* Rarely many: more than a buffer, a window, a slice takes at once. */
		t->router[i].n = (unsigned)rng_below(rng, rng_below(rng, 100) ? 12 : 6000);
		t->n_prefixes += t->router[i].n;
		/* Now and then, an anycast prefix that others have too. */
		if (rng_below(rng, 3) == 0 && t->router[i].first > 0) {
			t->router[i].first--;
			t->router[i].n++;
		}
	}
}

void topo_copy(struct topo *to, const struct topo *from)
{
	*to = *from;
	for (int i = 0; i < to->n; i++) {
		to->router[i].sessions.v = NULL;
		to->router[i].sessions.n = to->router[i].sessions.room = 0;
		for (size_t k = 0; k < from->router[i].sessions.n; k++)
			*vec_push(&to->router[i].sessions) = from->router[i].sessions.v[k];
	}
}

void topo_fini(struct topo *t)
{
	for (int i = 0; i < t->n; i++)
		vec_free(&t->router[i].sessions);
}

struct prefix topo_prefix(unsigned n)
{
	struct ip_addr a = ip4(0xc0a80000u + n * 16);

	return prefix_make(&a, 28);
}

bool topo_denies(enum topo_filter f, unsigned prefix)
{
	return (f == FILTER_ODD && prefix % 2 == 1) || (f == FILTER_LOW && prefix < 8);
}

void topo_change(struct topo *t, struct rng *rng)
{
	int a = (int)rng_below(rng, (uint64_t)t->n);
	struct topo_router *r = &t->router[a];
	struct topo_session *s;
	size_t k;

	if (!r->sessions.n)
		return;
	k = rng_below(rng, r->sessions.n);
	s = &r->sessions.v[k];
	switch (rng_below(rng, 6)) {
	case 0:
		s->shutdown = !s->shutdown;
		break;
	case 1:
	case 2:
		if (t->router[s->other].as == r->as)
			break;
		s->out = (enum topo_filter)rng_below(rng, 4);
		s->prepend = (uint8_t)(1 + rng_below(rng, 3));
		break;
	case 3:
		r->n = r->n ? r->n - 1 : 0;
		break;
	case 4:
		/* If both are, whether they have a session depends on what was before. */
		if (topo_session(t, s->other, a) && topo_session(t, s->other, a)->passive)
			break;
		s->passive = !s->passive;
		break;
	case 5:
		vec_remove(&r->sessions, k);
		break;
	}
}

/* ---- configurations ---- */

static void add_prefix_list(struct policy_config *p, enum topo_filter f, const char *name,
		unsigned n_prefixes)
{
	struct prefix_list_config *l = vec_push(&p->prefix_lists);
	struct prefix_list_entry deny = { .seq = 5 }, rest = { .permit = true, .any = true };

	l->name = xstrdup(name);
	l->family = 4;
	for (unsigned n = 0; n < n_prefixes; n++) {
		if (!topo_denies(f, n))
			continue;
		deny.prefix = topo_prefix(n);
		prefix_list_config_add(l, &deny);
		deny.seq += 5;
	}
	rest.seq = deny.seq;
	prefix_list_config_add(l, &rest);
}

static void add_route_map(struct policy_config *p, const char *name, const char *words, const char *arg)
{
	struct route_map_config *m = vec_push(&p->route_maps);
	struct route_map_entry *e;
	struct clause_config *c;

	m->name = xstrdup(name);
	e = vec_push(&m->entries);
	e->seq = 10;
	e->permit = true;
	c = vec_push(&e->set);
	c->words = xstrdup(words);
	c->arg = xstrdup(arg);
}

static void add_policy(struct policy_config *p, const struct topo *t, int router)
{
	char arg[64], name[16];

	add_prefix_list(p, FILTER_LOW, "LOW", t->n_prefixes);
	add_prefix_list(p, FILTER_ODD, "ODD", t->n_prefixes);
	for (unsigned n = 1; n <= 3; n++) {
		int len = 0;

		for (unsigned i = 0; i < n; i++)
			len += snprintf(arg + len, sizeof(arg) - (size_t)len, "%s%u", i ? " " : "",
					t->router[router].as);
		snprintf(name, sizeof(name), "PREPEND-%u", n);
		add_route_map(p, name, "as-path prepend", arg);
	}
}

static void add_peer(struct bgp_config *c, struct instance_config *i, const struct topo *t, const struct topo_session *s)
{
	struct peer_config *p = vec_push(&i->peers);
	struct peer_family_config *f;

	peer_config_init(p);
	p->addr = sim_addr(s->other);
	p->remote_as = t->router[s->other].as;
	p->ebgp_multihop = 255;
	p->connect_retry = 10;
	p->passive = s->passive;
	p->shutdown = s->shutdown;
	p->family[FAM_IPV4_UNICAST] = &peer_family_on;
	f = peer_config_family(c, p, FAM_IPV4_UNICAST);
	f->route_reflector_client = s->client;
	if (s->other % 2 == 0)
		p->family[FAM_IPV6_UNICAST] = &peer_family_on;
	if (s->out == FILTER_PREPEND) {
		char name[32];

		snprintf(name, sizeof(name), "PREPEND-%u", s->prepend);
		f->out.route_map = arena_strdup(&c->memory, name);
	} else if (s->out != FILTER_NONE) {
		f->out.prefix_list = s->out == FILTER_ODD ? "ODD" : "LOW";
	}
}

static int by_addr(const void *a, const void *b)
{
	const struct peer_config *p = a, *q = b;

	return ip_compare(&p->addr, &q->addr);
}

struct bgp_config *topo_config(const struct topo *t, int router)
{
	const struct topo_router *r = &t->router[router];
	struct bgp_config *c = bgp_config_new();
	struct instance_config *i = vec_push(&c->instances);
	const struct topo_session *s;

	instance_config_init(i);
	i->as = r->as;
	i->ebgp_requires_policy = false;
	i->network_import_check = false;
	i->hold = 90;
	i->keepalive = 30;
	/* The oldest route of several equal ones would depend on the order of events. */
	i->decision.compare_router_id = true;
	for (unsigned n = 0; n < r->n; n++) {
		struct network_config *net = vec_push(&i->family[FAM_IPV4_UNICAST].networks);

		net->prefix = topo_prefix(r->first + n);
	}
	vec_foreach(s, &r->sessions)
		add_peer(c, i, t, s);
	if (i->peers.n)
		qsort(i->peers.v, i->peers.n, sizeof(*i->peers.v), by_addr);
	add_policy(&c->policy, t, router);
	snprintf(c->hostname, sizeof(c->hostname), "r%d", router);
	return c;
}
