/* Capabilities of an OPEN (RFC 5492): one table row for each that we know, and
 * the open value they are read into and written from. */
#ifndef WEFT_BGPD_CORE_CAPABILITY_H
#define WEFT_BGPD_CORE_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/core/family.h"
#include "lib/base/rd.h"
#include "lib/base/wr.h"

/* IANA capability codes. */
enum cap_code {
	CAP_MULTIPROTOCOL = 1, CAP_REFRESH = 2, CAP_EXTENDED_NEXT_HOP = 5, CAP_EXTENDED_MESSAGE = 6,
	CAP_ROLE = 9, CAP_GRACEFUL_RESTART = 64, CAP_AS4 = 65, CAP_ADD_PATH = 69,
	CAP_ENHANCED_REFRESH = 70, CAP_LONG_LIVED_GR = 71, CAP_FQDN = 73, CAP_REFRESH_CISCO = 128,
};

enum { ADD_PATH_RECEIVE = 1, ADD_PATH_SEND = 2 }; /* RFC 7911 section 4, a bit each */

#define CAP_UNKNOWN_MAX 16
#define CAP_NAME_MAX 65 /* we keep 64 bytes of a host or domain name */

struct capabilities {
	bool any;		 /* the OPEN had the parameter at all */
	bool family[FAM_COUNT];	 /* multiprotocol, RFC 4760 section 8 */
	bool multiprotocol;	 /* at least one, maybe of a family that is not ours */
	bool refresh;		 /* RFC 2918 */
	bool enhanced_refresh;	 /* RFC 7313 */
	bool extended_message;	 /* RFC 8654 */
	bool extended_next_hop[FAM_COUNT]; /* RFC 8950, IPv6 next hops */
	bool as4;		 /* RFC 6793 */
	uint32_t as4_number;
	bool graceful_restart;	 /* RFC 4724 */
	bool gr_restarting;	 /* R: the sender has just restarted */
	bool gr_notification;	 /* N, RFC 8538 */
	uint16_t gr_time;	 /* seconds, 12 bits */
	bool gr_family[FAM_COUNT], gr_forwarding[FAM_COUNT]; /* F: forwarding state kept */
	uint8_t add_path[FAM_COUNT]; /* ADD_PATH_* of the sender */
	bool long_lived_gr;	 /* RFC 9494 */
	bool llgr_family[FAM_COUNT], llgr_forwarding[FAM_COUNT];
	uint32_t llgr_time[FAM_COUNT]; /* seconds, 24 bits */
	bool has_role;		 /* RFC 9234 */
	uint8_t role;
	bool fqdn;
	char hostname[CAP_NAME_MAX], domain[CAP_NAME_MAX];
	uint8_t unknown[CAP_UNKNOWN_MAX]; /* codes that we don't know, in order */
	uint8_t n_unknown;
	uint16_t foreign[CAP_UNKNOWN_MAX][2]; /* AFI, SAFI announced that are not ours */
	uint8_t n_foreign;
};

/* Reads the value of one capabilities parameter into *ret, adding to what is
 * there.  A capability that repeats is taken again; one that is malformed is
 * left out, as if not sent (RFC 5492 gives no error for it), except AS 0 in
 * the 4-byte AS.  Returns -EPROTO if the TLVs themselves don't fit; *ret_bad
 * is then where. */
int capabilities_decode(struct rd *r, struct capabilities *ret, const uint8_t **ret_bad);

/* Appends all capabilities of *c as TLVs, without the parameter around them. */
void capabilities_encode(struct wr *w, const struct capabilities *c);

/* What both have: families, refresh, add-path directions and so on from our
 * point of view.  add_path_rx/tx: we receive/send path ids. */
struct capabilities_common {
	bool as4, refresh, enhanced_refresh, extended_message, graceful_restart;
	bool family[FAM_COUNT], extended_next_hop[FAM_COUNT];
	bool add_path_rx[FAM_COUNT], add_path_tx[FAM_COUNT];
};

/* A peer that sent no multiprotocol capability has IPv4 unicast. */
void capabilities_negotiate(const struct capabilities *ours, const struct capabilities *theirs,
		struct capabilities_common *ret);

const char *capability_text(uint8_t code); /* "4-byte AS number", ...; NULL if unknown */
const char *role_text(uint8_t role);	   /* "provider", ... */

#endif
