/* Capabilities: see capability.h. */
#include <errno.h>
#include <string.h>

#include "bgpd/core/capability.h"

/* A reader over one capability's value; false: malformed, leave it out. */
typedef bool decode_fn(struct rd *r, struct capabilities *c);
/* Writes all capabilities of the kind, each with its head. */
typedef void encode_fn(struct wr *w, uint8_t code, const struct capabilities *c);

static uint8_t *cap_begin(struct wr *w, uint8_t code)
{
	wr_u8(w, code);
	return wr_reserve(w, 1);
}

static void cap_end(struct wr *w, uint8_t *len)
{
	if (!w->failed)
		*len = (uint8_t)(w->p - len - 1);
}

static void cap_empty(struct wr *w, uint8_t code, bool on)
{
	if (on)
		cap_end(w, cap_begin(w, code));
}

static bool multiprotocol_decode(struct rd *r, struct capabilities *c)
{
	uint16_t afi = rd_u16(r);
	uint8_t safi = (rd_u8(r), rd_u8(r));
	enum family f = family_find(afi, safi);

	if (r->failed || rd_left(r))
		return false;
	c->multiprotocol = true;
	if (f != FAM_NONE) {
		c->family[f] = true;
	} else if (c->n_foreign < CAP_UNKNOWN_MAX) {
		c->foreign[c->n_foreign][0] = afi;
		c->foreign[c->n_foreign++][1] = safi;
	}
	return true;
}

static void multiprotocol_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	for (int f = 0; f < FAM_COUNT; f++) {
		uint8_t *len;

		if (!c->family[f])
			continue;
		len = cap_begin(w, code);
		wr_u16(w, families[f].afi);
		wr_u8(w, 0);
		wr_u8(w, families[f].safi);
		cap_end(w, len);
	}
}

static bool refresh_cap_decode(struct rd *r, struct capabilities *c)
{
	(void)r; /* RFC 2918: no value; one that is there is not looked at */
	c->refresh = true;
	return true;
}

static void refresh_cap_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	cap_empty(w, code, c->refresh);
}

static bool enhanced_refresh_decode(struct rd *r, struct capabilities *c)
{
	c->enhanced_refresh = rd_left(r) == 0; /* RFC 7313 section 3.1 */
	return c->enhanced_refresh;
}

static void enhanced_refresh_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	cap_empty(w, code, c->enhanced_refresh);
}

static bool extended_message_decode(struct rd *r, struct capabilities *c)
{
	(void)r;
	c->extended_message = true;
	return true;
}

static void extended_message_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	cap_empty(w, code, c->extended_message);
}

static bool extended_next_hop_decode(struct rd *r, struct capabilities *c)
{
	if (rd_left(r) % 6)
		return false;
	while (rd_left(r)) {
		uint16_t afi = rd_u16(r), safi = rd_u16(r), nh_afi = rd_u16(r);
		enum family f = safi <= UINT8_MAX ? family_find(afi, (uint8_t)safi) : FAM_NONE;

		if (f != FAM_NONE && nh_afi == 2)
			c->extended_next_hop[f] = true;
	}
	return true;
}

static void extended_next_hop_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	uint8_t *len = NULL;

	for (int f = 0; f < FAM_COUNT; f++) {
		if (!c->extended_next_hop[f])
			continue;
		if (!len)
			len = cap_begin(w, code);
		wr_u16(w, families[f].afi);
		wr_u16(w, families[f].safi);
		wr_u16(w, 2);
	}
	if (len)
		cap_end(w, len);
}

static bool graceful_restart_decode(struct rd *r, struct capabilities *c)
{
	uint16_t head = rd_u16(r);

	if (r->failed || rd_left(r) % 4)
		return false;
	/* Only the last of several counts (RFC 4724 section 3). */
	memset(c->gr_family, 0, sizeof(c->gr_family));
	memset(c->gr_forwarding, 0, sizeof(c->gr_forwarding));
	c->graceful_restart = true;
	c->gr_restarting = head & 0x8000;
	c->gr_notification = head & 0x4000;
	c->gr_time = head & 0x0fff;
	while (rd_left(r)) {
		uint16_t afi = rd_u16(r);
		uint8_t safi = rd_u8(r), flags = rd_u8(r);
		enum family f = family_find(afi, safi);

		if (f == FAM_NONE)
			continue;
		c->gr_family[f] = true;
		c->gr_forwarding[f] = flags & 0x80;
	}
	return true;
}

