/* Properties that hold for every configuration, tried on random ones over the
 * whole schema. */
#include <check.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/config.h"
#include "tests/conf/gen.h"


/* What a random line may rightly be refused for. */
static const char *const rightly[] = {
	"already; remove that first", "nothing was removed", "Invalid prefix range", "leads to no interface",
	"must be given", "no such peer group", "an AS number is needed",
};

static unsigned refused;

static void tolerate(void *arg, const char *name, unsigned line, const char *sentence)
{
	(void)arg, (void)name;
	refused++;
	for (size_t i = 0; i < sizeof(rightly) / sizeof(*rightly); i++) {
		if (strstr(sentence, rightly[i]))
			return;
	}
	ck_abort_msg("line %u: %s", line, sentence);
}

static void refuse(void *arg, const char *name, unsigned line, const char *sentence)
{
	ck_abort_msg("%s line %u: %s\n%s", name, line, sentence, (const char *)arg);
}

static struct config *load(const struct strbuf *text, config_report_fn *report)
{
	struct config *c = config_new(schema_table);

	config_load_text(c, sb_str(text), text->len, "text", report, (void *)sb_str(text));
	return c;
}

/* Print, then parse: the same tree; and so with the lines in any order. */
START_TEST(print_parse_shuffle)
{
	struct rng r = { gen_seed() + (uint64_t)_i };

	for (int round = 0; round < 40; round++) {
		struct strbuf text = { 0 }, printed = { 0 }, shuffled = { 0 }, again = { 0 };
		struct config *a, *b, *c, *d;
		unsigned n = 1 + (unsigned)rng_below(&r, round % 4 ? 60 : 600);

		gen_config(&r, schema_table, n, &text);
		refused = 0;
		a = load(&text, tolerate);
		config_print(a, NULL, &printed);
		b = load(&printed, refuse);
		config_print(b, NULL, &again);
		ck_assert_str_eq(sb_str(&printed), sb_str(&again));
		ck_assert_msg(config_equal(a, b), "not what was printed:\n%.2000s", sb_str(&printed));
		gen_shuffle(&r, sb_str(&printed), &shuffled);
		c = load(&shuffled, refuse);
		sb_reset(&again);
		config_print(c, NULL, &again);
		ck_assert_str_eq(sb_str(&printed), sb_str(&again));
		ck_assert(config_equal(a, c));
		d = config_dup(a);
		ck_assert(config_equal(a, d));
		ck_assert_uint_eq(config_validate(d, "text", NULL, NULL), 0);
		config_free(a);
		config_free(b);
		config_free(c);
		config_free(d);
		sb_free(&text);
		sb_free(&printed);
		sb_free(&shuffled);
		sb_free(&again);
	}
}
END_TEST

static void type(struct config_cursor *cur, const char *line, const struct sline *l)
{
	struct err e = { "" };

	ck_assert_msg(config_line(cur, line, &e) == CONFIG_OK, "\"%s\" of \"%s\": %s", line,
			near_at(l->shown), e.text);
}

static void enter(struct config_cursor *cur, const char *lines, const struct sline *l)
{
	char *copy = strdup(lines), *save;

	for (char *p = strtok_r(copy, "\n", &save); p; p = strtok_r(NULL, "\n", &save))
		type(cur, p, l);
	free(copy);
}

static bool checked_away(const char *line)
{
	/* combinations of random values that a check rightly refuses */
	return strstr(line, "prefix-list") || strstr(line, " route ") ||
			(strstr(line, "router bgp") &&
					(strlen(line) < 12 || !isdigit((unsigned char)line[11])));
}

static void print_parse(struct config *c, const char *line)
{
	struct strbuf text = { 0 };
	struct config *d;
	struct config_cursor *cur;
	char *copy, *save;
	struct err e = { "" };

	config_print(c, NULL, &text);
	/* line by line, as nothing here is complete */
	d = config_new(schema_table);
	cur = config_cursor_new(d);
	copy = strdup(sb_str(&text));
	for (char *p = strtok_r(copy, "\n", &save); p; p = strtok_r(NULL, "\n", &save))
		ck_assert_msg(config_line(cur, p, &e) != CONFIG_BAD, "%s", e.text);
	ck_assert_msg(config_equal(c, d), "\"%s\" is not what was printed:\n%s", line,
			sb_str(&text));
	config_cursor_free(cur);
	config_free(d);
	free(copy);
	sb_free(&text);
}

/* Is the line's presence the default, so that its 'no' form is what says
 * something? */
static bool no_says(const struct sline *l)
{
	for (size_t i = 0; i < l->slots.n; i++) {
		const struct snode *s = near_nth(l->slots, i);

		if (s->kind == LEAF_BOOL && (s->def_true || !s->has_def))
			return true;
	}
	return false;
}

/* A line of an outer mode makes the entries between, which stay. */
static bool makes_entries(const struct sline *l)
{
	for (size_t i = 0; i + 1 < l->steps.n; i++) {
		if (near_get(near_nth(l->steps, i)->mode) && near_nth(l->steps, i)->is_list)
			return true;
	}
	return false;
}

