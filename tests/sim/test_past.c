/* What overlays are told depends on what there is, not on how it came to be:
 * hosts wander, sessions and feeds break, daemons restart, configurations
 * change, by chance.  RUNS=N in the environment: so many runs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/gateways.h"

/* Hosts wander at random; sessions and feeds break.  At the end each is where
 * it came last. */
START_TEST(mobility)
{
	enum { HOSTS = 6, STEPS = 60 };
	struct rng rng = { (uint64_t)_i + 100 };
	int home[HOSTS], down = -1;

	gateways_begin((uint64_t)_i + 50);
	for (int n = 0; n < HOSTS; n++)
		home[n] = -1;
	for (int step = 0; step < STEPS; step++) {
		int n = (int)rng_below(&rng, HOSTS), g = (int)rng_below(&rng, GATEWAYS);

		switch (rng_below(&rng, 8)) {
		case 0:
			if (home[n] >= 0 && home[n] != down)
				report_host(home[n], 10010, (unsigned)n, 0, false), home[n] = -1;
			break;
		case 1:
			sim_reset(&s, g, (g + 1) % GATEWAYS);
			break;
		case 2:
			if (down >= 0)
				overlay_up(&s, down), down = -1;
			else
				down = g, overlay_down(&s, down);
			break;
		default:
			if (g == down || home[n] == down)
				break;
			report_host(g, 10010, (unsigned)n, 0, true);
			home[n] = g;
			break;
		}
		/* Long enough for the others to hear of it, sessions permitting. */
		overlays_run(&s, MONO_SEC(1) + (mono_t)rng_below(&rng, MONO_SEC(20)));
	}
	if (down >= 0)
		overlay_up(&s, down);
	overlays_run(&s, MONO_SEC(200));
	for (int n = 0; n < HOSTS; n++)
		mac_is_at((unsigned)n, 10010, home[n]);
	gateways_end();
}
END_TEST

/* ---- any way there ---- */

/* A configuration that chance has a say in. */
struct wishes {
	bool advertise[GATEWAYS], no_flood[GATEWAYS], leak[GATEWAYS], default_route[GATEWAYS];
	unsigned outside;
};

static void apply(const struct wishes *w, int router)
{
	struct bgp_config *c;

	if (router == OUTSIDE) {
		sim_config(&s, OUTSIDE, outside_config(w->outside));
		return;
	}
	c = gateway_config(router);
	c->instances.v[0].evpn.flooding_disabled = w->no_flood[router];
	c->instances.v[2].evpn.advertise[0] = w->advertise[router];
	c->instances.v[2].evpn.default_originate[0] = w->default_route[router];
	if (w->leak[router]) {
		struct rt_list *rt = &c->instances.v[1].evpn.rt_import;

		*vec_push(&rt->rt) = 0x0002fde800000fa0;
		*vec_push(&rt->rt) = 0x0002fde800000fa1;
	}
	sim_config(&s, router, c);
}

static void disturb(struct wishes *w, struct rng *rng)
{
	static const uint32_t vnis[] = { 10010, 10020 };
	static const char *const vrfs[] = { "prod", "dev" };
	int g = (int)rng_below(rng, GATEWAYS), k = (int)rng_below(rng, 2);
	bool on = rng_below(rng, 2);
	char prefix[40];

	switch (rng_below(rng, 12)) {
	case 0:
		sim_reset(&s, g, (g + 1) % GATEWAYS);
		break;
	case 1:
		overlay_down(&s, g);
		overlays_run(&s, (mono_t)rng_below(rng, MONO_SEC(3)));
		overlay_up(&s, g);
		break;
	case 2:
		overlay_of(g)->up = false;
		sim_restart(&s, g);
		if (on)
			apply(w, g);
		overlay_up(&s, g);
		apply(w, g);
		break;
	case 3:
		report_vni(g, vnis[k], vrfs[k], on);
		break;
	case 4:
		report_vrf(g, vrfs[k], 100 + (uint32_t)k, on ? 4000 + (uint32_t)k : 0, on);
		break;
	case 5:
		snprintf(prefix, sizeof(prefix), "10.4.%d.0/24", g);
		report_route(g, vrfs[k], prefix, on);
		break;
	case 6:
		w->advertise[g] = on;
		w->default_route[g] = k;
		apply(w, g);
		break;
	case 7:
		w->leak[g] = on;
		w->no_flood[g] = k;
		apply(w, g);
		break;
	case 8:
		w->outside = (unsigned)rng_below(rng, 5);
		apply(w, OUTSIDE);
		break;
	default:
		report_host(g, vnis[k], (unsigned)rng_below(rng, 5), 0, rng_below(rng, 4) != 0);
		break;
	}
	overlays_run(&s, (mono_t)rng_below(rng, rng_below(rng, 4) ? MONO_SEC(1) : MONO_SEC(30)));
}

