/* Types of values: matching a text, its rank, its canonical form.
 * Called by grammar_match.c for each word that may be a value. */
#include "lib/sys/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/base/xalloc.h"

static void add_ranges(const struct value_type *t, struct strbuf *b)
{
	for (size_t i = 0; i < t->ranges.n; i++) {
		const struct value_range *r = &near_array(t->ranges)[i];

		if (i)
			sb_add(b, " or ");
		if (r->min == r->max)
			sb_addf(b, "%llu", (unsigned long long)r->min);
		else
			sb_addf(b, "%llu-%llu", (unsigned long long)r->min,
					(unsigned long long)r->max);
	}
}

void value_type_finish(struct near_area *a, struct value_type *t)
{
	struct strbuf b = { 0 };

	switch (t->kind) {
	case VALUE_SYNTAX:
		sb_add(&b, value_syntax(t)->placeholder);
		break;
	case VALUE_UINT:
		sb_addc(&b, '(');
		add_ranges(t, &b);
		sb_addc(&b, ')');
		break;
	case VALUE_ENUM:
	case VALUE_UNION:
	case VALUE_NOTHING:
		break;
	}
	near_set_text(a, t->placeholder, sb_str(&b));
	sb_free(&b);
}

bool value_takes_rest(const struct value_type *t)
{
	return t->kind == VALUE_SYNTAX && value_syntax(t)->rest;
}

bool value_takes_several(const struct value_type *t)
{
	return t->kind == VALUE_SYNTAX && value_syntax(t)->multi;
}

static enum value_rank match_syntax(const struct value_type *t, const char *text, char *buf,
		struct err *why)
{
	const struct syntax *syntax = value_syntax(t);
	size_t len;

	if (!syntax->canon(text, buf)) {
		err_set(why, EINVAL, "%s is not %s", text, syntax->what);
		return RANK_NONE;
	}
	if (!t->min_len && !t->max_len)
		return syntax->rank;
	len = strlen(buf);
	if (len < t->min_len || (t->max_len && len > t->max_len)) {
		err_set(why, EINVAL, "%.40s: length is not within %u-%u", text, t->min_len,
				t->max_len);
		return RANK_NONE;
	}
	return syntax->rank;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static enum value_rank match_uint(const struct value_type *t, const char *text, char *buf,
		struct err *why)
{
	const char *digits = text, *p;
	uint64_t v = 0;

	/* as-number: the syntax turns dotted notation into a number */
	if (t->syntax && value_syntax(t)->canon(text, buf))
		digits = buf;
	for (p = digits; *p; p++) {
		if (!is_digit(*p) || p - digits > 18) {
			err_set(why, EINVAL, "%s is not a number", text);
			return RANK_NONE;
		}
		v = v * 10 + (uint64_t)(*p - '0');
	}
	for (size_t i = 0; i < t->ranges.n && *digits; i++) {
		const struct value_range *r = &near_array(t->ranges)[i];

		if (v >= r->min && v <= r->max) {
			while (*digits == '0' && digits[1])
				digits++;
			memmove(buf, digits, (size_t)(p - digits) + 1);
			return RANK_SHAPED;
		}
	}
	struct strbuf b = { 0 };

	if (why)
		add_ranges(t, &b);
	err_set(why, EINVAL, "%s is not within %s", text, sb_str(&b));
	sb_free(&b);
	return RANK_NONE;
}

static enum value_rank match_enum(const struct value_type *t, const char *text, char *buf,
		struct err *why)
{
	const char *found = NULL;
	size_t len = strlen(text), matches = 0;

	for (size_t i = 0; i < t->items.n && len; i++) {
		const char *name = near_at(near_nth(t->items, i)->name);

		if (strncmp(name, text, len) != 0)
			continue;
		found = name;
		if (!name[len]) {
			strcpy(buf, name);
			return RANK_EXACT;
		}
		matches++;
	}
	/* buf has room for the text and some; enum names are short */
	if (matches == 1 && strlen(found) < len + VALUE_EXTRA) {
		strcpy(buf, found);
		return RANK_ABBREV;
	}
	err_set(why, EINVAL, "%s is %s of", text, matches ? "the beginning of several" : "none");
	for (size_t i = 0; i < t->items.n && why; i++) {
		size_t n = strlen(why->text);

		snprintf(why->text + n, sizeof(why->text) - n, "%s %s", i ? "," : "",
				near_at(near_nth(t->items, i)->name));
	}
	return RANK_NONE;
}

static enum value_rank match_union(const struct value_type *t, const char *text, char *buf,
		struct err *why)
{
	enum value_rank best = RANK_NONE, rank;
	struct err first = { "" }, this;
	char *tmp = NULL;

	for (size_t i = 0; i < t->members.n; i++) {
		if (!tmp)
			tmp = xmalloc(strlen(text) + VALUE_EXTRA);
		this.text[0] = 0;
		rank = value_match(near_nth(t->members, i), text, tmp, why ? &this : NULL);
		if (rank > best) {
			best = rank;
			strcpy(buf, tmp);
		} else if (rank == RANK_NONE && this.text[0]) {
			/* what the type with a shape says is most telling */
			first = this;
		}
	}
	free(tmp);
	if (best == RANK_NONE)
		err_set(why, EINVAL, "%s", first.text);
	return best;
}

enum value_rank value_match(const struct value_type *t, const char *text, char *buf,
		struct err *why)
{
	switch (t->kind) {
	case VALUE_SYNTAX:
		return match_syntax(t, text, buf, why);
	case VALUE_UINT:
		return match_uint(t, text, buf, why);
	case VALUE_ENUM:
		return match_enum(t, text, buf, why);
	case VALUE_UNION:
		return match_union(t, text, buf, why);
	case VALUE_NOTHING:
		break;
	}
	return RANK_NONE;
}

/* A number in a text, without zeros before it; *text is then behind it. */
static size_t number_at(const char **text, const char **ret)
{
	const char *p = *text;

	while (*p == '0' && is_digit(p[1]))
		p++;
	*ret = p;
	while (is_digit(*p))
		p++;
	*text = p;
	return (size_t)(p - *ret);
}

int value_compare(const char *a, const char *b)
{
	const char *a0 = a, *b0 = b;

	while (*a == *b) {
		if (!*a)
			return 0;
		a++;
		b++;
	}
	/* to the beginning of a number that they part in */
	while (a > a0 && is_digit(a[-1])) {
		a--;
		b--;
	}
	while (*a && *b) {
		if (is_digit(*a) && is_digit(*b)) {
			const char *x, *y;
			size_t na = number_at(&a, &x), nb = number_at(&b, &y);

			if (na != nb)
				return na < nb ? -1 : 1;
			for (; na; na--, x++, y++) {
				if (*x != *y)
					return *x < *y ? -1 : 1;
			}
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	if (*a || *b)
		return *a ? 1 : -1;
	return strcmp(a0, b0);
}
