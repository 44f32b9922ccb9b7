/* A line cut into words, and the memory that goes with it. */
#include "lib/sys/grammar_parse.h"

#include <ctype.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"

struct gparse *gparse_new(void)
{
	return xcalloc(1, sizeof(struct gparse));
}

static void forget(struct gparse *p)
{
	for (size_t i = 0; i < p->memory.n; i++)
		free(p->memory.v[i]);
	p->memory.n = 0;
	p->used = p->chunk_room = 0;
	p->memo.n = 0;
	p->words.n = 0;
}

void gparse_free(struct gparse *p)
{
	if (!p)
		return;
	forget(p);
	free(p->line);
	vec_free(&p->narrow.ways);
	vec_free(&p->narrow.layers);
	free(p->raw);
	vec_free(&p->words);
	vec_free(&p->memo);
	vec_free(&p->memory);
	vec_free(&p->path);
	vec_free(&p->best);
	vec_free(&p->offers);
	vec_free(&p->ends_ranks);
	free(p);
}

char *gparse_room(struct gparse *p, size_t n)
{
	char *s;

	if (p->memory.n && p->used + n <= p->chunk_room) {
		s = p->memory.v[p->memory.n - 1] + p->used;
	} else {
		p->chunk_room = n > 4096 ? n : 4096;
		s = xmalloc(p->chunk_room);
		*vec_push(&p->memory) = s;
		p->used = 0;
	}
	p->used += n;
	return s;
}

static void reuse_memory(struct gparse *p)
{
	while (p->memory.n > 1)
		free(vec_pop(&p->memory));
	if (p->memory.n == 1 && p->chunk_room != 4096) {
		free(vec_pop(&p->memory));
		p->chunk_room = 0;
	}
	p->used = 0;
	p->memo.n = 0;
}

/* White space as isspace() has it, and the end of a string. */
static bool is_gap(char c)
{
	static const bool gap[256] = {
		[0] = true, ['\t'] = true, ['\n'] = true, ['\v'] = true,
		['\f'] = true, ['\r'] = true, [' '] = true,
	};

	return gap[(unsigned char)c];
}

/* Length of the word at s, which 7 readable bytes follow. */
static size_t word_length(const char *s)
{
	const uint64_t ones = 0x0101010101010101;

	for (const char *at = s;; at += 8) {
		uint64_t v, low;

		/* bytes up to ' ', and some that are not */
		memcpy(&v, at, 8);
		v = le64toh(v);
		for (low = (v - 0x21 * ones) & ~v & 0x80 * ones; low; low &= low - 1) {
			const char *gap = at + __builtin_ctzll(low) / 8;

			if (is_gap(*gap))
				return (size_t)(gap - s);
		}
	}
}

#define SLACK 8 /* zeros behind a line */

static void make_room(struct gparse *p, size_t len)
{
	if (p->room >= len + 1)
		return;
	p->room = len + 1 > 256 ? len + 1 : 256;
	p->line = xrealloc(p->line, p->room + SLACK);
	p->raw = xrealloc(p->raw, p->room);
	/* the words before it are not where they were */
	p->words.n = 0;
	p->raw_len = 0;
}

/* Characters that a line has in common with the one before it. */
static size_t count_same(const struct gparse *p, const char *line, size_t len)
{
	size_t n = len < p->raw_len ? len : p->raw_len, i = 0;
	uint64_t a, b;

	for (; i + 8 <= n; i += 8) {
		memcpy(&a, p->raw + i, 8);
		memcpy(&b, line + i, 8);
		if (a != b)
			break;
	}
	while (i < n && p->raw[i] == line[i])
		i++;
	return i;
}

/* Keeps the words that the line has in common with the one before it; returns where
 * the others begin. */
static size_t keep_words(struct gparse *p, const char *line, size_t len)
{
	size_t same = count_same(p, line, len), kept = p->words.n, from = 0;

	/* a comment is looked for in all words */
	if (p->limit != p->words.n || p->too_long)
		kept = 0;
	for (; kept; kept--) {
		const struct word *w = &p->words.v[kept - 1];

		from = (size_t)(w->raw - p->raw) + w->len + 1;
		if (from <= same)
			break;
	}
	p->words.n = kept;
	return kept ? from : 0;
}

size_t gparse_words(struct gparse *p, const char *line, size_t len)
{
	size_t i;

	reuse_memory(p);
	p->space_at_end = len == 0 || is_gap(line[len - 1]);
	while (len && is_gap(line[len - 1]) && line[len - 1])
		len--;
	make_room(p, len);
	i = keep_words(p, line, len);
	memcpy(p->raw + i, line + i, len - i);
	memcpy(p->line + i, line + i, len - i);
	p->raw[len] = 0;
	memset(p->line + len, 0, SLACK);
	p->raw_len = len;
	p->limit = SIZE_MAX;
	p->too_long = false;
	for (;;) {
		struct word *w;

		while (i < len && is_gap(p->line[i]))
			i++;
		if (i >= len)
			break;
		if (p->words.n == WORDS_MAX) {
			p->too_long = true;
			break;
		}
		vec_reserve(&p->words, 1);
		w = &p->words.v[p->words.n++];
		w->text = p->line + i;
		w->raw = p->raw + i;
		w->len = word_length(w->text);
		i += w->len;
		p->line[i++] = 0;
		if (p->limit == SIZE_MAX && w->len == 1 && *w->text == '!')
			p->limit = p->words.n - 1;
	}
	if (p->limit == SIZE_MAX)
		p->limit = p->words.n;
	return p->limit;
}

const char *gparse_word(const struct gparse *p, size_t i)
{
	return i < p->words.n ? p->words.v[i].text : "";
}

bool gparse_ends_in_space(const struct gparse *p)
{
	return p->space_at_end;
}

const char *gparse_joined(struct gparse *p, size_t i, size_t n)
{
	size_t len = 0;
	char *s, *at;

	if (n == 1)
		return p->words.v[i].text;
	for (size_t k = i; k < i + n; k++)
		len += p->words.v[k].len + 1;
	s = at = gparse_room(p, len);
	for (size_t k = i; k < i + n; k++) {
		memcpy(at, p->words.v[k].text, p->words.v[k].len);
		at += p->words.v[k].len;
		*at++ = k + 1 < i + n ? ' ' : 0;
	}
	return s;
}
