/* The schema of the configuration as a C file: libyang reads and checks the modules when
 * weft is built, and the programs need neither it nor them. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/sys/schema_build.h"

int main(void)
{
	struct err e = { "" };
	struct schema_build *b = schema_build_new(&e);
	struct strbuf out = { 0 };
	int status = EXIT_SUCCESS;

	if (!b) {
		fprintf(stderr, "mkschema: %s\n", e.text);
		return EXIT_FAILURE;
	}
	schema_write(&b->schema, &out);
	if (fputs(sb_str(&out), stdout) < 0 || fflush(stdout) != 0) {
		perror("mkschema");
		status = EXIT_FAILURE;
	}
	sb_free(&out);
	schema_build_free(b);
	return status;
}
