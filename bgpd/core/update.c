/* UPDATE decoding: see update.h.  One table row for each attribute; the
 * verdicts are those of RFC 7606 section 7 and of the attributes' own RFCs.
 *
 * Deviations: an attribute that is not optional and not known resets the
 * session (RFC 4271 6.3), as RFC 7606 says nothing of it.  An EVPN route that
 * is wrong inside but whose end is known is passed over. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/update.h"
#include "lib/base/xalloc.h"

#define FLAG_OPTIONAL 0x80
#define FLAG_TRANSITIVE 0x40
#define FLAG_PARTIAL 0x20
#define FLAG_EXTENDED 0x10

/* All parts of a set together: what attrs_intern() can keep, with a reserve
 * for what policy adds. */
#define PARTS_MAX 60000

/* One attribute being read. */
struct attr {
	const uint8_t *start; /* of its flags */
	size_t size;	      /* with flags, code and length */
	uint8_t flags, code;
	struct rd r;	      /* its value */
};

struct decoding {
	struct update *u;
	const struct session_view *s;
	struct ip_addr next_hop;       /* NEXT_HOP */
	struct attr next_hop_attr;
	struct attr_span as4_path, as4_aggregator;
	bool aggregator_is_trans;
	struct update_field reach, unreach; /* of MP_REACH, MP_UNREACH */
	struct attr reach_attr;
	bool has_reach, has_unreach;
	uint16_t other_len;
	uint8_t *other;		       /* attributes to pass on, gathered here */
	uint64_t unknown_seen[4];      /* a bit per code */
};

/* Reads the value; false if it is malformed, with *why perhaps set to words
 * better than "malformed". */
typedef bool attr_decode_fn(struct decoding *d, struct attr *a, const char **why);

void update_init(struct update *u)
{
	memset(u, 0, sizeof(*u));
}

void update_fini(struct update *u)
{
	free(u->scratch);
	memset(u, 0, sizeof(*u));
}

static uint8_t *scratch(struct update *u, size_t n)
{
	uint8_t *p = u->scratch + u->scratch_used;

	u->scratch_used += n; /* update_decode() made room for the most there can be */
	return p;
}

static struct attr_span span(const struct rd *r)
{
	return (struct attr_span){ r->p, (uint16_t)rd_left(r) };
}

static bool internal(const struct session_view *s)
{
	return s->ibgp || s->confed;
}

/* ---- attributes ---- */

static bool origin_decode(struct decoding *d, struct attr *a, const char **why)
{
	*why = "has an undefined value";
	d->u->attrs.origin = rd_u8(&a->r);
	return d->u->attrs.origin <= ORIGIN_INCOMPLETE;
}

/* 2-byte AS numbers to 4 bytes; false if the segments are malformed. */
static bool as_path_widen(struct update *u, struct rd r, struct attr_span *ret)
{
	uint8_t *out = scratch(u, 2 * rd_left(&r)), *p = out;

	while (rd_left(&r)) {
		uint8_t type = rd_u8(&r), n = rd_u8(&r);
		struct rd in = rd_sub(&r, 2u * n);

		if (in.failed)
			return false;
		*p++ = type;
		*p++ = n;
		for (; n; n--, p += 4)
			wr_put32(p, rd_u16(&in));
	}
	if (p - out > UINT16_MAX)
		return false;
	*ret = (struct attr_span){ out, (uint16_t)(p - out) };
	return true;
}

static bool as_path_decode(struct decoding *d, struct attr *a, const char **why)
{
	struct attr_span path = span(&a->r);

	if (!d->s->as4 && !as_path_widen(d->u, a->r, &path))
		return false;
	if (!as_path_valid(path))
		return false;
	if (as_path_count(path, 0)) {
		*why = "has AS 0 in it"; /* RFC 7607 */
		return false;
	}
	if (!internal(d->s) && as_path_has_confed(path)) {
		*why = "from outside has confederation segments"; /* RFC 5065 section 5 */
		return false;
	}
	d->u->attrs.part[PART_AS_PATH] = path;
	return true;
}

static bool next_hop_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	d->next_hop = ip_from_bytes(a->r.p, 4);
	d->next_hop_attr = *a;
	return true;
}

static bool med_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	d->u->attrs.med = rd_u32(&a->r);
	d->u->attrs.has |= HAS_MED;
	return true;
}

