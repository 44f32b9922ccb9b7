/* Netlink bytes: see nlmsg.h. */
#include <errno.h>
#include <string.h>

#include "overlayd/core/nlmsg.h"

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

int nlmsg_next(const uint8_t **p, const uint8_t *end, struct nlmsg *ret)
{
	struct nlmsghdr h;
	size_t left = (size_t)(end - *p);

	if (left == 0)
		return 0;
	if (left < sizeof(h))
		return -EPROTO;
	memcpy(&h, *p, sizeof(h));
	if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > left)
		return -EPROTO;
	ret->type = h.nlmsg_type;
	ret->flags = h.nlmsg_flags;
	ret->seq = h.nlmsg_seq;
	ret->pid = h.nlmsg_pid;
	ret->body = *p + sizeof(h);
	ret->len = h.nlmsg_len - sizeof(h);
	*p += align4(h.nlmsg_len) < left ? align4(h.nlmsg_len) : left;
	return 1;
}

struct nla_iter nla_iter_init(const uint8_t *body, size_t len, size_t skip)
{
	skip = align4(skip);
	if (len < skip)
		return (struct nla_iter){ body, body, false };
	return (struct nla_iter){ body + skip, body + len, false };
}

struct nla_iter nla_nested(const struct nla *a)
{
	return (struct nla_iter){ a->data, a->data + a->len, false };
}

bool nla_next(struct nla_iter *it, struct nla *ret)
{
	size_t left = (size_t)(it->end - it->p);
	struct nlattr h;

	if (left < sizeof(h)) {
		it->failed |= left != 0;
		return false;
	}
	memcpy(&h, it->p, sizeof(h));
	if (h.nla_len < sizeof(h) || h.nla_len > left) {
		it->failed = true;
		return false;
	}
	ret->type = h.nla_type & NLA_TYPE_MASK;
	ret->data = it->p + sizeof(h);
	ret->len = h.nla_len - sizeof(h);
	it->p += align4(h.nla_len) < left ? align4(h.nla_len) : left;
	return true;
}

uint8_t nla_u8(const struct nla *a)
{
	return a->len >= 1 ? a->data[0] : 0;
}

uint16_t nla_u16(const struct nla *a)
{
	uint16_t v = 0;

	if (a->len >= sizeof(v))
		memcpy(&v, a->data, sizeof(v));
	return v;
}

uint16_t nla_be16(const struct nla *a)
{
	return a->len >= 2 ? (uint16_t)(a->data[0] << 8 | a->data[1]) : 0;
}

uint32_t nla_u32(const struct nla *a)
{
	uint32_t v = 0;

	if (a->len >= sizeof(v))
		memcpy(&v, a->data, sizeof(v));
	return v;
}

uint32_t nla_be32(const struct nla *a)
{
	return a->len >= 4 ? (uint32_t)a->data[0] << 24 | (uint32_t)a->data[1] << 16 |
					(uint32_t)a->data[2] << 8 | a->data[3] :
			     0;
}

struct ip_addr nla_ip(const struct nla *a)
{
	return ip_from_bytes(a->data, a->len);
}

struct mac_addr nla_mac(const struct nla *a)
{
	struct mac_addr m = { { 0 } };

	if (a->len == sizeof(m.b))
		memcpy(m.b, a->data, sizeof(m.b));
	return m;
}

void nla_str(const struct nla *a, char *buf, size_t size)
{
	size_t n = a->len ? strnlen((const char *)a->data, a->len) : 0;

	if (n >= size)
		n = size - 1;
	memcpy(buf, a->data, n);
	buf[n] = 0;
}

struct nlw nlw_init(void *buf, size_t size)
{
	return (struct nlw){ .buf = buf, .size = size };
}

static void *reserve(struct nlw *w, size_t n)
{
	uint8_t *p = w->buf + w->len;
	size_t room = align4(n);

	if (w->failed || w->size - w->len < room) {
		w->failed = true;
		return NULL;
	}
	memset(p, 0, room);
	w->len += room;
	return p;
}

void nlw_begin(struct nlw *w, uint16_t type, uint16_t flags, uint32_t seq, const void *fixed,
		size_t fixed_len)
{
	struct nlmsghdr h = { .nlmsg_type = type,
		.nlmsg_flags = flags | NLM_F_REQUEST,
		.nlmsg_seq = seq };
	void *p;

	w->start = w->len;
	w->failed = false;
	p = reserve(w, sizeof(h));
	if (p)
		memcpy(p, &h, sizeof(h));
	p = reserve(w, fixed_len);
	if (p && fixed_len)
		memcpy(p, fixed, fixed_len);
}

void nlw_attr(struct nlw *w, uint16_t type, const void *data, size_t len)
{
	struct nlattr h = { .nla_type = type, .nla_len = (uint16_t)(sizeof(h) + len) };
	uint8_t *p = reserve(w, sizeof(h) + len);

	if (!p)
		return;
	memcpy(p, &h, sizeof(h));
	if (len)
		memcpy(p + sizeof(h), data, len);
}

void nlw_u8(struct nlw *w, uint16_t type, uint8_t v)
{
	nlw_attr(w, type, &v, sizeof(v));
}

void nlw_u16(struct nlw *w, uint16_t type, uint16_t v)
{
	nlw_attr(w, type, &v, sizeof(v));
}

void nlw_be16(struct nlw *w, uint16_t type, uint16_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	nlw_attr(w, type, b, sizeof(b));
}

void nlw_u32(struct nlw *w, uint16_t type, uint32_t v)
{
	nlw_attr(w, type, &v, sizeof(v));
}

void nlw_be32(struct nlw *w, uint16_t type, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	nlw_attr(w, type, b, sizeof(b));
}

void nlw_str(struct nlw *w, uint16_t type, const char *s)
{
	nlw_attr(w, type, s, strlen(s) + 1);
}

void nlw_ip(struct nlw *w, uint16_t type, const struct ip_addr *a)
{
	nlw_attr(w, type, a->b, ip_bytes(a));
}

size_t nlw_nest(struct nlw *w, uint16_t type)
{
	size_t mark = w->len;

	nlw_attr(w, type | NLA_F_NESTED, NULL, 0);
	return mark;
}

void nlw_nest_end(struct nlw *w, size_t mark)
{
	uint16_t len = (uint16_t)(w->len - mark);

	if (!w->failed)
		memcpy(w->buf + mark, &len, sizeof(len)); /* nla_len is first */
}

bool nlw_end(struct nlw *w)
{
	uint32_t len = (uint32_t)(w->len - w->start);

	if (w->failed) {
		w->len = w->start;
		return false;
	}
	memcpy(w->buf + w->start, &len, sizeof(len));
	w->last = w->start;
	return true;
}

void nlw_flag_last(struct nlw *w, uint16_t flags)
{
	uint16_t f;

	if (w->len == 0)
		return;
	memcpy(&f, w->buf + w->last + offsetof(struct nlmsghdr, nlmsg_flags), sizeof(f));
	f |= flags;
	memcpy(w->buf + w->last + offsetof(struct nlmsghdr, nlmsg_flags), &f, sizeof(f));
}
