/* The schema inside the programs is what libyang makes of the modules. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/schema_build.h"

/* Two texts of a megabyte: what differs, not all of them. */
static void same_text(const char *a, const char *b)
{
	size_t at = 0, begin;

	while (a[at] && a[at] == b[at])
		at++;
	for (begin = at; begin > 0 && a[begin - 1] != '\n'; begin--)
		;
	ck_assert_msg(a[at] == b[at], "modules: %.400s\ntable: %.400s", a + begin, b + begin);
}

START_TEST(table_is_what_the_modules_say)
{
	struct strbuf modules = { 0 }, table = { 0 };
	struct err e = { "" };
	struct schema_build *b = schema_build_new(&e);

	ck_assert_msg(b != NULL, "%s", e.text);
	schema_write(&b->schema, &modules);
	schema_write(&schema_table, &table);
	ck_assert_uint_gt(modules.len, 100000);
	same_text(sb_str(&modules), sb_str(&table));
	sb_free(&modules);
	sb_free(&table);
	schema_build_free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("schema");
	TCase *t = tcase_create("table");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, table_is_what_the_modules_say);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
