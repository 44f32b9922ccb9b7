/* See idqueue.h. */
#include "overlayd/core/idqueue.h"

#include <string.h>

#include "lib/base/xalloc.h"

void idqueue_init(struct idqueue *q, unsigned shelves)
{
	*q = (struct idqueue){ .shelves = xcalloc(shelves, sizeof(*q->shelves)),
		.n_shelves = shelves };
}

void idqueue_free(struct idqueue *q)
{
	for (unsigned i = 0; i < q->n_shelves; i++)
		vec_free(&q->shelves[i].ids);
	free(q->shelves);
	*q = (struct idqueue){ 0 };
}

void idqueue_push(struct idqueue *q, uint32_t key, uint32_t id)
{
	uint32_t h = key * 0x9e3779b1u;

	*vec_push(&q->shelves[(h >> 16) & (q->n_shelves - 1)].ids) = id;
	q->n++;
}

/* What came since the turn began moves to the front. */
static void end_turn(struct idqueue_shelf *s)
{
	size_t left = s->ids.n - s->head;

	if (left)
		memmove(s->ids.v, s->ids.v + s->head, left * sizeof(*s->ids.v));
	s->ids.n = left;
	s->head = s->end = 0;
}

struct idqueue_shelf *idqueue_shelf(struct idqueue *q)
{
	struct idqueue_shelf *s = &q->shelves[q->turn];

	if (s->head < s->end)
		return s;
	end_turn(s);
	if (q->n == 0)
		return NULL;
	do {
		q->turn = (q->turn + 1) & (q->n_shelves - 1);
		s = &q->shelves[q->turn];
	} while (s->ids.n == 0);
	s->end = s->ids.n;
	return s;
}
