/* Allocation that does not fail: see xalloc.h. */
#include <stdlib.h>
#include <string.h>

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
