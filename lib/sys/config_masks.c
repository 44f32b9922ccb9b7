/* Prefixes as other routers spell them, in two words or with the length left to
 * the class:
 *
 *	network 10.0.0.0 mask 255.0.0.0
 *	network 10.0.0.0
 *	ip route 10.0.0.0 255.0.0.0 192.0.2.1
 *
 * A line that holds one is spelled again, with a length, before it is matched;
 * so the grammar has one form, which is the one that is printed. */
#include <string.h>

#include "lib/base/addr.h"
#include "lib/sys/config_int.h"

static bool is_address(const char *word, struct ip_addr *ret)
{
	return ip_parse(word, ret) == 0 && ret->family == 4;
}

/* Length of a mask, -1 if it is none. */
static int mask_length(const char *word)
{
	struct ip_addr a;
	uint32_t m, zeros;

	if (!is_address(word, &a))
		return -1;
	m = ip4_u32(&a);
	zeros = ~m;
	return zeros & (zeros + 1) ? -1 : __builtin_popcount(m);
}

/* RFC 791 section 3.2; -1 for what is no network's address. */
static int class_length(const struct ip_addr *a)
{
	uint8_t top = a->b[0];

	return top == 0 || top >= 224 ? -1 : top < 128 ? 8 : top < 192 ? 16 : 24;
}

/* Is the word this keyword, or so much of it that it can be no other? */
static bool is_word(const char *word, const char *keyword, size_t least)
{
	size_t len = strlen(word);

	return len >= least && strncmp(word, keyword, len) == 0;
}

bool masks_spell(const struct gparse *p, size_t n, size_t indent, struct strbuf *out)
{
	const char *first = gparse_word(p, 0);
	size_t at = 0, after;
	struct ip_addr a;
	int len;

	if (*first == 'n' && strcmp(first, "no") == 0)
		first = gparse_word(p, ++at);
	/* most lines are about something else */
	if (*first != 'n' && (*first != 'i' || *gparse_word(p, at + 1) != 'r'))
		return false;
	if (n >= at + 2 && is_word(gparse_word(p, at), "network", 3) &&
			is_address(gparse_word(p, at + 1), &a)) {
		bool has_mask = n >= at + 4 && is_word(gparse_word(p, at + 2), "mask", 1);

		at += 1;
		len = has_mask ? mask_length(gparse_word(p, at + 2)) : class_length(&a);
		after = at + (has_mask ? 3 : 1);
	} else if (n >= at + 4 && strcmp(gparse_word(p, at), "ip") == 0 &&
			is_word(gparse_word(p, at + 1), "route", 3) &&
			is_address(gparse_word(p, at + 2), &a)) {
		at += 2;
		len = mask_length(gparse_word(p, at + 1));
		after = at + 2;
	} else {
		return false;
	}
	if (len < 0)
		return false;
	sb_reset(out);
	sb_addf(out, "%*s", (int)indent, "");
	for (size_t i = 0; i < at; i++)
		sb_addf(out, "%s ", gparse_word(p, i));
	sb_addf(out, "%s/%d", gparse_word(p, at), len);
	for (size_t i = after; i < n; i++)
		sb_addf(out, " %s", gparse_word(p, i));
	return true;
}
