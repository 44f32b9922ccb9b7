/* Codec of the feed between bgpd and overlayd: see feed.h.  Each type is a
 * row with one function, which both writes and reads: `struct io` goes either
 * way, so the two can't differ. */
#include <errno.h>
#include <string.h>

#include "lib/base/feed.h"

struct io {
	struct wr *w; /* either this ... */
	struct rd *r; /* ... or this */
};

static void io_u8(struct io *io, uint8_t *v)
{
	if (io->w)
		wr_u8(io->w, *v);
	else
		*v = rd_u8(io->r);
}

static void io_u16(struct io *io, uint16_t *v)
{
	if (io->w)
		wr_u16(io->w, *v);
	else
		*v = rd_u16(io->r);
}

static void io_u32(struct io *io, uint32_t *v)
{
	if (io->w)
		wr_u32(io->w, *v);
	else
		*v = rd_u32(io->r);
}

static void io_u64(struct io *io, uint64_t *v)
{
	if (io->w)
		wr_u64(io->w, *v);
	else
		*v = rd_u64(io->r);
}

static void io_bool(struct io *io, bool *v)
{
	uint8_t b = *v;

	io_u8(io, &b);
	if (io->r && b > 1)
		io->r->failed = true;
	*v = b == 1;
}

static void io_bytes(struct io *io, void *p, size_t n)
{
	if (io->w)
		wr_bytes(io->w, p, n);
	else
		rd_copy(io->r, p, n);
}

static void io_addr(struct io *io, struct ip_addr *a)
{
	io_u8(io, &a->family);
	if (a->family != 0 && a->family != 4 && a->family != 6) {
		if (io->r)
			io->r->failed = true;
		a->family = 0;
	}
	io_bytes(io, a->b, ip_bytes(a));
}

static void io_prefix(struct io *io, struct prefix *p)
{
	struct ip_addr a = prefix_addr(p);

	io_addr(io, &a);
	io_u8(io, &p->len);
	if (!io->r)
		return;
	if (a.family == 0 || p->len > family_bits(a.family)) {
		io->r->failed = true;
		*p = (struct prefix){ 0 };
		return;
	}
	*p = prefix_make(&a, p->len);
}

/* A string of at most size - 1 bytes. */
static void io_text(struct io *io, char *s, size_t size)
{
	uint8_t n = (uint8_t)strnlen(s, size - 1);

	io_u8(io, &n);
	if (io->r && n >= size) {
		io->r->failed = true;
		return;
	}
	io_bytes(io, s, n);
	if (!io->r)
		return;
	s[n] = 0;
	if (strlen(s) != n)
		io->r->failed = true;
}

static void io_hello(struct io *io, struct feed_msg *m)
{
	io_u32(io, &m->hello.version);
	io_u64(io, &m->hello.boot_id);
}

static void io_end(struct io *io, struct feed_msg *m)
{
	(void)io, (void)m;
}

static void io_vrf(struct io *io, struct feed_msg *m)
{
	io_u32(io, &m->vrf_info.table);
	io_u32(io, &m->vrf_info.ifindex);
	io_u32(io, &m->vrf_info.l3vni);
	io_addr(io, &m->vrf_info.vtep);
	io_bytes(io, m->vrf_info.rmac.b, 6);
	io_bool(io, &m->vrf_info.up);
}

static void io_vni(struct io *io, struct feed_msg *m)
{
	io_u32(io, &m->vni.vni);
	io_addr(io, &m->vni.vtep);
	io_addr(io, &m->vni.mcast);
	io_bool(io, &m->vni.up);
}

static void io_mac(struct io *io, struct feed_msg *m)
{
	io_u32(io, &m->mac.vni);
	io_bytes(io, m->mac.mac.b, 6);
	io_addr(io, &m->mac.ip);
	io_u8(io, &m->mac.flags);
	io_u32(io, &m->mac.seq);
	io_addr(io, &m->mac.vtep);
}

static void io_local_route(struct io *io, struct feed_msg *m)
{
	io_prefix(io, &m->local_route.prefix);
	io_u8(io, &m->local_route.proto);
	io_u32(io, &m->local_route.metric);
	io_u32(io, &m->local_route.tag);
	io_addr(io, &m->local_route.gateway);
	io_u32(io, &m->local_route.ifindex);
}

static void io_interface(struct io *io, struct feed_msg *m)
{
	io_u32(io, &m->interface.ifindex);
	io_text(io, m->interface.name, sizeof(m->interface.name));
	io_u32(io, &m->interface.mtu);
	io_bytes(io, m->interface.mac.b, 6);
	io_bool(io, &m->interface.up);
}

static void io_address(struct io *io, struct feed_msg *m)
{
	io_u32(io, &m->address.ifindex);
	io_addr(io, &m->address.addr);
	io_u8(io, &m->address.len);
	if (io->r && m->address.len > family_bits(m->address.addr.family))
		io->r->failed = true;
}

static void io_nexthop(struct io *io, struct feed_msg *m)
{
	io_addr(io, &m->nexthop.addr);
	io_bool(io, &m->nexthop.resolved);
	io_bool(io, &m->nexthop.connected);
	io_bool(io, &m->nexthop.by_default);
	io_u32(io, &m->nexthop.metric);
	io_u32(io, &m->nexthop.ifindex);
}

static void io_watch(struct io *io, struct feed_msg *m)
{
	io_addr(io, &m->nexthop.addr);
}

