/* NLRI on the wire and as keys: see nlri.h.
 * Sources: RFC 4271 4.3, RFC 4364 4.3.4, RFC 4659 3.2, RFC 8277 2.2-2.4,
 * RFC 7432 7, RFC 9136 3.1, RFC 7911 3.
 *
 * Deviation: the multiple labels capability is never announced, so a VPN NLRI
 * has exactly one label whatever its S bit says (RFC 8277 2.2). */
#include <assert.h>
#include <errno.h>

#include "bgpd/core/nlri.h"

#define WITHDRAWN_LABEL 0x800000u /* RFC 8277 section 2.4 */

static void info_clear(struct nlri_info *i)
{
	memset(i, 0, sizeof(*i));
	i->label[0] = i->label[1] = NLRI_LABEL_NONE;
}

static uint64_t word_get(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return __builtin_bswap64(v);
}

static void word_put(uint8_t *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, 8);
}

/* Copies the bytes that a prefix of `bits` has, host bits cleared; the rest of
 * dst (size bytes) becomes zero.  readable: bytes from src on. */
static void prefix_bytes_get(uint8_t *dst, unsigned size, const uint8_t *src, size_t readable,
		unsigned bits)
{
	unsigned n = (bits + 7) / 8;

	if (size == 16 && readable >= 16) { /* most: whole words, what is too much masked away */
		uint64_t hi = word_get(src), lo = word_get(src + 8);

		word_put(dst, bits >= 64 ? hi : bits ? hi & ~0ull << (64 - bits) : 0);
		word_put(dst + 8, bits > 64 ? lo & ~0ull << (128 - bits) : 0);
		return;
	}
	memset(dst, 0, size);
	memcpy(dst, src, n);
	if (bits % 8)
		dst[n - 1] &= (uint8_t)(0xff00 >> (bits % 8));
}

static unsigned address_bits(enum family f)
{
	return families[f].afi == 1 ? 32 : 128;
}

static int unicast_decode(struct rd *r, enum family f, struct nlri *ret)
{
	unsigned max = address_bits(f), bits = rd_u8(r);
	const uint8_t *p = rd_bytes(r, (bits + 7) / 8);

	if (!p || bits > max)
		return -EPROTO;
	prefix_bytes_get(ret->key, max / 8, p, (size_t)(r->end - p), bits);
	ret->key[max / 8] = (uint8_t)bits;
	return 0;
}

static int vpn_decode(struct rd *r, enum family f, bool withdraw, struct nlri *ret)
{
	unsigned max = address_bits(f), bits = rd_u8(r);
	struct rd in = rd_sub(r, (bits + 7) / 8);
	uint32_t label = rd_u24(&in);

	if (in.failed || bits < 24 + 64 || bits > 24 + 64 + max)
		return -EPROTO;
	bits -= 24 + 64;
	rd_copy(&in, ret->key, 8);
	prefix_bytes_get(ret->key + 8, max / 8, in.p, (size_t)(r->end - in.p), bits);
	ret->key[8 + max / 8] = (uint8_t)bits;
	info_clear(&ret->info);
	if (!withdraw)
		ret->info.label[0] = label;
	return 0;
}

/* An IP of `bits` bits, which must be 32 or 128 (or 0 with may_miss), as the
 * key has it: IP bytes, IP in 16 bytes. */
static bool evpn_ip_decode(struct rd *r, bool may_miss, uint8_t *key)
{
	unsigned bits = rd_u8(r);
	const uint8_t *p;

	if (bits != 32 && bits != 128 && !(bits == 0 && may_miss))
		return false;
	p = rd_bytes(r, bits / 8);
	if (!p)
		return false;
	key[0] = (uint8_t)(bits / 8);
	if (bits)
		memcpy(key + 1, p, bits / 8);
	return true;
}

static bool ead_decode(struct rd *r, bool withdraw, struct nlri *ret)
{
	rd_copy(r, ret->key + 1, 22); /* RD, ESI, Ethernet tag: as the key */
	ret->info.label[0] = rd_u24(r);
	if (withdraw)
		ret->info.label[0] = NLRI_LABEL_NONE;
	return true;
}

