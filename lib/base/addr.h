/* Addresses, prefixes, MAC addresses and route distinguishers as plain values,
 * and their text. */
#ifndef WEFT_BASE_ADDR_H
#define WEFT_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* family is 4, 6, or 0 for "none".  Unused bytes are zero, so that values can
 * be compared and hashed whole. */
struct ip_addr {
	uint8_t family;
	uint8_t b[16];
};

/* Bits beyond len are zero. */
struct prefix {
	uint8_t family;
	uint8_t len;
	uint8_t b[16];
};

struct mac_addr {
	uint8_t b[6];
};

/* Route distinguisher as on the wire (RFC 4364 section 4.2). */
struct rd_value {
	uint8_t b[8];
};

#define IP_TEXT_MAX 46
#define PREFIX_TEXT_MAX 50
#define MAC_TEXT_MAX 18
#define RD_TEXT_MAX 28

static inline bool ip_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline unsigned ip_bytes(const struct ip_addr *a)
{
	return a->family == 6 ? 16 : a->family == 4 ? 4 : 0;
}

static inline unsigned family_bits(uint8_t family)
{
	return family == 6 ? 128 : 32;
}

static inline struct ip_addr ip4(uint32_t host_order)
{
	return (struct ip_addr){ 4,
		{ (uint8_t)(host_order >> 24), (uint8_t)(host_order >> 16),
			(uint8_t)(host_order >> 8), (uint8_t)host_order } };
}

static inline uint32_t ip4_u32(const struct ip_addr *a)
{
	return (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 | (uint32_t)a->b[2] << 8 | a->b[3];
}

/* len bytes (4 or 16) in network order; anything else gives family 0. */
struct ip_addr ip_from_bytes(const uint8_t *p, size_t len);

bool ip_is_zero(const struct ip_addr *a);
bool ip_is_multicast(const struct ip_addr *a);
bool ip_is_loopback(const struct ip_addr *a);
bool ip_is_link_local(const struct ip_addr *a);
int ip_compare(const struct ip_addr *a, const struct ip_addr *b);

/* Text to value.  All return 0, or -EINVAL with *ret untouched. */
int ip_parse(const char *text, struct ip_addr *ret);
int prefix_parse(const char *text, struct prefix *ret); /* host bits are masked off */
/* The text as prefix_text() has it, which may be longer than it was (PREFIX_TEXT_MAX is enough
 * for a longer one).  family 0: either. */
int prefix_canon(const char *text, uint8_t family, char *buf);
/* "A.B.C.D/M" with its host bits: an interface's address. */
int ip_with_len_parse(const char *text, struct ip_addr *ret, uint8_t *ret_len);
int mac_parse(const char *text, struct mac_addr *ret); /* aa:bb:cc:dd:ee:ff */
int rd_parse(const char *text, struct rd_value *ret);  /* ASN:N or A.B.C.D:N, RFC 4364 types 0-2 */

/* Value to text in the caller's buffer (at least *_TEXT_MAX bytes); returns buf.
 * IPv6 follows RFC 5952. */
char *ip_text(const struct ip_addr *a, char *buf);
char *prefix_text(const struct prefix *p, char *buf);
char *mac_text(const struct mac_addr *m, char *buf);
char *rd_text(const struct rd_value *rd, char *buf);

struct prefix prefix_make(const struct ip_addr *a, uint8_t len); /* masks */
struct ip_addr prefix_addr(const struct prefix *p);
void prefix_mask(struct prefix *p);
bool prefix_contains(const struct prefix *p, const struct ip_addr *a);
bool prefix_covers(const struct prefix *p, const struct prefix *q); /* q is p or inside it */
int prefix_compare(const struct prefix *a, const struct prefix *b); /* family, address, length */

#endif
