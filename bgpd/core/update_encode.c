/* UPDATE encoding: see update.h.  Attribute bytes are made once per set and
 * kind of receiver; packing a message is a head, NLRIs, and perhaps a copy of
 * those bytes behind them (RFC 7606 5.1: MP_REACH_NLRI comes first). */
#include <assert.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/update.h"

#define FLAG_WELL_KNOWN 0x40
#define FLAG_OPTIONAL 0x80
#define FLAG_OPT_TRANS 0xc0
#define FLAG_EXTENDED 0x10

/* The largest NLRI there is: an EVPN type 5 of IPv6 with a path id. */
#define NLRI_WIRE_MAX 64

static uint8_t *attr_head(struct wr *w, uint8_t flags, uint8_t code, size_t len)
{
	uint8_t *p;

	if (len > UINT8_MAX) {
		p = wr_reserve(w, 4 + len);
		if (!p)
			return NULL;
		p[0] = flags | FLAG_EXTENDED;
		p[1] = code;
		wr_put16(p + 2, (uint16_t)len);
		return p + 4;
	}
	p = wr_reserve(w, 3 + len);
	if (!p)
		return NULL;
	p[0] = flags;
	p[1] = code;
	p[2] = (uint8_t)len;
	return p + 3;
}

static void attr_bytes(struct wr *w, uint8_t flags, uint8_t code, const void *src, size_t len)
{
	uint8_t *p = attr_head(w, flags, code, len);

	if (p && len)
		memcpy(p, src, len);
}

