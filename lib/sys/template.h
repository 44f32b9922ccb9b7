/* The template language of command lines (described in yang/weft-cli.yang):
 * text to a small tree, which grammar.c makes into something to match with and
 * config_print.c prints from.
 * Names of values are only text here; who owns the template resolves them and
 * fills in var, type and help.  All of it lies in one area (lib/base/near.h). */
#ifndef WEFT_SYS_TEMPLATE_H
#define WEFT_SYS_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/near.h"
#include "lib/sys/value.h"

enum tnode_kind {
	T_WORD,
	T_VALUE,
	T_OPT, /* the first of alts, or nothing */
	T_ALT, /* one of alts */
	T_SET, /* any subset of alts in any order */
};

/* What a keyword (or a value, besides its own) sets. */
struct teffect {
	NEAR(const char) name;
	NEAR(const char) value; /* NULL: an empty or boolean leaf */
	NEAR(const void) var;
};

struct tseq {
	NEAR_LIST(struct tnode) nodes;
};

struct tnode {
	enum tnode_kind kind : 8;
	bool repeat;
	bool identity; /* needed in the 'no' form to say which line is meant; by the owner */
	NEAR(const char) text;	    /* WORD, or name of VALUE */
	NEAR(const char) other;	    /* second name of VALUE, NULL if none */
	NEAR(const char) type_text; /* after ':' in a VALUE of a command table */
	uint32_t lo, hi; /* guard of VALUE; hi 0: none */
	NEAR_LIST(struct teffect) effects;
	NEAR_LIST(struct tseq) alts;

	/* filled in by the owner */
	NEAR(const void) var;
	NEAR(const void) var2;
	NEAR(const struct value_type) type;
	NEAR(const char) help;
	NEAR(const char) names; /* see grammar.h */
};

/* Fills in a sequence that is empty.  -EINVAL and a sentence on a wrong template; what is
 * in the area by then stays there. */
int template_parse(struct near_area *a, const char *text, struct tseq *seq, struct err *e);

/* Calls fn for each WORD and VALUE, in order. */
void template_visit(const struct tseq *seq, void (*fn)(void *arg, struct tnode *n), void *arg);

#endif
