/* The best path of each destination beside what elimination over all its paths
 * finds: changes of paths, of policy, of next hops and their metrics come in any
 * order, and nothing puts a destination right between them but what the table
 * does by itself.  The other table is told to decide all paths at each change.
 * Those used beside the best are found a third time, by their definition; and who
 * reads the log must hear of each change of those in use. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/nlri.h"
#include "bgpd/core/rib_private.h"
#include "lib/base/rng.h"

#define SOURCES 10
#define PATHS (SOURCES * NEIGHBORS)
#define KEYS 4
#define HOPS 5
#define NEIGHBORS 3 /* path ids of one source: 0 .. 2 */

static struct attrs_table *attrs;
static struct info_table *infos;
static struct route_source sources[SOURCES + 1];
static const struct route_source *source_table[SOURCES + 1];
static struct rib_env env;
static struct rib *rib, *model;
static struct rng rng;
static uint32_t now;
static bool dead[HOPS];
static uint32_t metric[HOPS];
static struct decision_options options;
static struct rib_reader reader;
static unsigned med_one_in, other_one_in; /* attributes that differ: one in so many; MED 0: none */

static unsigned any(unsigned n)
{
	return (unsigned)rng_below(&rng, n);
}

static bool hop_usable(const void *ctx, uint16_t instance, const struct route_source *src,
		uint32_t next_hop, uint32_t *ret_metric)
{
	unsigned hop = attrs_next_hop(attrs, next_hop)->addr.b[3];

	(void)ctx;
	(void)instance;
	(void)src;
	*ret_metric = metric[hop];
	return !dead[hop];
}

static const uint8_t *key(unsigned n)
{
	static uint8_t k[NLRI_KEY_MAX];

	memset(k, 0, sizeof(k));
	if (rib_family(rib) == FAM_EVPN) {
		k[0] = n % 2 ? EVPN_MACIP : EVPN_IMET;
		k[8] = (uint8_t)n;
		return k;
	}
	wr_put32(k, n << 8);
	k[4] = 24;
	return k;
}

static void sources_make(int kind)
{
	for (unsigned s = 1; s <= SOURCES; s++) {
		sources[s] = (struct route_source){ .kind = SOURCE_PEER, .as = s < 5 ? 100 : 101,
			.router_id = 1 + s / 2, .addr = ip4(0x0a000000u + s) };
		source_table[s] = &sources[s];
	}
	switch (kind) {
	case 0: /* external alone */
		break;
	case 1:
		sources[7].ibgp = sources[8].ibgp = true;
		break;
	case 2:
		for (unsigned s = 1; s <= SOURCES; s++)
			sources[s].ibgp = true;
		break;
	default:
		sources[3].confed = sources[4].confed = sources[6].ibgp = true;
		sources[7].kind = SOURCE_NETWORK;
		sources[8].kind = SOURCE_IMPORT;
	}
}

static void setup(void)
{
	attrs = attrs_table_new(1);
	infos = info_table_new(1);
	env = (struct rib_env){ attrs, infos, source_table, hop_usable, NULL };
}

static void tables_make(enum family f)
{
	rib = rib_new(&env, f, 0, 5);
	model = rib_new(&env, f, 0, 6);
	rib_log_all_paths(model, true);
	rib_reader_open(rib, &reader, false, NULL);
}

static void teardown(void)
{
	rib_reader_close(&reader);
	rib_free(rib);
	rib_free(model);
	ck_assert_uint_eq(attrs_live(attrs), 0);
	attrs_table_free(attrs);
	info_table_free(infos);
}

static void options_make(unsigned bits)
{
	options = (struct decision_options){ .default_local_pref = 100,
		.always_compare_med = bits & 1, .multipath_relax = bits & 2,
		.compare_router_id = bits & 4, .as_path_ignore = bits & 8,
		.med_missing_as_worst = bits & 16, .med_confed = bits & 32,
		.as_path_confed = bits & 64, .deterministic_med = bits & 128 };
	options.max_paths_ebgp = (uint16_t)(any(3) ? any(6) : 1);
	options.max_paths_ibgp = (uint16_t)(any(3) ? any(6) : 1);
	rib_set_options(rib, &options);
	rib_set_options(model, &options);
}