static void attr_u32(struct wr *w, uint8_t flags, uint8_t code, uint32_t v)
{
	uint8_t *p = attr_head(w, flags, code, 4);

	if (p)
		wr_put32(p, v);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint16_t as_trans(uint32_t as)
{
	return as > UINT16_MAX ? AS_TRANS : (uint16_t)as;
}

/* Attributes that we only pass on, up to (not with) a code: they are in the
 * order in which they came, which the field keeps ascending. */
static void others_encode(struct wr *w, struct attr_span *other, unsigned below)
{
	while (other->len && other->p[1] < below) {
		uint16_t len = (uint16_t)(other->p[2] << 8 | other->p[3]);

		attr_bytes(w, other->p[0], other->p[1], other->p + 4, len);
		other->p += 4 + len;
		other->len = (uint16_t)(other->len - 4 - len);
	}
}

/* The path with 2-byte numbers (RFC 6793 4.2.2); true if an AS did not fit. */
static bool as_path_narrow(struct wr *w, struct attr_span path)
{
	const uint8_t *p = path.p, *end = path.len ? p + path.len : p;
	bool lost = false;
	unsigned n = 0;
	uint8_t *out;

	for (; p < end; p += 2 + 4 * p[1])
		n += 2 + 2 * p[1];
	out = attr_head(w, FLAG_WELL_KNOWN, ATTR_AS_PATH, n);
	if (!out)
		return false;
	for (p = path.p; p < end; p += 2 + 4 * p[1]) {
		*out++ = p[0];
		*out++ = p[1];
		for (unsigned i = 0; i < p[1]; i++, out += 2) {
			uint32_t as = get32(p + 2 + 4 * i);

			lost |= as > UINT16_MAX && (p[0] == AS_SEQUENCE || p[0] == AS_SET);
			wr_put16(out, as_trans(as));
		}
	}
	return lost;
}

/* The path without confederation segments, which AS4_PATH may not have. */
static void as4_path_encode(struct wr *w, struct attr_span path)
{
	const uint8_t *end = path.len ? path.p + path.len : path.p;
	unsigned n = 0;
	uint8_t *out;

	for (const uint8_t *p = path.p; p < end; p += 2 + 4 * p[1])
		n += p[0] == AS_SEQUENCE || p[0] == AS_SET ? 2 + 4 * p[1] : 0;
	out = attr_head(w, FLAG_OPT_TRANS, ATTR_AS4_PATH, n);
	if (out)
		as_path_strip_confed(path, out);
}

static void aggregator_encode(struct wr *w, const struct encode_view *v, struct attr_span s)
{
	uint8_t *p;

	if (!s.len)
		return;
	p = attr_head(w, FLAG_OPT_TRANS, ATTR_AGGREGATOR, v->as4 ? 8 : 6);
	if (!p)
		return;
	if (v->as4) {
		memcpy(p, s.p, 8);
	} else {
		wr_put16(p, as_trans(get32(s.p)));
		memcpy(p + 2, s.p + 4, 4);
	}
}

/* Across the border of the AS only transitive ones go (RFC 4360 section 6). */
static void ext_communities_encode(struct wr *w, const struct encode_view *v, struct attr_span s)
{
	unsigned n = 0;
	uint8_t *p;

	if (v->ibgp) {
		if (s.len)
			attr_bytes(w, FLAG_OPT_TRANS, ATTR_EXT_COMMUNITIES, s.p, s.len);
		return;
	}
	for (unsigned i = 0; i < s.len; i += 8)
		n += (s.p[i] & 0x40) == 0;
	if (n == 0)
		return;
	p = attr_head(w, FLAG_OPT_TRANS, ATTR_EXT_COMMUNITIES, 8u * n);
	for (unsigned i = 0; p && i < s.len; i += 8)
		if ((s.p[i] & 0x40) == 0) {
			memcpy(p, s.p + i, 8);
			p += 8;
		}
}

static void list_encode(struct wr *w, uint8_t flags, uint8_t code, struct attr_span s)
{
	if (s.len)
		attr_bytes(w, flags, code, s.p, s.len);
}

void update_encode_attrs(struct wr *w, const struct encode_view *v, enum family f,
		const struct route_attrs *a)
{
	struct attr_span other = a->part[PART_OTHER], aggregator = a->part[PART_AGGREGATOR];
	struct attr_span path = a->part[PART_AS_PATH];
	bool as4_path = false;

	attr_bytes(w, FLAG_WELL_KNOWN, ATTR_ORIGIN, &a->origin, 1);
	if (v->as4)
		attr_bytes(w, FLAG_WELL_KNOWN, ATTR_AS_PATH, path.p, path.len);
	else
		as4_path = as_path_narrow(w, path);
	if (!update_uses_mp(f, &a->next_hop))
		attr_bytes(w, FLAG_WELL_KNOWN, ATTR_NEXT_HOP, a->next_hop.b, 4);
	if (a->has & HAS_MED)
		attr_u32(w, FLAG_OPTIONAL, ATTR_MED, a->med);
	if (v->ibgp)
		attr_u32(w, FLAG_WELL_KNOWN, ATTR_LOCAL_PREF,
				a->has & HAS_LOCAL_PREF ? a->local_pref : v->default_local_pref);
	if (a->has & HAS_ATOMIC)
		attr_head(w, FLAG_WELL_KNOWN, ATTR_ATOMIC_AGGREGATE, 0);
	aggregator_encode(w, v, aggregator);
	list_encode(w, FLAG_OPT_TRANS, ATTR_COMMUNITIES, a->part[PART_COMMUNITIES]);
	if (v->ibgp && a->has & HAS_ORIGINATOR)
		attr_u32(w, FLAG_OPTIONAL, ATTR_ORIGINATOR_ID, a->originator_id);
	if (v->ibgp)
		list_encode(w, FLAG_OPTIONAL, ATTR_CLUSTER_LIST, a->part[PART_CLUSTER_LIST]);
	others_encode(w, &other, ATTR_EXT_COMMUNITIES);
	ext_communities_encode(w, v, a->part[PART_EXT_COMMUNITIES]);
	if (as4_path)
		as4_path_encode(w, path);
	if (!v->as4 && aggregator.len && get32(aggregator.p) > UINT16_MAX)
		attr_bytes(w, FLAG_OPT_TRANS, ATTR_AS4_AGGREGATOR, aggregator.p, 8);
	others_encode(w, &other, ATTR_PMSI_TUNNEL);
	list_encode(w, FLAG_OPT_TRANS, ATTR_PMSI_TUNNEL, a->part[PART_PMSI]);
	others_encode(w, &other, ATTR_LARGE_COMMUNITIES);
	list_encode(w, FLAG_OPT_TRANS, ATTR_LARGE_COMMUNITIES, a->part[PART_LARGE_COMMUNITIES]);
	others_encode(w, &other, UINT16_MAX);
}

/* ---- messages ---- */

static void mp_next_hop_encode(struct wr *w, enum family f, const struct ip_addr *a,
		const struct ip_addr *link_local)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t rd[8];
	bool vpn = f == FAM_IPV4_VPN || f == FAM_IPV6_VPN;
	bool map = a->family == 4 && (f == FAM_IPV6_UNICAST || f == FAM_IPV6_VPN);
	uint8_t *len = wr_reserve(w, 1);

	if (vpn)
		wr_bytes(w, rd, 8);
	if (map)
		wr_bytes(w, mapped, 12); /* RFC 4659 section 3.2.1.2 */
	wr_bytes(w, a->b, ip_bytes(a));
	if (a->family == 6 && link_local && link_local->family == 6) {
		if (vpn)
			wr_bytes(w, rd, 8);
		wr_bytes(w, link_local->b, 16);
	}
	if (len && !w->failed)
		*len = (uint8_t)(w->p - len - 1);
}

