/* Growth of arrays: see vec.h. */
#include "lib/base/vec.h"
#include "lib/base/xalloc.h"

void *vec_grow_(void *v, size_t *room, size_t need, size_t size)
{
	size_t n = *room ? *room : 4;

	while (n < need)
		n += n / 2;
	*room = n;
	return xrealloc(v, n * size);
}
