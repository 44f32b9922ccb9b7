/* Addresses and their text: see addr.h. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/addr.h"

struct ip_addr ip_from_bytes(const uint8_t *p, size_t len)
{
	struct ip_addr a = { 0 };

	if (len == 4 || len == 16) {
		a.family = len == 4 ? 4 : 6;
		memcpy(a.b, p, len);
	}
	return a;
}

bool ip_is_zero(const struct ip_addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->b, zero, 16) == 0;
}

bool ip_is_multicast(const struct ip_addr *a)
{
	return a->family == 4 ? (a->b[0] & 0xf0) == 0xe0 : a->family == 6 && a->b[0] == 0xff;
}

bool ip_is_loopback(const struct ip_addr *a)
{
	static const uint8_t one6[16] = { [15] = 1 };

	return a->family == 4 ? a->b[0] == 127 : a->family == 6 && memcmp(a->b, one6, 16) == 0;
}

bool ip_is_link_local(const struct ip_addr *a)
{
	if (a->family == 4)
		return a->b[0] == 169 && a->b[1] == 254;
	return a->family == 6 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

int ip_compare(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, 16);
}

/* As inet_pton() has it, without its cost: four numbers up to 255, no zeros before
 * them.  *ret is in host order.  Returns what follows, NULL if there is no such thing. */
static const char *dotted_quad(const char *text, uint32_t *ret)
{
	uint32_t quad = 0;

	for (int i = 0; i < 4; i++) {
		unsigned v = (unsigned char)*text - '0', digit;
		const char *p = text + 1;

		if (v > 9)
			return NULL;
		for (; (digit = (unsigned char)*p - '0') <= 9 && p < text + 3; p++)
			v = v * 10 + digit;
		if (v > 255 || (*text == '0' && p > text + 1) || (i < 3 && *p != '.'))
			return NULL;
		quad = quad << 8 | v;
		text = p + (i < 3);
	}
	*ret = quad;
	return text;
}

/* In one piece: what is written byte by byte and read as a whole soon after is waited for. */
static void quad_bytes(uint32_t quad, uint8_t ret[16])
{
	uint32_t words[4] = { htobe32(quad) };

	memcpy(ret, words, sizeof(words));
}

int ip_parse(const char *text, struct ip_addr *ret)
{
	struct ip_addr a = { 0 };
	uint32_t quad;
	const char *end = dotted_quad(text, &quad);

	if (end && !*end) {
		quad_bytes(quad, a.b);
		a.family = 4;
	} else if (inet_pton(AF_INET6, text, a.b) == 1) {
		a.family = 6;
	} else {
		return -EINVAL;
	}
	*ret = a;
	return 0;
}

/* A decimal number of at most max, the whole of the text. */
static int number_parse(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		v = v * 10 + (uint64_t)(*text - '0');
		if (v > max)
			return -EINVAL;
	}
	*ret = v;
	return 0;
}

int ip_with_len_parse(const char *text, struct ip_addr *ret, uint8_t *ret_len)
{
	char host[IP_TEXT_MAX];
	struct ip_addr a = { 0 };
	const char *slash;
	uint32_t quad;
	uint64_t len;

	slash = dotted_quad(text, &quad);
	if (slash && *slash == '/') {
		quad_bytes(quad, a.b);
		a.family = 4;
	} else {
		slash = strchr(text, '/');
		if (!slash || (size_t)(slash - text) >= sizeof(host))
			return -EINVAL;
		memcpy(host, text, (size_t)(slash - text));
		host[slash - text] = 0;
		if (ip_parse(host, &a))
			return -EINVAL;
	}
	if (number_parse(slash + 1, family_bits(a.family), &len))
		return -EINVAL;
	*ret = a;
	*ret_len = (uint8_t)len;
	return 0;
}

static uint32_t mask4(unsigned len)
{
	return len ? UINT32_MAX << (32 - len) : 0;
}

/* "A.B.C.D/M"; -EINVAL for all else. */
static int prefix4_parse(const char *text, uint32_t *ret, uint64_t *ret_len)
{
	const char *slash = dotted_quad(text, ret);

	if (!slash || *slash != '/')
		return -EINVAL;
	return number_parse(slash + 1, 32, ret_len);
}

int prefix_parse(const char *text, struct prefix *ret)
{
	struct ip_addr a;
	uint32_t quad;
	uint64_t len;
	uint8_t len6;

	/* long lists consist of these */
	if (prefix4_parse(text, &quad, &len) == 0) {
		ret->family = 4;
		ret->len = (uint8_t)len;
		quad_bytes(quad & mask4((unsigned)len), ret->b);
		return 0;
	}
	if (ip_with_len_parse(text, &a, &len6))
		return -EINVAL;
	*ret = prefix_make(&a, len6);
	return 0;
}

