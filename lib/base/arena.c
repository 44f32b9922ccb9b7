/* Memory freed as a whole: see arena.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/xalloc.h"

#define ALIGN _Alignof(max_align_t)
#define BLOCK_MIN 1024
#define BLOCK_MAX 65536

struct arena_block {
	struct arena_block *next;
	_Alignas(max_align_t) char bytes[];
};

/* Blocks double: a small value does not pay for a large one's. */
static void block_add(struct arena *a, size_t need)
{
	size_t size = a->size ? a->size * 2 : BLOCK_MIN;
	struct arena_block *b;

	size = size > BLOCK_MAX ? BLOCK_MAX : size;
	a->size = size;
	size = size < need ? need : size;
	b = xcalloc(1, sizeof(*b) + size);
	b->next = a->blocks;
	a->blocks = b;
	a->begin = b->bytes;
	a->end = b->bytes + size;
}

void *arena_new(struct arena *a, size_t size)
{
	void *p;

	size = (size + ALIGN - 1) & ~(ALIGN - 1);
	if ((size_t)(a->end - a->begin) < size)
		block_add(a, size);
	p = a->begin;
	a->begin += size;
	return p;
}

char *arena_strdup(struct arena *a, const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;

	if (!text)
		return NULL;
	if ((size_t)(a->end - a->begin) < size)
		block_add(a, size);
	a->end -= size;
	return memcpy(a->end, text, size);
}

void arena_fini(struct arena *a)
{
	struct arena_block *b;

	while ((b = a->blocks)) {
		a->blocks = b->next;
		free(b);
	}
	*a = (struct arena){ 0 };
}
