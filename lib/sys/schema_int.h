/* The inside of a schema: nodes, lines and modes as config_*.c use them.  The programs
 * hold it as a table that nobody changes; schema_build.h is what makes it. */
#ifndef WEFT_SYS_SCHEMA_INT_H
#define WEFT_SYS_SCHEMA_INT_H

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
	const char *name;
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
	bool has_below; /* a container, a list or a leaf-list */
};

struct sitem {
	struct sline *line; /* or: */
	struct snode *kid;
};

enum line_kind { LINE_CLI, LINE_ALIAS, LINE_MODE, LINE_MODE_ALIAS, LINE_NO, LINE_NOOP };

struct line_check_arg;

/* What types can't say of a line. */
struct line_check {
	const char *name;
	int (*fn)(const struct line_check_arg *a, struct err *e);
	bool looks; /* at the entry that is there */
};

struct sline {
	enum line_kind kind;
	char *shown; /* the template for people: without effects */
	struct tseq seq;
	struct snode *carrier;
	struct snode *anchor;	/* the carrier, or a leaf's parent */
	struct smode *mode;	/* whose grammar the line is in */
	VEC(struct snode *) steps; /* from below the mode's node to the anchor */
	VEC(struct snode *) slots; /* leaves it sets, keys aside */
	bool implicit;		/* the carrier is a leaf set by the line's presence */
	bool looks;		/* at what is there before it is applied */
	const struct line_check *check;
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

struct schema {
	struct snode *root;
	struct smode *top;
	VEC(struct sline *) lines;
	VEC(struct smode *) modes;
};

struct snode *snode_kid(const struct snode *s, const char *name);
/* The kid that a path names first; *path then points behind the name. */
struct snode *snode_step(const struct snode *s, const char **path);
/* Where a name (up to its end or a '/') is in s->names, or the free place for it. */
uint16_t *snode_slot(const struct snode *s, const char *name, size_t *ret_len);

/* config_line_check.c; ends with a row whose name is NULL */
extern const struct line_check line_checks[];

#endif
