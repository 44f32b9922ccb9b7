/* From lines to bgpd's configuration value: defaults, peer groups, families,
 * policy, and what is left out because it is not complete. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/config_yang.h"
#include "bgpd/core/policy.h"
#include "lib/base/feed.h"
#include "lib/sys/config.h"
#include "lib/sys/schema.h"


static void report(void *arg, const char *name, unsigned line, const char *sentence)
{
	(void)arg;
	ck_abort_msg("%s:%u: %s", name, line, sentence);
}

static struct bgp_config *build(const char *text)
{
	struct config *c = config_new(schema_table);
	struct bgp_config *b;
	struct err e = { "" };

	config_load_text(c, text, strlen(text), "test", report, NULL);
	b = config_yang_build(c, &e);
	ck_assert_msg(b != NULL, "%s", e.text);
	config_free(c);
	return b;
}

static const struct peer_config *peer_at(const struct instance_config *i, const char *addr)
{
	const struct peer_config *p;
	struct ip_addr a;

	ck_assert_int_eq(ip_parse(addr, &a), 0);
	vec_foreach(p, &i->peers)
		if (ip_equal(&p->addr, &a))
			return p;
	ck_abort_msg("no peer %s", addr);
	return NULL;
}

START_TEST(defaults)
{
	struct bgp_config *c = build("hostname r1\nrouter bgp 65000\nneighbor 10.0.0.2 remote-as 65001\n");
	const struct instance_config *i = &c->instances.v[0];
	const struct peer_config *p = peer_at(i, "10.0.0.2");
	struct instance_config want;
	struct peer_config peer;

	instance_config_init(&want);
	peer_config_init(&peer);
	ck_assert_str_eq(c->hostname, "r1");
	ck_assert_uint_eq(c->instances.n, 1);
	ck_assert_str_eq(i->vrf, "default");
	ck_assert_uint_eq(i->as, 65000);
	ck_assert_uint_eq(i->keepalive, want.keepalive);
	ck_assert_uint_eq(i->hold, want.hold);
	ck_assert_uint_eq(i->default_local_pref, want.default_local_pref);
	ck_assert(i->ebgp_requires_policy && i->network_import_check && !i->reject_as_sets);
	ck_assert(p->remote_as_type == REMOTE_AS_NUMBER && p->remote_as == 65001);
	ck_assert_uint_eq(p->connect_retry, peer.connect_retry);
	ck_assert_uint_eq(p->port, 179);
	ck_assert(!p->has_timers && p->enforce_first_as);
	ck_assert(p->family[FAM_IPV4_UNICAST]->active && !p->family[FAM_IPV6_UNICAST]->active);
	ck_assert(p->family[FAM_IPV4_UNICAST]->send_large_community);
	bgp_config_unref(c);
}
END_TEST

START_TEST(peer_groups_are_merged)
{
	struct bgp_config *c = build("router bgp 65000\n"
				     "no bgp default ipv4-unicast\n"
				     "neighbor G peer-group\n"
				     "neighbor G remote-as internal\n"
				     "neighbor G timers 3 9\n"
				     "neighbor G update-source lo\n"
				     "neighbor G password secret\n"
				     "neighbor 10.0.0.2 peer-group G\n"
				     "neighbor 10.0.0.3 peer-group G\n"
				     "neighbor 10.0.0.3 timers 10 30\n"
				     "neighbor 10.0.0.3 description third\n"
				     "address-family l2vpn evpn\n"
				     "neighbor G activate\n"
				     "neighbor G route-map IN in\n"
				     "neighbor G route-reflector-client\n"
				     "no neighbor G send-community extended\n"
				     "neighbor 10.0.0.3 route-map OTHER in\n");
	const struct instance_config *i = &c->instances.v[0];
	const struct peer_config *a = peer_at(i, "10.0.0.2"), *b = peer_at(i, "10.0.0.3");

	ck_assert_uint_eq(i->peers.n, 2);
	ck_assert(a->remote_as_type == REMOTE_AS_INTERNAL && a->remote_as == 65000);
	ck_assert_uint_eq(a->hold, 9);
	ck_assert_uint_eq(b->hold, 30);
	ck_assert_str_eq(a->update_source_interface, "lo");
	ck_assert_str_eq(a->password, "secret");
	ck_assert_str_eq(b->description, "third");
	ck_assert_ptr_null(a->description);
	ck_assert_str_eq(a->group, "G");
	ck_assert(!a->family[FAM_IPV4_UNICAST]->active && a->family[FAM_EVPN]->active);
	ck_assert(a->family[FAM_EVPN]->route_reflector_client);
	ck_assert(!a->family[FAM_EVPN]->send_ext_community && a->family[FAM_EVPN]->send_community);
	ck_assert_str_eq(a->family[FAM_EVPN]->in.route_map, "IN");
	ck_assert_str_eq(b->family[FAM_EVPN]->in.route_map, "OTHER");
	bgp_config_unref(c);
}
END_TEST

START_TEST(vrfs_and_families)
{
	struct bgp_config *c = build("router bgp 65000 vrf red\n"
				     "address-family ipv4 unicast\n"
				     "network 10.1.0.0/16 route-map N\n"
				     "redistribute connected metric 5\n"
				     "aggregate-address 10.0.0.0/8 summary-only\n"
				     "maximum-paths 4\n"
				     "rd vpn export 65000:7\n"
				     "rt vpn both 65000:2 65000:1\n"
				     "label vpn export 77\n"
				     "import vpn\n"
				     "exit-address-family\n"
				     "address-family l2vpn evpn\n"
				     "advertise ipv4 unicast route-map A\n"
				     "route-target import 65000:9\n"
				     "exit-address-family\n"
				     "exit\n"
				     "router bgp 65000\n"
				     "bgp router-id 1.2.3.4\n"
				     "address-family l2vpn evpn\n"
				     "advertise-all-vni\n");
	const struct instance_config *d = &c->instances.v[0], *r = &c->instances.v[1];
	const struct instance_family_config *f = &r->family[FAM_IPV4_UNICAST];

	ck_assert_uint_eq(c->instances.n, 2);
	ck_assert_str_eq(d->vrf, "default");
	ck_assert_uint_eq(d->router_id, 0x01020304);
	ck_assert(d->evpn.advertise_all_vni);
	ck_assert_str_eq(r->vrf, "red");
	ck_assert_uint_eq(f->networks.n, 1);
	ck_assert_str_eq(f->networks.v[0].route_map, "N");
	ck_assert(f->redistribute[FEED_CONNECTED].on && f->redistribute[FEED_CONNECTED].metric == 5);
	ck_assert(!f->redistribute[FEED_STATIC].on);
	ck_assert(f->aggregates.n == 1 && f->aggregates.v[0].summary_only);
	ck_assert_uint_eq(f->max_paths_ebgp, 4);
	ck_assert_uint_eq(f->max_paths_ibgp, 0);
	ck_assert(f->has_rd && f->vpn_import && !f->vpn_export && f->has_label && f->label == 77);
	ck_assert_uint_eq(f->rt_import.rt.n, 2);
	ck_assert(f->rt_import.rt.v[0] < f->rt_import.rt.v[1]);
	ck_assert_uint_eq(f->rt_export.rt.n, 2);
	ck_assert(r->evpn.advertise[0] && !r->evpn.advertise[1]);
	ck_assert_str_eq(r->evpn.advertise_map[0], "A");
	ck_assert_uint_eq(r->evpn.rt_import.rt.n, 1);
	bgp_config_unref(c);
}
END_TEST

START_TEST(policy_lines)
{
	struct bgp_config *c = build("ip prefix-list P seq 5 permit 10.0.0.0/8 ge 16 le 24\n"
				     "ip prefix-list P seq 10 deny any\n"
				     "bgp community-list standard C seq 5 permit 1:1 2:2\n"
				     "bgp community-list expanded X seq 5 permit _1:\n"
				     "bgp as-path access-list A seq 5 deny ^65001_\n"
				     "access-list D seq 5 permit 10.0.0.0/8 exact-match\n"
				     "route-map M permit 10\n"
				     "match ip address prefix-list P\n"
				     "match community C exact-match\n"
				     "set community 3:3 additive\n"
				     "set local-preference +10\n"
				     "set as-path prepend 1 2\n"
				     "set aggregator as 7 1.2.3.4\n"
				     "set extcommunity rt 1:2\n"
				     "set ip next-hop peer-address\n"
				     "on-match goto 30\n"
				     "route-map M deny 20\n");
	const struct policy_config *k = &c->policy;
	const struct route_map_entry *e = &k->route_maps.v[0].entries.v[0];
	struct policy *p;
	struct err err = { "" };

	ck_assert_uint_eq(k->prefix_lists.n, 1);
	ck_assert_uint_eq(prefix_rules_at(k->prefix_lists.v[0].rules, 0)->ge, 16);
	ck_assert(prefix_rules_at(k->prefix_lists.v[0].rules, 1)->any);
	ck_assert_uint_eq(k->lists.n, 4);
	ck_assert_uint_eq(k->route_maps.v[0].entries.n, 2);
	ck_assert(e->permit && e->on_match_goto == 30 && !k->route_maps.v[0].entries.v[1].permit);
	ck_assert_uint_eq(e->match.n, 2);
	ck_assert_uint_eq(e->set.n, 6);
	for (size_t n = 0; n < e->match.n; n++)
		ck_assert_ptr_nonnull(policy_clause_words(false, e->match.v[n].words));
	for (size_t n = 0; n < e->set.n; n++)
		ck_assert_ptr_nonnull(policy_clause_words(true, e->set.v[n].words));
	p = policy_new(k, &err);
	ck_assert_msg(p != NULL, "%s", err.text);
	policy_unref(p);
	bgp_config_unref(c);
}
END_TEST

START_TEST(listen_ranges_are_templates)
{
	struct bgp_config *c = build("router bgp 65000\n"
				     "neighbor G peer-group\n"
				     "neighbor G remote-as auto\n"
				     "neighbor G timers 3 9\n"
				     "bgp listen range 10.1.0.0/16 peer-group G\n"
				     "bgp listen limit 7\n");
	const struct instance_config *i = &c->instances.v[0];

	ck_assert_uint_eq(i->listen.n, 1);
	ck_assert_uint_eq(i->listen_limit, 7);
	ck_assert_uint_eq(i->listen.v[0].range.len, 16);
	ck_assert_uint_eq(i->listen.v[0].peer.hold, 9);
	ck_assert(i->listen.v[0].peer.remote_as_type == REMOTE_AS_AUTO);
	ck_assert(i->listen.v[0].peer.family[FAM_IPV4_UNICAST]->active);
	bgp_config_unref(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bgp config");
	TCase *tc = tcase_create("lines");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, defaults);
	tcase_add_test(tc, peer_groups_are_merged);
	tcase_add_test(tc, vrfs_and_families);
	tcase_add_test(tc, policy_lines);
	tcase_add_test(tc, listen_ranges_are_templates);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
