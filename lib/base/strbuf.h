/* Growable text.  Always ends in a NUL that is not counted. */
#ifndef WEFT_BASE_STRBUF_H
#define WEFT_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
	char *s; /* NULL while nothing was ever added */
	size_t len, room;
};

void sb_add(struct strbuf *b, const char *s);
void sb_addn(struct strbuf *b, const void *s, size_t n);
void sb_addc(struct strbuf *b, char c);
void sb_add_uint(struct strbuf *b, uint64_t v); /* decimal */
void sb_addf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sb_vaddf(struct strbuf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void sb_reset(struct strbuf *b); /* empties it, keeps the memory */
void sb_free(struct strbuf *b);
const char *sb_str(const struct strbuf *b); /* "" if nothing was added */
char *sb_steal(struct strbuf *b); /* the text, which the caller frees; b is empty after it */

#endif
