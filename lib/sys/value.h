/* Types of values in commands: what is valid, its canonical form, and what a
 * person is shown of it.
 * Built by schema.c from YANG types and by grammar.c from patterns. */
#ifndef WEFT_SYS_VALUE_H
#define WEFT_SYS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/near.h"

/* How well a word fits, best last. */
enum value_rank {
	RANK_NONE,
	RANK_FREE,   /* any text would */
	RANK_ABBREV, /* a keyword's beginning */
	RANK_SHAPED, /* an address, a number */
	RANK_EXACT,  /* a whole keyword */
};

/* Room that a canonical form needs beyond the text's own length. */
#define VALUE_EXTRA 64

struct syntax {
	const char *name;
	const char *placeholder;
	const char *what; /* "an IPv4 address" */
	enum value_rank rank;
	bool rest;  /* takes the rest of the line as it is */
	bool multi; /* takes several words */
	/* Writes the canonical form (at most strlen(text) + VALUE_EXTRA with
	 * the NUL). */
	bool (*canon)(const char *text, char *buf);
};

/* All there are; ends with a row whose name is NULL. */
extern const struct syntax syntaxes[];
/* Its place plus 1; 0: there is no such syntax. */
uint8_t syntax_find(const char *name);

enum value_kind { VALUE_SYNTAX, VALUE_UINT, VALUE_ENUM, VALUE_UNION, VALUE_NOTHING };

struct value_range {
	uint64_t min, max;
};

struct value_item {
	NEAR(const char) name;
	NEAR(const char) help;
};

struct value_type {
	enum value_kind kind : 8;
	uint8_t syntax;		   /* place in syntaxes[] plus 1; SYNTAX; also as-number, with ranges */
	uint32_t min_len, max_len; /* SYNTAX; max_len 0: no limit */
	NEAR_ARRAY(struct value_range) ranges; /* UINT */
	NEAR_LIST(struct value_item) items;    /* ENUM */
	NEAR_LIST(struct value_type) members;  /* UNION */
	NEAR(const char) placeholder;
};

/* Fills in the placeholder; call once when all else is set. */
void value_type_finish(struct near_area *a, struct value_type *t);
/* NULL: it has none. */
static inline const struct syntax *value_syntax(const struct value_type *t)
{
	return t->syntax ? &syntaxes[t->syntax - 1] : NULL;
}

bool value_takes_rest(const struct value_type *t);
bool value_takes_several(const struct value_type *t);

/* Canonical form of a text in buf (strlen(text) + VALUE_EXTRA bytes), and how
 * well it fits; RANK_NONE with a sentence in *why. */
enum value_rank value_match(const struct value_type *t, const char *text, char *buf,
		struct err *why);

/* Order in which entries are kept and shown: digits as numbers. */
int value_compare(const char *a, const char *b);

#endif