static void io_route(struct io *io, struct feed_msg *m)
{
	io_prefix(io, &m->route.prefix);
	io_u8(io, &m->route.distance);
	io_u32(io, &m->route.metric);
	io_u32(io, &m->route.tag);
	io_u16(io, &m->route.n_nexthops);
	if (m->route.n_nexthops > FEED_NEXTHOPS_MAX || (m->add && m->route.n_nexthops == 0)) {
		if (io->r)
			io->r->failed = true;
		else
			io->w->failed = true;
		m->route.n_nexthops = 0;
	}
	for (unsigned i = 0; i < m->route.n_nexthops; i++) {
		struct feed_nexthop *nh = &m->route.nexthops[i];

		if (io->r)
			memset(nh, 0, sizeof(*nh));
		io_addr(io, &nh->addr);
		io_u32(io, &nh->ifindex);
		io_u32(io, &nh->vni);
		io_bytes(io, nh->rmac.b, 6);
		io_u32(io, &nh->weight);
		io_text(io, nh->vrf, sizeof(nh->vrf));
	}
}

static void io_route_status(struct io *io, struct feed_msg *m)
{
	uint32_t error = (uint32_t)m->route_status.error;

	io_prefix(io, &m->route_status.prefix);
	io_u32(io, &error);
	m->route_status.error = (int32_t)error;
	io_text(io, m->route_status.reason, sizeof(m->route_status.reason));
}

static void io_vtep(struct io *io, struct feed_msg *m)
{
	io_u32(io, &m->vtep.vni);
	io_addr(io, &m->vtep.addr);
}

static void io_subscribe(struct io *io, struct feed_msg *m)
{
	io_u8(io, &m->subscribe.proto);
}

static const struct row {
	bool has_vrf;
	const char *name;
	void (*io)(struct io *, struct feed_msg *);
} rows[] = {
	[FEED_HELLO] = { false, "hello", io_hello },
	[FEED_END] = { false, "end", io_end },
	[FEED_VRF] = { true, "vrf", io_vrf },
	[FEED_VNI] = { true, "vni", io_vni },
	[FEED_LOCAL_MAC] = { false, "local-mac", io_mac },
	[FEED_LOCAL_ROUTE] = { true, "local-route", io_local_route },
	[FEED_INTERFACE] = { true, "interface", io_interface },
	[FEED_ADDRESS] = { true, "address", io_address },
	[FEED_NEXTHOP] = { true, "nexthop", io_nexthop },
	[FEED_ROUTE_STATUS] = { true, "route-status", io_route_status },
	[FEED_ROUTE] = { true, "route", io_route },
	[FEED_VTEP] = { false, "vtep", io_vtep },
	[FEED_REMOTE_MAC] = { false, "remote-mac", io_mac },
	[FEED_NEXTHOP_WATCH] = { true, "nexthop-watch", io_watch },
	[FEED_SUBSCRIBE] = { true, "subscribe", io_subscribe },
};

/* A message is large and mostly next hops of routes: only what others have is
 * copied and cleared as a whole. */
#define SMALL offsetof(struct feed_msg, route.nexthops[2])
#define IS_SMALL(member)                                                                           \
	_Static_assert(offsetof(struct feed_msg, member) + sizeof(((struct feed_msg *)0)->member) <= \
					SMALL,                                                     \
			#member " is larger")
IS_SMALL(hello);
IS_SMALL(vrf_info);
IS_SMALL(vni);
IS_SMALL(mac);
IS_SMALL(local_route);
IS_SMALL(interface);
IS_SMALL(address);
IS_SMALL(nexthop);
IS_SMALL(route_status);
IS_SMALL(vtep);
IS_SMALL(subscribe);

static const struct row *row_find(uint8_t type)
{
	return type < sizeof(rows) / sizeof(rows[0]) && rows[type].io ? &rows[type] : NULL;
}

const char *feed_type_text(uint8_t type)
{
	const struct row *row = row_find(type);

	return row ? row->name : "?";
}

static size_t msg_size(const struct feed_msg *m)
{
	unsigned n = m->type == FEED_ROUTE ? m->route.n_nexthops : 0;

	if (n > FEED_NEXTHOPS_MAX)
		n = 0; /* it will be refused */
	return n <= 2 ? SMALL : offsetof(struct feed_msg, route.nexthops[n]);
}

void feed_encode(struct wr *w, const struct feed_msg *m)
{
	const struct row *row = row_find(m->type);
	uint8_t *start = w->p;
	struct io io = { .w = w };
	struct feed_msg copy; /* the rows' functions write through their argument */

	if (w->failed)
		return;
	if (!row) {
		w->failed = true;
		return;
	}
	memcpy(&copy, m, msg_size(m));
	wr_u16(w, 0);
	wr_u8(w, m->type);
	wr_u8(w, m->add);
	if (row->has_vrf)
		io_text(&io, copy.vrf, sizeof(copy.vrf));
	row->io(&io, &copy);
	if (w->failed || w->p - start > FEED_FRAME_MAX) {
		w->failed = true;
		w->p = start;
		return;
	}
	wr_put16(start, (uint16_t)(w->p - start - 2));
}

int feed_decode(struct rd *r, struct feed_msg *ret)
{
	struct rd at = *r, body;
	struct io io = { .r = &body };
	const struct row *row;
	uint8_t type, add;
	uint16_t len;

	if (rd_left(r) < 2)
		return 0;
	len = rd_u16(&at);
	if (len < 2 || len + 2 > FEED_FRAME_MAX)
		return -EPROTO;
	if (rd_left(&at) < len)
		return 0;
	body = rd_sub(&at, len);
	type = rd_u8(&body);
	add = rd_u8(&body);
	row = row_find(type);
	if (!row || add > 1)
		return -EPROTO;
	memset(ret, 0, SMALL);
	ret->type = type;
	ret->add = add == 1;
	if (row->has_vrf)
		io_text(&io, ret->vrf, sizeof(ret->vrf));
	row->io(&io, ret);
	if (body.failed || rd_left(&body) != 0)
		return -EPROTO;
	*r = at;
	return 1;
}
