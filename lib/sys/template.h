/* The template language of command lines (described in yang/weft-cli.yang):
 * text to a small tree, which grammar.c makes into something to match with and
 * config_print.c prints from.
 * Names of values are only text here; who owns the template resolves them and
 * fills in var, type and help. */
#ifndef WEFT_SYS_TEMPLATE_H
#define WEFT_SYS_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/vec.h"
#include "lib/sys/value.h"

enum tnode_kind {
	T_WORD,
	T_VALUE,
	T_OPT, /* alts.v[0], or nothing */
	T_ALT, /* one of alts */
	T_SET, /* any subset of alts in any order */
};

/* What a keyword (or a value, besides its own) sets. */
struct teffect {
	char *name;
	char *value; /* NULL: an empty or boolean leaf */
	const void *var;
};

struct tseq {
	VEC(struct tnode) nodes;
};

struct tnode {
	enum tnode_kind kind;
	char *text;  /* WORD, or name of VALUE */
	char *other; /* second name of VALUE, NULL if none */
	char *type_text; /* after ':' in a VALUE of a command table */
	bool repeat;
	uint64_t lo, hi; /* guard of VALUE; hi 0: none */
	VEC(struct teffect) effects;
	VEC(struct tseq) alts;

	/* filled in by the owner */
	const void *var, *var2;
	const struct value_type *type;
	bool identity; /* needed in the 'no' form to say which line is meant */
	const char *help;
	const char *names; /* see grammar.h */
};

/* -EINVAL and a sentence on a wrong template. */
int template_parse(const char *text, struct tseq *ret, struct err *e);
void template_free(struct tseq *seq);

/* Calls fn for each WORD and VALUE, in order. */
void template_visit(struct tseq *seq, void (*fn)(void *arg, struct tnode *n), void *arg);

#endif
