/* Objects named by 32-bit ids: see slab.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/slab.h"
#include "lib/base/xalloc.h"

void slab_init(struct slab *s, uint32_t object_size)
{
	*s = (struct slab){ .size = object_size < 4 ? 4 : object_size };
}

void slab_fini(struct slab *s)
{
	for (uint32_t i = 0; i < s->n_blocks; i++)
		free(s->blocks[i]);
	free(s->blocks);
	*s = (struct slab){ .size = s->size };
}

uint32_t slab_new(struct slab *s)
{
	uint32_t id = s->free;
	void *p;

	s->live++;
	if (id) {
		p = slab_at(s, id);
		memcpy(&s->free, p, 4);
		memset(p, 0, s->size);
		return id;
	}
	id = ++s->used;
	if (id >> SLAB_BLOCK_BITS >= s->n_blocks) {
		/* The table of blocks doubles; the blocks stay where they are.  Fresh
		 * blocks come zeroed from the system without being touched. */
		if ((s->n_blocks & (s->n_blocks - 1)) == 0)
			s->blocks = xrealloc(
					s->blocks, sizeof(*s->blocks) * (s->n_blocks ? s->n_blocks * 2 : 1));
		s->blocks[s->n_blocks++] = xcalloc(1u << SLAB_BLOCK_BITS, s->size);
	}
	return id;
}

size_t slab_bytes(const struct slab *s)
{
	return (size_t)s->n_blocks * ((size_t)s->size << SLAB_BLOCK_BITS) +
	       (size_t)s->n_blocks * sizeof(*s->blocks);
}
