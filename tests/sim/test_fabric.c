/* EVPN fabrics of cores under virtual time: hosts move, sessions and feeds
 * break, cores start again; in the end each overlayd has what the fabric calls
 * for, no more and no less.
 *
 *	test_fabric [-v] [-n RUNS] [-s SEED] */
#include <stdlib.h>
#include <unistd.h>

#include "tests/sim/fabric.h"

#define DEFAULT_RUNS 60
#define CALM MONO_SEC(400)

struct world {
	struct sim sim;
	struct fabric fabric;
};

static void configure(struct world *w, int router)
{
	sim_config(&w->sim, router, fabric_config(&w->fabric, router));
}

static void start(struct world *w, uint64_t seed, bool verbose)
{
	sim_init(&w->sim, seed);
	w->sim.verbose = verbose;
	w->sim.feed = overlay_take;
	overlays_reset();
	w->sim.delay_max = 1000 + (mono_t)rng_below(&w->sim.rng, 100000);
	for (int i = 0; i <= w->fabric.n; i++) {
		sim_router_add(&w->sim);
		fabric_report(&w->sim, &w->fabric, i);
	}
	for (int i = 0; i <= w->fabric.n; i++) {
		/* Either may be the first. */
		if (rng_below(&w->sim.rng, 2)) {
			configure(w, i);
			overlay_up(&w->sim, i);
		} else {
			overlay_up(&w->sim, i);
			configure(w, i);
		}
	}
}

static void move_host(struct world *w, struct rng *rng)
{
	int h = (int)rng_below(rng, FABRIC_HOSTS), old = w->fabric.host[h].leaf;
	int leaf = (int)rng_below(rng, (uint64_t)w->fabric.n + 1);

	if (leaf && !w->fabric.leaf[leaf].vni[w->fabric.host[h].vni])
		leaf = 0;
	if (leaf == old)
		return;
	w->fabric.host[h].leaf = leaf;
	/* The new place hears it first; the old one ages it out. */
	if (leaf)
		fabric_report_host(&w->sim, &w->fabric, leaf, h, true);
	overlays_run(&w->sim, (mono_t)rng_below(rng, MONO_SEC(2)));
	if (old)
		fabric_report_host(&w->sim, &w->fabric, old, h, false);
}

static void change_vrf(struct world *w, struct rng *rng)
{
	int i = 1 + (int)rng_below(rng, (uint64_t)w->fabric.n), v = (int)rng_below(rng, FABRIC_VRFS);
	struct fabric_leaf *l = &w->fabric.leaf[i];

	if (l->vni[v])
		return; /* its hosts would have to go first */
	l->vrf[v] = !l->vrf[v];
	l->configured[v] = l->vrf[v] && rng_below(rng, 2);
	if (rng_below(rng, 2)) {
		fabric_report_vrf(&w->sim, i, v, l->vrf[v]);
		configure(w, i);
	} else {
		configure(w, i);
		fabric_report_vrf(&w->sim, i, v, l->vrf[v]);
	}
}

static void disturb(struct world *w, struct rng *rng)
{
	for (int i = 0; i < 15; i++) {
		int r = (int)rng_below(rng, (uint64_t)w->fabric.n + 1);

		switch (rng_below(rng, 6)) {
		case 0:
		case 1:
			move_host(w, rng);
			break;
		case 2:
			change_vrf(w, rng);
			break;
		case 3:
			sim_reset(&w->sim, 0, r);
			break;
		case 4:
			overlay_down(&w->sim, r);
			overlays_run(&w->sim, (mono_t)rng_below(rng, MONO_SEC(3)));
			overlay_up(&w->sim, r);
			break;
		case 5:
			if (rng_below(rng, 2))
				break;
			overlay_down(&w->sim, r);
			sim_restart(&w->sim, r);
			configure(w, r);
			overlay_up(&w->sim, r);
			break;
		}
		overlays_run(&w->sim, (mono_t)rng_below(rng, MONO_SEC(6)));
	}
}

/* Every host sends something: a place that took it for gone learns of it again,
 * as a bridge does. */
static void speak(struct world *w)
{
	overlays_run(&w->sim, MONO_SEC(60));
	for (int h = 0; h < FABRIC_HOSTS; h++)
		if (w->fabric.host[h].leaf)
			fabric_report_host(&w->sim, &w->fabric, w->fabric.host[h].leaf, h, true);
}

static unsigned verify(struct world *w, const char *when)
{
	unsigned wrong = 0;

	overlays_run(&w->sim, CALM);
	for (int i = 0; i <= w->fabric.n; i++)
		wrong += fabric_verify(&w->fabric, i);
	if (wrong)
		printf("%s: %u wrong\n", when, wrong);
	return wrong;
}

static unsigned run(uint64_t seed, bool verbose)
{
	static struct world w;
	struct rng rng = { seed };
	unsigned wrong;

	fabric_random(&w.fabric, &rng);
	start(&w, rng_next(&rng), verbose);
	wrong = verify(&w, "at the start");
	disturb(&w, &rng);
	speak(&w);
	wrong += verify(&w, "after all that");
	sim_fini(&w.sim);
	overlays_reset();
	return wrong;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1;
	unsigned runs = DEFAULT_RUNS, failed = 0;
	bool verbose = false;
	int c;

	while ((c = getopt(argc, argv, "vn:s:")) != -1) {
		if (c == 'v')
			verbose = true;
		else if (c == 'n')
			runs = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 's')
			seed = strtoull(optarg, NULL, 10), runs = 1;
		else
			return 2;
	}
	for (unsigned i = 0; i < runs; i++) {
		unsigned wrong = run(seed + i, verbose);

		if (wrong)
			printf("seed %lu: %u wrong\n", (unsigned long)(seed + i), wrong);
		failed += wrong != 0;
	}
	printf("%u runs, %u failed\n", runs, failed);
	return failed != 0;
}
