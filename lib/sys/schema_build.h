/* The schema made from the YANG modules with libyang, and written as the table that the
 * programs hold.  Part of yang/mkschema, which runs when they are built, and of the test
 * that compares the two; of no program. */
#ifndef WEFT_SYS_SCHEMA_BUILD_H
#define WEFT_SYS_SCHEMA_BUILD_H

#include <libyang/libyang.h>

#include "lib/base/strbuf.h"
#include "lib/sys/schema_int.h"

/* Where a node is from; made together. */
struct built_node {
	struct snode node;
	const struct lysc_node *source;
};

struct word_help {
	char *word;
	const char *help;
};

struct schema_build {
	struct schema schema;
	struct ly_ctx *ctx; /* which has the strings */
	VEC(struct snode *) nodes;
	VEC(struct srule *) rules;
	VEC(struct word_help) words; /* what keywords mean that no node is named for */
	struct value_type *word;     /* of values in lines that are forgotten */
};

/* NULL and a sentence if a module or a template in it is wrong. */
struct schema_build *schema_build_new(struct err *e);
void schema_build_free(struct schema_build *b);

/* schema_write.c: appends the schema as C, an object named schema_table.  The text tells all
 * of a schema that programs use, and nothing else. */
void schema_write(const struct schema *s, struct strbuf *out);

static inline const struct lysc_node *snode_source(const struct snode *s)
{
	return ((const struct built_node *)s)->source;
}

/* schema_type.c */
struct value_type *schema_type(const struct lysc_type *t, struct err *e);

/* schema_line.c: called when all nodes exist */
int schema_lines(struct schema_build *b, struct err *e);
void sline_free(struct sline *l);

#endif
