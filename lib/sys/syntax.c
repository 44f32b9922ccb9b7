/* Shapes of values that YANG has no words for: one row each.
 * The names are those of weft:syntax statements in yang/weft-types.yang. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/addr.h"
#include "lib/sys/value.h"

static bool canon_word(const char *text, char *buf)
{
	if (!*text || strpbrk(text, " \t"))
		return false;
	strcpy(buf, text);
	return true;
}

static bool canon_line(const char *text, char *buf)
{
	if (!*text)
		return false;
	strcpy(buf, text);
	return true;
}

/* dev_valid_name() of Linux */
static bool canon_ifname(const char *text, char *buf)
{
	size_t len = strlen(text);

	if (len < 1 || len > 15 || strpbrk(text, "/: \t") || !strcmp(text, ".") ||
			!strcmp(text, ".."))
		return false;
	strcpy(buf, text);
	return true;
}

static bool canon_addr(const char *text, char *buf, unsigned family)
{
	struct ip_addr a;

	if (ip_parse(text, &a) != 0 || (family && a.family != family))
		return false;
	ip_text(&a, buf);
	return true;
}

static bool canon_ipv4(const char *text, char *buf)
{
	return canon_addr(text, buf, 4);
}

static bool canon_ipv6(const char *text, char *buf)
{
	return canon_addr(text, buf, 6);
}

static bool canon_ip(const char *text, char *buf)
{
	return canon_addr(text, buf, 0);
}

static bool canon_prefix(const char *text, char *buf, unsigned family)
{
	return prefix_canon(text, (uint8_t)family, buf) == 0;
}

static bool canon_ipv4_prefix(const char *text, char *buf)
{
	return canon_prefix(text, buf, 4);
}

static bool canon_ipv6_prefix(const char *text, char *buf)
{
	return canon_prefix(text, buf, 6);
}

static bool canon_ip_prefix(const char *text, char *buf)
{
	return canon_prefix(text, buf, 0);
}

static bool canon_ifaddr(const char *text, char *buf, unsigned family)
{
	struct ip_addr a;
	uint8_t len;

	if (ip_with_len_parse(text, &a, &len) != 0 ||
			(family && a.family != family))
		return false;
	ip_text(&a, buf);
	sprintf(buf + strlen(buf), "/%u", len);
	return true;
}

static bool canon_ipv4_ifaddr(const char *text, char *buf)
{
	return canon_ifaddr(text, buf, 4);
}

static bool canon_ipv6_ifaddr(const char *text, char *buf)
{
	return canon_ifaddr(text, buf, 6);
}

static bool canon_ip_ifaddr(const char *text, char *buf)
{
	return canon_ifaddr(text, buf, 0);
}

static bool canon_mac(const char *text, char *buf)
{
	struct mac_addr m;

	if (mac_parse(text, &m) != 0)
		return false;
	mac_text(&m, buf);
	return true;
}

/* A decimal number up to max; the end of it, or NULL. */
static const char *number(const char *p, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!isdigit((unsigned char)*p))
		return NULL;
	for (; isdigit((unsigned char)*p); p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > max)
			return NULL;
	}
	*ret = v;
	return p;
}

