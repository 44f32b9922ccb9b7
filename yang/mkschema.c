/* The schema of the configuration and the grammar of the commands as a C file.  libyang
 * reads and checks the modules when weft is built, and the programs need neither it nor them.
 * What was built refers to itself by relative references, so its bytes are the table: they
 * are written as they are, in words of the machine that they were built for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/commands.h"
#include "lib/sys/schema_build.h"

static void put_table(const char *type, const char *name, const struct near_area *a)
{
	printf("\nstatic const uint64_t %s_words[] = {\n", name);
	for (size_t at = 0; at < a->used; at += 8) {
		size_t left = a->used - at;
		uint64_t word = 0;

		memcpy(&word, a->base + at, left < 8 ? left : 8);
		printf("0x%" PRIx64 ",%s", word, at % 64 == 56 ? "\n" : " ");
	}
	printf("\n};\nconst struct %s *const %s = (const struct %s *)%s_words;\n", type, name, type,
			name);
}

int main(void)
{
	struct err e = { "" };
	struct schema_build *b = schema_build_new(&e);
	struct near_area commands;

	if (!b) {
		fprintf(stderr, "mkschema: %s\n", e.text);
		return EXIT_FAILURE;
	}
	grammar_build(&commands, command_rows, command_words);
	printf("/* Made by yang/mkschema from the YANG modules and lib/sys/commands.c. */\n"
	       "#include \"lib/sys/commands.h\"\n"
	       "#include \"lib/sys/schema.h\"\n");
	put_table("schema", "schema_table", &b->area);
	put_table("grammar", "commands_grammar", &commands);
	near_area_fini(&commands);
	schema_build_free(b);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("mkschema");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
