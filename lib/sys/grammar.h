/* Command grammar: lines of keywords and values, matched with abbreviations,
 * completed, helped.
 * The configuration's grammar is built from YANG (schema_build.h); that of commands
 * from a table (commands.c), in the same template language (yang/weft-cli.yang),
 * with two differences: a value names its type, "$vrf:vrf", and keywords carry
 * no effects, as the handler can ask which were typed.
 *
 * Matching: every word is an unambiguous abbreviation of a keyword, or a value.
 * A whole keyword beats a value with a shape (address, number), which beats an
 * abbreviated keyword, which beats free text. */
#ifndef WEFT_SYS_GRAMMAR_H
#define WEFT_SYS_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/near.h"
#include "lib/base/strbuf.h"
#include "lib/base/vec.h"

/* One command.  Types of values: word line ifname ipv4-address ipv6-address
 * ip-address ipv4-prefix ipv6-prefix ip-prefix mac-address as-number peer
 * route-distinguisher route-target, and LO-HI for a number. */
struct grammar_command {
	const char *pattern; /* "show bgp [vrf $vrf:ifname] summary [json]" */
	int id;		     /* what the handler switches on; may occur repeatedly */
	const char *help;    /* of the command */
	unsigned owners;     /* who carries it out: for the caller alone */
};

/* Help of a keyword, or of a value ("$vrf"), wherever no command says more. */
struct grammar_word {
	const char *word;
	const char *help;
	const char *names; /* of a value: as "names" in yang/weft-cli.yang, or NULL */
};

struct grammar;

/* Both tables end with a row whose first member is NULL.  A wrong pattern is a bug
 * (assertion).  The grammar is what the area, which is made, holds: from its beginning, as
 * many bytes as are used. */
struct grammar *grammar_build(struct near_area *a, const struct grammar_command *commands,
		const struct grammar_word *words);
/* The pattern of command i; NULL after the last. */
const char *grammar_pattern(const struct grammar *g, size_t i);

struct grammar_binding {
	const char *name;  /* of the value; NULL for a keyword */
	const char *value; /* canonical form; for a keyword the whole keyword */
};

struct grammar_match {
	int id;
	unsigned owners;
	VEC(struct grammar_binding) words; /* every word of the line, in order */
	void *memory;
};

/* Returns 0 and *ret (to be freed with grammar_match_fini), or -EINVAL and a
 * sentence: "% Unknown command: ...", "% Ambiguous command: ...",
 * "% Command incomplete: ...".  An empty line gives -ENOENT and no sentence. */
int grammar_parse(const struct grammar *g, const char *line, struct grammar_match *ret,
		struct err *e);
void grammar_match_fini(struct grammar_match *m);

/* Value of $name, or NULL if it was not typed. */
const char *grammar_value(const struct grammar_match *m, const char *name);
/* Was this keyword typed (whole or abbreviated)? */
bool grammar_has(const struct grammar_match *m, const char *keyword);
/* The command spelled out: whole keywords, canonical values. */
void grammar_spell(const struct grammar_match *m, struct strbuf *out);

/* What may come where a partial line ends: all continuations of its last word,
 * or, after white space, all next words.  Sorted by text. */
struct grammar_candidate {
	char *text;	/* a keyword, "<cr>", or a placeholder like "A.B.C.D" */
	char *help;
	bool is_value;	/* a placeholder: to be shown, not to be inserted */
	const char *names; /* of a placeholder: what the configuration may know of it, or NULL */
};

struct grammar_candidates {
	VEC(struct grammar_candidate) list;
};

void grammar_complete(const struct grammar *g, const char *partial,
		struct grammar_candidates *ret);
void grammar_candidates_fini(struct grammar_candidates *c);

#endif