static bool local_pref_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	d->u->attrs.local_pref = rd_u32(&a->r);
	d->u->attrs.has |= HAS_LOCAL_PREF;
	return true;
}

static bool atomic_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)a;
	(void)why;
	d->u->attrs.has |= HAS_ATOMIC;
	return true;
}

static bool aggregator_decode(struct decoding *d, struct attr *a, const char **why)
{
	struct attr_span s = span(&a->r);
	static const uint8_t zero[4];

	if (s.len != (d->s->as4 ? 8 : 6))
		return false;
	if (!d->s->as4) {
		uint8_t *p = scratch(d->u, 8);
		uint16_t as = (uint16_t)(s.p[0] << 8 | s.p[1]);

		wr_put32(p, as);
		memcpy(p + 4, s.p + 2, 4);
		s = (struct attr_span){ p, 8 };
		d->aggregator_is_trans = as == AS_TRANS;
	}
	if (memcmp(s.p, zero, 4) == 0) {
		*why = "is AS 0"; /* RFC 7607 */
		return false;
	}
	d->u->attrs.part[PART_AGGREGATOR] = s;
	return true;
}

/* A list of items of `size` bytes, at least one. */
static bool list_decode(struct decoding *d, struct attr *a, enum attr_part part, unsigned size)
{
	struct attr_span s = span(&a->r);

	if (s.len == 0 || s.len % size)
		return false;
	d->u->attrs.part[part] = s;
	return true;
}

static bool communities_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	return list_decode(d, a, PART_COMMUNITIES, 4);
}

static bool ext_communities_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	return list_decode(d, a, PART_EXT_COMMUNITIES, 8);
}

static bool large_communities_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	return list_decode(d, a, PART_LARGE_COMMUNITIES, 12);
}

static bool originator_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	d->u->attrs.originator_id = rd_u32(&a->r);
	d->u->attrs.has |= HAS_ORIGINATOR;
	return true;
}

static bool cluster_list_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	return list_decode(d, a, PART_CLUSTER_LIST, 4);
}

static bool as4_path_decode(struct decoding *d, struct attr *a, const char **why)
{
	struct attr_span path = span(&a->r);

	(void)why;
	if (d->s->as4)
		return true; /* to be ignored, RFC 6793 section 3 */
	if (!as_path_valid(path) || as_path_count(path, 0))
		return false;
	d->as4_path = as_path_strip_confed(path, scratch(d->u, path.len));
	return true;
}

static bool as4_aggregator_decode(struct decoding *d, struct attr *a, const char **why)
{
	static const uint8_t zero[4];
	struct attr_span s = span(&a->r);

	(void)why;
	if (memcmp(s.p, zero, 4) == 0)
		return false;
	if (!d->s->as4)
		d->as4_aggregator = s;
	return true;
}

static bool pmsi_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	if (rd_left(&a->r) < 5) /* flags, type, label; RFC 6514 section 5 */
		return false;
	d->u->attrs.part[PART_PMSI] = span(&a->r);
	return true;
}

static bool otc_decode(struct decoding *d, struct attr *a, const char **why);
static bool mp_reach_decode(struct decoding *d, struct attr *a, const char **why);
static bool mp_unreach_decode(struct decoding *d, struct attr *a, const char **why);

/* What becomes of an attribute that only has a meaning inside the AS when it
 * comes from outside: "MUST be ignored" (RFC 4271 5.1.5), or left out and
 * said so (RFC 7606 7.9, 7.10). */
enum from_external { TAKE, IGNORE, DISCARD };

#define ANY_SIZE (-1)
#define WELL_KNOWN FLAG_TRANSITIVE
#define OPT_TRANS (FLAG_OPTIONAL | FLAG_TRANSITIVE)

