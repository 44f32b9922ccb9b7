/* The inside of a schema: nodes, lines and modes as config_*.c use them.  They refer to each
 * other by NEAR references (lib/base/near.h), so that the programs hold it as a table that
 * nobody changes, not even the loader; schema_build.h is what makes it. */
#ifndef WEFT_SYS_SCHEMA_INT_H
#define WEFT_SYS_SCHEMA_INT_H

#include "lib/base/near.h"
#include "lib/sys/grammar_graph.h"
#include "lib/sys/schema.h"
#include "lib/sys/template.h"

struct sline;
struct smode;

enum leaf_kind { LEAF_VALUE, LEAF_EMPTY, LEAF_BOOL };

/* A rule "PATH [CHILD]: SENTENCE" of part-of or refers, or "LEAVES: SENTENCE". */
struct srule {
	unsigned up;
	NEAR(struct snode) list;
	NEAR_LIST(struct snode) leaves;
	NEAR(const char) sentence;
};

struct name_slot {
	NEAR(struct snode) kid;
};

struct snode {
	NEAR(const char) name;
	NEAR(struct snode) parent;
	NEAR_LIST(struct snode) kids; /* in the schema's order */
	/* what is printed for this container or list entry, in order */
	NEAR_LIST(struct sitem) items;
	NEAR_LIST(struct sline) own; /* CLI lines that the node itself carries */
	NEAR(struct smode) mode;     /* that the node makes, or NULL */
	NEAR(const char) owner;
	NEAR(const char) reload;
	NEAR(const char) help;
	NEAR(const char) units;
	NEAR(const char) def;
	NEAR(const char) reference;

	unsigned place; /* among the parent's kids */
	NEAR_ARRAY(struct name_slot) names; /* hash of the kids' names */
	bool is_list, is_leaflist, is_leaf, presence, is_key;
	/* leaves */
	enum leaf_kind kind : 8;
	bool def_true, has_def;
	bool fixed, exact, whole;
	bool rules_below; /* it or a node below has one of the three rules */
	bool has_below; /* a container, a list or a leaf-list */
	NEAR(const struct value_type) type;
	NEAR(const char) omitted;
	NEAR(const char) offers; /* lists whose keys are offered as values, NULL: none */
	/* lists */
	unsigned auto_step; /* of the list whose key may be left out */
	unsigned nkeys;
	NEAR(struct snode) keys[3];
	NEAR(struct snode) first; /* entries that have this leaf are printed first */
	NEAR_LIST(struct snode) parts; /* lists that are part-of this one */
	NEAR(struct srule) part_of;
	NEAR(struct srule) refers;
	NEAR(struct srule) needs;
};

struct sitem {
	NEAR(struct sline) line; /* or: */
	NEAR(struct snode) kid;
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
	enum line_kind kind : 8;
	bool implicit;		/* the carrier is a leaf set by the line's presence */
	bool looks;		/* at what is there before it is applied */
	uint8_t check;		/* place in line_checks[] plus 1; 0: none */
	NEAR(const char) shown; /* the template for people: without effects */
	struct tseq seq;
	NEAR(struct snode) carrier;
	NEAR(struct snode) anchor; /* the carrier, or a leaf's parent */
	NEAR(struct smode) mode;   /* whose grammar the line is in */
	NEAR_LIST(struct snode) steps; /* from below the mode's node to the anchor */
	NEAR_LIST(struct snode) slots; /* leaves it sets, keys aside */
};

struct smode {
	NEAR(struct snode) node;
	NEAR(struct smode) above;
	NEAR(const char) prompt;
	NEAR(const char) exit;
	NEAR(const struct sline) line; /* that enters it and is printed */
	NEAR(struct smode) dflt; /* a mode below whose lines are accepted here */
	NEAR_LIST(struct snode) steps; /* from below the mode above's node to this one */
	struct graph plain, no;
};

/* The first thing in its area. */
struct schema {
	uint64_t size; /* of all of it, in bytes */
	NEAR(struct snode) root;
	NEAR(struct smode) top;
	NEAR_LIST(struct sline) lines;
	NEAR_LIST(struct smode) modes;
};

struct snode *snode_kid(const struct snode *s, const char *name);
/* The kid that a path names first; *path then points behind the name. */
struct snode *snode_step(const struct snode *s, const char **path);
/* Where a name (up to its end or a '/') is in s->names, or the free place for it. */
struct name_slot *snode_slot(const struct snode *s, const char *name, size_t *ret_len);

/* config_line_check.c; ends with a row whose name is NULL */
extern const struct line_check line_checks[];

#endif
