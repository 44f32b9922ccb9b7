/* Allocation that does not fail: out of memory ends the process. */
#ifndef WEFT_BASE_XALLOC_H
#define WEFT_BASE_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
/* Large zeroed memory that is looked up at random: in huge pages where the
 * system has them, as half of the time of a miss is finding the page.  Below
 * XALLOC_HUGE bytes it is ordinary memory.  Freed with its size. */
#define XALLOC_HUGE ((size_t)2 << 20)
void *xcalloc_huge(size_t size);
void xfree_huge(void *p, size_t size);
/* Zeroed memory of which maybe only the beginning is ever used: nothing is
 * touched before it is, a page at a time.  Freed with its size. */
void *xcalloc_pages(size_t size);
void xfree_pages(void *p, size_t size);
/* Memory that is about to be filled as a whole, for free(); in huge pages, too. */
void *xmalloc_huge(size_t size);
char *xstrdup(const char *s);
void *xmemdup(const void *p, size_t size);

#endif