static bool macip_decode(struct rd *r, bool withdraw, struct nlri *ret)
{
	rd_copy(r, ret->key + 1, 8);
	rd_copy(r, ret->info.esi, 10);
	rd_copy(r, ret->key + 9, 4);
	if (rd_u8(r) != 48)
		return false;
	rd_copy(r, ret->key + 13, 6);
	if (!evpn_ip_decode(r, true, ret->key + 19))
		return false;
	ret->info.label[0] = rd_u24(r);
	if (rd_left(r))
		ret->info.label[1] = rd_u24(r);
	if (withdraw)
		info_clear(&ret->info);
	return true;
}

static bool imet_decode(struct rd *r, bool withdraw, struct nlri *ret)
{
	(void)withdraw;
	rd_copy(r, ret->key + 1, 12);
	return evpn_ip_decode(r, false, ret->key + 13);
}

static bool es_decode(struct rd *r, bool withdraw, struct nlri *ret)
{
	(void)withdraw;
	rd_copy(r, ret->key + 1, 18);
	return evpn_ip_decode(r, false, ret->key + 19);
}

static bool prefix5_decode(struct rd *r, bool withdraw, struct nlri *ret)
{
	/* The family of the addresses shows only in the length (RFC 9136 3.1). */
	unsigned size = rd_left(r) == 34 ? 4 : rd_left(r) == 58 ? 16 : 0, bits;

	if (!size)
		return false;
	rd_copy(r, ret->key + 1, 8);
	rd_copy(r, ret->info.esi, 10);
	rd_copy(r, ret->key + 9, 4);
	bits = rd_u8(r);
	if (bits > size * 8)
		return false;
	ret->key[13] = (uint8_t)size;
	ret->key[14] = (uint8_t)bits;
	prefix_bytes_get(ret->key + 15, 16, rd_bytes(r, size), size, bits);
	ret->info.gateway = ip_from_bytes(rd_bytes(r, size), size);
	if (ip_is_zero(&ret->info.gateway))
		ret->info.gateway.family = 0;
	ret->info.label[0] = rd_u24(r);
	if (withdraw)
		info_clear(&ret->info);
	return true;
}

static bool (*const evpn_decoders[])(struct rd *r, bool withdraw, struct nlri *ret) = {
	[EVPN_EAD] = ead_decode,
	[EVPN_MACIP] = macip_decode,
	[EVPN_IMET] = imet_decode,
	[EVPN_ES] = es_decode,
	[EVPN_PREFIX] = prefix5_decode,
};

static int evpn_decode(struct rd *r, bool withdraw, struct nlri *ret)
{
	unsigned type = rd_u8(r), len = rd_u8(r);
	struct rd in = rd_sub(r, len);

	if (in.failed)
		return -EPROTO;
	if (type < EVPN_EAD || type > EVPN_PREFIX)
		return -EOPNOTSUPP;
	memset(ret->key, 0, sizeof(ret->key));
	info_clear(&ret->info);
	ret->key[0] = (uint8_t)type;
	if (!evpn_decoders[type](&in, withdraw, ret) || in.failed || rd_left(&in))
		return -EOPNOTSUPP;
	return 0;
}

int nlri_decode(struct rd *r, enum family f, bool add_path, bool withdraw, struct nlri *ret)
{
	ret->path_id = add_path ? rd_u32(r) : 0;
	switch (f) {
	case FAM_IPV4_UNICAST:
	case FAM_IPV6_UNICAST:
		return unicast_decode(r, f, ret);
	case FAM_IPV4_VPN:
	case FAM_IPV6_VPN:
		return vpn_decode(r, f, withdraw, ret);
	case FAM_EVPN:
		return evpn_decode(r, withdraw, ret);
	default:
		return -EPROTO;
	}
}

static uint32_t label_or_zero(uint32_t label)
{
	return label == NLRI_LABEL_NONE ? 0 : label;
}