static void out_begin(struct update_out *o, uint8_t *buf, size_t size, const struct encode_view *v,
		enum family f, bool withdraw)
{
	*o = (struct update_out){
		.w = wr_init(buf, size < v->max_message ? size : v->max_message),
		.start = buf,
		.family = f,
		.add_path = v->add_path,
		.withdraw = withdraw,
	};
	msg_begin(&o->w, MSG_UPDATE);
	wr_u16(&o->w, 0);
}

/* Leaves room behind the NLRIs for what comes there. */
static bool tail_reserve(struct update_out *o, size_t len)
{
	if (o->w.failed || wr_left(&o->w) < len + NLRI_WIRE_MAX)
		return false;
	o->tail_len = (uint16_t)len;
	o->w.end -= len;
	return true;
}

static void mp_begin(struct update_out *o, uint8_t code)
{
	o->mp = o->w.p;
	wr_u8(&o->w, FLAG_OPTIONAL | FLAG_EXTENDED);
	wr_u8(&o->w, code);
	wr_u16(&o->w, 0);
	wr_u16(&o->w, families[o->family].afi);
	wr_u8(&o->w, families[o->family].safi);
}

bool update_out_reach(struct update_out *o, uint8_t *buf, size_t size, const struct encode_view *v,
		enum family f, const uint8_t *attrs, size_t attrs_len,
		const struct ip_addr *next_hop, const struct ip_addr *link_local)
{
	out_begin(o, buf, size, v, f, false);
	if (!update_uses_mp(f, next_hop)) {
		wr_u16(&o->w, (uint16_t)attrs_len);
		wr_bytes(&o->w, attrs, attrs_len);
		return tail_reserve(o, 0);
	}
	wr_u16(&o->w, 0);
	mp_begin(o, ATTR_MP_REACH);
	mp_next_hop_encode(&o->w, f, next_hop, link_local);
	wr_u8(&o->w, 0);
	o->tail = attrs;
	return tail_reserve(o, attrs_len);
}

bool update_out_withdraw(struct update_out *o, uint8_t *buf, size_t size,
		const struct encode_view *v, enum family f)
{
	static const uint8_t no_attrs[2];

	out_begin(o, buf, size, v, f, true);
	if (f == FAM_IPV4_UNICAST) {
		o->tail = no_attrs;
		return tail_reserve(o, sizeof(no_attrs));
	}
	wr_u16(&o->w, 0);
	mp_begin(o, ATTR_MP_UNREACH);
	return tail_reserve(o, 0);
}

bool update_out_add_slow(struct update_out *o, const uint8_t *key, uint32_t path_id,
		const struct nlri_info *info)
{
	struct wr w = o->w;

	nlri_encode(&w, o->family, o->add_path, key, path_id, info, o->withdraw);
	if (w.failed)
		return false;
	o->w = w;
	o->n++;
	return true;
}

size_t update_out_end(struct update_out *o)
{
	uint8_t *nlri_end = o->w.p;

	assert(!o->w.failed);
	o->w.end += o->tail_len;
	wr_bytes(&o->w, o->tail, o->tail_len);
	if (o->mp) {
		wr_put16(o->mp + 2, (uint16_t)(nlri_end - o->mp - 4));
		wr_put16(o->mp - 2, (uint16_t)(o->w.p - o->mp));
	} else if (o->withdraw) {
		wr_put16(o->start + MSG_HEADER_SIZE,
				(uint16_t)(nlri_end - o->start - MSG_HEADER_SIZE - 2));
	}
	msg_end(&o->w, o->start);
	return wr_len(&o->w);
}

void update_end_of_rib(struct wr *w, enum family f)
{
	uint8_t *start = w->p;

	msg_begin(w, MSG_UPDATE);
	wr_u16(w, 0);
	if (f == FAM_IPV4_UNICAST) {
		wr_u16(w, 0);
	} else {
		wr_u16(w, 6);
		wr_u8(w, FLAG_OPTIONAL);
		wr_u8(w, ATTR_MP_UNREACH);
		wr_u8(w, 3);
		wr_u16(w, families[f].afi);
		wr_u8(w, families[f].safi);
	}
	msg_end(w, start);
}