static void graceful_restart_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	uint8_t *len;

	if (!c->graceful_restart)
		return;
	len = cap_begin(w, code);
	wr_u16(w, (uint16_t)((c->gr_restarting ? 0x8000 : 0) | (c->gr_notification ? 0x4000 : 0) |
				  (c->gr_time & 0x0fff)));
	for (int f = 0; f < FAM_COUNT; f++) {
		if (!c->gr_family[f])
			continue;
		wr_u16(w, families[f].afi);
		wr_u8(w, families[f].safi);
		wr_u8(w, c->gr_forwarding[f] ? 0x80 : 0);
	}
	cap_end(w, len);
}

static bool as4_decode(struct rd *r, struct capabilities *c)
{
	uint32_t as = rd_u32(r);

	if (r->failed || rd_left(r))
		return false;
	c->as4 = true;
	c->as4_number = as;
	return true;
}

static void as4_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	uint8_t *len;

	if (!c->as4)
		return;
	len = cap_begin(w, code);
	wr_u32(w, c->as4_number);
	cap_end(w, len);
}

static bool add_path_decode(struct rd *r, struct capabilities *c)
{
	if (rd_left(r) % 4)
		return false;
	while (rd_left(r)) {
		uint16_t afi = rd_u16(r);
		uint8_t safi = rd_u8(r), direction = rd_u8(r);
		enum family f = family_find(afi, safi);

		/* Other values: ignore this family (RFC 7911 section 4). */
		if (f != FAM_NONE && direction >= 1 && direction <= 3)
			c->add_path[f] = direction;
	}
	return true;
}

static void add_path_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	uint8_t *len = NULL;

	for (int f = 0; f < FAM_COUNT; f++) {
		if (!c->add_path[f])
			continue;
		if (!len)
			len = cap_begin(w, code);
		wr_u16(w, families[f].afi);
		wr_u8(w, families[f].safi);
		wr_u8(w, c->add_path[f]);
	}
	if (len)
		cap_end(w, len);
}

static bool llgr_decode(struct rd *r, struct capabilities *c)
{
	if (rd_left(r) % 7)
		return false;
	c->long_lived_gr = true;
	while (rd_left(r)) {
		uint16_t afi = rd_u16(r);
		uint8_t safi = rd_u8(r), flags = rd_u8(r);
		uint32_t secs = rd_u24(r);
		enum family f = family_find(afi, safi);

		if (f == FAM_NONE)
			continue;
		c->llgr_family[f] = true;
		c->llgr_forwarding[f] = flags & 0x80;
		c->llgr_time[f] = secs;
	}
	return true;
}

static void llgr_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	uint8_t *len;

	if (!c->long_lived_gr)
		return;
	len = cap_begin(w, code);
	for (int f = 0; f < FAM_COUNT; f++) {
		if (!c->llgr_family[f])
			continue;
		wr_u16(w, families[f].afi);
		wr_u8(w, families[f].safi);
		wr_u8(w, c->llgr_forwarding[f] ? 0x80 : 0);
		wr_u24(w, c->llgr_time[f]);
	}
	cap_end(w, len);
}

static bool role_decode(struct rd *r, struct capabilities *c)
{
	uint8_t role = rd_u8(r);

	if (r->failed || rd_left(r))
		return false;
	c->has_role = true;
	c->role = role;
	return true;
}

static void role_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	uint8_t *len;

	if (!c->has_role)
		return;
	len = cap_begin(w, code);
	wr_u8(w, c->role);
	cap_end(w, len);
}

/* A name as it may be shown: printable ASCII, others replaced. */
static bool name_decode(struct rd *r, char ret[CAP_NAME_MAX])
{
	size_t len = rd_u8(r);
	const uint8_t *p = rd_bytes(r, len);

	if (!p)
		return false;
	if (len >= CAP_NAME_MAX)
		len = CAP_NAME_MAX - 1;
	for (size_t i = 0; i < len; i++)
		ret[i] = p[i] > 0x20 && p[i] < 0x7f ? (char)p[i] : '?';
	ret[len] = 0;
	return true;
}

static bool fqdn_decode(struct rd *r, struct capabilities *c)
{
	char host[CAP_NAME_MAX], domain[CAP_NAME_MAX];

	if (!name_decode(r, host))
		return false;
	if (!name_decode(r, domain))
		domain[0] = 0; /* seen from some: no domain field at all */
	c->fqdn = true;
	memcpy(c->hostname, host, sizeof(host));
	memcpy(c->domain, domain, sizeof(domain));
	return true;
}

