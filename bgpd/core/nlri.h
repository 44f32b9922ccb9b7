/* NLRI: what identifies a route, in canonical fixed-size keys, and what the
 * NLRI carries besides (labels, ESI, gateway), which is no part of the key.
 *
 * Keys, one size per family, so that a table can hold and hash them flat:
 *   IPv4/IPv6 unicast   address (4 or 16, host bits zero), length
 *   VPN                 route distinguisher (8), address (4 or 16), length
 *   EVPN (36 bytes)     route type, RD (8), then by type (RFC 7432 section 7,
 *                       RFC 9136), the rest zero:
 *     1 EAD             ESI (10), Ethernet tag (4)
 *     2 MAC/IP          Ethernet tag (4), MAC (6), IP bytes: 0, 4 or 16, IP (16)
 *     3 IMET            Ethernet tag (4), IP bytes: 4 or 16, IP (16)
 *     4 ES              ESI (10), IP bytes: 4 or 16, IP (16)
 *     5 IP prefix       Ethernet tag (4), IP bytes: 4 or 16, prefix length, IP (16)
 * Key order is not show order: use nlri_compare. */
#ifndef WEFT_BGPD_CORE_NLRI_H
#define WEFT_BGPD_CORE_NLRI_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/core/family.h"
#include "lib/base/addr.h"
#include "lib/base/rd.h"
#include "lib/base/strbuf.h"
#include "lib/base/wr.h"

#define NLRI_KEY_MAX 36
#define NLRI_LABEL_NONE UINT32_MAX

enum evpn_type { EVPN_EAD = 1, EVPN_MACIP = 2, EVPN_IMET = 3, EVPN_ES = 4, EVPN_PREFIX = 5 };

/* What comes with an NLRI beside its key.  Interned by info.h, as few differ.
 * Labels are the 24 bits of the wire: an MPLS label's 20 bits with EXP and S
 * for VPN, a VNI for EVPN over VXLAN (RFC 8365 section 5.1.3). */
struct nlri_info {
	uint32_t label[2];	/* NLRI_LABEL_NONE where there is none */
	uint8_t esi[10];
	struct ip_addr gateway; /* of an EVPN type 5; family 0 if none */
};

struct nlri {
	uint8_t key[NLRI_KEY_MAX]; /* families[f].key_size of them count; the rest is zero */
	uint32_t path_id;	   /* RFC 7911; 0 without add-path */
	struct nlri_info info;	   /* VPN and EVPN only */
};

/* EVPN key taken apart. */
struct evpn_key {
	uint8_t type;
	struct rd_value rd;
	uint8_t esi[10];
	uint32_t eth_tag;
	struct mac_addr mac;
	struct ip_addr ip;  /* family 0 if none */
	uint8_t prefix_len; /* type 5 */
};

/* Reads the next NLRI of a field.  Returns 0; -EPROTO if the field is
 * malformed from here on (RFC 7606 section 5.3: the session can't go on);
 * -EOPNOTSUPP if this one's end is known but it is of an unknown EVPN type
 * (RFC 7606 section 5.4) or wrong inside (RFC 9136 section 3.1): it has been
 * consumed, and is to be passed over.  For unicast ret->info stays untouched.  withdraw: labels may be the
 * withdrawn label or anything (RFC 8277 section 2.4). */
int nlri_decode(struct rd *r, enum family f, bool add_path, bool withdraw, struct nlri *ret);
/* Appends one NLRI; the writer fails if it does not fit. */
void nlri_encode(struct wr *w, enum family f, bool add_path, const uint8_t *key,
		uint32_t path_id, const struct nlri_info *info, bool withdraw);
size_t nlri_encoded_size(enum family f, bool add_path, const uint8_t *key,
		const struct nlri_info *info);

/* Between keys and values.  The IP part of a unicast or VPN key; of an EVPN
 * type 5, or type 2 with an IP (as a host prefix); false if there is none. */
bool nlri_key_prefix(enum family f, const uint8_t *key, struct prefix *ret);
void nlri_key_unicast(const struct prefix *p, uint8_t *ret_key);
void nlri_key_vpn(const struct rd_value *rd, const struct prefix *p, uint8_t *ret_key);
void nlri_key_evpn(const struct evpn_key *k, uint8_t *ret_key);
void nlri_evpn_key(const uint8_t *key, struct evpn_key *ret);
bool nlri_key_rd(enum family f, const uint8_t *key, struct rd_value *ret); /* false: unicast */

/* Text as FRR prints it: "10.0.0.0/8", "[2]:[0]:[48]:[02:..]:[32]:[10.1.1.1]". */
void nlri_key_text(enum family f, const uint8_t *key, struct strbuf *out);
int nlri_compare(enum family f, const uint8_t *a, const uint8_t *b); /* show order: RD, then by value */

#endif
