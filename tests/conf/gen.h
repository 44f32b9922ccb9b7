/* Random configuration lines over the whole schema, made from the templates
 * themselves.  Shared by the tests of tests/conf. */
#ifndef WEFT_TESTS_CONF_GEN_H
#define WEFT_TESTS_CONF_GEN_H

#include "lib/base/rng.h"
#include "lib/base/strbuf.h"
#include "lib/sys/schema_int.h"

/* One line of the template, with random options and values. */
void gen_line(struct rng *r, const struct tseq *seq, struct strbuf *out);
/* The lines that enter a mode from the top. */
void gen_enter(struct rng *r, const struct smode *m, struct strbuf *out);
/* About n lines in random modes. */
void gen_config(struct rng *r, const struct schema *s, unsigned n, struct strbuf *out);
/* The lines of a printed configuration in another order: entries among
 * themselves, and the lines inside each. */
void gen_shuffle(struct rng *r, const char *printed, struct strbuf *out);

/* Seed from WEFT_TEST_SEED or a fixed one; says which. */
uint64_t gen_seed(void);

#endif
