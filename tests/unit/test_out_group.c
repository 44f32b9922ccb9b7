/* What peers are told: a row for each rule, then groups at work, then chaos:
 * sessions that come and go, peers that do not read, policies that change; at
 * the end everyone must have been told the truth, and nothing twice. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/out_private.h"
#include "lib/base/rng.h"
#include "lib/base/xalloc.h"
#include "tests/unit/rig.h"

static struct rig *r;

static void setup(void)
{
	r = rig_new();
}

static void teardown(void)
{
	rig_free(r);
}

static void start(void)
{
	rig_configure(r);
	for (size_t i = 0; i < r->peers.n; i++)
		rig_up(r->peers.v[i]);
}

static size_t groups(void)
{
	return core_instance_find(r->core, "default")->out[FAM_IPV4_UNICAST]->groups.n;
}

static bool alike(void)
{
	const struct out_groups *all =
			core_instance_find(r->core, "default")->out[FAM_IPV4_UNICAST];

	for (size_t i = 0; i < all->groups.n; i++)
		for (size_t j = i + 1; j < all->groups.n; j++) {
			const struct out_group *x = all->groups.v[i], *y = all->groups.v[j];

			if (!memcmp(&x->key, &y->key, sizeof(x->key)) &&
					out_filters_equal(&x->filters, &y->filters))
				return true;
		}
	return false;
}

/* ---- rules ---- */

/* A route from a peer of AS `from` goes to one of AS `to`. */
struct rule {
	const char *name;
	uint32_t from, to;
	uint32_t path[5];
	void (*set)(struct rig_peer *from, struct rig_peer *to, struct instance_config *i);
	void (*attrs)(struct route_attrs *a);
	const char *expect; /* "": nothing */
};

#define SETTER(name) static void name(struct rig_peer *from, struct rig_peer *to, struct instance_config *i)
#define UNUSED (void)from, (void)to, (void)i

SETTER(set_next_hop_self) { UNUSED; to->family[0].next_hop_self = true; }
SETTER(set_next_hop_self_force) { UNUSED; to->family[0].next_hop_self_force = true; to->family[0].route_reflector_client = true; }
SETTER(set_next_hop_unchanged) { UNUSED; to->family[0].next_hop_unchanged = true; }
SETTER(set_rr_to) { UNUSED; to->family[0].route_reflector_client = true; }
SETTER(set_rr_from) { UNUSED; from->family[0].route_reflector_client = true; }
SETTER(set_rr_self) { UNUSED; to->family[0].route_reflector_client = to->family[0].next_hop_self = true; }
SETTER(set_rr_both_off) { UNUSED; from->family[0].route_reflector_client = to->family[0].route_reflector_client = true; i->reflect_client_to_client = false; }
SETTER(set_cluster) { UNUSED; to->family[0].route_reflector_client = true; i->cluster_id = 0x01020304; }
SETTER(set_rs) { UNUSED; to->family[0].route_server_client = true; }
SETTER(set_private) { UNUSED; to->family[0].remove_private_as = true; }
SETTER(set_private_all) { UNUSED; to->family[0].remove_private_as = to->family[0].remove_private_as_all = true; }
SETTER(set_private_replace) { UNUSED; to->family[0].remove_private_as = to->family[0].remove_private_as_all = to->family[0].remove_private_as_replace = true; }
SETTER(set_override) { UNUSED; to->family[0].as_override = true; }
SETTER(set_local_as) { UNUSED; to->config.local_as = 300; }
SETTER(set_local_as_replace) { UNUSED; to->config.local_as = 300; to->config.local_as_no_prepend = to->config.local_as_replace_as = true; }
SETTER(set_no_communities) { UNUSED; to->family[0].send_community = to->family[0].send_large_community = to->family[0].send_ext_community = false; }
SETTER(set_policy_required) { UNUSED; i->ebgp_requires_policy = true; from->family[0].in.route_map = "ALL"; }
SETTER(set_confed_peer) { UNUSED; i->confederation_id = 900; *vec_push(&i->confederation_peers) = to->config.remote_as; }
SETTER(set_confed_out) { UNUSED; i->confederation_id = 900; *vec_push(&i->confederation_peers) = from->config.remote_as; }
SETTER(set_gshut) { UNUSED; i->graceful_shutdown = true; }
SETTER(set_med_unchanged) { UNUSED; to->family[0].med_unchanged = true; }
SETTER(set_map_out) { UNUSED; to->family[0].out.route_map = "OUT"; }
SETTER(set_as_unchanged) { UNUSED; to->family[0].as_path_unchanged = true; }

