/* Growable arrays of plain values.
 *
 *	VEC(uint32_t) ids = { 0 };
 *	*vec_push(&ids) = 7;
 *	for (size_t i = 0; i < ids.n; i++) use(ids.v[i]);
 *	vec_free(&ids);
 */
#ifndef WEFT_BASE_VEC_H
#define WEFT_BASE_VEC_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *v;                                                                           \
		size_t n, room;                                                                    \
	}

void *vec_grow_(void *v, size_t *room, size_t need, size_t size);

/* Makes room for `more` further elements. */
#define vec_reserve(a, more)                                                                       \
	((a)->n + (more) <= (a)->room ?                                                            \
			(void)0 :                                                                  \
			(void)((a)->v = vec_grow_(                                                 \
				       (a)->v, &(a)->room, (a)->n + (more), sizeof(*(a)->v))))

/* Appends a zeroed element and returns its place (valid until the next push). */
#define vec_push(a)                                                                                \
	(vec_reserve(a, 1), memset(&(a)->v[(a)->n], 0, sizeof(*(a)->v)), &(a)->v[(a)->n++])

#define vec_pop(a) ((a)->v[--(a)->n])

/* Removes element i, keeping the order of the rest. */
#define vec_remove(a, i)                                                                           \
	(memmove(&(a)->v[i], &(a)->v[(i) + 1], ((a)->n - (i) - 1) * sizeof(*(a)->v)), (a)->n--)

#define vec_free(a) (free((a)->v), (a)->v = NULL, (a)->n = (a)->room = 0)

#define vec_foreach(p, a) for (p = (a)->v; p && p < (a)->v + (a)->n; p++)

#endif
