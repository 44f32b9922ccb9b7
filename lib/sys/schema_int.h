/* The inside of a schema: nodes, lines and modes as config_*.c use them. */
#ifndef WEFT_SYS_SCHEMA_INT_H
#define WEFT_SYS_SCHEMA_INT_H

#include <libyang/libyang.h>

#include "lib/base/vec.h"
#include "lib/sys/grammar_graph.h"
#include "lib/sys/schema.h"
#include "lib/sys/template.h"

struct sline;
struct smode;

enum leaf_kind { LEAF_VALUE, LEAF_EMPTY, LEAF_BOOL };

/* A rule "PATH [CHILD]: SENTENCE" of part-of or refers, or "LEAVES: SENTENCE". */
struct srule {
	unsigned up;
	struct snode *list;
	VEC(struct snode *) leaves;
	const char *sentence;
};

struct snode {
	const struct lysc_node *sn;
	struct snode *parent;
	VEC(struct snode *) kids; /* in the schema's order */
	/* what is printed for this container or list entry, in order */
	VEC(struct sitem) items;
	VEC(struct sline *) own;      /* CLI lines that the node itself carries */
	struct smode *mode;	      /* that the node makes, or NULL */
	const char *owner, *reload, *help, *units, *def, *reference;

	unsigned place; /* among the parent's kids */
	VEC(uint16_t) names; /* hash of the kids' names: place plus 1 */
	bool is_list, is_leaflist, is_leaf, presence, is_key;
	/* leaves */
	enum leaf_kind kind;
	bool def_true, has_def;
	struct value_type *type;
	const char *omitted;
	bool fixed, exact, whole;
	const char *offers; /* lists whose keys are offered as values, NULL: none */
	/* lists */
	unsigned auto_step; /* of the list whose key may be left out */
	struct snode *keys[3];
	unsigned nkeys;
	struct snode *first; /* entries that have this leaf are printed first */
	VEC(struct snode *) parts; /* lists that are part-of this one */
	struct srule *part_of, *refers, *needs;
	bool rules_below; /* it or a node below has one of the three */
};

struct sitem {
	struct sline *line; /* or: */
	struct snode *kid;
};

enum line_kind { LINE_CLI, LINE_ALIAS, LINE_MODE, LINE_MODE_ALIAS, LINE_NO, LINE_NOOP };

struct line_check_arg;
typedef int line_check_fn(const struct line_check_arg *a, struct err *e);

struct sline {
	enum line_kind kind;
	char *text;
	char *shown; /* the text for people: without effects */
	struct tseq seq;
	struct snode *carrier;
	struct snode *anchor;	/* the carrier, or a leaf's parent */
	struct smode *mode;	/* whose grammar the line is in */
	VEC(struct snode *) steps; /* from below the mode's node to the anchor */
	VEC(struct snode *) slots; /* leaves it sets, keys aside */
	bool implicit;		/* the carrier is a leaf set by the line's presence */
	bool looks;		/* at what is there before it is applied */
	line_check_fn *check;
};

struct smode {
	struct snode *node;
	struct smode *above;
	const char *prompt, *exit;
	const struct sline *line; /* that enters it and is printed */
	struct smode *dflt; /* a mode below whose lines are accepted here */
	VEC(struct snode *) steps; /* from below the mode above's node to this one */
	struct graph plain, no;
};

struct word_help {
	char *word;
	const char *help;
};

struct schema {
	struct ly_ctx *ctx;
	const struct lys_module *module;
	struct snode *root;
	struct smode *top;
	VEC(struct snode *) nodes;
	VEC(struct sline *) lines;
	VEC(struct smode *) modes;
	VEC(struct srule *) rules;
	struct value_type word; /* of values in lines that are forgotten */
	VEC(struct word_help) words; /* what keywords mean that no node is named for */
};

struct snode *snode_kid(const struct snode *s, const char *name);
/* The kid that a path names first; *path then points behind the name. */
struct snode *snode_step(const struct snode *s, const char **path);

/* schema_type.c */
struct value_type *schema_type(const struct lysc_type *t, struct err *e);

/* schema_line.c: called when all nodes exist */
int schema_lines(struct schema *s, struct err *e);
void sline_free(struct sline *l);

/* config_check.c */
line_check_fn *line_check_find(const char *name);
/* Does it want to know the entry that is there? */
bool line_check_looks(line_check_fn *check);

#endif