static const uint8_t no_export[] = { 0xff, 0xff, 0xff, 1 }, no_advertise[] = { 0xff, 0xff, 0xff, 2 },
		     no_subconfed[] = { 0xff, 0xff, 0xff, 3 }, some_com[] = { 0, 1, 0, 2 },
		     some_large[] = { 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3 },
		     ext_both[] = { 0, 2, 0, 1, 0, 0, 0, 2, 0x40, 4, 0, 1, 0, 0, 0, 2 };

static const uint8_t confed_path[] = { 3, 1, 0, 0, 0xfd, 0xe9, 2, 1, 0, 0, 0, 7 };

static void a_confed(struct route_attrs *a) { a->part[PART_AS_PATH] = (struct attr_span){ confed_path, 12 }; }
static void a_med(struct route_attrs *a) { a->has |= HAS_MED; a->med = 50; }
static void a_lp(struct route_attrs *a) { a->has |= HAS_LOCAL_PREF; a->local_pref = 250; }
static void com(struct route_attrs *a, const uint8_t *c) { a->part[PART_COMMUNITIES] = (struct attr_span){ c, 4 }; }
static void a_no_export(struct route_attrs *a) { com(a, no_export); }
static void a_no_advertise(struct route_attrs *a) { com(a, no_advertise); }
static void a_no_subconfed(struct route_attrs *a) { com(a, no_subconfed); }
static void a_coms(struct route_attrs *a)
{
	com(a, some_com);
	a->part[PART_LARGE_COMMUNITIES] = (struct attr_span){ some_large, 12 };
	a->part[PART_EXT_COMMUNITIES] = (struct attr_span){ ext_both, 16 };
}

#define EXT 100
#define EXT2 200
#define INT RIG_AS

