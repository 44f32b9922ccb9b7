/* The matcher's state, shared by its three files: words of a line
 * (grammar_words.c), matching (grammar_match.c), completion
 * (grammar_complete.c). */
#ifndef WEFT_SYS_GRAMMAR_PARSE_H
#define WEFT_SYS_GRAMMAR_PARSE_H

#include "lib/sys/grammar_graph.h"

#define WORDS_MAX 1024 /* bounds recursion; the longest real lines have tens */

#define NARROW_TEXT 44 /* longer words are looked at anew */

struct word {
	const char *text; /* ends in NUL */
	const char *raw;  /* the same place in the line as given */
	size_t len;
};

struct memo {
	const struct value_type *type;
	size_t i, n;
	enum value_rank rank;
	const char *value;
};

struct step {
	const struct gtoken *token;
	const char *value;
	size_t i, n; /* words taken */
	enum value_rank rank;
};

/* One way that took a word: the token, and the way before it. */
struct way {
	const struct gtoken *token;
	const char *value;
	size_t before, end; /* end: first word that it did not take */
	enum value_rank rank;
};

/* A layer: the ways that took one word.  `only`: the type that decided it, where
 * any other word that begins with a digit and fits as well decides it in the same way. */
struct narrow_mark {
	size_t ways, used; /* at its end */
	const struct value_type *only;
	size_t room; /* for the value of `only` */
	unsigned len;
	char text[NARROW_TEXT]; /* the word */
};

/* The short way's state, kept for the next line (grammar_narrow.c). */
struct narrow {
	const struct graph *graph;
	size_t first;
	VEC(struct way) ways; /* the first is the root's */
	VEC(struct narrow_mark) layers; /* one per word, those that the words after it did not decide */
	bool steady;
	bool whole; /* the layers are those of a whole line, which found the way */
	uint64_t way;
	size_t used;
	char values[4096];
};

struct gparse {
	struct narrow narrow;
	char *line;  /* cut into words */
	char *raw;   /* as given, trailing white space removed */
	size_t room, raw_len;
	VEC(struct word) words;
	size_t limit; /* words before the comment */
	bool too_long, space_at_end;
	VEC(struct memo) memo;
	VEC(char *) memory;
	size_t used, chunk_room;

	VEC(struct step) path, best;
	bool ambiguous, found;
	size_t depth, end;
	/* the first value that did not fit at the depth; its sentence is made
	 * only if it is needed */
	const struct value_type *misfit;
	/* completion: what may follow the best paths */
	bool completing, any_end, may_end;
	VEC(const struct gtoken *) offers;
	VEC(struct step) ends_ranks;
};

/* Memory that lasts until the next line; one chunk serves most lines. */
char *gparse_room(struct gparse *p, size_t n);
/* Words i to i + n - 1 with a space between them. */
const char *gparse_joined(struct gparse *p, size_t i, size_t n);
/* Walks all ways through the graph from word `first`, up to p->end. */
void gparse_walk(struct gparse *p, const struct graph *g, size_t first);

/* The short way.  False: the long one has to decide. */
bool gparse_narrow(struct gparse *p, const struct graph *g, size_t first, struct gmatch *ret);
enum value_rank gparse_word_rank(const struct gtoken *t, const struct word *w);
bool gparse_guard_holds(const struct tnode *n, const char *value);

#endif
