/* References that are relative to their own place: making what consists of them. */
#include "lib/base/near.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/xalloc.h"

void near_area_init(struct near_area *a, size_t size)
{
	assert(size <= INT32_MAX);
	*a = (struct near_area){ .base = xcalloc(1, size), .size = size };
}

void near_area_fini(struct near_area *a)
{
	free(a->base);
	free(a->texts);
	*a = (struct near_area){ 0 };
}

void *near_alloc_(struct near_area *a, size_t size, size_t align)
{
	size_t at = (a->used + align - 1) & ~(align - 1);

	assert(size <= a->size - at);
	a->used = at + size;
	return a->base + at;
}

/* Where a text is in the hash, or the free place for it. */
static uint32_t *text_slot(const struct near_area *a, const char *s, size_t n)
{
	for (size_t i = hash_bytes(0, s, n) & a->mask;; i = (i + 1) & a->mask) {
		uint32_t *slot = &a->texts[i];

		if (!*slot || (strncmp(a->base + *slot - 1, s, n) == 0 && !a->base[*slot - 1 + n]))
			return slot;
	}
}

static void texts_grow(struct near_area *a)
{
	size_t room = a->texts ? a->mask + 1 : 0;
	uint32_t *old = a->texts;

	a->mask = room ? room * 2 - 1 : 1023;
	a->texts = xcalloc(a->mask + 1, sizeof(*a->texts));
	for (size_t i = 0; i < room; i++) {
		if (old[i]) {
			const char *s = a->base + old[i] - 1;

			*text_slot(a, s, strlen(s)) = old[i];
		}
	}
	free(old);
}

const char *near_chars(struct near_area *a, const char *s, size_t n)
{
	uint32_t *slot;
	char *copy;

	if (a->n_texts * 2 >= a->mask)
		texts_grow(a);
	slot = text_slot(a, s, n);
	if (*slot)
		return a->base + *slot - 1;
	copy = near_alloc_(a, n + 1, 1);
	memcpy(copy, s, n);
	*slot = (uint32_t)(copy - a->base) + 1;
	a->n_texts++;
	return copy;
}

const char *near_text(struct near_area *a, const char *s)
{
	if (!s || ((uintptr_t)s >= (uintptr_t)a->base && (uintptr_t)s < (uintptr_t)a->base + a->used))
		return s;
	return near_chars(a, s, strlen(s));
}

void near_set_(int32_t *r, const void *p)
{
	intptr_t d = p ? (intptr_t)((uintptr_t)p - (uintptr_t)r) : 0;

	assert(d >= INT32_MIN && d <= INT32_MAX);
	*r = (int32_t)d;
}

void near_array_fill_(struct near_area *a, int32_t *to, uint32_t *n, size_t count, size_t size,
		size_t align)
{
	assert(*n == 0);
	near_set_(to, near_alloc_(a, count * size, align));
	*n = (uint32_t)count;
}

/* A list has room for the next power of two. */
void near_push_(struct near_area *a, int32_t *to, uint32_t *n, const void *p)
{
	if ((*n & (*n - 1)) == 0) {
		int32_t *v = near_alloc_(a, (*n ? *n * 2 : 1) * sizeof(*v), _Alignof(int32_t));

		for (uint32_t i = 0; i < *n; i++)
			near_set_(&v[i], near_nth_(to, i));
		near_set_(to, v);
	}
	near_set_((int32_t *)near_at_(to) + (*n)++, p);
}
