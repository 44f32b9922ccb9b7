/* Memory of a value that is made once and freed as a whole: small objects and
 * texts are cut from blocks, one after the other, and none is freed alone.
 * One that is all zero is empty. */
#ifndef WEFT_BASE_ARENA_H
#define WEFT_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	char *begin, *end; /* what is left of the last one: objects from its begin, texts from its end */
	size_t size;	   /* of that block, in bytes */
};

void *arena_new(struct arena *a, size_t size); /* zeroed, aligned for any object */
char *arena_strdup(struct arena *a, const char *text); /* NULL: NULL */
void arena_fini(struct arena *a); /* frees all; empty again */

#endif