static const struct rule rules[] = {
	{ "external to external: our AS, our address", EXT, EXT2, { 100, 7 }, NULL, NULL,
			"nh 10.0.0.1 path 65000 100 7" },
	{ "MED goes no further", EXT, EXT2, { 100 }, NULL, a_med, "nh 10.0.0.1 path 65000 100" },
	{ "MED unchanged", EXT, EXT2, { 100 }, set_med_unchanged, a_med,
			"nh 10.0.0.1 path 65000 100 med 50" },
	{ "MED by policy", EXT, EXT2, { 100 }, set_map_out, a_med, "nh 10.0.0.1 path 65000 100 med 77" },
	{ "external to internal: local preference, next hop kept", EXT, INT, { 100 }, NULL, a_med,
			"nh 10.0.0.2 path 100 lp 100 med 50" },
	{ "external to internal, next-hop-self", EXT, INT, { 100 }, set_next_hop_self, NULL,
			"nh 10.0.0.1 path 100 lp 100" },
	{ "internal to external: no local preference", INT, EXT2, { 7 }, NULL, a_lp,
			"nh 10.0.0.1 path 65000 7" },
	{ "internal to external, next hop unchanged", INT, EXT2, { 7 }, set_next_hop_unchanged, NULL,
			"nh 10.0.0.2 path 65000 7" },
	{ "internal to internal: not", INT, INT, { 7 }, NULL, NULL, "" },
	{ "reflected to a client", INT, INT, { 7 }, set_rr_to, a_lp,
			"nh 10.0.0.2 path 7 lp 250 originator a000002 cluster a000001" },
	{ "reflected from a client", INT, INT, { 7 }, set_rr_from, NULL,
			"nh 10.0.0.2 path 7 lp 100 originator a000002 cluster a000001" },
	{ "reflected with a cluster id", INT, INT, { 7 }, set_cluster, NULL,
			"nh 10.0.0.2 path 7 lp 100 originator a000002 cluster 1020304" },
	{ "reflected routes keep their next hop", INT, INT, { 7 }, set_rr_self, NULL,
			"nh 10.0.0.2 path 7 lp 100 originator a000002 cluster a000001" },
	{ "but with force they don't", INT, INT, { 7 }, set_next_hop_self_force, NULL,
			"nh 10.0.0.1 path 7 lp 100 originator a000002 cluster a000001" },
	{ "no reflection between clients", INT, INT, { 7 }, set_rr_both_off, NULL, "" },
	{ "external to a client: no originator", EXT, INT, { 100 }, set_rr_to, NULL,
			"nh 10.0.0.2 path 100 lp 100" },
	{ "NO_EXPORT: not outside", EXT, EXT2, { 100 }, NULL, a_no_export, "" },
	{ "NO_EXPORT: inside", EXT, INT, { 100 }, NULL, a_no_export,
			"nh 10.0.0.2 path 100 lp 100 com no-export" },
	{ "NO_ADVERTISE", EXT, INT, { 100 }, NULL, a_no_advertise, "" },
	{ "NO_EXPORT_SUBCONFED", EXT, EXT2, { 100 }, NULL, a_no_subconfed, "" },
	{ "communities", EXT, EXT2, { 100 }, NULL, a_coms,
			"nh 10.0.0.1 path 65000 100 com 1:2 large 1:2:3 ext RT:1:2" },
	{ "non-transitive ones stay inside", EXT, INT, { 100 }, set_no_communities, a_coms,
			"nh 10.0.0.2 path 100 lp 100" },
	{ "communities not sent", EXT, EXT2, { 100 }, set_no_communities, a_coms,
			"nh 10.0.0.1 path 65000 100" },
	{ "route server: nothing changed", EXT, EXT2, { 100, 7 }, set_rs, a_med,
			"nh 10.0.0.2 path 100 7 med 50" },
	{ "AS path unchanged", EXT, EXT2, { 100, 7 }, set_as_unchanged, NULL, "nh 10.0.0.1 path 100 7" },
	{ "remove-private-AS: only if all are", EXT, EXT2, { 100, 64512 }, set_private, NULL,
			"nh 10.0.0.1 path 65000 100 64512" },
	{ "remove-private-AS all", EXT, EXT2, { 100, 64512, 7 }, set_private_all, NULL,
			"nh 10.0.0.1 path 65000 100 7" },
	{ "remove-private-AS all replace-AS", EXT, EXT2, { 100, 64512, 7 }, set_private_replace, NULL,
			"nh 10.0.0.1 path 65000 100 65000 7" },
	{ "as-override", EXT, EXT2, { 100, 200, 7, 200 }, set_override, NULL,
			"nh 10.0.0.1 path 65000 100 65000 7 65000" },
	{ "local-as", EXT, EXT2, { 100 }, set_local_as, NULL, "nh 10.0.0.1 path 300 65000 100" },
	{ "local-as no-prepend replace-as", EXT, EXT2, { 100 }, set_local_as_replace, NULL,
			"nh 10.0.0.1 path 300 100" },
	{ "an external peer without policy is told nothing", EXT, EXT2, { 100 }, set_policy_required,
			NULL, "" },
	{ "confederation: member AS, local preference", EXT, 65001, { 100 }, set_confed_peer, NULL,
			"nh 10.0.0.2 path (65000) 100 lp 100" },
	{ "confederation: nothing of it outside", 65001, EXT2, { 7 }, set_confed_out, a_confed,
			"nh 10.0.0.1 path 900 7" },
	{ "graceful shutdown outside", EXT, EXT2, { 100 }, set_gshut, NULL,
			"nh 10.0.0.1 path 65000 100 com graceful-shutdown" },
	{ "graceful shutdown inside", EXT, INT, { 100 }, set_gshut, NULL,
			"nh 10.0.0.2 path 100 lp 0 com graceful-shutdown" },
};

static void maps(struct policy_config *c)
{
	struct route_map_config *m = vec_push(&c->route_maps);
	struct route_map_entry *e;
	struct clause_config *k;

	m->name = xstrdup("ALL");
	e = vec_push(&m->entries);
	e->seq = 10;
	e->permit = true;
	m = vec_push(&c->route_maps);
	m->name = xstrdup("OUT");
	e = vec_push(&m->entries);
	e->seq = 10;
	e->permit = true;
	k = vec_push(&e->set);
	k->words = xstrdup("metric");
	k->arg = xstrdup("77");
}

