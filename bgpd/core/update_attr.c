/* Path attributes of an UPDATE: one table row and one function for each; the
 * verdicts are those of RFC 7606 section 7 and of the attributes' own RFCs.
 * Called by update.c.
 *
 * Deviation: an attribute that is not optional and not known resets the
 * session (RFC 4271 6.3), as RFC 7606 says nothing of it. */
#include "bgpd/core/as_path.h"
#include "bgpd/core/update_private.h"

/* An attribute's bytes as the data of a NOTIFICATION. */
static void blame_attr(struct decoding *d, const struct attr *a, enum upd_verdict v,
		uint8_t subcode, const char *what)
{
	update_blame(d->u, v, subcode, a->start, a->size, "%s (attribute %u, %zu bytes) %s",
			attr_code_text(a->code), a->code, a->size, what);
}

static struct attr_span span(const struct rd *r)
{
	return (struct attr_span){ r->p, (uint16_t)rd_left(r) };
}

static bool origin_decode(struct decoding *d, struct attr *a, const char **why)
{
	*why = "has an undefined value";
	d->u->attrs.origin = rd_u8(&a->r);
	return d->u->attrs.origin <= ORIGIN_INCOMPLETE;
}

/* 2-byte AS numbers to 4 bytes; false if the segments are malformed. */
static bool as_path_widen(struct update *u, struct rd r, struct attr_span *ret)
{
	uint8_t *out = update_scratch(u, 2 * rd_left(&r)), *p = out;

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
	if (!session_internal(d->s) && as_path_has_confed(path)) {
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
		uint8_t *p = update_scratch(d->u, 8);
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
	d->as4_path = as_path_strip_confed(path, update_scratch(d->u, path.len));
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

/* ---- the table ---- */

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
		ERR_UPDATE_OPTIONAL, TAKE, update_mp_reach_decode },
	[ATTR_MP_UNREACH] = { "MP_UNREACH_NLRI", FLAG_OPTIONAL, ANY_SIZE, UPD_RESET,
		ERR_UPDATE_OPTIONAL, TAKE, update_mp_unreach_decode },
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

void update_attr_decode(struct decoding *d, struct attr *a)
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
	if (row->external != TAKE && !session_internal(d->s)) {
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
