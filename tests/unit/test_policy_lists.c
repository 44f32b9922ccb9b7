/* Tests of policy's lists: regular expressions against the language's rules
 * and, where it agrees, regexec(3); prefix lists against a walk of the list. */
#include <check.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/prefix_list.h"
#include "lib/base/text_regex.h"
#include "lib/base/rng.h"
#include "lib/base/vec.h"

static const struct {
	const char *pattern, *text;
	int matches; /* -1: malformed */
} regex_cases[] = {
	{ "^$", "", 1 },
	{ "^$", "65001", 0 },
	{ "_65001_", "65001", 1 },
	{ "_65001_", "1 65001 2", 1 },
	{ "_65001_", "165001", 0 },
	{ "_65001_", "650010 65001", 1 },
	{ "_65001_", "2 {65001,3}", 1 },
	{ "_65001$", "1 65001", 1 },
	{ "_65001$", "65001 1", 0 },
	{ "^65001_", "65001 1", 1 },
	{ "^65001_", "2 65001", 0 },
	{ "^65001$", "65001", 1 },
	{ "^65001 [0-9]+$", "65001 7", 1 },
	{ "^65001 [0-9]+$", "65001 7 8", 0 },
	{ "^(65001|65002)_", "65002 9", 1 },
	{ "^[^ ]+( [^ ]+){0,2}$", "1 2 3", 1 },
	{ "^[^ ]+( [^ ]+){0,2}$", "1 2 3 4", 0 },
	{ "^[^ ]+( [^ ]+){3}$", "1 2 3 4", 1 },
	{ "^([0-9]+)(_[0-9]+){2,}$", "1 2", 0 },
	{ "^([0-9]+)(_[0-9]+){2,}$", "1 2 3 4", 1 },
	{ ".*", "", 1 },
	{ "*", "1", 1 },
	{ "1|", "2", 1 },
	{ "()", "2", 1 },
	{ "a?b+c*", "xbbz", 1 },
	{ "[[:digit:]]{5}", "1234", 0 },
	{ "[[:digit:]]{5}", "12345", 1 },
	{ "[]a]b", "]b", 1 },
	{ "[^]a]b", "ab", 0 },
	{ "\\(65001\\)", "(65001)", 1 },
	{ "\\.", "1.2", 1 },
	{ "65000:1.", "65000:10", 1 },
	{ "$^", "", 1 },
	{ "(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", 0 },
	{ "(", "", -1 },
	{ ")", "", -1 },
	{ "a{3,2}", "", -1 },
	{ "a{999}", "", -1 },
	{ "[a", "", -1 },
	{ "[b-a]", "", -1 },
	{ "[[:nothing:]]", "", -1 },
	{ "\\", "", -1 },
	{ "(((a{255}){255}){255})", "", -1 },
};

START_TEST(regex_case)
{
	struct err e = { "" };
	struct text_regex *r = text_regex_new(regex_cases[_i].pattern, &e);

	if (regex_cases[_i].matches < 0) {
		ck_assert_ptr_null(r);
		ck_assert_str_ne(e.text, "");
		return;
	}
	ck_assert_msg(r != NULL, "%s", e.text);
	for (int again = 0; again < 2; again++)
		ck_assert_msg(text_regex_match(r, regex_cases[_i].text,
					      strlen(regex_cases[_i].text)) ==
						      regex_cases[_i].matches,
				"'%s' on '%s'", regex_cases[_i].pattern, regex_cases[_i].text);
	text_regex_free(r);
}
END_TEST

static size_t random_text(struct rng *rng, const char *letters, char *buf, size_t max)
{
	size_t n = rng_below(rng, max), k = strlen(letters);

	for (size_t i = 0; i < n; i++)
		buf[i] = letters[rng_below(rng, k)];
	buf[n] = '\0';
	return n;
}

START_TEST(regex_like_posix)
{
	struct rng rng = { 42 };
	unsigned compared = 0;

	for (int i = 0; i < 4000; i++) {
		char pattern[16], text[24];
		struct text_regex *r;
		regex_t posix;

		random_text(&rng, "ab1|()*+?.^$[]", pattern, sizeof(pattern));
		/* What POSIX leaves open is not compared. */
		if (strstr(pattern, "()") || strstr(pattern, "^*") || strstr(pattern, "(*") ||
				strpbrk(pattern, "*+?") == pattern || strstr(pattern, "|*") ||
				strstr(pattern, "^+") || strstr(pattern, "^?") ||
				strstr(pattern, "$*") || strstr(pattern, "|+") ||
				strstr(pattern, "|?") || strstr(pattern, "(+") ||
				strstr(pattern, "(?"))
			continue;
		r = text_regex_new(pattern, NULL);
		if (regcomp(&posix, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
			text_regex_free(r);
			continue;
		}
		for (int k = 0; r && k < 8; k++) {
			size_t len = random_text(&rng, "ab1", text, sizeof(text));

			compared++;
			ck_assert_msg(text_regex_match(r, text, len) ==
						      (regexec(&posix, text, 0, NULL, 0) == 0),
					"'%s' on '%s'", pattern, text);
		}
		text_regex_free(r);
		regfree(&posix);
	}
	ck_assert_uint_gt(compared, 1000);
}
END_TEST

struct rule {
	struct prefix p;
	uint8_t min, max;
	bool permit;
};

static bool walk_match(const struct rule *rules, size_t n, const struct prefix *p, uint32_t *seq)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_covers(&rules[i].p, p) && p->len >= rules[i].min &&
				p->len <= rules[i].max) {
			*seq = (uint32_t)i + 1;
			return rules[i].permit;
		}
	*seq = 0;
	return false;
}

