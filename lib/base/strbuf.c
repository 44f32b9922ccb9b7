/* Growable text: see strbuf.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/base/xalloc.h"

void sb_grow(struct strbuf *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (need <= b->room)
		return;
	b->room = b->room * 3 / 2 > need ? b->room * 3 / 2 : need + 32;
	b->s = xrealloc(b->s, b->room);
}

/* Tables are mostly numbers: printf would be half of the time of showing one. */
void sb_add_uint(struct strbuf *b, uint64_t v)
{
	char text[20], *p = text + sizeof(text);

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	sb_addn(b, p, (size_t)(text + sizeof(text) - p));
}

void sb_vaddf(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	sb_grow(b, 64);
	n = vsnprintf(b->s + b->len, b->room - b->len, fmt, ap);
	if (n > 0 && (size_t)n >= b->room - b->len) {
		sb_grow(b, (size_t)n);
		vsnprintf(b->s + b->len, b->room - b->len, fmt, again);
	}
	if (n > 0)
		b->len += (size_t)n;
	va_end(again);
}

void sb_addf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sb_vaddf(b, fmt, ap);
	va_end(ap);
}

void sb_reset(struct strbuf *b)
{
	b->len = 0;
	if (b->s)
		b->s[0] = 0;
}

void sb_free(struct strbuf *b)
{
	free(b->s);
	*b = (struct strbuf){ 0 };
}

const char *sb_str(const struct strbuf *b)
{
	return b->s ? b->s : "";
}

char *sb_steal(struct strbuf *b)
{
	char *s = b->s ? b->s : xstrdup("");

	*b = (struct strbuf){ 0 };
	return s;
}
