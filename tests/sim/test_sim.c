/* Networks of cores under virtual time: whatever the order of events, resets,
 * restarts and changes of configuration on the way, all settle on what the
 * reference computes.
 *
 *	test_sim [-v] [-n RUNS] [-s SEED]
 *
 * Prints the seed of a run that fails; -s SEED -v shows it. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/sim/verify.h"

#ifdef WEFT_SANITIZERS /* some sixty times slower */
#define DEFAULT_RUNS 10
#else
#define DEFAULT_RUNS 100
#endif
#define CALM MONO_SEC(400) /* after the last mishap */

static unsigned check_all(struct sim *s, struct topo *t)
{
	struct reference r;
	unsigned wrong;

	reference_make(&r, t);
	wrong = verify_settled(s, t) + verify_adjacencies(s, t) + verify_best(s, &r);
	reference_free(&r);
	return wrong;
}

static void configure(struct sim *s, const struct topo *t, int router)
{
	sim_config(s, router, topo_config(t, router));
}

static void start(struct sim *s, const struct topo *t, uint64_t seed, bool verbose)
{
	sim_init(s, seed);
	s->verbose = verbose;
	s->delay_max = 1000 + (mono_t)rng_below(&s->rng, 200000);
	s->buffer = 4096u << rng_below(&s->rng, 7);
	for (int i = 0; i < t->n; i++)
		sim_router_add(s);
	for (int i = 0; i < t->n; i++)
		configure(s, t, i);
}

/* Changes, resets and restarts for a while. */
static void disturb(struct sim *s, struct topo *now, struct rng *rng)
{
	for (int i = 0; i < 12; i++) {
		int a = (int)rng_below(rng, (uint64_t)now->n), b = (int)rng_below(rng, (uint64_t)now->n);

		switch (rng_below(rng, 4)) {
		case 0:
		case 1:
			topo_change(now, rng);
			for (int k = 0; k < now->n; k++)
				configure(s, now, k);
			break;
		case 2:
			sim_reset(s, a, b);
			break;
		case 3:
			if (rng_below(rng, 3))
				break;
			sim_restart(s, a);
			configure(s, now, a);
			break;
		}
		sim_run(s, s->now + (mono_t)rng_below(rng, MONO_SEC(8)));
	}
}

static unsigned leave(struct sim *s)
{
	struct bgp_event ev = { .type = BGP_EVENT_SHUTDOWN };
	unsigned wrong = 0;

	for (int i = 0; i < (int)s->routers.n; i++)
		sim_input(s, i, &ev);
	sim_run(s, s->now + MONO_SEC(60));
	for (int i = 0; i < (int)s->routers.n; i++)
		if (!s->routers.v[i]->finished) {
			printf("r%d did not finish\n", i);
			wrong++;
		}
	return wrong;
}

static unsigned run(uint64_t seed, bool verbose)
{
	struct rng rng = { seed };
	struct topo target, now;
	struct sim s, other;
	unsigned wrong;
	uint64_t digest;

	topo_random(&target, &rng);
	topo_copy(&now, &target);
	start(&s, &target, rng_next(&rng), verbose);
	sim_run(&s, s.now + MONO_SEC((mono_t)rng_below(&rng, 60)));
	disturb(&s, &now, &rng);
	/* As it is now ... */
	sim_run(&s, s.now + CALM);
	wrong = check_all(&s, &now);
	/* ... and back to how it was. */
	for (int i = 0; i < target.n; i++)
		configure(&s, &target, i);
	sim_run(&s, s.now + CALM);
	wrong += check_all(&s, &target);
	digest = verify_digest(&s);
	/* The same network without any of that. */
	start(&other, &target, rng_next(&rng), false);
	sim_run(&other, other.now + CALM);
	wrong += check_all(&other, &target);
	if (verify_digest(&other) != digest) {
		printf("undisturbed, it settles on something else\n");
		wrong++;
	}
	wrong += leave(&s);
	if (verbose)
		printf("%d routers, %u prefixes, %lu events\n", target.n, target.n_prefixes,
				(unsigned long)s.events_done);
	sim_fini(&s);
	sim_fini(&other);
	topo_fini(&target);
	topo_fini(&now);
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
