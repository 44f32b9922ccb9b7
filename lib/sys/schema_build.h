/* The schema made from the YANG modules with libyang; its bytes are the table that the
 * programs hold.  Part of yang/mkschema, which runs when they are built, and of the test
 * that compares the two; of no program. */
#ifndef WEFT_SYS_SCHEMA_BUILD_H
#define WEFT_SYS_SCHEMA_BUILD_H

#include <libyang/libyang.h>

#include "lib/base/vec.h"
#include "lib/sys/schema_int.h"

struct word_help {
	char *word;
	const char *help;
};

struct schema_build {
	struct near_area area;
	struct schema *schema; /* at its beginning */
	struct ly_ctx *ctx;
	VEC(struct word_help) words;	/* what keywords mean that no node is named for */
	const struct value_type *word; /* of values in lines that are forgotten */
};

/* NULL and a sentence if a module or a template in it is wrong. */
struct schema_build *schema_build_new(struct err *e);
void schema_build_free(struct schema_build *b);

/* schema_type.c */
struct value_type *schema_type(struct near_area *a, const struct lysc_type *t, struct err *e);

/* schema_line.c: called when all nodes exist */
int schema_lines(struct schema_build *b, const struct lysc_node *top, struct err *e);

#endif
