/* Objects named by 32-bit ids: see slab.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/slab.h"
#include "lib/base/xalloc.h"

void slab_init(struct slab *s, uint32_t object_size)
{
	*s = (struct slab){ .size = object_size < 4 ? 4 : object_size };
}

static size_t block_bytes(const struct slab *s)
{
	return (size_t)s->size << SLAB_BLOCK_BITS;
}

void slab_fini(struct slab *s)
{
	if (s->n_blocks)
		xfree_pages(s->blocks[0], block_bytes(s));
	for (uint32_t i = 1; i < s->n_blocks; i++)
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
		/* Most slabs, one for each VRF and the like, never fill their first block. */
		s->blocks[s->n_blocks] = s->n_blocks ? xcalloc(1, block_bytes(s)) :
						       xcalloc_pages(block_bytes(s));
		s->n_blocks++;
	}
	return id;
}

size_t slab_bytes(const struct slab *s)
{
	return s->n_blocks * block_bytes(s) +
	       (size_t)s->n_blocks * sizeof(*s->blocks);
}