static int told_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The next hops of a route, in an order that does not depend on which is the
 * oldest. */
static void hops_line(const struct feed_msg *m, struct strbuf *out)
{
	char *hops[FEED_NEXTHOPS_MAX], ip[IP_TEXT_MAX];

	for (int k = 0; k < m->route.n_nexthops; k++) {
		const struct feed_nexthop *h = &m->route.nexthops[k];
		struct strbuf b = { 0 };

		sb_addf(&b, " via %s vni %u if %u vrf %s", ip_text(&h->addr, ip), h->vni, h->ifindex,
				h->vrf);
		hops[k] = sb_steal(&b);
	}
	qsort(hops, m->route.n_nexthops, sizeof(hops[0]), told_order);
	for (int k = 0; k < m->route.n_nexthops; k++) {
		sb_add(out, hops[k]);
		free(hops[k]);
	}
}

static void told_line(const struct feed_msg *m, struct strbuf *out)
{
	char ip[IP_TEXT_MAX], prefix[PREFIX_TEXT_MAX], mac[MAC_TEXT_MAX], vtep[IP_TEXT_MAX];

	if (m->type == FEED_VTEP) {
		sb_addf(out, "vtep %u %s", m->vtep.vni, ip_text(&m->vtep.addr, ip));
	} else if (m->type == FEED_REMOTE_MAC) {
		sb_addf(out, "mac %u %s %s at %s", m->mac.vni, mac_text(&m->mac.mac, mac),
				ip_text(&m->mac.ip, ip), ip_text(&m->mac.vtep, vtep));
	} else {
		sb_addf(out, "route %s %s", m->vrf, prefix_text(&m->route.prefix, prefix));
		hops_line(m, out);
	}
}

/* All that was told to all, in order; sequence numbers aside, they have a past. */
static char *told_all(void)
{
	VEC(char *) lines = { 0 };
	struct strbuf b = { 0 };

	for (int i = 0; i <= OUTSIDE; i++)
		for (size_t k = 0; k < overlay_of(i)->told.n; k++) {
			struct strbuf line = { 0 };

			sb_addf(&line, "%d: ", i);
			told_line(&overlay_of(i)->told.v[k].m, &line);
			*vec_push(&lines) = sb_steal(&line);
		}
	if (lines.n)
		qsort(lines.v, lines.n, sizeof(lines.v[0]), told_order);
	for (size_t k = 0; k < lines.n; k++) {
		sb_addf(&b, "%s\n", lines.v[k]);
		free(lines.v[k]);
	}
	vec_free(&lines);
	return sb_steal(&b);
}

static void say_difference(const char *a, const char *b)
{
	for (; *a || *b;) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
		int c = !*a ? 1 : !*b ? -1 : n == m && memcmp(a, b, n) == 0 ? 0 :
			strncmp(a, b, n < m ? n : m) < 0 ? -1 : 1;

		if (c < 0)
			printf("  too much: %.*s\n", (int)n, a);
		if (c > 0)
			printf("  lacking:  %.*s\n", (int)m, b);
		if (c <= 0)
			a += n + (a[n] == '\n');
		if (c >= 0)
			b += m + (b[m] == '\n');
	}
}

/* Whatever happens on the way, what overlays are told in the end depends on
 * what there is in the end alone: the same is told by cores that know nothing
 * of the past. */
START_TEST(any_way_there)
{
	struct rng rng = { (uint64_t)_i + 1000 };
	struct wishes w = { .outside = 4, .advertise = { true, true, true } };
	char *after, *fresh;
	struct sim old;

	gateways_begin((uint64_t)_i + 500);
	for (int step = 0; step < 40; step++)
		disturb(&w, &rng);
	overlays_run(&s, MONO_SEC(300));
	after = told_all();
	old = s;
	sim_init(&s, (uint64_t)_i + 900);
	s.feed = overlay_take;
	for (int i = 0; i <= OUTSIDE; i++) {
		sim_router_add(&s);
		overlay_of(i)->up = false;
		overlay_of(i)->told.n = 0;
		overlay_of(i)->answers.n = 0;
	}
	for (int i = 0; i <= OUTSIDE; i++) {
		overlay_up(&s, i);
		apply(&w, i);
	}
	overlays_run(&s, MONO_SEC(300));
	fresh = told_all();
	if (strcmp(after, fresh) != 0)
		say_difference(after, fresh);
	ck_assert_msg(strcmp(after, fresh) == 0, "seed %d: what is told depends on the past", _i);
	free(after);
	free(fresh);
	sim_fini(&old);
	gateways_end();
}
END_TEST

int main(void)
{
	int runs = getenv("RUNS") ? atoi(getenv("RUNS")) : 30;
	Suite *suite = suite_create("past");
	TCase *t = tcase_create("past");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, mobility, 0, 20);
	tcase_add_loop_test(t, any_way_there, 0, runs);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