/* Each template: the line, what is printed of it, and its 'no' form. */
START_TEST(every_line_and_its_no)
{
	struct rng r = { gen_seed() };
	unsigned tried = 0;

	for (size_t i = 0; i < schema_table->lines.n; i++) {
		const struct sline *l = near_nth(schema_table->lines, i);

		if (!near_get(l->mode) || l->kind == LINE_NO || l->kind == LINE_NOOP)
			continue;
		for (int round = 0; round < 8; round++) {
			struct strbuf modes = { 0 }, line = { 0 }, no = { 0 };
			struct config *c = config_new(schema_table), *before;
			struct config_cursor *cur = config_cursor_new(c);
			struct err e = { "" };

			gen_enter(&r, near_at(l->mode), &modes);
			gen_line(&r, &l->seq, &line);
			sb_addf(&no, "no %s", sb_str(&line));
			enter(cur, sb_str(&modes), l);
			before = config_dup(c);
			if (config_line(cur, sb_str(&line), &e) == CONFIG_BAD) {
				ck_assert_msg(checked_away(line.s), "\"%s\": %s", line.s, e.text);
			} else {
				print_parse(c, line.s);
				if (l->kind == LINE_MODE || l->kind == LINE_MODE_ALIAS) {
					config_cursor_free(cur);
					cur = config_cursor_new(c);
					enter(cur, sb_str(&modes), l);
				}
				type(cur, sb_str(&no), l);
				print_parse(c, no.s);
				if (no_says(l)) {
					type(cur, sb_str(&line), l);
					type(cur, sb_str(&no), l);
				} else if (!makes_entries(l)) {
					ck_assert_msg(config_equal(c, before),
							"\"%s\" left something", no.s);
				}
				tried++;
			}
			config_cursor_free(cur);
			config_free(before);
			config_free(c);
			sb_free(&modes);
			sb_free(&line);
			sb_free(&no);
		}
	}
	ck_assert_uint_gt(tried, 1000);
}
END_TEST

static bool offers(const struct grammar_candidates *c, const char *word)
{
	for (size_t i = 0; i < c->list.n; i++) {
		if (strcmp(c->list.v[i].text, word) == 0)
			return true;
	}
	return false;
}

/* Each keyword of each line is offered, whole or begun, and is helped. */
START_TEST(every_keyword_is_completed)
{
	struct rng r = { gen_seed() };

	for (size_t i = 0; i < schema_table->lines.n; i++) {
		const struct sline *l = near_nth(schema_table->lines, i);
		struct strbuf modes = { 0 }, line = { 0 };
		const struct tnode *word;
		struct grammar_candidates cand;
		struct config *c;
		struct config_cursor *cur;

		if (!near_get(l->mode) || l->kind == LINE_NO)
			continue;
		word = near_nth(l->seq.nodes, 0);
		c = config_new(schema_table);
		cur = config_cursor_new(c);
		gen_enter(&r, near_at(l->mode), &modes);
		enter(cur, sb_str(&modes), l);
		config_complete(cur, "", &cand);
		ck_assert_msg(offers(&cand, near_at(word->text)), "%s", near_at(l->shown));
		grammar_candidates_fini(&cand);
		gen_line(&r, &l->seq, &line);
		/* after each word of a whole line something can follow or end */
		for (char *p = strchr(line.s, ' '); p; p = strchr(p + 1, ' ')) {
			char saved = p[1];

			p[1] = 0;
			config_complete(cur, line.s, &cand);
			p[1] = saved;
			ck_assert_msg(cand.list.n > 0, "nothing after \"%.*s\"",
					(int)(p - line.s), line.s);
			grammar_candidates_fini(&cand);
		}
		config_cursor_free(cur);
		config_free(c);
		sb_free(&modes);
		sb_free(&line);
	}
}
END_TEST

static unsigned documented;

static void document(void *arg, const struct schema_doc *d)
{
	(void)arg;
	documented++;
	ck_assert_msg(d->description && *d->description, "no description: %s", d->line);
	ck_assert_msg(strcmp(d->reload, "nothing") == 0 || strcmp(d->reload, "out") == 0 ||
					strcmp(d->reload, "in") == 0 ||
					strcmp(d->reload, "session") == 0,
			"%s: %s", d->line, d->reload);
}

static void word_is_described(void *arg, struct tnode *n)
{
	struct strbuf *missing = arg;

	const char *help = near_get(n->help), *text = near_at(n->text);

	if (help && *help)
		return;
	if (!strstr(sb_str(missing), text))
		sb_addf(missing, " %s", text);
}

static void nodes_are_described(const struct snode *s)
{
	const struct snode *parent = near_get(s->parent);

	ck_assert_msg(near_get(s->help) && *near_at(s->help), "%s/%s has no description",
			parent ? near_at(parent->name) : "", near_at(s->name));
	for (size_t i = 0; i < s->kids.n; i++)
		nodes_are_described(near_nth(s->kids, i));
}

START_TEST(everything_is_described)
{
	struct strbuf missing = { 0 };

	for (size_t i = 0; i < schema_table->lines.n; i++) {
		const struct sline *l = near_nth(schema_table->lines, i);

		if (near_get(l->mode) && l->kind != LINE_NOOP)
			template_visit(&l->seq, word_is_described, &missing);
	}
	ck_assert_msg(missing.len == 0, "no help:%s", sb_str(&missing));
	sb_free(&missing);
	nodes_are_described(near_at(schema_table->root));
	documented = 0;
	schema_document(schema_table, document, NULL);
	ck_assert_uint_gt(documented, 200);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config random");
	TCase *t = tcase_create("properties");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, print_parse_shuffle, 0, 5);
	tcase_add_test(t, every_line_and_its_no);
	tcase_add_test(t, every_keyword_is_completed);
	tcase_add_test(t, everything_is_described);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
