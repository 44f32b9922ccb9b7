/* Keys of NLRIs as text, and the order in which they are shown: see nlri.h. */
#include "bgpd/core/nlri.h"

static void esi_text(const uint8_t *esi, char buf[30])
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < 10; i++) {
		buf[3 * i] = hex[esi[i] >> 4];
		buf[3 * i + 1] = hex[esi[i] & 15];
		buf[3 * i + 2] = i < 9 ? ':' : 0;
	}
}

static void evpn_key_text(const uint8_t *key, struct strbuf *out)
{
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX], esi[30];
	struct evpn_key k;

	nlri_evpn_key(key, &k);
	ip_text(&k.ip, ip);
	esi_text(k.esi, esi);
	switch (k.type) {
	case EVPN_EAD:
		/* The address is of a form in which the field shows these routes; the
		 * NLRI has none. */
		sb_addf(out, "[1]:[%u]:[%s]:[32]:[0.0.0.0]:[0]", k.eth_tag, esi);
		break;
	case EVPN_MACIP:
		sb_addf(out, "[2]:[%u]:[48]:[%s]", k.eth_tag, mac_text(&k.mac, mac));
		if (k.ip.family)
			sb_addf(out, ":[%u]:[%s]", ip_bytes(&k.ip) * 8, ip);
		break;
	case EVPN_IMET:
		sb_addf(out, "[3]:[%u]:[%u]:[%s]", k.eth_tag, ip_bytes(&k.ip) * 8, ip);
		break;
	case EVPN_ES:
		sb_addf(out, "[4]:[%s]:[%u]:[%s]", esi, ip_bytes(&k.ip) * 8, ip);
		break;
	default:
		sb_addf(out, "[5]:[%u]:[%u]:[%s]", k.eth_tag, k.prefix_len, ip);
		break;
	}
}

void nlri_key_text(enum family f, const uint8_t *key, struct strbuf *out)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix p;

	if (f == FAM_EVPN) {
		evpn_key_text(key, out);
		return;
	}
	nlri_key_prefix(f, key, &p);
	sb_add(out, prefix_text(&p, text));
}

/* EVPN keys begin with the type, but are shown by RD first; the rest of a key
 * is in show order already, but for type 5, whose length goes last. */
static int evpn_compare(const uint8_t *a, const uint8_t *b)
{
	int c = memcmp(a + 1, b + 1, 8);

	if (c)
		return c;
	if (a[0] != b[0])
		return (int)a[0] - (int)b[0];
	if (a[0] != EVPN_PREFIX)
		return memcmp(a + 9, b + 9, NLRI_KEY_MAX - 9);
	c = memcmp(a + 9, b + 9, 5);
	if (!c)
		c = memcmp(a + 15, b + 15, 16);
	return c ? c : (int)a[14] - (int)b[14];
}

int nlri_compare(enum family f, const uint8_t *a, const uint8_t *b)
{
	/* All others are RD, address, length: exactly the order wanted. */
	return f == FAM_EVPN ? evpn_compare(a, b) : memcmp(a, b, families[f].key_size);
}
