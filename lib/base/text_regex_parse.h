/* Between the two halves of text_regex: the pattern as a tree, and the
 * nondeterministic automaton made of it.  Private to them. */
#ifndef WEFT_BASE_TEXT_REGEX_PARSE_H
#define WEFT_BASE_TEXT_REGEX_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/vec.h"

struct byte_set {
	uint64_t bits[4];
};

static inline bool byte_set_has(const struct byte_set *s, uint8_t c)
{
	return s->bits[c >> 6] >> (c & 63) & 1;
}

enum nfa_op { NFA_SET, NFA_SPLIT, NFA_BEGIN, NFA_END, NFA_MATCH };

struct nfa_node {
	enum nfa_op op;
	uint32_t set;	    /* NFA_SET: index in sets */
	uint32_t out, out2; /* out2: NFA_SPLIT */
};

struct nfa {
	VEC(struct byte_set) sets;
	VEC(struct nfa_node) nodes;
	uint32_t start;
};

/* -EINVAL and a sentence.  Frees nothing on failure: call nfa_fini anyway. */
int nfa_build(struct nfa *n, const char *pattern, struct err *e);
void nfa_fini(struct nfa *n);

#endif