static const struct attr_row {
	const char *name;
	uint8_t flags;	    /* FLAG_OPTIONAL and FLAG_TRANSITIVE as they must be */
	int8_t size;	    /* bytes that the value must have */
	uint8_t verdict;    /* enum upd_verdict if malformed */
	uint8_t subcode;    /* of the NOTIFICATION then, RFC 4271 section 6.3 */
	uint8_t external;   /* what of it from an external peer */
	attr_decode_fn *decode;
} rows[64] = {
	[ATTR_ORIGIN] = { "ORIGIN", WELL_KNOWN, 1, UPD_TREAT_WITHDRAW, ERR_UPDATE_ORIGIN, TAKE,
		origin_decode },
	[ATTR_AS_PATH] = { "AS_PATH", WELL_KNOWN, ANY_SIZE, UPD_TREAT_WITHDRAW, ERR_UPDATE_AS_PATH,
		TAKE, as_path_decode },
	[ATTR_NEXT_HOP] = { "NEXT_HOP", WELL_KNOWN, 4, UPD_TREAT_WITHDRAW, ERR_UPDATE_NEXT_HOP, TAKE,
		next_hop_decode },
	[ATTR_MED] = { "MULTI_EXIT_DISC", FLAG_OPTIONAL, 4, UPD_TREAT_WITHDRAW, ERR_UPDATE_LENGTH,
		TAKE, med_decode },
	[ATTR_LOCAL_PREF] = { "LOCAL_PREF", WELL_KNOWN, 4, UPD_TREAT_WITHDRAW, ERR_UPDATE_LENGTH,
		IGNORE, local_pref_decode },
	[ATTR_ATOMIC_AGGREGATE] = { "ATOMIC_AGGREGATE", WELL_KNOWN, 0, UPD_DISCARD_ATTRIBUTE,
		ERR_UPDATE_LENGTH, TAKE, atomic_decode },
	[ATTR_AGGREGATOR] = { "AGGREGATOR", OPT_TRANS, ANY_SIZE, UPD_DISCARD_ATTRIBUTE,
		ERR_UPDATE_LENGTH, TAKE, aggregator_decode },
	[ATTR_COMMUNITIES] = { "COMMUNITIES", OPT_TRANS, ANY_SIZE, UPD_TREAT_WITHDRAW,
		ERR_UPDATE_LENGTH, TAKE, communities_decode },
	[ATTR_ORIGINATOR_ID] = { "ORIGINATOR_ID", FLAG_OPTIONAL, 4, UPD_TREAT_WITHDRAW,
		ERR_UPDATE_LENGTH, DISCARD, originator_decode },
	[ATTR_CLUSTER_LIST] = { "CLUSTER_LIST", FLAG_OPTIONAL, ANY_SIZE, UPD_TREAT_WITHDRAW,
		ERR_UPDATE_LENGTH, DISCARD, cluster_list_decode },
	[ATTR_MP_REACH] = { "MP_REACH_NLRI", FLAG_OPTIONAL, ANY_SIZE, UPD_RESET,
		ERR_UPDATE_OPTIONAL, TAKE, mp_reach_decode },
	[ATTR_MP_UNREACH] = { "MP_UNREACH_NLRI", FLAG_OPTIONAL, ANY_SIZE, UPD_RESET,
		ERR_UPDATE_OPTIONAL, TAKE, mp_unreach_decode },
	[ATTR_EXT_COMMUNITIES] = { "EXTENDED_COMMUNITIES", OPT_TRANS, ANY_SIZE, UPD_TREAT_WITHDRAW,
		ERR_UPDATE_LENGTH, TAKE, ext_communities_decode },
	[ATTR_AS4_PATH] = { "AS4_PATH", OPT_TRANS, ANY_SIZE, UPD_DISCARD_ATTRIBUTE,
		ERR_UPDATE_OPTIONAL, TAKE, as4_path_decode },
	[ATTR_AS4_AGGREGATOR] = { "AS4_AGGREGATOR", OPT_TRANS, 8, UPD_DISCARD_ATTRIBUTE,
		ERR_UPDATE_OPTIONAL, TAKE, as4_aggregator_decode },
	[ATTR_PMSI_TUNNEL] = { "PMSI_TUNNEL", OPT_TRANS, ANY_SIZE, UPD_TREAT_WITHDRAW,
		ERR_UPDATE_LENGTH, TAKE, pmsi_decode },
	[ATTR_LARGE_COMMUNITIES] = { "LARGE_COMMUNITIES", OPT_TRANS, ANY_SIZE, UPD_TREAT_WITHDRAW,
		ERR_UPDATE_LENGTH, TAKE, large_communities_decode },
	[ATTR_OTC] = { "ONLY_TO_CUSTOMER", OPT_TRANS, 4, UPD_TREAT_WITHDRAW, ERR_UPDATE_LENGTH, TAKE,
		otc_decode },
};

const char *attr_code_text(uint8_t code)
{
	if (code == ATTR_AIGP)
		return "AIGP";
	return code < 64 && rows[code].name ? rows[code].name : "unknown attribute";
}

const char *upd_verdict_text(enum upd_verdict v)
{
	static const char *const words[] = { "ok", "attribute discarded", "treated as withdraw",
		"session reset" };

	return words[v];
}

