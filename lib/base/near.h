/* References of 32 bits, each relative to its own place.  What is made of them is the same
 * bytes wherever it lies: a table inside a program stays clean pages of its file, where one of
 * pointers is relocated, page by page, at each start.
 *
 *	struct word { NEAR(const char) text; NEAR(struct word) above; NEAR_LIST(struct word) below; };
 *
 *	const struct word *b;
 *	NEAR_FOREACH(b, w->below) use(near_get(b->text));
 *
 * All that refers to each other lies in one area.  The trap: what has a reference can't be
 * copied or moved. */
#ifndef WEFT_BASE_NEAR_H
#define WEFT_BASE_NEAR_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The type, in no bytes. */
#define NEAR_TYPE_(type)                                                                           \
	struct {                                                                                   \
		type *(*type_)(void);                                                              \
	} __attribute__((packed)) is_[0]

#define NEAR(type)                                                                                 \
	union {                                                                                    \
		int32_t to; /* 0: NULL */                                                          \
		NEAR_TYPE_(type);                                                                  \
	}

/* References to n objects. */
#define NEAR_LIST(type)                                                                            \
	struct {                                                                                   \
		int32_t to;                                                                        \
		uint32_t n;                                                                        \
		NEAR_TYPE_(type);                                                                  \
	}

/* n plain values, side by side. */
#define NEAR_ARRAY(type) NEAR_LIST(type)

#define near_get(r) ((__typeof__((r).is_[0].type_()))near_get_(&(r).to))
/* Of a reference that is not NULL. */
#define near_at(r) ((__typeof__((r).is_[0].type_()))near_at_(&(r).to))
/* i < n */
#define near_nth(list, i) ((__typeof__((list).is_[0].type_()))near_nth_(&(list).to, (i)))
/* Each object of a list, in order. */
#define NEAR_FOREACH(p, list)                                                                      \
	for (const int32_t *near_i_ = near_list_(&(list).to), *near_end_ = near_i_ + (list).n;     \
			near_i_ < near_end_ &&                                                     \
			((p) = (__typeof__((list).is_[0].type_()))near_at_(near_i_), true);        \
			near_i_++)
/* The first of an array that has any. */
#define near_array(a) near_at(a)

static inline void *near_at_(const int32_t *r)
{
#ifdef WEFT_SANITIZERS
	assert(*r);
#endif
	return (void *)((uintptr_t)r + (uintptr_t)(intptr_t)*r);
}

static inline void *near_get_(const int32_t *r)
{
	return *r ? near_at_(r) : NULL;
}

/* Of an empty list: anything. */
static inline const int32_t *near_list_(const int32_t *list)
{
	return (const int32_t *)((uintptr_t)list + (uintptr_t)(intptr_t)*list);
}

static inline void *near_nth_(const int32_t *list, size_t i)
{
	return near_at_((const int32_t *)near_at_(list) + i);
}

/* -- making them -- */

/* Memory for all of it, zeroed; what a list outgrows stays there unused. */
struct near_area {
	char *base;
	size_t used, size;
	uint32_t *texts; /* hash of those that are there: their places plus 1 */
	size_t n_texts, mask;
};

/* size: bytes that can't be exceeded; untouched ones cost nothing. */
void near_area_init(struct near_area *a, size_t size);
void near_area_fini(struct near_area *a);

/* A zeroed object, and n values of an array that was empty. */
#define near_new(a, type) ((type *)near_alloc_(a, sizeof(type), _Alignof(type)))
#define near_array_fill(a, array, count)                                                           \
	near_array_fill_(a, &(array).to, &(array).n, count, sizeof(*(array).is_[0].type_()),       \
			_Alignof(__typeof__(*(array).is_[0].type_())))

/* p lies in the area that r is in, or is NULL. */
#define near_set(r, p) ((void)sizeof((r).is_[0].type_() == (p)), near_set_(&(r).to, (p)))
#define near_push(a, list, p)                                                                      \
	((void)sizeof((list).is_[0].type_() == (p)), near_push_(a, &(list).to, &(list).n, (p)))
/* A text that may lie elsewhere: it is copied then. */
#define near_set_text(a, r, s) near_set(r, near_text(a, s))
const char *near_text(struct near_area *a, const char *s);
/* A copy of n characters; equal texts have one. */
const char *near_chars(struct near_area *a, const char *s, size_t n);
void *near_alloc_(struct near_area *a, size_t size, size_t align);
void near_array_fill_(struct near_area *a, int32_t *to, uint32_t *n, size_t count, size_t size,
		size_t align);
void near_set_(int32_t *r, const void *p);
void near_push_(struct near_area *a, int32_t *to, uint32_t *n, const void *p);

#endif