/* Attributes of which many are equal in many respects. */
static uint32_t attrs_any(const struct route_source *src)
{
	uint8_t path[2 + 4 * 3 + 6] = { 0 }, cluster[8] = { 1 };
	struct route_attrs a = { .has = HAS_LOCAL_PREF, .local_pref = any(other_one_in) ? 100 : 50,
		.origin = any(other_one_in) == 0, .next_hop = ip4(0xc0000000u + any(HOPS)) };
	unsigned at = 0;

	if (src->confed && any(2)) {
		path[at] = 3;
		path[at + 1] = 1;
		wr_put32(path + at + 2, 65100 + any(2));
		at += 6;
	}
	path[at] = 2;
	path[at + 1] = (uint8_t)(2 + (any(other_one_in) == 0));
	for (unsigned h = 0; h < path[at + 1]; h++)
		wr_put32(path + at + 2 + 4 * h, 100 + (any(other_one_in) < 3));
	at += 2 + 4u * path[at + 1];
	if (src->kind != SOURCE_NETWORK)
		a.part[PART_AS_PATH] = (struct attr_span){ path, (uint16_t)at };
	if (med_one_in && any(med_one_in) == 0) {
		a.has |= HAS_MED;
		a.med = any(3);
	}
	if (any(20) == 0) {
		a.has |= HAS_WEIGHT;
		a.weight = any(2);
	}
	if (src->ibgp && any(2))
		a.part[PART_CLUSTER_LIST] = (struct attr_span){ cluster, (uint16_t)(4 + 4 * any(2)) };
	return attrs_intern(attrs, &a);
}

static void put_both(unsigned k, uint16_t src, uint32_t id)
{
	uint32_t in = attrs_any(&sources[src]);
	bool denied = any(10) == 0;

	for (int i = 0; i < 2; i++) {
		attrs_ref(attrs, in);
		if (!denied)
			attrs_ref(attrs, in);
		rib_update(i ? model : rib, key(k), src, id, in, denied ? 0 : in, 0, REASON_POLICY_DENIED, now);
	}
	attrs_unref(attrs, in);
}

static uint32_t path_of(const struct rib *t, uint32_t dest, uint16_t src, uint32_t id)
{
	uint32_t p = rib_dest(t, dest)->paths;

	while (p && (rib_path(t, p)->source != src || rib_path_add_path_id(t, p) != id))
		p = rib_path(t, p)->next;
	return p;
}

/* The policy makes something else of a path. */
static void judge_again(unsigned k, uint16_t src, uint32_t id)
{
	uint32_t changed = any(4) ? attrs_any(&sources[src]) : 0;

	for (int i = 0; i < 2; i++) {
		struct rib *t = i ? model : rib;
		uint32_t dest = rib_find(t, key(k)), p = dest ? path_of(t, dest, src, id) : 0;

		if (!p)
			continue;
		attrs_ref(attrs, changed);
		rib_set_path_attrs(t, dest, p, changed, REASON_POLICY_DENIED, now);
	}
	attrs_unref(attrs, changed);
}

static void drop_path(unsigned k, uint16_t src, uint32_t id)
{
	for (int i = 0; i < 2; i++) {
		struct rib *t = i ? model : rib;
		uint32_t dest = rib_find(t, key(k)), p = dest ? path_of(t, dest, src, id) : 0;

		if (p)
			rib_drop_path(t, dest, p);
	}
}

static void change(void)
{
	unsigned k = any(KEYS), what = any(100);
	uint16_t src = (uint16_t)(1 + any(SOURCES));
	uint32_t id = any(3) ? 0 : any(NEIGHBORS);

	now += any(4) == 0;
	if (what < 60)
		put_both(k, src, id);
	else if (what < 85)
		ck_assert_int_eq(rib_withdraw(rib, key(k), src, id), rib_withdraw(model, key(k), src, id));
	else if (what < 93)
		judge_again(k, src, id);
	else
		drop_path(k, src, id);
}

static void decide_all(void)
{
	for (uint32_t d = 0; (d = rib_walk(rib, d));)
		rib_decide(rib, d);
	for (uint32_t d = 0; (d = rib_walk(model, d));)
		rib_decide(model, d);
}