/* ---- verdicts ---- */

/* Only what is worse than what is there already, and has words then. */
static void blame(struct update *u, enum upd_verdict v, uint8_t subcode, const void *data,
		size_t len, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
static void blame(struct update *u, enum upd_verdict v, uint8_t subcode, const void *data,
		size_t len, const char *fmt, ...)
{
	char text[sizeof(u->error.text)];
	va_list ap;

	if (v <= u->verdict)
		return;
	u->verdict = v;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	msg_error_set(&u->error, ERR_UPDATE, subcode, data, len, "%s", text);
}

/* An attribute's bytes as the data of a NOTIFICATION. */
static void blame_attr(struct decoding *d, const struct attr *a, enum upd_verdict v,
		uint8_t subcode, const char *what)
{
	blame(d->u, v, subcode, a->start, a->size, "%s (attribute %u, %zu bytes) %s",
			attr_code_text(a->code), a->code, a->size, what);
}

/* ---- attributes we only pass on ---- */

static void other_add(struct decoding *d, const struct attr *a, const uint8_t *value, uint8_t flags)
{
	size_t len = (size_t)(a->start + a->size - value);
	uint8_t *p = d->other + d->other_len;

	if (d->other_len + len + 4 > PARTS_MAX) {
		blame_attr(d, a, UPD_DISCARD_ATTRIBUTE, ERR_UPDATE_OPTIONAL, "is too long to keep");
		return;
	}
	p[0] = flags;
	p[1] = a->code;
	wr_put16(p + 2, (uint16_t)len);
	memcpy(p + 4, value, len);
	d->other_len = (uint16_t)(d->other_len + 4 + len);
}

static bool otc_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	other_add(d, a, a->r.p, a->flags & (uint8_t)~FLAG_EXTENDED);
	return true;
}

static void unknown_attr(struct decoding *d, const struct attr *a)
{
	uint64_t *seen = &d->unknown_seen[a->code / 64], bit = 1ull << a->code % 64;

	if (*seen & bit) {
		blame_attr(d, a, UPD_DISCARD_ATTRIBUTE, ERR_UPDATE_LIST, "is there twice");
		return;
	}
	*seen |= bit;
	if (!(a->flags & FLAG_OPTIONAL))
		blame_attr(d, a, UPD_RESET, ERR_UPDATE_UNKNOWN, "is well-known, but not to us");
	else if (a->flags & FLAG_TRANSITIVE)
		other_add(d, a, a->r.p, FLAG_OPTIONAL | FLAG_TRANSITIVE | FLAG_PARTIAL);
	/* else: "MUST be quietly ignored", RFC 4271 section 9 */
}

/* ---- MP_REACH_NLRI, MP_UNREACH_NLRI (RFC 4760) ---- */

/* The lengths of a next hop that a family may have, and how to read it. */
static bool mp_next_hop_decode(struct update_field *f, const struct session_view *s,
		const uint8_t *p, unsigned len)
{
	bool vpn = f->family == FAM_IPV4_VPN || f->family == FAM_IPV6_VPN;
	bool v4 = f->family == FAM_IPV4_UNICAST || f->family == FAM_IPV4_VPN;
	unsigned rd = vpn ? 8 : 0, second = 16 + 2 * rd;

	if (f->family == FAM_EVPN) {
		f->next_hop = ip_from_bytes(p, len);
		return f->next_hop.family != 0;
	}
	if (v4 && len == rd + 4) {
		f->next_hop = ip_from_bytes(p + rd, 4);
		return true;
	}
	if (v4 && !s->extended_next_hop[f->family])
		return false;
	if (len != rd + 16 && len != 2 * (rd + 16))
		return false;
	f->next_hop = ip_from_bytes(p + rd, 16);
	if (len == 2 * (rd + 16)) {
		struct ip_addr ll = ip_from_bytes(p + second, 16);

		/* Unnumbered peers have been seen to send :: and the link-local. */
		if (ip_is_link_local(&ll) && ip_is_zero(&f->next_hop))
			f->next_hop = ll;
		else if (ip_is_link_local(&ll))
			f->next_hop_link_local = ll;
	}
	return true;
}