static struct prefix random_prefix(struct rng *rng, uint8_t family)
{
	struct prefix p = { .family = family };

	p.len = (uint8_t)rng_below(rng, family_bits(family) + 1);
	for (unsigned i = 0; i < family_bits(family) / 8; i++)
		p.b[i] = (uint8_t)(rng_below(rng, 3) * 0x55);
	prefix_mask(&p);
	return p;
}

/* The last one is what was added. */
static void check_entry(const struct prefix_rules *r, const struct prefix_list_entry *e)
{
	struct prefix_list_entry got = prefix_rules_entry(r, r->n - 1);

	ck_assert(got.seq == e->seq && got.permit == e->permit && got.any == e->any);
	ck_assert(got.ge == e->ge && got.le == e->le && prefix_equal(&got.prefix, &e->prefix));
}

START_TEST(prefix_list_like_a_walk)
{
	uint8_t family = _i ? 6 : 4;
	struct rng rng = { 7 };

	for (int round = 0; round < 50; round++) {
		struct prefix_rules *packed = prefix_rules_new(family, (size_t)round % 3 * 20);
		VEC(struct rule) rules = { 0 };
		struct prefix_list *l;

		for (uint64_t n = rng_below(&rng, 200); n; n--) {
			struct rule *r = vec_push(&rules);
			struct prefix_list_entry e;

			r->p = random_prefix(&rng, family);
			if (rng_below(&rng, 3) == 0) /* several of the same prefix */
				r->p = rules.v[rng_below(&rng, rules.n)].p;
			r->min = (uint8_t)(r->p.len +
					   rng_below(&rng, family_bits(family) - r->p.len + 1u));
			r->max = (uint8_t)(r->min +
					   rng_below(&rng, family_bits(family) - r->min + 1u));
			r->permit = rng_below(&rng, 2);
			e = (struct prefix_list_entry){ (uint32_t)rules.n, r->permit, false, r->p,
				r->min, r->max };
			/* as little as says the same */
			if (r->min == r->p.len)
				e.ge = 0;
			if (r->max == (e.ge ? family_bits(family) : r->p.len))
				e.le = 0;
			e.any = r->p.len == 0 && r->min == 0 && r->max == family_bits(family);
			prefix_rules_add(packed, &e);
			check_entry(packed, &e);
		}
		l = prefix_list_new(packed);
		for (int k = 0; k < 500; k++) {
			struct prefix p = random_prefix(&rng, family);
			uint32_t seq, want_seq;
			bool want = walk_match(rules.v, rules.n, &p, &want_seq);

			ck_assert(prefix_list_match(l, &p, &seq) == want);
			ck_assert_uint_eq(seq, want_seq);
		}
		vec_free(&rules);
		prefix_rules_unref(packed);
		prefix_list_free(l);
	}
}
END_TEST

START_TEST(prefix_list_other_family)
{
	struct prefix_rules *r = prefix_rules_new(4, 0);
	struct prefix any = { .family = 4 }, six = { .family = 6 };
	struct prefix_list_entry e = { .seq = 5, .permit = true, .any = true };
	struct prefix_list *l = prefix_list_new(r);

	ck_assert(!prefix_list_match(l, &any, NULL));
	prefix_list_free(l);
	prefix_rules_add(r, &e);
	l = prefix_list_new(r);
	prefix_rules_unref(r);
	ck_assert(prefix_list_match(l, &any, NULL));
	ck_assert(!prefix_list_match(l, &six, NULL));
	prefix_list_free(l);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy lists");
	TCase *tc = tcase_create("lists");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, regex_case, 0, sizeof(regex_cases) / sizeof(regex_cases[0]));
	tcase_add_test(tc, regex_like_posix);
	tcase_add_loop_test(tc, prefix_list_like_a_walk, 0, 2);
	tcase_add_test(tc, prefix_list_other_family);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