static void evpn_encode(struct wr *w, const uint8_t *key, const struct nlri_info *info)
{
	static const struct nlri_info none = { .label = { NLRI_LABEL_NONE, NLRI_LABEL_NONE } };
	uint8_t *len;

	if (!info)
		info = &none;
	wr_u8(w, key[0]);
	len = wr_reserve(w, 1);
	switch (key[0]) {
	case EVPN_EAD:
		wr_bytes(w, key + 1, 22);
		wr_u24(w, label_or_zero(info->label[0]));
		break;
	case EVPN_MACIP:
		wr_bytes(w, key + 1, 8);
		wr_bytes(w, info->esi, 10);
		wr_bytes(w, key + 9, 4);
		wr_u8(w, 48);
		wr_bytes(w, key + 13, 6);
		wr_u8(w, (uint8_t)(key[19] * 8));
		wr_bytes(w, key + 20, key[19]);
		wr_u24(w, label_or_zero(info->label[0]));
		if (info->label[1] != NLRI_LABEL_NONE)
			wr_u24(w, info->label[1]);
		break;
	case EVPN_IMET:
		wr_bytes(w, key + 1, 12);
		wr_u8(w, (uint8_t)(key[13] * 8));
		wr_bytes(w, key + 14, key[13]);
		break;
	case EVPN_ES:
		wr_bytes(w, key + 1, 18);
		wr_u8(w, (uint8_t)(key[19] * 8));
		wr_bytes(w, key + 20, key[19]);
		break;
	case EVPN_PREFIX:
		wr_bytes(w, key + 1, 8);
		wr_bytes(w, info->esi, 10);
		wr_bytes(w, key + 9, 4);
		wr_u8(w, key[14]);
		wr_bytes(w, key + 15, key[13]);
		wr_bytes(w, info->gateway.b, key[13]);
		wr_u24(w, label_or_zero(info->label[0]));
		break;
	default:
		assert(!"EVPN route type");
	}
	if (len && !w->failed)
		*len = (uint8_t)(w->p - len - 1);
}

#define PREFIX_WIRE_MAX (4 + 8 + 16)

/* Where there is room for any: whole words, of which only a part may count. */
static uint8_t *prefix_put(uint8_t *p, enum family f, unsigned size, const uint8_t *key,
		uint32_t label)
{
	unsigned bits;

	if (f == FAM_IPV4_UNICAST || f == FAM_IPV6_UNICAST) {
		bits = key[size];
		*p++ = (uint8_t)bits;
	} else {
		bits = key[8 + size];
		wr_put32(p, (24u + 64 + bits) << 24 | label_or_zero(label));
		memcpy(p + 4, key, 8);
		p += 12;
		key += 8;
	}
	if (size == 4)
		memcpy(p, key, 4);
	else
		memcpy(p, key, 16);
	return p + (bits + 7) / 8;
}

void nlri_encode(struct wr *w, enum family f, bool add_path, const uint8_t *key, uint32_t path_id,
		const struct nlri_info *info, bool withdraw)
{
	unsigned size, bits;

	if (add_path)
		wr_u32(w, path_id);
	if (f == FAM_EVPN) {
		evpn_encode(w, key, info);
		return;
	}
	size = address_bits(f) / 8;
	if (wr_left(w) >= PREFIX_WIRE_MAX && !w->failed) {
		w->p = prefix_put(w->p, f, size, key, withdraw ? WITHDRAWN_LABEL : info ? info->label[0] : 0);
		return;
	}
	if (f == FAM_IPV4_VPN || f == FAM_IPV6_VPN) {
		bits = key[8 + size];
		wr_u8(w, (uint8_t)(24 + 64 + bits));
		wr_u24(w, withdraw ? WITHDRAWN_LABEL : info ? label_or_zero(info->label[0]) : 0);
		wr_bytes(w, key, 8 + (bits + 7) / 8);
	} else {
		bits = key[size];
		wr_u8(w, (uint8_t)bits);
		wr_bytes(w, key, (bits + 7) / 8);
	}
}

size_t nlri_encoded_size(enum family f, bool add_path, const uint8_t *key,
		const struct nlri_info *info)
{
	static const uint8_t fixed[] = { [EVPN_EAD] = 25, [EVPN_IMET] = 13, [EVPN_ES] = 19 };
	size_t n = add_path ? 4 : 0;

	switch (f) {
	case FAM_IPV4_UNICAST:
		return n + 1 + (key[4] + 7u) / 8;
	case FAM_IPV6_UNICAST:
		return n + 1 + (key[16] + 7u) / 8;
	case FAM_IPV4_VPN:
		return n + 12 + (key[12] + 7u) / 8;
	case FAM_IPV6_VPN:
		return n + 12 + (key[24] + 7u) / 8;
	default:
		break;
	}
	n += 2;
	if (key[0] == EVPN_MACIP)
		return n + 33 + key[19] + (info && info->label[1] != NLRI_LABEL_NONE ? 3 : 0);
	if (key[0] == EVPN_PREFIX)
		return n + 26 + 2u * key[13];
	return n + fixed[key[0]] +
	       (key[0] == EVPN_IMET ? key[13] : key[0] == EVPN_ES ? key[19] : 0);
}