static bool mp_family(struct decoding *d, struct attr *a, struct update_field *f)
{
	uint16_t afi = rd_u16(&a->r);
	uint8_t safi = rd_u8(&a->r);

	*f = (struct update_field){ .family = family_find(afi, safi) };
	if (f->family != FAM_NONE && !d->s->family[f->family])
		f->family = FAM_NONE;
	if (f->family != FAM_NONE)
		f->add_path = d->s->add_path[f->family];
	return !a->r.failed;
}

static bool mp_reach_decode(struct decoding *d, struct attr *a, const char **why)
{
	struct update_field *f = &d->reach;
	const uint8_t *next_hop;
	unsigned len;

	if (!mp_family(d, a, f))
		return false;
	len = rd_u8(&a->r);
	next_hop = rd_bytes(&a->r, len);
	rd_u8(&a->r); /* reserved */
	if (a->r.failed)
		return false;
	if (f->family == FAM_NONE)
		return true; /* not negotiated: ignored */
	if (!mp_next_hop_decode(f, d->s, next_hop, len)) {
		*why = "has a next hop of the wrong length"; /* RFC 7606 section 7.11 */
		return false;
	}
	d->reach_attr = *a;
	f->r = a->r;
	f->mp = true;
	d->has_reach = true;
	return true;
}

static bool mp_unreach_decode(struct decoding *d, struct attr *a, const char **why)
{
	(void)why;
	if (!mp_family(d, a, &d->unreach))
		return false;
	if (d->unreach.family == FAM_NONE)
		return true;
	d->unreach.withdraw = true;
	d->unreach.mp = true;
	d->unreach.r = a->r;
	d->has_unreach = true;
	return true;
}

/* ---- the whole ---- */

static void attr_decode(struct decoding *d, struct attr *a)
{
	const struct attr_row *row = a->code < 64 ? &rows[a->code] : NULL;
	const char *why = "is malformed";

	if (!row || !row->decode) {
		unknown_attr(d, a);
		return;
	}
	if (d->u->seen & 1ull << a->code) {
		/* RFC 7606 section 3 (g) */
		if (a->code == ATTR_MP_REACH || a->code == ATTR_MP_UNREACH)
			blame_attr(d, a, UPD_RESET, ERR_UPDATE_LIST, "is there twice");
		else
			blame_attr(d, a, UPD_DISCARD_ATTRIBUTE, ERR_UPDATE_LIST, "is there twice");
		return;
	}
	d->u->seen |= 1ull << a->code;
	if ((a->flags & (FLAG_OPTIONAL | FLAG_TRANSITIVE)) != row->flags) {
		/* RFC 7606 section 3 (c); its NLRIs are to be withdrawn too. */
		blame_attr(d, a, UPD_TREAT_WITHDRAW, ERR_UPDATE_FLAGS, "has wrong flags");
		if (a->code != ATTR_MP_REACH && a->code != ATTR_MP_UNREACH)
			return;
	}
	if (row->external != TAKE && !internal(d->s)) {
		if (row->external == DISCARD)
			blame_attr(d, a, UPD_DISCARD_ATTRIBUTE, ERR_UPDATE_OPTIONAL,
					"comes from an external peer");
		return;
	}
	if (row->size != ANY_SIZE && rd_left(&a->r) != (size_t)row->size)
		blame_attr(d, a, (enum upd_verdict)row->verdict, ERR_UPDATE_LENGTH,
				"has the wrong length");
	else if (!row->decode(d, a, &why))
		blame_attr(d, a, (enum upd_verdict)row->verdict, row->subcode, why);
}

/* Attributes one after the other.  Where one is longer than the rest, nothing
 * behind can be found any more (RFC 7606 section 4). */
static void attrs_decode(struct decoding *d, struct rd *r)
{
	while (rd_left(r) && d->u->verdict < UPD_RESET) {
		struct attr a = { .start = r->p };
		size_t len, left = rd_left(r);

		a.flags = rd_u8(r);
		a.code = rd_u8(r);
		len = a.flags & FLAG_EXTENDED ? rd_u16(r) : rd_u8(r);
		a.r = rd_sub(r, len);
		if (a.r.failed) {
			blame(d->u, UPD_TREAT_WITHDRAW, ERR_UPDATE_LIST, a.start, left,
					"attribute %u is longer than the attributes' field",
					left > 1 ? a.code : 0);
			return;
		}
		a.size = (size_t)(r->p - a.start);
		attr_decode(d, &a);
	}
}

/* Segments of the 2-byte path that lead to the AS4_PATH, then that
 * (RFC 6793 section 4.2.3). */
