/* Attributes as text: see attr_text.h.  The words are those that network
 * engineers know from routers' shows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/attr_text.h"

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

const char *origin_text(uint8_t origin)
{
	return origin == ORIGIN_IGP ? "IGP" : origin == ORIGIN_EGP ? "EGP" : "incomplete";
}

void as_path_text(struct attr_span s, struct strbuf *out)
{
	static const char *const brackets[] = { "  ", "{}", "  ", "()", "[]" };
	const uint8_t *p = s.p, *end = s.len ? s.p + s.len : s.p;

	for (; p < end; p += 2 + 4 * p[1]) {
		const char *b = brackets[p[0] <= AS_CONFED_SET ? p[0] : 0];
		char sep = p[0] == AS_SET || p[0] == AS_CONFED_SET ? ',' : ' ';

		if (p > s.p)
			sb_addc(out, ' ');
		if (b[0] != ' ')
			sb_addc(out, b[0]);
		for (unsigned i = 0; i < p[1]; i++) {
			if (i)
				sb_addc(out, sep);
			sb_add_uint(out, get32(p + 2 + 4 * i));
		}
		if (b[1] != ' ')
			sb_addc(out, b[1]);
	}
}

/* ---- communities ---- */

static const struct {
	uint32_t value;
	const char *name;
} well_known[] = { /* IANA; RFC 1997, 3765, 7611, 7999, 8326, 9494 */
	{ 0x00000000, "internet" },
	{ 0xffff0000, "graceful-shutdown" },
	{ 0xffff0001, "accept-own" },
	{ 0xffff0002, "route-filter-translated-v4" },
	{ 0xffff0003, "route-filter-v4" },
	{ 0xffff0004, "route-filter-translated-v6" },
	{ 0xffff0005, "route-filter-v6" },
	{ 0xffff0006, "llgr-stale" },
	{ 0xffff0007, "no-llgr" },
	{ 0xffff0008, "accept-own-nexthop" },
	{ 0xffff029a, "blackhole" },
	{ 0xffffff01, "no-export" },
	{ 0xffffff02, "no-advertise" },
	{ 0xffffff03, "local-AS" },
	{ 0xffffff04, "no-peer" },
};
#define WELL_KNOWN (sizeof(well_known) / sizeof(well_known[0]))

void community_text(uint32_t c, struct strbuf *out)
{
	for (size_t i = 0; i < WELL_KNOWN; i++)
		if (well_known[i].value == c) {
			sb_add(out, well_known[i].name);
			return;
		}
	sb_addf(out, "%u:%u", c >> 16, c & 0xffff);
}

void communities_text(struct attr_span s, struct strbuf *out)
{
	for (unsigned i = 0; i + 4 <= s.len; i += 4) {
		if (i)
			sb_addc(out, ' ');
		community_text(get32(s.p + i), out);
	}
}

void large_communities_text(struct attr_span s, struct strbuf *out)
{
	for (unsigned i = 0; i + 12 <= s.len; i += 12)
		sb_addf(out, "%s%u:%u:%u", i ? " " : "", get32(s.p + i), get32(s.p + i + 4),
				get32(s.p + i + 8));
}

/* A decimal number at *text of at most max; moves *text behind it. */
static bool number(const char **text, uint64_t max, uint32_t *ret)
{
	const char *p = *text;
	uint64_t v = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > max)
			return false;
	}
	*text = p;
	*ret = (uint32_t)v;
	return true;
}