START_TEST(rule)
{
	const struct rule *u = &rules[_i];
	struct rig_peer *from = rig_peer(r, "10.0.0.2", u->from);
	struct rig_peer *to = rig_peer(r, "10.0.0.3", u->to);
	struct route_attrs x = { .part[PART_AS_PATH] = rig_path(u->path) };
	uint32_t attrs, info;
	uint16_t source;
	bool told;

	r->policy = maps;
	if (u->set)
		u->set(from, to, &r->instance);
	if (u->attrs)
		u->attrs(&x);
	start();
	rig_announce(from, "20.0.0.0/24", &x);
	ck_assert_msg(!strcmp(rig_told(to, "20.0.0.0/24"), u->expect), "%s: told '%s'", u->name,
			rig_told(to, "20.0.0.0/24"));
	told = out_group_told(rig_core_peer(to), FAM_IPV4_UNICAST, rig_dest(r, "20.0.0.0/24"), &attrs,
			&info, &source);
	ck_assert_int_eq(told, u->expect[0] != 0);
	if (told) {
		/* What it says it told is what was heard. */
		struct route_attrs said, heard;
		uint32_t d = rib_walk(to->told, 0);

		attrs_open(r->core->attrs, attrs, &said);
		attrs_open(r->attrs, rib_best(to->told, d)->attrs, &heard);
		ck_assert(ip_equal(&said.next_hop, &heard.next_hop));
		ck_assert_uint_eq(said.part[PART_AS_PATH].len, heard.part[PART_AS_PATH].len);
		ck_assert_uint_eq(source, rig_core_peer(from)->source);
		attrs_unref(r->core->attrs, attrs);
		rig_withdraw(from, "20.0.0.0/24");
		ck_assert_str_eq(rig_told(to, "20.0.0.0/24"), "");
	}
	ck_assert_uint_eq(to->repeated + to->needless, 0);
	ck_assert_uint_eq(rig_told_count(from), 0);
}
END_TEST

/* ---- groups ---- */

START_TEST(one_group_for_all_that_get_the_same)
{
	struct rig_peer *p[12];
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100) };
	char addr[20];

	for (unsigned i = 0; i < 12; i++) {
		snprintf(addr, sizeof(addr), "10.0.0.%u", i + 2);
		p[i] = rig_peer(r, addr, i < 10 ? 100 + i : RIG_AS);
	}
	start();
	ck_assert_uint_eq(groups(), 2); /* external, internal */
	rig_announce(p[0], "20.0.0.0/24", &x);
	ck_assert_str_eq(rig_told(p[0], "20.0.0.0/24"), "");
	for (unsigned i = 1; i < 12; i++)
		ck_assert_str_ne(rig_told(p[i], "20.0.0.0/24"), "");
	ck_assert_uint_eq(rig_core_peer(p[1])->family[0].advertised, 1);
	ck_assert_uint_eq(rig_core_peer(p[0])->family[0].advertised, 0);
	for (unsigned i = 0; i < 12; i++) {
		ck_assert_uint_eq(p[i]->end_of_rib, 1);
		ck_assert(rig_core_peer(p[i])->family[0].end_of_rib_sent);
	}
	/* A better route from another: it must forget, the first must learn. */
	x.part[PART_AS_PATH].len = 0;
	rig_announce(p[10], "20.0.0.0/24", &x);
	ck_assert_str_eq(rig_told(p[10], "20.0.0.0/24"), "");
	ck_assert_str_eq(rig_told(p[0], "20.0.0.0/24"), "nh 10.0.0.1 path 65000");
	rig_withdraw(p[10], "20.0.0.0/24");
	ck_assert_str_eq(rig_told(p[0], "20.0.0.0/24"), "");
	ck_assert_str_ne(rig_told(p[10], "20.0.0.0/24"), "");
	for (unsigned i = 0; i < 12; i++)
		ck_assert_uint_eq(p[i]->repeated + p[i]->needless, 0);
}
END_TEST

START_TEST(a_late_peer_gets_a_dump)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", 100), *b = rig_peer(r, "10.0.0.3", 200),
			*c = rig_peer(r, "10.0.0.4", 300);
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100) };

	rig_configure(r);
	rig_up(a);
	rig_up(b);
	for (uint32_t n = 0; n < 30000; n++)
		rig_announce_n(a, n, &x);
	rig_run(r);
	rig_up(c);
	ck_assert_uint_eq(rig_told_count(c), 30000);
	ck_assert_uint_eq(c->repeated, 0);
	ck_assert_uint_eq(c->end_of_rib, 1);
	ck_assert_uint_eq(groups(), 1);
	/* Back again: and the old routes of its own are not told to it. */
	rig_down(a);
	ck_assert_uint_eq(rig_told_count(b), 0);
	rig_up(a);
	for (uint32_t n = 0; n < 100; n++)
		rig_announce_n(a, n, &x);
	rig_run(r);
	ck_assert_uint_eq(rig_told_count(a), 0);
	ck_assert_uint_eq(rig_told_count(b), 100);
}
END_TEST