static void fqdn_encode(struct wr *w, uint8_t code, const struct capabilities *c)
{
	uint8_t *len;

	if (!c->fqdn)
		return;
	len = cap_begin(w, code);
	wr_u8(w, (uint8_t)strlen(c->hostname));
	wr_bytes(w, c->hostname, strlen(c->hostname));
	wr_u8(w, (uint8_t)strlen(c->domain));
	wr_bytes(w, c->domain, strlen(c->domain));
	cap_end(w, len);
}

static const struct cap_row {
	uint8_t code;
	const char *name;
	decode_fn *decode;
	encode_fn *encode; /* NULL: only understood */
} rows[] = {
	{ CAP_MULTIPROTOCOL, "Multiprotocol", multiprotocol_decode, multiprotocol_encode },
	{ CAP_REFRESH, "Route Refresh", refresh_cap_decode, refresh_cap_encode },
	{ CAP_EXTENDED_NEXT_HOP, "Extended Next Hop", extended_next_hop_decode,
		extended_next_hop_encode },
	{ CAP_EXTENDED_MESSAGE, "Extended Message", extended_message_decode,
		extended_message_encode },
	{ CAP_ROLE, "Role", role_decode, role_encode },
	{ CAP_GRACEFUL_RESTART, "Graceful Restart", graceful_restart_decode,
		graceful_restart_encode },
	{ CAP_AS4, "4-byte AS number", as4_decode, as4_encode },
	{ CAP_ADD_PATH, "Add-Path", add_path_decode, add_path_encode },
	{ CAP_ENHANCED_REFRESH, "Enhanced Route Refresh", enhanced_refresh_decode,
		enhanced_refresh_encode },
	{ CAP_LONG_LIVED_GR, "Long-Lived Graceful Restart", llgr_decode, llgr_encode },
	{ CAP_FQDN, "FQDN", fqdn_decode, fqdn_encode },
	{ CAP_REFRESH_CISCO, "Route Refresh (Cisco)", refresh_cap_decode, NULL },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct cap_row *row_find(uint8_t code)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

int capabilities_decode(struct rd *r, struct capabilities *ret, const uint8_t **ret_bad)
{
	ret->any = true;
	while (rd_left(r)) {
		const uint8_t *at = r->p;
		uint8_t code = rd_u8(r), len = rd_u8(r);
		struct rd value = rd_sub(r, len);
		const struct cap_row *row = row_find(code);

		if (value.failed) {
			*ret_bad = at;
			return -EPROTO;
		}
		if (row)
			row->decode(&value, ret);
		else if (ret->n_unknown < CAP_UNKNOWN_MAX)
			ret->unknown[ret->n_unknown++] = code;
	}
	return 0;
}

void capabilities_encode(struct wr *w, const struct capabilities *c)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].encode)
			rows[i].encode(w, rows[i].code, c);
}

void capabilities_negotiate(const struct capabilities *ours, const struct capabilities *theirs,
		struct capabilities_common *ret)
{
	*ret = (struct capabilities_common){
		.as4 = ours->as4 && theirs->as4,
		.refresh = ours->refresh && theirs->refresh,
		.enhanced_refresh = ours->enhanced_refresh && theirs->enhanced_refresh,
		.extended_message = ours->extended_message && theirs->extended_message,
		.graceful_restart = ours->graceful_restart && theirs->graceful_restart,
	};
	for (int f = 0; f < FAM_COUNT; f++) {
		bool we = ours->multiprotocol || ours->any ? ours->family[f] : f == FAM_IPV4_UNICAST;
		bool they = theirs->multiprotocol ? theirs->family[f] : f == FAM_IPV4_UNICAST;

		ret->family[f] = we && they;
		if (!ret->family[f])
			continue;
		ret->extended_next_hop[f] = ours->extended_next_hop[f] && theirs->extended_next_hop[f];
		ret->add_path_rx[f] = (ours->add_path[f] & ADD_PATH_RECEIVE) &&
				      (theirs->add_path[f] & ADD_PATH_SEND);
		ret->add_path_tx[f] = (ours->add_path[f] & ADD_PATH_SEND) &&
				      (theirs->add_path[f] & ADD_PATH_RECEIVE);
	}
}

const char *capability_text(uint8_t code)
{
	const struct cap_row *row = row_find(code);

	return row ? row->name : NULL;
}

const char *role_text(uint8_t role)
{
	static const char *const names[] = { "provider", "rs-server", "rs-client", "customer", "peer" };

	return role < sizeof(names) / sizeof(names[0]) ? names[role] : "unknown";
}
