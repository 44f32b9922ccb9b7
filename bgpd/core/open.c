/* OPEN: see msg.h.  Sources: RFC 4271 4.2 and 6.2, RFC 5492, RFC 6793,
 * RFC 9072. */
#include <errno.h>
#include <string.h>

#include "bgpd/core/msg.h"
#include "lib/base/rd.h"

#define PARAM_CAPABILITIES 2
#define PARAM_EXTENDED 255 /* RFC 9072: lengths of two bytes follow */

static int params_decode(struct rd *r, bool extended, struct open_msg *ret, struct msg_error *e)
{
	while (rd_left(r)) {
		const uint8_t *at = r->p, *bad;
		uint8_t type = rd_u8(r);
		size_t len = extended ? rd_u16(r) : rd_u8(r);
		struct rd value = rd_sub(r, len);

		if (value.failed)
			return msg_error_set(e, ERR_OPEN, 0, NULL, 0,
					"optional parameter %u is longer than the OPEN", type);
		if (type != PARAM_CAPABILITIES)
			return msg_error_set(e, ERR_OPEN, ERR_OPEN_PARAMETER, at,
					len + (extended ? 3 : 2),
					"optional parameter %u is not supported", type);
		if (capabilities_decode(&value, &ret->caps, &bad))
			return msg_error_set(e, ERR_OPEN, 0, NULL, 0,
					"capability %u is longer than its parameter", *bad);
	}
	return 0;
}

static int fields_check(const struct open_msg *o, const uint8_t *body, struct msg_error *e)
{
	static const uint8_t version4[2] = { 0, 4 };

	if (o->version != 4)
		return msg_error_set(e, ERR_OPEN, ERR_OPEN_VERSION, version4, 2,
				"BGP version %u is not supported", o->version);
	if (o->as2 == 0)
		return msg_error_set(e, ERR_OPEN, ERR_OPEN_AS, body + 1, 2, "AS number 0");
	if (o->hold == 1 || o->hold == 2)
		return msg_error_set(e, ERR_OPEN, ERR_OPEN_HOLD, body + 3, 2,
				"hold time of %u s is not acceptable", o->hold);
	if (o->router_id == 0)
		return msg_error_set(e, ERR_OPEN, ERR_OPEN_ID, body + 5, 4, "BGP identifier 0.0.0.0");
	return 0;
}

int open_decode(const uint8_t *body, size_t len, struct open_msg *ret, struct msg_error *e)
{
	struct rd r = rd_init(body, len);
	bool extended = false;
	size_t params;

	memset(ret, 0, sizeof(*ret));
	ret->version = rd_u8(&r);
	ret->as2 = rd_u16(&r);
	ret->hold = rd_u16(&r);
	ret->router_id = rd_u32(&r);
	params = rd_u8(&r);
	if (r.failed)
		return msg_error_set(e, ERR_OPEN, 0, NULL, 0, "OPEN of %zu bytes is too short",
				len + MSG_HEADER_SIZE);
	if (fields_check(ret, body, e))
		return -EPROTO;
	if (params && rd_left(&r) >= 3 && r.p[0] == PARAM_EXTENDED) {
		extended = true;
		rd_u8(&r);
		params = rd_u16(&r);
	}
	if (params != rd_left(&r))
		return msg_error_set(e, ERR_OPEN, 0, NULL, 0,
				"optional parameters of %zu bytes in a field of %zu", params,
				rd_left(&r));
	if (params_decode(&r, extended, ret, e))
		return -EPROTO;
	ret->as = ret->caps.as4 ? ret->caps.as4_number : ret->as2;
	if (ret->as == 0)
		return msg_error_set(e, ERR_OPEN, ERR_OPEN_AS, NULL, 0,
				"AS number 0 in the 4-byte AS capability");
	return 0;
}

void open_encode(struct wr *w, const struct open_msg *o, bool with_caps)
{
	uint8_t *start = w->p, caps_bytes[1024];
	struct wr caps = wr_init(caps_bytes, sizeof(caps_bytes));
	size_t n;

	if (with_caps)
		capabilities_encode(&caps, &o->caps);
	n = wr_len(&caps);
	msg_begin(w, MSG_OPEN);
	wr_u8(w, o->version);
	wr_u16(w, o->as > UINT16_MAX ? AS_TRANS : (uint16_t)o->as);
	wr_u16(w, o->hold);
	wr_u32(w, o->router_id);
	if (n == 0) {
		wr_u8(w, 0);
	} else if (n + 2 <= UINT8_MAX) {
		wr_u8(w, (uint8_t)(n + 2));
		wr_u8(w, PARAM_CAPABILITIES);
		wr_u8(w, (uint8_t)n);
	} else {
		wr_u8(w, 255);
		wr_u8(w, PARAM_EXTENDED);
		wr_u16(w, (uint16_t)(n + 3));
		wr_u8(w, PARAM_CAPABILITIES);
		wr_u16(w, (uint16_t)n);
	}
	wr_bytes(w, caps_bytes, n);
	msg_end(w, start);
}

int open_error_as(const struct open_msg *o, uint32_t expected, struct msg_error *e)
{
	return msg_error_set(e, ERR_OPEN, ERR_OPEN_AS, NULL, 0, "AS %u instead of %u", o->as,
			expected);
}

int open_error_id(const struct open_msg *o, struct msg_error *e)
{
	uint32_t id = o->router_id;

	return msg_error_set(e, ERR_OPEN, ERR_OPEN_ID, NULL, 0,
			"BGP identifier %u.%u.%u.%u is our own", id >> 24, id >> 16 & 255, id >> 8 & 255,
			id & 255);
}
