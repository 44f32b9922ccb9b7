/* Growable text.  Always ends in a NUL that is not counted. */
#ifndef WEFT_BASE_STRBUF_H
#define WEFT_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct strbuf {
	char *s; /* NULL while nothing was ever added */
	size_t len, room;
};

void sb_grow(struct strbuf *b, size_t more); /* room for so much, and the NUL */

/* For those who write in place: room for n bytes at the end, then how many of them
 * were used.  Inline, like what is below: tables are made of a few bytes each time. */
static inline char *sb_room(struct strbuf *b, size_t n)
{
	if (b->len + n + 1 > b->room)
		sb_grow(b, n);
	return b->s + b->len;
}

static inline void sb_used(struct strbuf *b, size_t n)
{
	b->len += n;
	b->s[b->len] = 0;
}

static inline void sb_addn(struct strbuf *b, const void *s, size_t n)
{
	char *to = sb_room(b, n);

	if (n)
		memcpy(to, s, n);
	sb_used(b, n);
}

static inline void sb_add(struct strbuf *b, const char *s)
{
	sb_addn(b, s, strlen(s));
}

static inline void sb_addc(struct strbuf *b, char c)
{
	*sb_room(b, 1) = c;
	sb_used(b, 1);
}

static inline void sb_pad(struct strbuf *b, size_t n) /* blanks */
{
	char *to = sb_room(b, n);

	memset(to, ' ', n);
	sb_used(b, n);
}

void sb_add_uint(struct strbuf *b, uint64_t v); /* decimal */
void sb_addf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sb_vaddf(struct strbuf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void sb_reset(struct strbuf *b); /* empties it, keeps the memory */
void sb_free(struct strbuf *b);
const char *sb_str(const struct strbuf *b); /* "" if nothing was added */
char *sb_steal(struct strbuf *b); /* the text, which the caller frees; b is empty after it */

#endif