int community_parse(const char *text, uint32_t *ret)
{
	uint32_t hi, lo;

	for (size_t i = 0; i < WELL_KNOWN; i++)
		if (strcasecmp(text, well_known[i].name) == 0) {
			*ret = well_known[i].value;
			return 0;
		}
	if (!number(&text, UINT32_MAX, &hi))
		return -EINVAL;
	if (!*text) { /* the old form, one number */
		*ret = hi;
		return 0;
	}
	if (hi > UINT16_MAX || *text++ != ':' || !number(&text, UINT16_MAX, &lo) || *text)
		return -EINVAL;
	*ret = hi << 16 | lo;
	return 0;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

int large_community_parse(const char *text, uint8_t ret[12])
{
	uint32_t v[3];

	for (int i = 0; i < 3; i++)
		if (!number(&text, UINT32_MAX, &v[i]) || *text++ != (i < 2 ? ':' : 0))
			return -EINVAL;
	for (int i = 0; i < 3; i++)
		put32(ret + 4 * i, v[i]);
	return 0;
}

/* ---- extended communities ---- */

static void mac_field(const uint8_t *p, const char *name, struct strbuf *out)
{
	struct mac_addr m;
	char text[MAC_TEXT_MAX];

	memcpy(m.b, p, 6);
	sb_addf(out, "%s:%s", name, mac_text(&m, text));
}

static void text_encap(const uint8_t *c, struct strbuf *out)
{
	sb_addf(out, "ET:%u", get16(c + 6));
}

static void text_color(const uint8_t *c, struct strbuf *out)
{
	sb_addf(out, "Color:%u", get32(c + 4));
}

static void text_default_gateway(const uint8_t *c, struct strbuf *out)
{
	(void)c;
	sb_add(out, "Default Gateway");
}

static void text_mobility(const uint8_t *c, struct strbuf *out)
{
	sb_addf(out, "MM:%u", get32(c + 4));
	if (c[2] & 1)
		sb_add(out, ", sticky MAC");
}

static void text_esi_label(const uint8_t *c, struct strbuf *out)
{
	sb_addf(out, "ESI-label-Rt:%s", c[2] & 1 ? "SA" : "AA");
}

static void text_es_import(const uint8_t *c, struct strbuf *out)
{
	mac_field(c + 2, "ES-Import-Rt", out);
}

static void text_router_mac(const uint8_t *c, struct strbuf *out)
{
	mac_field(c + 2, "Rmac", out);
}

static void text_df_election(const uint8_t *c, struct strbuf *out)
{
	sb_addf(out, "DF: (alg: %u, bmap: 0x%x pref: %u)", c[2] & 0x1f, get16(c + 3), get16(c + 6));
}

static void text_nd(const uint8_t *c, struct strbuf *out)
{
	sb_add(out, "ND:");
	if (c[2] & 1)
		sb_add(out, "Router Flag");
	if (c[2] & 2)
		sb_addf(out, "%sOverride Flag", c[2] & 1 ? ", " : "");
	if (!(c[2] & 3))
		sb_addf(out, "0x%02x", c[2]);
}

static void text_bandwidth(const uint8_t *c, struct strbuf *out)
{
	uint32_t bits = get32(c + 4);
	float bytes_a_second;
	double bps;

	memcpy(&bytes_a_second, &bits, 4);
	if (!(bytes_a_second >= 0 && bytes_a_second < 4e18f))
		bytes_a_second = 0;
	bps = (double)bytes_a_second * 8;
	sb_addf(out, "LB:%u:%llu ", get16(c + 2), (unsigned long long)bytes_a_second);
	if (bps >= 1e9)
		sb_addf(out, "(%.3f Gbps)", bps / 1e9);
	else if (bps >= 1e6)
		sb_addf(out, "(%.3f Mbps)", bps / 1e6);
	else
		sb_addf(out, "(%.3f Kbps)", bps / 1e3);
}

static const struct {
	uint8_t type, sub_type;
	void (*text)(const uint8_t *c, struct strbuf *out);
} ext_kinds[] = {
	{ 0x03, 0x0b, text_color },	      /* RFC 9012 4.3 */
	{ 0x03, 0x0c, text_encap },	      /* RFC 9012 4.1 */
	{ 0x03, 0x0d, text_default_gateway }, /* RFC 7432 7.8 */
	{ 0x06, 0x00, text_mobility },	      /* RFC 7432 7.7 */
	{ 0x06, 0x01, text_esi_label },	      /* RFC 7432 7.5 */
	{ 0x06, 0x02, text_es_import },	      /* RFC 7432 7.6 */
	{ 0x06, 0x03, text_router_mac },      /* RFC 9135 8.1 */
	{ 0x06, 0x06, text_df_election },     /* RFC 8584 2.2 */
	{ 0x06, 0x08, text_nd },	      /* RFC 9047 2 */
	{ 0x40, 0x04, text_bandwidth },	      /* draft-ietf-idr-link-bandwidth */
	{ 0x00, 0x04, text_bandwidth },
};

void ext_community_text(const uint8_t *c, struct strbuf *out)
{
	/* RFC 4360 3, 5668: a number of an AS or an address, with a value. */
	const char *name = c[1] == 2 ? "RT:" : c[1] == 3 ? "SoO:" : NULL;

	for (size_t i = 0; i < sizeof(ext_kinds) / sizeof(ext_kinds[0]); i++)
		if (ext_kinds[i].type == c[0] && ext_kinds[i].sub_type == c[1]) {
			ext_kinds[i].text(c, out);
			return;
		}
	if (name && (c[0] & ~0x40) == 0)
		sb_addf(out, "%s%u:%u", name, get16(c + 2), get32(c + 4));
	else if (name && (c[0] & ~0x40) == 1)
		sb_addf(out, "%s%u.%u.%u.%u:%u", name, c[2], c[3], c[4], c[5], get16(c + 6));
	else if (name && (c[0] & ~0x40) == 2)
		sb_addf(out, "%s%u:%u", name, get32(c + 2), get16(c + 6));
	else
		sb_addf(out, "UNK:0x%08x%08x", get32(c), get32(c + 4));
}

void ext_communities_text(struct attr_span s, struct strbuf *out)
{
	for (unsigned i = 0; i + 8 <= s.len; i += 8) {
		if (i)
			sb_addc(out, ' ');
		ext_community_text(s.p + i, out);
	}
}

int ext_community_parse(const char *text, uint8_t sub_type, uint8_t ret[8])
{
	struct rd_value rd;

	/* The same forms as a route distinguisher, type and value likewise. */
	if (rd_parse(text, &rd))
		return -EINVAL;
	ret[0] = rd.b[1];
	ret[1] = sub_type;
	memcpy(ret + 2, rd.b + 2, 6);
	return 0;
}
