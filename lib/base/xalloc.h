/* Allocation that does not fail: out of memory ends the process. */
#ifndef WEFT_BASE_XALLOC_H
#define WEFT_BASE_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
void *xmemdup(const void *p, size_t size);

#endif
