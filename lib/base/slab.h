/* Objects of one size, named by 32-bit ids instead of pointers: half the
 * memory for a link, and ids stay valid when the slab grows, because blocks
 * never move.  Id 0 is "none". */
#ifndef WEFT_BASE_SLAB_H
#define WEFT_BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SLAB_BLOCK_BITS 12 /* objects per block: 4096 */

struct slab {
	uint8_t **blocks;
	uint32_t size;	/* bytes an object, at least 4 */
	uint32_t used;	/* ids handed out so far are 1 .. used */
	uint32_t free;	/* head of the free list, linked through the objects */
	uint32_t live;	/* objects in use */
	uint32_t n_blocks;
};

void slab_init(struct slab *s, uint32_t object_size);
void slab_fini(struct slab *s);

/* A zeroed object. */
uint32_t slab_new(struct slab *s);

static inline void *slab_at(const struct slab *s, uint32_t id)
{
	return s->blocks[id >> SLAB_BLOCK_BITS] +
	       (size_t)(id & ((1u << SLAB_BLOCK_BITS) - 1)) * s->size;
}

/* object: slab_at(s, id), for who has it at hand. */
static inline void slab_put_at(struct slab *s, uint32_t id, void *object)
{
	memcpy(object, &s->free, 4);
	s->free = id;
	s->live--;
}

static inline void slab_put(struct slab *s, uint32_t id)
{
	slab_put_at(s, id, slab_at(s, id));
}

/* Bytes held from the system. */
size_t slab_bytes(const struct slab *s);

#endif