START_TEST(refresh)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", 100), *b = rig_peer(r, "10.0.0.3", 200);
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100) };

	b->open_refresh = true;
	start();
	for (uint32_t n = 0; n < 3000; n++)
		rig_announce_n(a, n, &x);
	rig_run(r);
	rig_refresh(b);
	ck_assert_uint_eq(b->repeated, 3000);
	ck_assert_uint_eq(b->borr, 1);
	ck_assert_uint_eq(b->eorr, 1);
}
END_TEST

START_TEST(a_peer_that_does_not_read)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", 100), *b = rig_peer(r, "10.0.0.3", 200),
			*c = rig_peer(r, "10.0.0.4", 300);
	const uint32_t n = 60000;

	start();
	c->deaf = true;
	for (unsigned round = 0; round < 6; round++) {
		for (uint32_t i = 0; i < n; i++) {
			struct route_attrs x = { .has = HAS_MED, .med = round,
				.part[PART_AS_PATH] = PATH(100, 1 + i % 5000 + round) };

			rig_announce_n(a, i, &x);
		}
		rig_run(r);
	}
	rig_advance(r, MONO_SEC(5));
	ck_assert_uint_eq(rig_told_count(b), n); /* it does not wait for the other */
	ck_assert_uint_eq(groups(), 2);
	/* Bounded: one socket's worth in chunks, and one memory of what it was told. */
	ck_assert_uint_le(rig_core_peer(c)->family[0].member->queued, 2 * OUT_CHUNK_LIMIT);
	c->deaf = false;
	rig_run(r);
	ck_assert_uint_eq(rig_told_count(c), n);
	ck_assert_str_eq(rig_told(c, "20.0.7.0/24"), rig_told(b, "20.0.7.0/24"));
	ck_assert_uint_eq(groups(), 1); /* together again */
	ck_assert_uint_eq(c->needless, 0);
}
END_TEST

START_TEST(split_and_merge_by_configuration)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", 100), *b = rig_peer(r, "10.0.0.3", 200),
			*c = rig_peer(r, "10.0.0.4", 300);
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, 64512) };
	unsigned before;

	r->policy = maps;
	start();
	for (uint32_t n = 0; n < 5000; n++)
		rig_announce_n(a, n, &x);
	rig_run(r);
	ck_assert_uint_eq(groups(), 1);
	b->family[0].out.route_map = "OUT";
	c->family[0].out.route_map = "OUT";
	before = b->updates;
	rig_configure(r);
	ck_assert_uint_eq(groups(), 2); /* b and c share the new one */
	ck_assert_uint_gt(b->updates, before);
	ck_assert_str_eq(rig_told(b, "20.0.9.0/24"), "nh 10.0.0.1 path 65000 100 64512 med 77");
	ck_assert_str_eq(rig_told(c, "20.0.9.0/24"), "nh 10.0.0.1 path 65000 100 64512 med 77");
	before = b->updates;
	rig_configure(r); /* nothing changed: nothing said */
	ck_assert_uint_eq(b->updates, before);
	b->family[0].remove_private_as = b->family[0].remove_private_as_all = true;
	rig_configure(r);
	ck_assert_uint_eq(groups(), 3);
	ck_assert_str_eq(rig_told(b, "20.0.9.0/24"), "nh 10.0.0.1 path 65000 100 med 77");
	b->family[0].remove_private_as = b->family[0].remove_private_as_all = false;
	b->family[0].out.route_map = NULL;
	c->family[0].out.route_map = NULL;
	rig_configure(r);
	ck_assert_uint_eq(groups(), 1);
	ck_assert_str_eq(rig_told(b, "20.0.9.0/24"), "nh 10.0.0.1 path 65000 100 64512");
	ck_assert_uint_eq(b->needless + c->needless + b->repeated + c->repeated, 0);
	ck_assert_uint_eq(rig_told_count(a), 0);
}
END_TEST

