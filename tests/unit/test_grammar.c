/* Command tables: matching, abbreviations, completion. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/sys/grammar.h"

enum { SHOW_SUMMARY = 1, SHOW_PREFIX, SHOW_ROUTE, CLEAR, RUN };

static const struct grammar_command commands[] = {
	{ "show [ip] bgp [vrf $vrf:ifname] [ipv4 [unicast]] summary [json]", SHOW_SUMMARY,
		"Sessions in short", 0 },
	{ "show [ip] bgp [vrf $vrf:ifname] (ipv4 [unicast] | ipv6 [unicast]) $prefix:ip-prefix "
	  "{ json | detail }", SHOW_PREFIX, "One prefix", 0 },
	{ "show ip route [vrf $vrf:ifname] [$address:ipv4-address]", SHOW_ROUTE, "Routes", 0 },
	{ "clear bgp (all | $peer:peer) [soft [(in | out)]]", CLEAR, "Reset sessions", 0 },
	{ "ping $count:1-100 $rest:line", RUN, "Run", 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct grammar_word words[] = {
	{ "show", "Look", NULL },
	{ "$vrf", "Name of a VRF", NULL },
	{ NULL, NULL, NULL },
};

static struct near_area area;
static struct grammar *g;

static void setup(void)
{
	g = grammar_build(&area, commands, words);
}

static void teardown(void)
{
	near_area_fini(&area);
}

static void finds(const char *line, int id)
{
	struct grammar_match m;
	struct err e = { "" };

	ck_assert_msg(grammar_parse(g, line, &m, &e) == 0, "%s: %s", line, e.text);
	ck_assert_int_eq(m.id, id);
	grammar_match_fini(&m);
}

static void refuses(const char *line, const char *want)
{
	struct grammar_match m;
	struct err e = { "" };

	ck_assert_int_eq(grammar_parse(g, line, &m, &e), -EINVAL);
	ck_assert_str_eq(e.text, want);
}

START_TEST(matching)
{
	struct grammar_match m;
	struct err e = { "" };

	finds("show bgp summary", SHOW_SUMMARY);
	finds("sh ip bgp su", SHOW_SUMMARY);
	finds("  show   bgp vrf red ipv4 summary json ", SHOW_SUMMARY);
	finds("show bgp ipv6 unicast 2001:db8::/32 detail json", SHOW_PREFIX);
	finds("show bgp ipv4 10.0.0.0/8 json", SHOW_PREFIX);
	finds("show ip route", SHOW_ROUTE);
	finds("clear bgp all", CLEAR);
	finds("clear bgp * soft in", CLEAR);
	ck_assert_int_eq(grammar_parse(g, "sh bgp vrf red ipv4 10.1.2.3/8 det", &m, &e), 0);
	ck_assert_str_eq(grammar_value(&m, "vrf"), "red");
	ck_assert_str_eq(grammar_value(&m, "prefix"), "10.0.0.0/8");
	ck_assert_ptr_null(grammar_value(&m, "address"));
	ck_assert(grammar_has(&m, "detail"));
	ck_assert(!grammar_has(&m, "json"));
	ck_assert(grammar_has(&m, "ipv4"));
	grammar_match_fini(&m);
	ck_assert_int_eq(grammar_parse(g, "ping 3 a  b ! c ", &m, &e), 0);
	ck_assert_str_eq(grammar_value(&m, "rest"), "a  b ! c");
	grammar_match_fini(&m);
	ck_assert_int_eq(grammar_parse(g, "   ", &m, &e), -ENOENT);
	/* the whole keyword, though it is also a value */
	ck_assert_int_eq(grammar_parse(g, "clear bgp all", &m, &e), 0);
	ck_assert_ptr_null(grammar_value(&m, "peer"));
	grammar_match_fini(&m);
}
END_TEST

START_TEST(refusing)
{
	refuses("bogus", "% Unknown command: bogus");
	refuses("show bgp", "% Command incomplete: show bgp");
	refuses("show bgp ip 10.0.0.0/8", "% Ambiguous command: show bgp ip 10.0.0.0/8");
	refuses("ping 101 x", "% Unknown command: ping 101 x (101 is not within 1-100)");
	refuses("show ip route 10.0.0", "% Unknown command: show ip route 10.0.0 "
					"(10.0.0 is not an IPv4 address)");
}
END_TEST

static void completes(const char *partial, const char *want)
{
	struct grammar_candidates c;
	struct strbuf out = { 0 };

	grammar_complete(g, partial, &c);
	for (size_t i = 0; i < c.list.n; i++)
		sb_addf(&out, "%s%s", i ? " " : "", c.list.v[i].text);
	ck_assert_str_eq(sb_str(&out), want);
	sb_free(&out);
	grammar_candidates_fini(&c);
}

START_TEST(completing)
{
	struct grammar_candidates c;

	completes("", "clear ping show");
	completes("sh", "show");
	completes("show ", "bgp ip");
	completes("show ip ", "bgp route");
	completes("show bgp ipv4 10.0.0.0/8 json ", "detail <cr>");
	completes("clear bgp 10.0.0.1 soft ", "in out <cr>");
	completes("bogus ", "");
	grammar_complete(g, "show ip route vrf ", &c);
	ck_assert_uint_eq(c.list.n, 1);
	ck_assert_str_eq(c.list.v[0].text, "IFNAME");
	ck_assert_str_eq(c.list.v[0].help, "Name of a VRF");
	ck_assert(c.list.v[0].is_value);
	grammar_candidates_fini(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grammar");
	TCase *t = tcase_create("table");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, matching);
	tcase_add_test(t, refusing);
	tcase_add_test(t, completing);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
