/* Ids of objects in the order in which they came, on several shelves that are
 * emptied one after the other.  What is on one shelf when its turn comes is
 * taken together; what comes meanwhile waits for the next turn, so that none
 * waits for ever. */
#ifndef WEFT_OVERLAYD_IDQUEUE_H
#define WEFT_OVERLAYD_IDQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/vec.h"

struct idqueue_shelf {
	VEC(uint32_t) ids;
	size_t head; /* those before it are taken */
	size_t end;  /* those from here on came since its turn began */
};

struct idqueue {
	struct idqueue_shelf *shelves;
	unsigned n_shelves; /* a power of two */
	unsigned turn;
	size_t n;	    /* ids, of all shelves */
};

void idqueue_init(struct idqueue *q, unsigned shelves);
void idqueue_free(struct idqueue *q);
/* Ids with the same key lie on the same shelf. */
void idqueue_push(struct idqueue *q, uint32_t key, uint32_t id);
/* The shelf whose turn it is, with ids from head to end, which the caller may put
 * into another order; NULL if there are none at all. */
struct idqueue_shelf *idqueue_shelf(struct idqueue *q);
/* Takes the first one off that shelf. */
static inline uint32_t idqueue_take(struct idqueue *q, struct idqueue_shelf *s)
{
	q->n--;
	return s->ids.v[s->head++];
}

#endif
