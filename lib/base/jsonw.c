/* JSON written as it goes: see jsonw.h. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/jsonw.h"

void jsonw_init(struct jsonw *j, struct strbuf *out, bool pretty)
{
	memset(j, 0, sizeof(*j));
	j->out = out;
	j->pretty = pretty;
}

/* The one place where output is made; most of a table is strings of a dozen bytes,
 * of which nearly all are plain. */
static char *put_line(struct jsonw *j, char *p)
{
	*p++ = '\n';
	memset(p, ' ', 2 * (size_t)j->depth);
	return p + 2 * j->depth;
}

static void new_line(struct jsonw *j)
{
	char *p;

	if (!j->pretty)
		return;
	p = sb_room(j->out, 1 + 2 * (size_t)j->depth);
	sb_used(j->out, (size_t)(put_line(j, p) - p));
}

#define ONES 0x0101010101010101u
#define TOPS 0x8080808080808080u

/* Has any of eight bytes to be escaped?  (x - ONES) & ~x & TOPS finds a zero. */
static inline uint64_t odd_bytes(uint64_t v)
{
	uint64_t quote = v ^ ONES * '"', slash = v ^ ONES * '\\';

	return ((v - ONES * ' ') | (quote - ONES) | (slash - ONES)) & ~v & TOPS;
}

static bool is_plain(const char *s, size_t n)
{
	uint64_t v = ONES * ' ', odd = 0;

	if (n < 8) {
		memcpy(&v, s, n);
		return !odd_bytes(v);
	}
	for (size_t i = 0; i + 8 < n; i += 8) {
		memcpy(&v, s + i, 8);
		odd |= odd_bytes(v);
	}
	memcpy(&v, s + n - 8, 8);
	return !(odd | odd_bytes(v));
}

static char *put_escaped(char *p, const char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (; n; n--, s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\' || c == '\n') {
			*p++ = '\\';
			*p++ = c == '\n' ? 'n' : (char)c;
		} else if (c < ' ') {
			memcpy(p, "\\u00", 4);
			p[4] = hex[c >> 4];
			p[5] = hex[c & 15];
			p += 6;
		} else {
			*p++ = (char)c;
		}
	}
	return p;
}

/* A string with its quotes, at most 6 n + 2 bytes. */
static char *put_quoted(char *p, const char *s, size_t n)
{
	*p++ = '"';
	if (is_plain(s, n)) {
		memcpy(p, s, n);
		p += n;
	} else {
		p = put_escaped(p, s, n);
	}
	*p++ = '"';
	return p;
}

/* Where a value of at most `size` bytes can be put, after what comes before it;
 * done() with its end. */
static char *begin(struct jsonw *j, const char *key, size_t size)
{
	size_t n = key ? strlen(key) : 0;
	char *p = sb_room(j->out, 5 + 2 * (size_t)j->depth + 6 * n + size);

	if (j->comma[j->depth])
		*p++ = ',';
	if (j->depth && j->pretty)
		p = put_line(j, p);
	j->comma[j->depth] = true;
	if (key) {
		p = put_quoted(p, key, n);
		*p++ = ':';
	}
	return p;
}

static void done(struct jsonw *j, const char *end)
{
	sb_used(j->out, (size_t)(end - (j->out->s + j->out->len)));
}

static void open_level(struct jsonw *j, const char *key, char c)
{
	char *p = begin(j, key, 1);

	*p++ = c;
	done(j, p);
	assert(j->depth + 1 < sizeof(j->comma) / sizeof(j->comma[0]));
	j->comma[++j->depth] = false;
}

static void close_level(struct jsonw *j, char c)
{
	bool any = j->comma[j->depth];

	assert(j->depth > 0);
	j->depth--;
	if (any)
		new_line(j);
	sb_addc(j->out, c);
}

void jsonw_object(struct jsonw *j, const char *key)
{
	open_level(j, key, '{');
}

void jsonw_array(struct jsonw *j, const char *key)
{
	open_level(j, key, '[');
}

void jsonw_end_object(struct jsonw *j)
{
	close_level(j, '}');
}

void jsonw_end_array(struct jsonw *j)
{
	close_level(j, ']');
}

void jsonw_strn(struct jsonw *j, const char *key, const char *value, size_t n)
{
	char *p = begin(j, key, 6 * n + 2);

	done(j, put_quoted(p, value, n));
}

void jsonw_str(struct jsonw *j, const char *key, const char *value)
{
	jsonw_strn(j, key, value, strlen(value));
}

void jsonw_strf(struct jsonw *j, const char *key, const char *fmt, ...)
{
	struct strbuf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	jsonw_str(j, key, sb_str(&b));
	sb_free(&b);
}

static void plain(struct jsonw *j, const char *key, const char *value, size_t n)
{
	char *p = begin(j, key, n);

	memcpy(p, value, n);
	done(j, p + n);
}

void jsonw_int(struct jsonw *j, const char *key, int64_t value)
{
	char text[24];

	plain(j, key, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, value));
}

void jsonw_uint(struct jsonw *j, const char *key, uint64_t value)
{
	done(j, begin(j, key, 0));
	sb_add_uint(j->out, value);
}

void jsonw_bool(struct jsonw *j, const char *key, bool value)
{
	plain(j, key, value ? "true" : "false", value ? 4 : 5);
}

void jsonw_null(struct jsonw *j, const char *key)
{
	plain(j, key, "null", 4);
}