static void prefix_from(struct prefix *ret, unsigned bytes, const uint8_t *b, uint8_t len)
{
	memset(ret, 0, sizeof(*ret));
	ret->family = bytes == 4 ? 4 : 6;
	ret->len = len;
	memcpy(ret->b, b, bytes);
}

bool nlri_key_prefix(enum family f, const uint8_t *key, struct prefix *ret)
{
	unsigned size;

	if (f == FAM_EVPN) {
		if (key[0] == EVPN_PREFIX)
			prefix_from(ret, key[13], key + 15, key[14]);
		else if (key[0] == EVPN_MACIP && key[19])
			prefix_from(ret, key[19], key + 20, (uint8_t)(key[19] * 8));
		else
			return false;
		return true;
	}
	size = address_bits(f) / 8;
	if (f == FAM_IPV4_VPN || f == FAM_IPV6_VPN)
		key += 8;
	prefix_from(ret, size, key, key[size]);
	return true;
}

void nlri_key_unicast(const struct prefix *p, uint8_t *ret_key)
{
	unsigned size = p->family == 4 ? 4 : 16;

	memcpy(ret_key, p->b, size);
	ret_key[size] = p->len;
}

void nlri_key_vpn(const struct rd_value *rd, const struct prefix *p, uint8_t *ret_key)
{
	memcpy(ret_key, rd->b, 8);
	nlri_key_unicast(p, ret_key + 8);
}

static void evpn_ip_put(uint8_t *key, const struct ip_addr *a)
{
	key[0] = (uint8_t)ip_bytes(a);
	memcpy(key + 1, a->b, key[0]);
}

void nlri_key_evpn(const struct evpn_key *k, uint8_t *key)
{
	memset(key, 0, NLRI_KEY_MAX);
	key[0] = k->type;
	memcpy(key + 1, k->rd.b, 8);
	switch (k->type) {
	case EVPN_EAD:
		memcpy(key + 9, k->esi, 10);
		wr_put32(key + 19, k->eth_tag);
		break;
	case EVPN_MACIP:
		wr_put32(key + 9, k->eth_tag);
		memcpy(key + 13, k->mac.b, 6);
		evpn_ip_put(key + 19, &k->ip);
		break;
	case EVPN_IMET:
		wr_put32(key + 9, k->eth_tag);
		evpn_ip_put(key + 13, &k->ip);
		break;
	case EVPN_ES:
		memcpy(key + 9, k->esi, 10);
		evpn_ip_put(key + 19, &k->ip);
		break;
	case EVPN_PREFIX:
		wr_put32(key + 9, k->eth_tag);
		key[13] = (uint8_t)ip_bytes(&k->ip);
		key[14] = k->prefix_len;
		memcpy(key + 15, k->ip.b, key[13]);
		break;
	default:
		assert(!"EVPN route type");
	}
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void nlri_evpn_key(const uint8_t *key, struct evpn_key *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->type = key[0];
	memcpy(ret->rd.b, key + 1, 8);
	switch (ret->type) {
	case EVPN_EAD:
		memcpy(ret->esi, key + 9, 10);
		ret->eth_tag = get32(key + 19);
		break;
	case EVPN_MACIP:
		ret->eth_tag = get32(key + 9);
		memcpy(ret->mac.b, key + 13, 6);
		ret->ip = ip_from_bytes(key + 20, key[19]);
		break;
	case EVPN_IMET:
		ret->eth_tag = get32(key + 9);
		ret->ip = ip_from_bytes(key + 14, key[13]);
		break;
	case EVPN_ES:
		memcpy(ret->esi, key + 9, 10);
		ret->ip = ip_from_bytes(key + 20, key[19]);
		break;
	case EVPN_PREFIX:
		ret->eth_tag = get32(key + 9);
		ret->prefix_len = key[14];
		ret->ip = ip_from_bytes(key + 15, key[13]);
		break;
	}
}

bool nlri_key_rd(enum family f, const uint8_t *key, struct rd_value *ret)
{
	if (f == FAM_IPV4_UNICAST || f == FAM_IPV6_UNICAST)
		return false;
	memcpy(ret->b, f == FAM_EVPN ? key + 1 : key, 8);
	return true;
}