START_TEST(default_originate)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", 100), *b = rig_peer(r, "10.0.0.3", 200),
			*c = rig_peer(r, "10.0.0.4", RIG_AS);
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, 7) };

	b->family[0].default_originate = true;
	start();
	ck_assert_str_eq(rig_told(b, "0.0.0.0/0"), "nh 10.0.0.1 path 65000");
	ck_assert_str_eq(rig_told(c, "0.0.0.0/0"), "");
	rig_announce(a, "0.0.0.0/0", &x); /* the one that we make stays */
	ck_assert_str_eq(rig_told(b, "0.0.0.0/0"), "nh 10.0.0.1 path 65000");
	ck_assert_str_eq(rig_told(c, "0.0.0.0/0"), "nh 10.0.0.2 path 100 7 lp 100");
	b->family[0].default_originate = false;
	rig_configure(r);
	ck_assert_str_eq(rig_told(b, "0.0.0.0/0"), "nh 10.0.0.1 path 65000 100 7");
	c->family[0].default_originate = true;
	rig_configure(r);
	ck_assert_str_eq(rig_told(c, "0.0.0.0/0"), "nh 10.0.0.1 path  lp 100");
	ck_assert_uint_eq(rig_core_peer(c)->family[0].advertised, 1);
}
END_TEST

static void default_if(struct policy_config *c)
{
	struct prefix_list_config *l = vec_push(&c->prefix_lists);
	struct prefix_list_entry pe = { .seq = 5, .permit = true, .le = 24 };
	struct route_map_config *m = vec_push(&c->route_maps);
	struct route_map_entry *e;
	struct clause_config *k;

	l->name = xstrdup("IS-THERE");
	l->family = 4;
	ck_assert_int_eq(prefix_parse("20.0.0.0/16", &pe.prefix), 0);
	prefix_list_config_add(l, &pe);
	m->name = xstrdup("IF");
	e = vec_push(&m->entries);
	e->seq = 10;
	e->permit = true;
	k = vec_push(&e->match);
	k->words = xstrdup("ip address prefix-list");
	k->arg = xstrdup("IS-THERE");
}

START_TEST(default_originate_with_a_condition)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", 100), *b = rig_peer(r, "10.0.0.3", 200);
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100) };

	r->policy = default_if;
	b->family[0].default_originate = true;
	b->family[0].default_originate_map = "IF";
	start();
	rig_announce(a, "30.0.0.0/24", &x);
	ck_assert_str_eq(rig_told(b, "0.0.0.0/0"), "");
	rig_announce(a, "20.0.1.0/24", &x);
	ck_assert_str_eq(rig_told(b, "0.0.0.0/0"), "nh 10.0.0.1 path 65000");
	rig_announce(a, "20.0.2.0/24", &x);
	rig_withdraw(a, "20.0.1.0/24");
	ck_assert_str_eq(rig_told(b, "0.0.0.0/0"), "nh 10.0.0.1 path 65000");
	rig_withdraw(a, "20.0.2.0/24");
	ck_assert_str_eq(rig_told(b, "0.0.0.0/0"), "");
	ck_assert_str_ne(rig_told(b, "30.0.0.0/24"), "");
	ck_assert_uint_eq(b->repeated + b->needless, 0);
}
END_TEST

START_TEST(summary_only)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", 100), *b = rig_peer(r, "10.0.0.3", 200);
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100) };
	struct aggregate_config *g = vec_push(&r->instance.family[FAM_IPV4_UNICAST].aggregates);

	ck_assert_int_eq(prefix_parse("20.0.0.0/16", &g->prefix), 0);
	g->summary_only = true;
	start();
	rig_announce(a, "20.0.1.0/24", &x);
	rig_announce(a, "20.1.0.0/24", &x);
	ck_assert_str_eq(rig_told(b, "20.0.1.0/24"), "");
	ck_assert_str_ne(rig_told(b, "20.0.0.0/16"), "");
	ck_assert_str_ne(rig_told(b, "20.1.0.0/24"), "");
	r->instance.family[FAM_IPV4_UNICAST].aggregates.n = 0;
	rig_configure(r);
	ck_assert_str_ne(rig_told(b, "20.0.1.0/24"), "");
	ck_assert_str_eq(rig_told(b, "20.0.0.0/16"), "");
}
END_TEST

START_TEST(advertisement_interval)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", 100), *b = rig_peer(r, "10.0.0.3", 200);
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100) };

	b->config.advertisement_interval = 5;
	start();
	rig_advance(r, MONO_SEC(10));
	rig_announce(a, "20.0.0.0/24", &x);
	ck_assert_str_ne(rig_told(b, "20.0.0.0/24"), "");
	rig_announce(a, "20.0.1.0/24", &x);
	ck_assert_str_eq(rig_told(b, "20.0.1.0/24"), "");
	rig_advance(r, MONO_SEC(4));
	ck_assert_str_eq(rig_told(b, "20.0.1.0/24"), "");
	rig_advance(r, MONO_SEC(2));
	ck_assert_str_ne(rig_told(b, "20.0.1.0/24"), "");
}
END_TEST

