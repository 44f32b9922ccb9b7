/* Message header, KEEPALIVE, ROUTE-REFRESH: see msg.h.  OPEN is in open.c,
 * NOTIFICATION in notification.c, UPDATE in update.c. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bgpd/core/msg.h"
#include "lib/base/rd.h"

static const uint8_t marker[16] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static const struct {
	const char *name;
	uint16_t min; /* with the header */
} types[] = {
	[MSG_OPEN] = { "OPEN", 29 },
	[MSG_UPDATE] = { "UPDATE", 23 },
	[MSG_NOTIFICATION] = { "NOTIFICATION", 21 },
	[MSG_KEEPALIVE] = { "KEEPALIVE", 19 },
	/* A wrong length has its own error code (RFC 7313 5): refresh_decode(). */
	[MSG_REFRESH] = { "ROUTE-REFRESH", 19 },
};

const char *msg_type_text(uint8_t type)
{
	return type >= MSG_OPEN && type <= MSG_REFRESH ? types[type].name : "unknown";
}

int msg_error_set(struct msg_error *e, uint8_t code, uint8_t subcode, const void *data, size_t len,
		const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -EPROTO;
	e->code = code;
	e->subcode = subcode;
	e->data = data;
	e->data_len = (uint16_t)len;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -EPROTO;
}

int msg_header_decode(const uint8_t *p, size_t n, uint32_t max, uint8_t *ret_type, uint32_t *ret_len,
		struct msg_error *e)
{
	uint32_t len;
	uint8_t type;

	if (memcmp(p, marker, n < 16 ? n : 16) != 0)
		return msg_error_set(e, ERR_HEADER, ERR_HEADER_SYNC, NULL, 0,
				"the marker of a message is not all ones");
	if (n < MSG_HEADER_SIZE)
		return 0;
	len = (uint32_t)p[16] << 8 | p[17];
	type = p[18];
	if (len < MSG_HEADER_SIZE || len > max)
		return msg_error_set(e, ERR_HEADER, ERR_HEADER_LENGTH, p + 16, 2,
				"message length %u is not in 19..%u", len, max);
	if (type < MSG_OPEN || type > MSG_REFRESH)
		return msg_error_set(e, ERR_HEADER, ERR_HEADER_TYPE, p + 18, 1,
				"message type %u is unknown", type);
	if (len < types[type].min || (type == MSG_KEEPALIVE && len != MSG_HEADER_SIZE) ||
			(type == MSG_OPEN && len > MSG_MAX))
		return msg_error_set(e, ERR_HEADER, ERR_HEADER_LENGTH, p + 16, 2,
				"length %u is wrong for %s", len, types[type].name);
	if (n < len)
		return 0;
	*ret_type = type;
	*ret_len = len;
	return 1;
}

void msg_begin(struct wr *w, enum msg_type type)
{
	wr_bytes(w, marker, sizeof(marker));
	wr_u16(w, 0);
	wr_u8(w, (uint8_t)type);
}

void msg_end(struct wr *w, uint8_t *start)
{
	if (!w->failed)
		wr_put16(start + 16, (uint16_t)(w->p - start));
}

void keepalive_encode(struct wr *w)
{
	uint8_t *start = w->p;

	msg_begin(w, MSG_KEEPALIVE);
	msg_end(w, start);
}

int refresh_decode(const uint8_t *body, size_t len, struct refresh *ret, struct msg_error *e)
{
	/* With ORFs (RFC 5291) the message is longer; we announce none. */
	if (len != 4)
		return msg_error_set(e, ERR_REFRESH, 1, body - MSG_HEADER_SIZE,
				len + MSG_HEADER_SIZE, "ROUTE-REFRESH of %zu bytes instead of 23",
				len + MSG_HEADER_SIZE);
	ret->afi = (uint16_t)(body[0] << 8 | body[1]);
	ret->kind = body[2];
	ret->safi = body[3];
	ret->family = family_find(ret->afi, ret->safi);
	return 0;
}

void refresh_encode(struct wr *w, enum family f, enum refresh_kind kind)
{
	uint8_t *start = w->p;

	msg_begin(w, MSG_REFRESH);
	wr_u16(w, families[f].afi);
	wr_u8(w, (uint8_t)kind);
	wr_u8(w, families[f].safi);
	msg_end(w, start);
}
