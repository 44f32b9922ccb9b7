/* The table that core_bench plays: see core_routes.h.  Prefix lengths as in the
 * Internet's table; prefixes of one origin tend to be neighbours; the same for
 * MACs of a VTEP is not so: they are random. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bench/core_routes.h"
#include "bgpd/core/msg.h"
#include "bgpd/core/update.h"
#include "lib/base/rng.h"
#include "lib/base/wr.h"

#define NEAR_PERCENT 60 /* of prefixes follow their predecessor */

struct place {
	uint64_t address; /* the upper 64 bits, or the IPv4 address in the lowest 32 */
	unsigned len;
};

static unsigned length_draw(struct rng *r, bool six)
{
	static const uint8_t v4[] = { 24, 24, 24, 24, 24, 24, 23, 22, 22, 21, 20, 19, 18, 16 };
	static const uint8_t v6[] = { 48, 48, 48, 48, 48, 32, 32, 44, 44, 40, 36, 29, 46, 47 };

	return six ? v6[rng_below(r, sizeof(v6))] : v4[rng_below(r, sizeof(v4))];
}

static void place_next(struct place *p, struct rng *r, bool six)
{
	unsigned bits = six ? 64 : 32;
	bool near = p->len && rng_below(r, 100) < NEAR_PERCENT;

	if (near) {
		p->address += 1ull << (bits - p->len);
		if (six || p->address < 0xdf000000)
			return;
	}
	p->len = length_draw(r, six);
	p->address = six ? 0x2001000000000000u + (rng_next(r) >> 8) :
			   0x0b000000 + rng_below(r, 0xd3000000 - 0x0b000000);
	p->address &= ~0ull << (bits - p->len);
}

static void prefix_write(struct wr *w, const struct place *p, bool six)
{
	for (unsigned i = 0; i < (p->len + 7) / 8; i++)
		wr_u8(w, (uint8_t)(p->address >> ((six ? 56 : 24) - 8 * i)));
}

static void rd_write(struct wr *w, uint16_t type, uint64_t value)
{
	wr_u16(w, type);
	wr_u16(w, (uint16_t)(value >> 32));
	wr_u32(w, (uint32_t)value);
}

static void macip_write(struct wr *w, struct rng *r, uint32_t group)
{
	uint64_t mac = 0x020000000000u | (rng_next(r) & 0xffffffffffu);
	bool with_ip = rng_below(r, 100) >= 30;

	wr_u8(w, EVPN_MACIP);
	wr_u8(w, (uint8_t)(33 + 4 * with_ip));
	rd_write(w, 1, (uint64_t)(0x0afd0001 + group % 500) << 16 | (group % 2003 + 1));
	for (int i = 0; i < 14; i++)
		wr_u8(w, 0); /* ESI, Ethernet tag */
	wr_u8(w, 48);
	wr_u16(w, (uint16_t)(mac >> 32));
	wr_u32(w, (uint32_t)mac);
	wr_u8(w, with_ip ? 32 : 0);
	if (with_ip)
		wr_u32(w, 0x0a000000 | (uint32_t)(rng_next(r) & 0x7fffff));
	wr_u24(w, 10000 + group % 2003);
}

static void nlri_write(struct wr *w, enum family f, struct rng *r, struct place *p, uint32_t group)
{
	bool six = f == FAM_IPV6_UNICAST;

	if (f == FAM_EVPN) {
		macip_write(w, r, group);
		return;
	}
	place_next(p, r, six);
	wr_u8(w, (uint8_t)(p->len + (f == FAM_IPV4_VPN ? 88 : 0)));
	if (f == FAM_IPV4_VPN) {
		wr_u24(w, (16 + group % 1000000) << 4 | 1);
		rd_write(w, 0, (uint64_t)65000 << 32 | (group / 25 + 1));
	}
	prefix_write(w, p, six);
}

void core_routes_make(struct core_routes *r, enum family f, uint32_t n, double per_group)
{
	struct rng rng = { 42 };

	*r = (struct core_routes){ .family = f, .n = n };
	for (uint32_t i = 0; i < n; r->n_groups++) {
		uint32_t left = 1 + (uint32_t)rng_below(&rng, (uint64_t)(2 * per_group - 1));
		struct place p = { 0 };

		for (; left && i < n; left--, i++) {
			uint8_t buf[64];
			struct wr w = wr_init(buf, sizeof(buf));

			nlri_write(&w, f, &rng, &p, r->n_groups);
			*vec_push(&r->at) = (uint32_t)r->nlri.n;
			*vec_push(&r->group) = r->n_groups;
			vec_reserve(&r->nlri, wr_len(&w));
			memcpy(r->nlri.v + r->nlri.n, buf, wr_len(&w));
			r->nlri.n += wr_len(&w);
		}
	}
	*vec_push(&r->at) = (uint32_t)r->nlri.n;
}

