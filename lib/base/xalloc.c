/* Allocation that does not fail: see xalloc.h. */
#define _GNU_SOURCE /* madvise */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/xalloc.h"

static void *must(void *p, size_t size)
{
	if (!p && size)
		abort();
	return p;
}

void *xmalloc(size_t size)
{
	return must(malloc(size), size);
}

void *xcalloc(size_t n, size_t size)
{
	return must(calloc(n, size), n && size);
}

void *xrealloc(void *p, size_t size)
{
	return must(realloc(p, size), size);
}

char *xstrdup(const char *s)
{
	return must(strdup(s), 1);
}

void *xmemdup(const void *p, size_t size)
{
	void *q = xmalloc(size ? size : 1);

	if (size)
		memcpy(q, p, size);
	return q;
}

void *xcalloc_huge(size_t size)
{
	size_t whole = (size + XALLOC_HUGE - 1) & ~(XALLOC_HUGE - 1), before;
	uint8_t *p;

	if (size < XALLOC_HUGE)
		return xcalloc(1, size);
	p = mmap(NULL, whole + XALLOC_HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		abort();
	before = -(uintptr_t)p & (XALLOC_HUGE - 1);
	if (before)
		munmap(p, before);
	munmap(p + before + whole, XALLOC_HUGE - before);
	madvise(p + before, whole, MADV_HUGEPAGE);
	return p + before;
}

void xfree_huge(void *p, size_t size)
{
	if (size < XALLOC_HUGE)
		free(p);
	else
		munmap(p, (size + XALLOC_HUGE - 1) & ~(XALLOC_HUGE - 1));
}

/* An allocator that has such memory at hand would clear it.  Where a use beyond
 * the end is to be seen it must come from there all the same. */
void *xcalloc_pages(size_t size)
{
#ifndef WEFT_SANITIZERS
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
#else
	return xcalloc(1, size);
#endif
}

void xfree_pages(void *p, size_t size)
{
#ifndef WEFT_SANITIZERS
	munmap(p, size);
#else
	(void)size;
	free(p);
#endif
}

void *xmalloc_huge(size_t size)
{
	size_t whole = (size + XALLOC_HUGE - 1) & ~(XALLOC_HUGE - 1);
	void *p;

	if (size < XALLOC_HUGE)
		return xmalloc(size ? size : 1);
	p = must(aligned_alloc(XALLOC_HUGE, whole), whole);
	madvise(p, whole, MADV_HUGEPAGE);
	return p;
}