int prefix_canon(const char *text, uint8_t family, char *buf)
{
	struct prefix p;
	uint32_t quad;
	uint64_t len;

	if (family != 6 && prefix4_parse(text, &quad, &len) == 0 && !(quad & ~mask4((unsigned)len))) {
		size_t n = strlen(text);

		/* as it stands, but for zeros before the length */
		if (text[n - (len < 10 ? 2 : 3)] == '/') {
			memcpy(buf, text, n + 1);
			return 0;
		}
	}
	if (prefix_parse(text, &p) || (family && p.family != family))
		return -EINVAL;
	prefix_text(&p, buf);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int mac_parse(const char *text, struct mac_addr *ret)
{
	struct mac_addr m;

	if (strlen(text) != 17)
		return -EINVAL;
	for (int i = 0; i < 6; i++) {
		int hi = hex_digit(text[3 * i]), lo = hex_digit(text[3 * i + 1]);

		if (hi < 0 || lo < 0 || (i < 5 && text[3 * i + 2] != ':'))
			return -EINVAL;
		m.b[i] = (uint8_t)(hi << 4 | lo);
	}
	*ret = m;
	return 0;
}

int rd_parse(const char *text, struct rd_value *ret)
{
	const char *colon = strrchr(text, ':');
	struct rd_value rd = { 0 };
	char admin[IP_TEXT_MAX];
	struct ip_addr a;
	uint64_t as, n;

	if (!colon || (size_t)(colon - text) >= sizeof(admin))
		return -EINVAL;
	memcpy(admin, text, (size_t)(colon - text));
	admin[colon - text] = 0;
	if (number_parse(colon + 1, UINT32_MAX, &n))
		return -EINVAL;
	if (number_parse(admin, UINT32_MAX, &as) == 0) {
		if (as <= UINT16_MAX) {
			rd.b[2] = (uint8_t)(as >> 8);
			rd.b[3] = (uint8_t)as;
			for (int i = 0; i < 4; i++)
				rd.b[4 + i] = (uint8_t)(n >> (24 - 8 * i));
			*ret = rd;
			return 0;
		}
		rd.b[1] = 2;
		for (int i = 0; i < 4; i++)
			rd.b[2 + i] = (uint8_t)(as >> (24 - 8 * i));
	} else if (ip_parse(admin, &a) == 0 && a.family == 4) {
		rd.b[1] = 1;
		memcpy(rd.b + 2, a.b, 4);
	} else {
		return -EINVAL;
	}
	if (n > UINT16_MAX)
		return -EINVAL;
	rd.b[6] = (uint8_t)(n >> 8);
	rd.b[7] = (uint8_t)n;
	*ret = rd;
	return 0;
}

static char *octet_text(uint8_t v, char *p)
{
	if (v >= 100)
		*p++ = (char)('0' + v / 100);
	if (v >= 10)
		*p++ = (char)('0' + v / 10 % 10);
	*p++ = (char)('0' + v % 10);
	return p;
}

char *ip_text(const struct ip_addr *a, char *buf)
{
	char *p = buf;

	switch (a->family) {
	case 4:
		for (int i = 0; i < 4; i++) {
			p = octet_text(a->b[i], p);
			*p++ = i < 3 ? '.' : '\0';
		}
		return buf;
	case 6:
		inet_ntop(AF_INET6, a->b, buf, IP_TEXT_MAX);
		return buf;
	default:
		return strcpy(buf, "none");
	}
}

char *prefix_text(const struct prefix *p, char *buf)
{
	struct ip_addr a = prefix_addr(p);
	char *end = buf + strlen(ip_text(&a, buf));

	*end++ = '/';
	*octet_text(p->len, end) = '\0';
	return buf;
}

char *mac_text(const struct mac_addr *m, char *buf)
{
	snprintf(buf, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0], m->b[1], m->b[2],
			m->b[3], m->b[4], m->b[5]);
	return buf;
}

char *rd_text(const struct rd_value *rd, char *buf)
{
	const uint8_t *b = rd->b;
	unsigned type = (unsigned)b[0] << 8 | b[1];
	uint32_t hi = (uint32_t)b[2] << 24 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 8 | b[5];
	uint32_t lo = (uint32_t)b[4] << 24 | (uint32_t)b[5] << 16 | (uint32_t)b[6] << 8 | b[7];
	unsigned low16 = (unsigned)b[6] << 8 | b[7];

	if (type == 0)
		snprintf(buf, RD_TEXT_MAX, "%u:%u", (unsigned)b[2] << 8 | b[3], lo);
	else if (type == 1)
		snprintf(buf, RD_TEXT_MAX, "%u.%u.%u.%u:%u", b[2], b[3], b[4], b[5], low16);
	else if (type == 2)
		snprintf(buf, RD_TEXT_MAX, "%u:%u", hi, low16);
	else
		snprintf(buf, RD_TEXT_MAX, "?%u:%08x%04x", type, hi, low16);
	return buf;
}

void prefix_mask(struct prefix *p)
{
	unsigned full = p->len / 8;

	if (p->len % 8) {
		p->b[full] &= (uint8_t)(0xff00 >> (p->len % 8));
		full++;
	}
	if (full < 16)
		memset(p->b + full, 0, 16 - full);
}

struct prefix prefix_make(const struct ip_addr *a, uint8_t len)
{
	struct prefix p = { a->family, len, { 0 } };

	memcpy(p.b, a->b, 16);
	prefix_mask(&p);
	return p;
}

struct ip_addr prefix_addr(const struct prefix *p)
{
	struct ip_addr a = { p->family, { 0 } };

	memcpy(a.b, p->b, 16);
	return a;
}

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	if (memcmp(a, b, bits / 8))
		return false;
	return bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & (0xff00 >> (bits % 8)) & 0xff) == 0;
}

bool prefix_contains(const struct prefix *p, const struct ip_addr *a)
{
	return p->family == a->family && bits_equal(p->b, a->b, p->len);
}

bool prefix_covers(const struct prefix *p, const struct prefix *q)
{
	return p->family == q->family && p->len <= q->len && bits_equal(p->b, q->b, p->len);
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int c;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	c = memcmp(a->b, b->b, 16);
	return c ? c : (int)a->len - (int)b->len;
}