START_TEST(held_back)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", 100), *b = rig_peer(r, "10.0.0.3", 200);
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100) };
	struct out_groups *all;

	rig_configure(r);
	all = core_instance_find(r->core, "default")->out[FAM_IPV4_UNICAST];
	out_groups_hold(all, true);
	rig_up(a);
	rig_up(b);
	rig_announce(a, "20.0.0.0/24", &x);
	ck_assert_uint_eq(b->updates, 0);
	out_groups_hold(all, false);
	rig_run(r);
	ck_assert_str_ne(rig_told(b, "20.0.0.0/24"), "");
	ck_assert_uint_eq(b->end_of_rib, 1);
}
END_TEST

START_TEST(many_attributes_in_one_chunk)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", 100), *b = rig_peer(r, "10.0.0.3", 200);

	start();
	a->deaf = b->deaf = true; /* nobody asks, so nothing is made yet */
	for (uint32_t n = 0; n < 9000; n++) {
		struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, 1 + n % 1000) };

		rig_announce_n(a, n, &x);
	}
	rig_run(r);
	a->deaf = b->deaf = false;
	rig_run(r);
	ck_assert_uint_eq(rig_told_count(b), 9000);
	ck_assert_str_eq(rig_told(b, "20.11.184.0/24"), "nh 10.0.0.1 path 65000 100 1"); /* 3000 */
	ck_assert_uint_eq(b->repeated, 0);
	/* Equal ones go together, although they came 1000 apart. */
	ck_assert_uint_le(b->updates, 5001);
}
END_TEST

START_TEST(too_large_for_a_message)
{
	struct rig_peer *a = rig_peer(r, "10.0.0.2", RIG_AS), *b = rig_peer(r, "10.0.0.3", 200);
	static uint8_t large[4020]; /* fits from a, not with our AS added and more */
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(7) };

	start();
	rig_announce(a, "20.0.0.0/24", &x);
	ck_assert_str_ne(rig_told(b, "20.0.0.0/24"), "");
	for (unsigned i = 0; i < sizeof(large) / 12; i++)
		wr_put32(large + 12 * i, i + 1);
	x.part[PART_LARGE_COMMUNITIES] = (struct attr_span){ large, 3960 };
	rig_announce(a, "20.0.0.0/24", &x);
	/* Either it fits, or the old one is taken back: never stale. */
	ck_assert(!strcmp(rig_told(b, "20.0.0.0/24"), "") ||
			strstr(rig_told(b, "20.0.0.0/24"), "large"));
}
END_TEST

/* ---- chaos ---- */

#define PEERS 9
#define KEYS 120

static uint32_t chaos_denied;

static void chaos_policy(struct policy_config *c)
{
	struct prefix_list_config *l = vec_push(&c->prefix_lists);
	struct prefix_list_entry deny = { .seq = 5 },
				 rest = { .seq = 10, .permit = true, .any = true, .le = 32 };

	maps(c);
	l->name = xstrdup("SOME");
	l->family = 4;
	deny.prefix = (struct prefix){ 4, 24, { 20, 0, (uint8_t)chaos_denied, 0 } };
	prefix_list_config_add(l, &deny);
	prefix_list_config_add(l, &rest);
}

static struct rig_peer *p[PEERS];

static void chaos_peers(void)
{
	static const uint32_t as[PEERS] = { 100, 200, 200, 300, RIG_AS, RIG_AS, RIG_AS, RIG_AS, 400 };
	char addr[20];

	for (unsigned i = 0; i < PEERS; i++) {
		snprintf(addr, sizeof(addr), "10.0.0.%u", i + 2);
		p[i] = rig_peer(r, addr, as[i]);
	}
	p[4]->family[0].route_reflector_client = true;
	p[5]->family[0].route_reflector_client = true;
	p[8]->family[0].out.prefix_list = "SOME";
	p[3]->family[0].out.route_map = "OUT";
}