static struct wr attrs_make(const struct core_sender *s, enum family f, uint32_t group, uint8_t *buf,
		size_t size)
{
	struct rng r = { group * 7919u + 1 };
	struct wr w = wr_init(buf, size);
	unsigned hops = 2 + (unsigned)rng_below(&r, 5), n = (unsigned)rng_below(&r, 8);

	if (s->of > 1 && group % s->of != s->number)
		hops++;
	wr_u32(&w, 0x40010100);
	wr_u16(&w, 0x4002);
	wr_u8(&w, (uint8_t)(2 + 4 * (hops + !s->internal)));
	wr_u8(&w, 2);
	wr_u8(&w, (uint8_t)(hops + !s->internal));
	if (!s->internal)
		wr_u32(&w, s->as);
	for (unsigned i = 0; i < hops; i++)
		wr_u32(&w, 1000 + (uint32_t)rng_below(&r, 60000));
	if (f == FAM_IPV4_UNICAST) {
		wr_u24(&w, 0x400304);
		wr_u32(&w, s->address);
	}
	if (s->med) {
		wr_u24(&w, 0x800404);
		wr_u32(&w, s->med);
	}
	if (s->internal) {
		wr_u24(&w, 0x400504);
		wr_u32(&w, 100);
	}
	if (n > 3) {
		wr_u16(&w, 0xc008);
		wr_u8(&w, (uint8_t)(4 * (n - 3)));
		for (unsigned i = 3; i < n; i++)
			wr_u32(&w, (uint32_t)rng_next(&r));
	}
	if (f == FAM_IPV4_VPN || f == FAM_EVPN) {
		wr_u24(&w, 0xc01008);
		wr_u16(&w, 0x0002);
		wr_u16(&w, 65000);
		wr_u32(&w, group / 25 + 1);
	}
	return w;
}

/* Of MP_REACH: length, next hop and the reserved byte. */
static void next_hop_write(struct wr *w, enum family f, uint32_t address)
{
	wr_u8(w, f == FAM_IPV6_UNICAST ? 16 : f == FAM_IPV4_VPN ? 12 : 4);
	if (f == FAM_IPV6_UNICAST)
		rd_write(w, 0x2001, 0x0db8u), wr_u32(w, 0);
	if (f == FAM_IPV4_VPN)
		rd_write(w, 0, 0);
	wr_u32(w, address);
	wr_u8(w, 0);
}

static uint8_t *mp_begin(struct wr *w, uint8_t code, enum family f)
{
	uint8_t *mp;

	wr_u16(w, 0x9000 | code);
	mp = w->p;
	wr_u16(w, 0);
	wr_u16(w, families[f].afi);
	wr_u8(w, families[f].safi);
	return mp;
}

static void message_out(core_bytes *out, const uint8_t *msg, const struct wr *w)
{
	assert(!w->failed);
	vec_reserve(out, wr_len(w));
	memcpy(out->v + out->n, msg, wr_len(w));
	out->n += wr_len(w);
}

void core_routes_announce(const struct core_routes *r, const struct core_sender *s, core_bytes *out)
{
	bool mp = r->family != FAM_IPV4_UNICAST;
	uint8_t msg[MSG_MAX], attrs[1024], *reach;

	for (uint32_t i = 0; i < r->n;) {
		uint32_t group = r->group.v[i];
		struct wr a = attrs_make(s, r->family, group, attrs, sizeof(attrs));
		struct wr w = wr_init(msg, sizeof(msg));

		msg_begin(&w, MSG_UPDATE);
		wr_u16(&w, 0);
		wr_u16(&w, (uint16_t)wr_len(&a));
		wr_bytes(&w, attrs, wr_len(&a));
		if (mp) {
			reach = mp_begin(&w, ATTR_MP_REACH, r->family);
			next_hop_write(&w, r->family, s->address);
		}
		for (; i < r->n && r->group.v[i] == group; i++)
			wr_bytes(&w, r->nlri.v + r->at.v[i], r->at.v[i + 1] - r->at.v[i]);
		if (mp) {
			wr_put16(reach, (uint16_t)(w.p - reach - 2));
			wr_put16(msg + 21, (uint16_t)(wr_len(&w) - 23));
		}
		msg_end(&w, msg);
		message_out(out, msg, &w);
	}
}

static uint32_t *order_make(const struct core_routes *r, uint64_t seed)
{
	uint32_t *order = malloc(r->n * sizeof(*order));
	struct rng rng = { seed };

	for (uint32_t i = 0; i < r->n; i++)
		order[i] = i;
	for (uint32_t i = 0; seed && i < r->n; i++) {
		uint32_t j = i + (uint32_t)rng_below(&rng, r->n - i), x = order[j];

		order[j] = order[i];
		order[i] = x;
	}
	return order;
}

void core_routes_withdraw(const struct core_routes *r, uint64_t seed, core_bytes *out)
{
	bool mp = r->family != FAM_IPV4_UNICAST;
	uint8_t msg[MSG_MAX], *unreach = msg + 21;
	uint32_t *order = order_make(r, seed);

	for (uint32_t i = 0; i < r->n;) {
		struct wr w = wr_init(msg, sizeof(msg));

		msg_begin(&w, MSG_UPDATE);
		wr_u16(&w, 0);
		if (mp) {
			wr_u16(&w, 0);
			unreach = mp_begin(&w, ATTR_MP_UNREACH, r->family);
		}
		for (; i < r->n && wr_left(&w) >= 66; i++)
			wr_bytes(&w, r->nlri.v + r->at.v[order[i]],
					r->at.v[order[i] + 1] - r->at.v[order[i]]);
		if (mp) {
			wr_put16(unreach, (uint16_t)(w.p - unreach - 2));
			wr_put16(msg + 21, (uint16_t)(wr_len(&w) - 23));
		} else {
			wr_put16(msg + 19, (uint16_t)(wr_len(&w) - 21));
			wr_u16(&w, 0);
		}
		msg_end(&w, msg);
		message_out(out, msg, &w);
	}
	free(order);
}