/* A state that tables are told of in slices: paths come and go between it and that. */
static void state_change(void)
{
	unsigned hop = any(HOPS);

	if (any(3) == 0)
		dead[hop] = !dead[hop];
	else if (any(3))
		metric[hop] = any(3);
	else
		options_make(any(256));
	for (unsigned n = any(6); n--;)
		change();
	decide_all();
}

/* ---- those used beside the best ---- */

struct used {
	unsigned n;
	uint32_t of[PATHS], attrs[PATHS]; /* source and path id */
};

static void use(struct used *u, uint16_t src, uint32_t id, uint32_t set)
{
	u->of[u->n] = (uint32_t)src << 8 | id;
	u->attrs[u->n++] = set;
}

/* Whose order but for the best does not count. */
static bool same_used(const struct used *a, const struct used *b)
{
	unsigned same = 0;

	if (a->n != b->n || (a->n && (a->of[0] != b->of[0] || a->attrs[0] != b->attrs[0])))
		return false;
	for (unsigned i = 0; i < a->n; i++)
		for (unsigned j = 0; j < b->n; j++)
			same += a->of[i] == b->of[j] && a->attrs[i] == b->attrs[j];
	return same == a->n;
}

static struct used used_now(unsigned k)
{
	uint32_t d = rib_find(rib, key(k));
	struct used u = { 0 };

	if (!d || !rib_best(rib, d))
		return u;
	for (uint32_t p = rib_dest(rib, d)->paths; p; p = rib_used_next(rib, d, p))
		use(&u, rib_path(rib, p)->source, rib_path_add_path_id(rib, p), rib_path(rib, p)->attrs);
	return u;
}

static bool go_together(const struct candidate *a, const struct candidate *b)
{
	struct attr_span x = attrs_part(a->attrs, PART_AS_PATH), y = attrs_part(b->attrs, PART_AS_PATH);
	bool external = source_is_external(a->source);

	if (a->source->kind == SOURCE_NETWORK || external != source_is_external(b->source))
		return false;
	if (options.multipath_relax)
		return true;
	return external ? a->source->as == b->source->as : x.len == y.len && !memcmp(x.p, y.p, x.len);
}

static bool one_way(const struct candidate *a, const struct candidate *b)
{
	return a->source->kind == SOURCE_PEER && b->source->kind == SOURCE_PEER &&
	       a->attrs->next_hop == b->attrs->next_hop;
}

static void candidates(uint32_t m, struct path *copies, struct candidate *c, unsigned *ret_n)
{
	unsigned n = 0;

	for (uint32_t p = rib_dest(model, m)->paths; p; p = rib_path(model, p)->next) {
		copies[n] = *rib_path(model, p);
		if (!(copies[n].flags & PATH_USABLE))
			continue;
		c[n] = rib_candidate(model, p, 0);
		c[n].metric = metric[attrs_next_hop(attrs, c[n].attrs->next_hop)->addr.b[3]];
		c[n].path = &copies[n];
		n++;
	}
	*ret_n = n;
}

/* Whoever is best; of those that lost to it after the IGP metric whoever is best
 * next, and so on: of these, each that goes with the first, a next hop once. */
static struct used used_by_definition(unsigned k)
{
	struct decision_options o = options;
	uint32_t m = rib_find(model, key(k));
	struct decision_context x = { &o, attrs, infos, rib_family(model), NULL };
	struct candidate c[PATHS], first[PATHS];
	struct path copies[PATHS];
	struct used u = { 0 };
	unsigned n, max;

	if (!m)
		return u;
	candidates(m, copies, c, &n);
	x.key = rib_dest(model, m)->key;
	o.max_paths_ebgp = o.max_paths_ibgp = 1;
	for (bool again = false; n; again = true) {
		unsigned equal = 1;
		bool adds = true;

		decision_run(&x, c, n);
		if (again) {
			max = source_is_external(first[0].source) ? options.max_paths_ebgp :
								    options.max_paths_ibgp;
			adds = go_together(&first[0], &c[0]) && (!max || u.n < max);
			for (unsigned i = 0; i < u.n; i++)
				adds &= !one_way(&first[i], &c[0]);
		}
		if (adds) {
			first[u.n] = c[0];
			use(&u, c[0].path->source, c[0].path_id, c[0].path->attrs);
		}
		while (equal < n && c[equal].path->reason > REASON_MULTIPATH &&
				c[equal].path->reason != REASON_EVPN_MOBILITY)
			equal++;
		n = equal - 1;
		memmove(c, c + 1, n * sizeof(*c));
	}
	return u;
}

