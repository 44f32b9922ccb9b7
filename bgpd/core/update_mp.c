/* MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760), and the next hops of the
 * families: RFC 2545, RFC 4364 4.3.2, RFC 4659 3.2, RFC 7432 9.2, RFC 8950. */
#include "bgpd/core/update_private.h"

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

bool update_mp_reach_decode(struct decoding *d, struct attr *a, const char **why)
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

bool update_mp_unreach_decode(struct decoding *d, struct attr *a, const char **why)
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