static void chaos_step(struct rng *g)
{
	struct rig_peer *x = p[rng_below(g, PEERS)];
	uint64_t what = rng_below(g, 1000);
	uint32_t n = (uint32_t)rng_below(g, KEYS);
	struct route_attrs a = { .has = HAS_MED, .med = (uint32_t)rng_below(g, 2) };

	if (!x->conn) {
		if (what < 200)
			rig_up(x);
		return;
	}
	if (what < 550) {
		uint32_t first = x->config.remote_as == RIG_AS ? 7 : x->config.remote_as;

		a.part[PART_AS_PATH] = rng_below(g, 2) ? PATH(first, 5) : PATH(first, 5, 6);
		rig_announce_n(x, n, &a);
	} else if (what < 850) {
		rig_withdraw_n(x, n);
	} else if (what < 860) {
		rig_down(x);
	} else if (what < 900) {
		x->deaf = !x->deaf;
	} else if (what < 905) {
		chaos_denied = (uint32_t)rng_below(g, KEYS);
		rig_configure(r);
	} else if (what < 910) {
		x->family[0].next_hop_self = !x->family[0].next_hop_self;
		rig_configure(r);
	} else if (what < 915) {
		rig_refresh(x);
	} else if (what < 920) {
		rig_advance(r, MONO_SEC(1));
	} else {
		rig_run(r);
	}
}

/* A copy of what a peer believes, to be compared after it came back: the dump
 * to a newcomer and the news to an old hand must add up to the same. */
START_TEST(chaos)
{
	struct rng g = { 1000 + (uint64_t)_i };
	char before[KEYS][256];

	chaos_peers();
	r->policy = chaos_policy;
	start();
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 3000; i++)
			chaos_step(&g);
		for (unsigned i = 0; i < PEERS; i++) {
			p[i]->deaf = false;
			if (!p[i]->conn)
				rig_up(p[i]);
		}
		rig_advance(r, MONO_SEC(10));
		for (unsigned i = 0; i < PEERS; i++) {
			struct rig_peer *x = p[i], *twin;
			char prefix[32], addr[20];
			uint32_t told = 0;

			for (unsigned n = 0; n < KEYS; n++) {
				snprintf(prefix, sizeof(prefix), "20.0.%u.0/24", n);
				snprintf(before[n], sizeof(before[n]), "%s", rig_told(x, prefix));
				told += before[n][0] != 0;
			}
			ck_assert_uint_eq(rig_core_peer(x)->family[0].advertised, told);
			/* A newcomer that is configured alike, and sends nothing. */
			snprintf(addr, sizeof(addr), "10.0.1.%u", i + 1);
			twin = rig_peer(r, addr, x->config.remote_as);
			memcpy(twin->family, x->family, sizeof(x->family));
			rig_configure(r);
			rig_up(twin);
			for (unsigned n = 0; n < KEYS; n++) {
				uint32_t d;

				snprintf(prefix, sizeof(prefix), "20.0.%u.0/24", n);
				d = rig_dest(r, prefix);
				if (d && rib_best(rig_rib(r), d) &&
						rib_best(rig_rib(r), d)->source == rig_core_peer(x)->source)
					ck_assert_msg(!before[n][0], "peer %u was told its own %s", i, prefix);
				else
					ck_assert_msg(!strcmp(before[n], rig_told(twin, prefix)),
							"seed %d, peer %u, %s: '%s', but a newcomer hears '%s'", _i, i,
							prefix, before[n], rig_told(twin, prefix));
			}
			rig_down(twin);
			rib_free(twin->told);
			free(twin);
			r->peers.n--;
			rig_configure(r);
		}
	}
	/* All that are alike have found each other. */
	ck_assert(!alike());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("out_group");
	TCase *t = tcase_create("out_group");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, rule, 0, (int)(sizeof(rules) / sizeof(rules[0])));
	tcase_add_test(t, one_group_for_all_that_get_the_same);
	tcase_add_test(t, a_late_peer_gets_a_dump);
	tcase_add_test(t, refresh);
	tcase_add_test(t, a_peer_that_does_not_read);
	tcase_add_test(t, split_and_merge_by_configuration);
	tcase_add_test(t, default_originate);
	tcase_add_test(t, default_originate_with_a_condition);
	tcase_add_test(t, summary_only);
	tcase_add_test(t, advertisement_interval);
	tcase_add_test(t, held_back);
	tcase_add_test(t, many_attributes_in_one_chunk);
	tcase_add_test(t, too_large_for_a_message);
	tcase_add_loop_test(t, chaos, 0, 6);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
