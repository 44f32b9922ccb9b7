/* NOTIFICATION: see msg.h.  Sources: RFC 4271 4.5 and 6, RFC 4486, RFC 6608,
 * RFC 7313 5, RFC 8538, RFC 9003, RFC 9234. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bgpd/core/msg.h"
#include "bgpd/core/update.h"

static const char *const header_words[] = { "", "Connection Not Synchronized", "Bad Message Length",
	"Bad Message Type" };
static const char *const open_words[] = { "", "Unsupported Version Number", "Bad Peer AS",
	"Bad BGP Identifier", "Unsupported Optional Parameter", "Authentication Failure",
	"Unacceptable Hold Time", "Unsupported Capability", "", "", "", "Role Mismatch" };
static const char *const update_words[] = { "", "Malformed Attribute List",
	"Unrecognized Well-known Attribute", "Missing Well-known Attribute",
	"Attribute Flags Error", "Attribute Length Error", "Invalid ORIGIN Attribute",
	"AS Routing Loop", "Invalid NEXT_HOP Attribute", "Optional Attribute Error",
	"Invalid Network Field", "Malformed AS_PATH" };
static const char *const fsm_words[] = { "", "Unexpected Message in OpenSent State",
	"Unexpected Message in OpenConfirm State", "Unexpected Message in Established State" };
static const char *const cease_words[] = { "", "Maximum Number of Prefixes Reached",
	"Administrative Shutdown", "Peer De-configured", "Administrative Reset",
	"Connection Rejected", "Other Configuration Change", "Connection Collision Resolution",
	"Out of Resources", "Hard Reset", "BFD Down" };
static const char *const refresh_words[] = { "", "Invalid Message Length" };

#define WORDS(a) a, sizeof(a) / sizeof((a)[0])

static const struct {
	const char *name;
	const char *const *sub;
	size_t n_sub;
} codes[] = {
	[ERR_HEADER] = { "Message Header Error", WORDS(header_words) },
	[ERR_OPEN] = { "OPEN Message Error", WORDS(open_words) },
	[ERR_UPDATE] = { "UPDATE Message Error", WORDS(update_words) },
	[ERR_HOLD] = { "Hold Timer Expired", NULL, 0 },
	[ERR_FSM] = { "Finite State Machine Error", WORDS(fsm_words) },
	[ERR_CEASE] = { "Cease", WORDS(cease_words) },
	[ERR_REFRESH] = { "ROUTE-REFRESH Message Error", WORDS(refresh_words) },
};

const char *notification_code_text(uint8_t code)
{
	return code >= ERR_HEADER && code <= ERR_REFRESH ? codes[code].name : "unknown error";
}

const char *notification_subcode_text(uint8_t code, uint8_t subcode)
{
	if (code < ERR_HEADER || code > ERR_REFRESH || subcode >= codes[code].n_sub)
		return "";
	return codes[code].sub[subcode];
}

int notification_decode(const uint8_t *body, size_t len, struct notification *ret,
		struct msg_error *e)
{
	if (len < 2) /* msg_header_decode() has seen to it */
		return msg_error_set(e, ERR_HEADER, ERR_HEADER_LENGTH, NULL, 0,
				"NOTIFICATION without a code");
	*ret = (struct notification){ body[0], body[1], body + 2, len - 2 };
	return 0;
}

void notification_encode(struct wr *w, uint8_t code, uint8_t subcode, const void *data, size_t len)
{
	uint8_t *start = w->p;
	size_t room = MSG_MAX - MSG_HEADER_SIZE - 2;

	msg_begin(w, MSG_NOTIFICATION);
	wr_u8(w, code);
	wr_u8(w, subcode);
	wr_bytes(w, data, len < room ? len : room);
	msg_end(w, start);
}

/* Bytes of the UTF-8 character at p, 0 if there is none that is valid. */
static size_t utf8_size(const uint8_t *p, size_t left)
{
	size_t n = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 :
		   (p[0] & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t v = n == 1 ? p[0] : n ? p[0] & (0xffu >> (n + 1)) : 0;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	return v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000) ? 0 : n;
}

size_t shutdown_communication_encode(const char *text, uint8_t ret[256])
{
	const uint8_t *p = (const uint8_t *)text;
	size_t left = strlen(text), n = 0, k;

	while (left && (k = utf8_size(p + n, left)) != 0 && n + k <= 255) {
		n += k;
		left -= k;
	}
	ret[0] = (uint8_t)n;
	memcpy(ret + 1, text, n);
	return n + 1;
}

bool shutdown_communication_decode(const struct notification *n, char ret[256])
{
	size_t len, at = 0, k;

	if (n->code != ERR_CEASE || (n->subcode != CEASE_SHUTDOWN && n->subcode != CEASE_RESET) ||
			n->data_len < 1)
		return false;
	len = n->data[0];
	if (len == 0 || len > n->data_len - 1)
		return false;
	for (; at < len; at += k) {
		k = utf8_size(n->data + 1 + at, len - at);
		if (k == 0)
			return false;
		memcpy(ret + at, n->data + 1 + at, k);
		if (k == 1 && ((uint8_t)ret[at] < 0x20 || ret[at] == 0x7f))
			ret[at] = ' ';
	}
	ret[len] = 0;
	return true;
}

static void data_text(const struct notification *n, struct strbuf *out)
{
	const uint8_t *d = n->data;
	char text[256];

	if (shutdown_communication_decode(n, text)) {
		sb_addf(out, " (\"%s\")", text);
	} else if (n->code == ERR_CEASE && n->subcode == CEASE_MAX_PREFIX && n->data_len == 7) {
		enum family f = family_find((uint16_t)(d[0] << 8 | d[1]), d[2]);

		sb_addf(out, " (%s, limit %u)", f == FAM_NONE ? "another family" : families[f].name,
				(unsigned)d[3] << 24 | (unsigned)d[4] << 16 | (unsigned)d[5] << 8 | d[6]);
	} else if (n->code == ERR_CEASE && n->subcode == CEASE_HARD_RESET && n->data_len >= 2) {
		/* What it wraps, RFC 8538 section 3.1. */
		struct notification in = { d[0], d[1], d + 2, n->data_len - 2 };

		sb_add(out, " (");
		if (in.subcode == CEASE_HARD_RESET)
			sb_add(out, "nested");
		else
			notification_text(&in, out);
		sb_addc(out, ')');
	} else if (n->data_len) {
		if (n->code == ERR_UPDATE && n->data_len >= 2)
			sb_addf(out, " (%s:", attr_code_text(n->subcode == ERR_UPDATE_MISSING ?
					d[0] : d[1]));
		else
			sb_add(out, " (data");
		for (size_t i = 0; i < n->data_len && i < 32; i++)
			sb_addf(out, " %02x", d[i]);
		sb_add(out, n->data_len > 32 ? " ...)" : ")");
	}
}

void notification_text(const struct notification *n, struct strbuf *out)
{
	const char *sub = notification_subcode_text(n->code, n->subcode);

	sb_add(out, notification_code_text(n->code));
	if (n->code < ERR_HEADER || n->code > ERR_REFRESH)
		sb_addf(out, " %u", n->code);
	if (*sub)
		sb_addf(out, "/%s", sub);
	else if (n->subcode)
		sb_addf(out, "/subcode %u", n->subcode);
	data_text(n, out);
}
