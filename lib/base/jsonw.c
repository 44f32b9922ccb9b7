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

static void new_line(struct jsonw *j)
{
	if (!j->pretty)
		return;
	sb_addc(j->out, '\n');
	for (unsigned i = 0; i < j->depth; i++)
		sb_addn(j->out, "  ", 2);
}

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c != '"' && c != '\\';
}

static void quoted(struct strbuf *out, const char *s)
{
	sb_addc(out, '"');
	while (*s) {
		const char *from = s;

		while (*s && is_plain((unsigned char)*s))
			s++;
		sb_addn(out, from, (size_t)(s - from));
		if (!*s)
			break;
		if (*s == '"' || *s == '\\') {
			sb_addc(out, '\\');
			sb_addc(out, *s);
		} else if (*s == '\n') {
			sb_addn(out, "\\n", 2);
		} else {
			sb_addf(out, "\\u%04x", (unsigned char)*s);
		}
		s++;
	}
	sb_addc(out, '"');
}

static void begin(struct jsonw *j, const char *key)
{
	if (j->comma[j->depth])
		sb_addc(j->out, ',');
	if (j->depth)
		new_line(j);
	j->comma[j->depth] = true;
	if (key) {
		quoted(j->out, key);
		sb_addc(j->out, ':');
	}
}

static void open_level(struct jsonw *j, const char *key, char c)
{
	begin(j, key);
	sb_addc(j->out, c);
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

void jsonw_str(struct jsonw *j, const char *key, const char *value)
{
	begin(j, key);
	quoted(j->out, value);
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

void jsonw_int(struct jsonw *j, const char *key, int64_t value)
{
	begin(j, key);
	sb_addf(j->out, "%" PRId64, value);
}

void jsonw_uint(struct jsonw *j, const char *key, uint64_t value)
{
	begin(j, key);
	sb_add_uint(j->out, value);
}

void jsonw_bool(struct jsonw *j, const char *key, bool value)
{
	begin(j, key);
	sb_add(j->out, value ? "true" : "false");
}

void jsonw_null(struct jsonw *j, const char *key)
{
	begin(j, key);
	sb_add(j->out, "null");
}
