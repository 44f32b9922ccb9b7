/* The inside of a grammar: templates merged into a graph of tokens, and the
 * matcher that walks it.  Used by grammar.c (commands) and config_edit.c (modes of the
 * configuration). */
#ifndef WEFT_SYS_GRAMMAR_GRAPH_H
#define WEFT_SYS_GRAMMAR_GRAPH_H

#include "lib/base/vec.h"
#include "lib/sys/grammar.h"
#include "lib/sys/template.h"

struct gtoken {
	NEAR(const struct tnode) node; /* NULL: the root */
	NEAR(const char) text;	       /* the node's */
	uint16_t word_len;
	char first; /* letter of a keyword; 0: a value */
	bool plain : 1; /* reached by one plain sequence: lines may share it */
	bool before_digit : 1; /* a keyword that begins with a digit may follow */
	NEAR_LIST(struct gtoken) next;
	NEAR_LIST(const void) accepts; /* lines that may end here, first declared first */
};

struct graph {
	NEAR(struct gtoken) root;
};

/* A command, and the grammar of a table of them: the first thing in its area. */
struct gcommand {
	int id;
	unsigned owners;
	NEAR(const char) pattern;
	struct tseq seq;
};

struct grammar {
	uint64_t size; /* of all of it, in bytes */
	struct graph graph;
	NEAR_LIST(struct gcommand) commands;
};

/* A graph, its templates and lines lie in one area (lib/base/near.h). */
void graph_init(struct near_area *a, struct graph *g);
/* Adds a template as a way to `line`.  In the 'no' form what follows the last word that
 * tells lines apart may be left out. */
void graph_add(struct near_area *a, struct graph *g, const struct tseq *seq, const void *line,
		bool no_form);

/* One word of the line that a token took. */
struct gbinding {
	const struct gtoken *token;
	const char *value; /* canonical; for a keyword NULL */
};

enum gresult { G_MATCH, G_UNKNOWN, G_AMBIGUOUS, G_INCOMPLETE };

struct gmatch {
	const void *line; /* of G_MATCH */
	VEC(struct gbinding) bound;
	uint64_t way;	  /* the same number: line and bound are as they were, the texts of values aside */
	size_t depth;	  /* words that were understood */
	struct err why;	  /* of the first value that did not fit there, or "" */
};

struct gparse;
struct gparse *gparse_new(void);
void gparse_free(struct gparse *p);

/* Splits a line into words: a lone '!' begins a comment (but not inside text
 * that runs to the end of the line).  Returns their number. */
size_t gparse_words(struct gparse *p, const char *line, size_t len);
const char *gparse_word(const struct gparse *p, size_t i);
bool gparse_ends_in_space(const struct gparse *p);

/* Matches the words from `first` on.  The result is valid until the next call
 * of gparse_words; the values until then, too. */
enum gresult gparse_match(struct gparse *p, const struct graph *g, size_t first,
		struct gmatch *ret);
void gmatch_fini(struct gmatch *m);

/* Adds what may follow the words from `first` to n - 1, where `last` is the
 * beginning of word n. */
void gparse_complete(struct gparse *p, const struct graph *g, size_t first, size_t n,
		const char *last, struct grammar_candidates *ret);

void candidates_add(struct grammar_candidates *c, const char *text, const char *help,
		bool is_value);
void candidates_sort(struct grammar_candidates *c);

#endif