static void as4_path_merge(struct decoding *d)
{
	struct attr_span path = d->u->attrs.part[PART_AS_PATH], tail = d->as4_path;
	unsigned hops = as_path_hops(path), tail_hops = as_path_hops(tail), keep;
	const uint8_t *p = path.p, *end = path.len ? p + path.len : p;
	uint8_t *out, *start;

	if (tail.len == 0 || hops < tail_hops)
		return;
	start = out = scratch(d->u, (size_t)path.len + tail.len);
	for (keep = hops - tail_hops; p < end && keep; p += 2 + 4 * p[1]) {
		unsigned n = p[1];

		if (p[0] == AS_SEQUENCE)
			n = n < keep ? n : keep;
		out[0] = p[0];
		out[1] = (uint8_t)n;
		memcpy(out + 2, p + 2, 4 * n);
		out += 2 + 4 * n;
		keep -= p[0] == AS_SEQUENCE ? n : p[0] == AS_SET;
	}
	memcpy(out, tail.p, tail.len);
	out += tail.len;
	if (out - start <= UINT16_MAX)
		d->u->attrs.part[PART_AS_PATH] = (struct attr_span){ start, (uint16_t)(out - start) };
}

static void as4_merge(struct decoding *d)
{
	struct route_attrs *a = &d->u->attrs;

	if (a->part[PART_AGGREGATOR].len && !d->aggregator_is_trans)
		return; /* someone who knows no AS4 attributes aggregated since */
	if (a->part[PART_AGGREGATOR].len && d->as4_aggregator.len)
		a->part[PART_AGGREGATOR] = d->as4_aggregator;
	as4_path_merge(d);
}

/* Next hops that can't be one, RFC 4271 section 6.3. */
static bool next_hop_martian(const struct ip_addr *a)
{
	if (a->family == 4)
		return a->b[0] == 0 || a->b[0] == 127 || a->b[0] >= 224;
	return ip_is_zero(a) || ip_is_loopback(a) || ip_is_multicast(a);
}

static void next_hop_check(struct decoding *d, const struct ip_addr *a, const struct attr *attr)
{
	char text[IP_TEXT_MAX];

	if (next_hop_martian(a))
		blame(d->u, UPD_TREAT_WITHDRAW, ERR_UPDATE_NEXT_HOP, attr->start, attr->size,
				"next hop %s can't be one", ip_text(a, text));
}

static void mandatory_check(struct decoding *d, bool ipv4_reach)
{
	static const uint8_t codes[] = { ATTR_ORIGIN, ATTR_AS_PATH, ATTR_NEXT_HOP, ATTR_LOCAL_PREF };
	const bool needed[] = { true, true, ipv4_reach, d->s->ibgp };

	for (unsigned i = 0; i < sizeof(codes); i++)
		if (needed[i] && !(d->u->seen & 1ull << codes[i]))
			blame(d->u, UPD_TREAT_WITHDRAW, ERR_UPDATE_MISSING, &codes[i], 1,
					"%s is missing", rows[codes[i]].name);
}

/* What holds between attributes, once all are read. */
static void attrs_check(struct decoding *d, bool ipv4_reach)
{
	struct route_attrs *a = &d->u->attrs;
	uint32_t total = 0, first = as_path_first(a->part[PART_AS_PATH]);

	mandatory_check(d, ipv4_reach);
	if (d->u->verdict >= UPD_TREAT_WITHDRAW)
		return;
	if (ipv4_reach)
		next_hop_check(d, &d->next_hop, &d->next_hop_attr);
	if (d->has_reach)
		next_hop_check(d, &d->reach.next_hop, &d->reach_attr);
	if (d->s->enforce_first_as && !internal(d->s) && first != d->s->remote_as)
		blame(d->u, UPD_TREAT_WITHDRAW, ERR_UPDATE_AS_PATH, NULL, 0,
				"the first AS of the path is %u instead of the peer's, %u", first,
				d->s->remote_as);
	for (unsigned i = 0; i < PART_COUNT; i++)
		total += a->part[i].len;
	if (total > PARTS_MAX)
		blame(d->u, UPD_TREAT_WITHDRAW, ERR_UPDATE_LIST, NULL, 0,
				"%u bytes of attributes are more than can be kept", total);
}

static void field_add(struct update *u, const struct update_field *f)
{
	struct update_field *to = &u->field[u->n_fields++];

	*to = *f;
	if (u->verdict == UPD_TREAT_WITHDRAW)
		to->withdraw = true;
}

