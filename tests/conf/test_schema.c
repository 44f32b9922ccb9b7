/* The tables inside the programs are what is made of the modules and of the commands. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/commands.h"
#include "lib/sys/schema_build.h"

static void same_bytes(const struct near_area *built, const void *table)
{
	const char *bytes = table;

	for (size_t i = 0; i < built->used; i++)
		ck_assert_msg(built->base[i] == bytes[i], "byte %zu of %zu differs", i,
				built->used);
}

START_TEST(table_is_what_the_modules_say)
{
	struct err e = { "" };
	struct schema_build *b = schema_build_new(&e);

	ck_assert_msg(b != NULL, "%s", e.text);
	ck_assert_uint_gt(b->area.used, 100000);
	ck_assert_uint_eq(b->schema->size, b->area.used);
	same_bytes(&b->area, schema_table);
	schema_build_free(b);
}
END_TEST

START_TEST(grammar_is_what_the_commands_say)
{
	struct near_area a;
	const struct grammar *g = grammar_build(&a, command_rows, command_words);

	ck_assert_uint_gt(a.used, 10000);
	ck_assert_uint_eq(g->size, a.used);
	same_bytes(&a, commands_grammar);
	near_area_fini(&a);
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
	tcase_add_test(t, grammar_is_what_the_commands_say);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