/* As "%llu" has it, without its cost; returns the end. */
static char *put_number(char *p, uint64_t v)
{
	char digits[20], *first = digits + sizeof(digits);
	size_t n;

	do {
		*--first = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	n = (size_t)(digits + sizeof(digits) - first);
	memcpy(p, first, n);
	p[n] = 0;
	return p + n;
}

/* RFC 5396: plain or with a dot */
static bool canon_asn(const char *text, char *buf)
{
	uint64_t high, low;
	const char *p = number(text, UINT32_MAX, &high);

	if (!p)
		return false;
	if (*p == '.') {
		p = high <= 65535 ? number(p + 1, 65535, &low) : NULL;
		if (!p)
			return false;
		high = high << 16 | low;
	}
	if (*p || high == 0)
		return false;
	put_number(buf, high);
	return true;
}

static bool canon_peer(const char *text, char *buf)
{
	return canon_ip(text, buf) || canon_word(text, buf);
}

static bool canon_rd(const char *text, char *buf)
{
	struct rd_value rd;

	if (rd_parse(text, &rd) != 0)
		return false;
	rd_text(&rd, buf);
	return true;
}

static bool canon_signed(const char *text, char *buf)
{
	const char *digits = text + (*text == '+' || *text == '-');
	uint64_t v;
	const char *end = number(digits, UINT32_MAX, &v);

	if (!end || *end)
		return false;
	sprintf(buf, "%.*s%llu", (int)(digits - text), text, (unsigned long long)v);
	return true;
}

static const char *const well_known[] = {
	"accept-own", "accept-own-nexthop", "blackhole", "graceful-shutdown", "internet",
	"llgr-stale", "local-AS", "no-advertise", "no-export", "no-llgr", "no-peer", "none",
};

static bool canon_community(const char *text, char *buf)
{
	uint64_t high, low;
	const char *p = number(text, UINT32_MAX, &high);

	if (p && !*p) {
		low = high & 65535;
		high >>= 16;
	} else if (!p || *p != ':' || high > 65535 || !(p = number(p + 1, 65535, &low)) || *p) {
		p = NULL;
	}
	if (p) {
		buf = put_number(buf, high);
		*buf++ = ':';
		put_number(buf, low);
		return true;
	}
	for (size_t i = 0; i < sizeof(well_known) / sizeof(*well_known); i++) {
		if (strcasecmp(text, well_known[i]) == 0) {
			strcpy(buf, well_known[i]);
			return true;
		}
	}
	return false;
}

static bool canon_large(const char *text, char *buf)
{
	uint64_t v[3];
	const char *p = text;

	if (strcmp(text, "none") == 0) {
		strcpy(buf, text);
		return true;
	}
	for (int i = 0; i < 3; i++) {
		p = number(p, UINT32_MAX, &v[i]);
		if (!p || *p != (i < 2 ? ':' : 0))
			return false;
		p++;
	}
	sprintf(buf, "%llu:%llu:%llu", (unsigned long long)v[0], (unsigned long long)v[1],
			(unsigned long long)v[2]);
	return true;
}

/* Each word by itself.  The canonical form of a word is never longer than the
 * word and its share of the extra room: only one that is written short grows
 * (65536 -> 1:0, 1.1 -> 65537), so the sum is checked. */
static bool canon_list(const char *text, char *buf, bool (*canon)(const char *, char *))
{
	size_t room = strlen(text) + VALUE_EXTRA, len = 0;
	char word[64], out[64 + VALUE_EXTRA];

	while (*text) {
		size_t n = strcspn(text, " ");

		if (n == 0 || n >= sizeof(word))
			return false;
		memcpy(word, text, n);
		word[n] = 0;
		if (!canon(word, out) || len + strlen(out) + 2 > room)
			return false;
		len += (size_t)sprintf(buf + len, "%s%s", len ? " " : "", out);
		text += n;
		text += strspn(text, " ");
	}
	return len > 0;
}

static bool canon_asns(const char *text, char *buf)
{
	return canon_list(text, buf, canon_asn);
}

static bool canon_rts(const char *text, char *buf)
{
	return canon_list(text, buf, canon_rd);
}

static bool canon_communities(const char *text, char *buf)
{
	return canon_list(text, buf, canon_community) &&
			(!strstr(buf, "none") || strcmp(buf, "none") == 0);
}

static bool canon_larges(const char *text, char *buf)
{
	return canon_list(text, buf, canon_large) &&
			(!strstr(buf, "none") || strcmp(buf, "none") == 0);
}

static bool canon_ext_word(const char *text, char *buf)
{
	if (strcmp(text, "rt") == 0 || strcmp(text, "soo") == 0) {
		strcpy(buf, text);
		return true;
	}
	return canon_rd(text, buf);
}

static bool canon_exts(const char *text, char *buf)
{
	bool kind = true;

	if (!canon_list(text, buf, canon_ext_word))
		return false;
	for (const char *p = buf; p; p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL) {
		if ((*p == 'r' || *p == 's') != kind)
			return false;
		kind = !kind;
	}
	return kind;
}

const struct syntax syntaxes[] = {
	{ "word", "WORD", "a word", RANK_FREE, false, false, canon_word },
	{ "line", "LINE", "text", RANK_FREE, true, false, canon_line },
	{ "ifname", "IFNAME", "a name of 1 to 15 characters", RANK_FREE, false, false,
			canon_ifname },
	{ "peer", "A.B.C.D|X:X::X:X|WORD", "a peer", RANK_FREE, false, false, canon_peer },
	{ "ipv4-address", "A.B.C.D", "an IPv4 address", RANK_SHAPED, false, false, canon_ipv4 },
	{ "ipv6-address", "X:X::X:X", "an IPv6 address", RANK_SHAPED, false, false, canon_ipv6 },
	{ "ip-address", "A.B.C.D|X:X::X:X", "an IP address", RANK_SHAPED, false, false, canon_ip },
	{ "ipv4-prefix", "A.B.C.D/M", "an IPv4 prefix", RANK_SHAPED, false, false,
			canon_ipv4_prefix },
	{ "ipv6-prefix", "X:X::X:X/M", "an IPv6 prefix", RANK_SHAPED, false, false,
			canon_ipv6_prefix },
	{ "ip-prefix", "A.B.C.D/M|X:X::X:X/M", "a prefix", RANK_SHAPED, false, false,
			canon_ip_prefix },
	{ "ipv4-ifaddr", "A.B.C.D/M", "an IPv4 address with its length", RANK_SHAPED, false, false,
			canon_ipv4_ifaddr },
	{ "ipv6-ifaddr", "X:X::X:X/M", "an IPv6 address with its length", RANK_SHAPED, false,
			false, canon_ipv6_ifaddr },
	{ "ip-ifaddr", "A.B.C.D/M|X:X::X:X/M", "an address with its length", RANK_SHAPED, false,
			false, canon_ip_ifaddr },
	{ "mac-address", "XX:XX:XX:XX:XX:XX", "a MAC address", RANK_SHAPED, false, false,
			canon_mac },
	{ "as-number", "(1-4294967295)", "an AS number", RANK_SHAPED, false, false, canon_asn },
	{ "as-number-list", "(1-4294967295)", "an AS number", RANK_SHAPED, false, true,
			canon_asns },
	{ "route-distinguisher", "ASN:NN|A.B.C.D:NN", "ASN:NN or A.B.C.D:NN", RANK_SHAPED, false,
			false, canon_rd },
	{ "route-target", "ASN:NN|A.B.C.D:NN", "ASN:NN or A.B.C.D:NN", RANK_SHAPED, false, false,
			canon_rd },
	{ "route-target-list", "ASN:NN|A.B.C.D:NN", "ASN:NN or A.B.C.D:NN", RANK_SHAPED, false,
			true, canon_rts },
	{ "communities", "AA:NN", "AA:NN or a well-known community", RANK_SHAPED, false, true,
			canon_communities },
	{ "large-communities", "AA:BB:CC", "AA:BB:CC", RANK_SHAPED, false, true, canon_larges },
	{ "extended-communities", "rt|soo ASN:NN", "rt or soo and ASN:NN", RANK_SHAPED, false,
			true, canon_exts },
	{ "signed-number", "(0-4294967295)|+N|-N", "a number, +N or -N", RANK_SHAPED, false, false,
			canon_signed },
	{ NULL, NULL, NULL, RANK_NONE, false, false, NULL },
};

uint8_t syntax_find(const char *name)
{
	for (const struct syntax *s = syntaxes; s->name; s++) {
		if (strcmp(s->name, name) == 0)
			return (uint8_t)(s - syntaxes + 1);
	}
	return 0;
}
