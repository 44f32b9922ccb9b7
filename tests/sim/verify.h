/* Checks of a network that should have settled.  Each returns how much is
 * wrong and prints what. */
#ifndef WEFT_TESTS_SIM_VERIFY_H
#define WEFT_TESTS_SIM_VERIFY_H

#include "tests/sim/reference.h"

/* All sessions of the topology are up, nothing waits to be sent. */
unsigned verify_settled(struct sim *s, struct topo *t);
/* What each receiver has from a peer is what the sender says it was told. */
unsigned verify_adjacencies(struct sim *s, struct topo *t);
/* Every router's best routes are the reference's. */
unsigned verify_best(struct sim *s, const struct reference *r);
/* A digest of all best routes, for comparing runs. */
uint64_t verify_digest(struct sim *s);

#endif