static void fields_collect(struct decoding *d, struct rd withdrawn, struct rd reach)
{
	bool ipv4 = d->s->family[FAM_IPV4_UNICAST], add_path = d->s->add_path[FAM_IPV4_UNICAST];
	struct update_field f = { .family = FAM_IPV4_UNICAST, .add_path = add_path };

	if (ipv4 && rd_left(&withdrawn)) {
		f.withdraw = true;
		f.r = withdrawn;
		field_add(d->u, &f);
	}
	if (d->has_unreach && rd_left(&d->unreach.r))
		field_add(d->u, &d->unreach);
	if (ipv4 && rd_left(&reach)) {
		f.withdraw = false;
		f.r = reach;
		f.next_hop = d->next_hop;
		field_add(d->u, &f);
	}
	if (d->has_reach && rd_left(&d->reach.r))
		field_add(d->u, &d->reach);
}

static void update_begin(struct update *u, size_t len)
{
	/* Widened path, AS4_PATH, their merge, attributes to pass on: none of these
	 * is more than twice, once, three times, twice the message. */
	size_t need = 8 * len + 64;

	if (u->scratch_room < need) {
		free(u->scratch);
		u->scratch = xmalloc(need);
		u->scratch_room = need;
	}
	u->scratch_used = 0;
	u->n_fields = 0;
	u->end_of_rib = FAM_NONE;
	u->verdict = UPD_OK;
	u->seen = 0;
	memset(&u->attrs, 0, sizeof(u->attrs));
}

static void end_of_rib_find(struct decoding *d, size_t len)
{
	if (len == 4 && d->s->family[FAM_IPV4_UNICAST])
		d->u->end_of_rib = FAM_IPV4_UNICAST;
	else if (d->has_unreach && !rd_left(&d->unreach.r) &&
			d->u->seen == 1ull << ATTR_MP_UNREACH)
		d->u->end_of_rib = d->unreach.family;
}

enum upd_verdict update_decode(struct update *u, const struct session_view *s, const uint8_t *body,
		size_t len)
{
	struct decoding d = { .u = u, .s = s };
	struct rd r = rd_init(body, len), withdrawn, attrs;

	update_begin(u, len);
	d.other = scratch(u, 2 * len);
	withdrawn = rd_sub(&r, rd_u16(&r));
	attrs = rd_sub(&r, rd_u16(&r));
	if (r.failed || withdrawn.failed || attrs.failed) {
		blame(u, UPD_RESET, ERR_UPDATE_LIST, NULL, 0,
				"the lengths inside an UPDATE of %zu bytes do not fit",
				len + MSG_HEADER_SIZE);
		return u->verdict;
	}
	attrs_decode(&d, &attrs);
	u->attrs.part[PART_OTHER] = (struct attr_span){ d.other, d.other_len };
	if (!s->as4 && u->verdict < UPD_TREAT_WITHDRAW)
		as4_merge(&d);
	if (u->verdict < UPD_TREAT_WITHDRAW && (rd_left(&r) || (d.has_reach && rd_left(&d.reach.r))))
		attrs_check(&d, rd_left(&r) != 0);
	if (u->verdict == UPD_RESET)
		return u->verdict;
	fields_collect(&d, withdrawn, r);
	if (u->n_fields == 0)
		end_of_rib_find(&d, len);
	return u->verdict;
}

int update_field_next_slow(struct update_field *f, struct nlri *ret)
{
	while (rd_left(&f->r)) {
		int rc = nlri_decode(&f->r, f->family, f->add_path, f->withdraw, ret);

		if (rc != -EOPNOTSUPP)
			return rc ? rc : 1;
		f->skipped++;
	}
	return 0;
}

void update_field_error(const struct update_field *f, struct msg_error *ret)
{
	/* RFC 7606 section 5.3: what follows can't be found any more. */
	if (f->mp)
		msg_error_set(ret, ERR_UPDATE, ERR_UPDATE_OPTIONAL, NULL, 0,
				"malformed %s NLRI in %s", families[f->family].name,
				f->withdraw ? "MP_UNREACH_NLRI" : "MP_REACH_NLRI");
	else
		msg_error_set(ret, ERR_UPDATE, ERR_UPDATE_NETWORK, NULL, 0,
				"malformed IPv4 prefix among the %s routes",
				f->withdraw ? "withdrawn" : "announced");
}