static void compare_used(int step, unsigned k)
{
	struct used is = used_now(k), should = used_by_definition(k);

	if (!same_used(&is, &should))
		ck_abort_msg("step %d: %u of %u are used, should be %u", step, is.n, k, should.n);
}

static void compare(int step)
{
	for (unsigned k = 0; k < KEYS; k++) {
		uint32_t d = rib_find(rib, key(k)), m = rib_find(model, key(k));
		const struct path *best, *right;
		unsigned n = 0, n_model = 0;

		if (d && !rib_dest(rib, d)->paths) /* until the log is read */
			d = 0;
		ck_assert_int_eq(d != 0, m != 0);
		if (!d)
			continue;
		best = rib_best(rib, d);
		right = rib_best(model, m);
		if (!best != !right || (best && (best->source != right->source || best->attrs != right->attrs)))
			ck_abort_msg("step %d: best of %u is of source %d, should be of %d", step, k,
					best ? best->source : -1, right ? right->source : -1);
		for (uint32_t p = rib_dest(model, m)->paths; p; p = rib_path(model, p)->next)
			n_model++;
		for (uint32_t p = rib_dest(rib, d)->paths, q; p; p = rib_path(rib, p)->next, n++) {
			const struct path *a = rib_path(rib, p), *b;
			uint8_t shown = PATH_USABLE | PATH_MULTIPATH;

			q = path_of(model, m, a->source, rib_path_add_path_id(rib, p));
			ck_assert_uint_ne(q, 0);
			b = rib_path(model, q);
			if ((a->flags & shown) != (b->flags & shown) ||
					rib_path_reason(rib, d, p) != rib_path_reason(model, m, q))
				ck_abort_msg("step %d: path of source %u to %u: %s %x, should be %s %x", step,
						a->source, k, reason_text(rib_path_reason(rib, d, p)), a->flags,
						reason_text(rib_path_reason(model, m, q)), b->flags);
		}
		ck_assert_uint_eq(n, n_model);
		compare_used(step, k);
	}
}

static void hears(int step, const struct used *before)
{
	bool heard[KEYS] = { false };

	for (uint32_t d; (d = rib_reader_next(&reader));)
		for (unsigned k = 0; k < KEYS; k++)
			heard[k] |= !memcmp(rib_dest(rib, d)->key, key(k), families[rib_family(rib)].key_size);
	for (unsigned k = 0; k < KEYS; k++) {
		struct used now_used = used_now(k);

		if (!heard[k] && !same_used(&before[k], &now_used))
			ck_abort_msg("step %d: those used for %u changed, and nobody was told", step, k);
	}
}

START_TEST(best_of_all)
{
	const char *steps = getenv("WEFT_RIB_STEPS"), *seed = getenv("WEFT_RIB_SEED");

	rng = (struct rng){ 77 + (uint64_t)_i + (seed ? strtoull(seed, NULL, 10) * 1000 : 0) };
	sources_make(_i % 4);
	memset(dead, 0, sizeof(dead));
	memset(metric, 0, sizeof(metric));
	now = 1;
	med_one_in = (unsigned[]){ 0, 40, 3 }[_i % 3];
	other_one_in = (unsigned[]){ 100, 6 }[_i / 3 % 2];
	tables_make(_i / 6 % 3 == 2 ? FAM_EVPN : FAM_IPV4_UNICAST);
	options_make(any(256));
	for (int i = 0, n = steps ? atoi(steps) : 2000; i < n; i++) {
		struct used before[KEYS];

		for (unsigned k = 0; k < KEYS; k++)
			before[k] = used_now(k);
		if (any(200) == 0)
			state_change();
		else
			change();
		compare(i);
		hears(i, before);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rib_model");
	TCase *t = tcase_create("rib_model");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, best_of_all, 0, 36);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
