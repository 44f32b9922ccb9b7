/* BGP messages but for UPDATE: header, OPEN, NOTIFICATION, KEEPALIVE,
 * ROUTE-REFRESH, as bytes and as values.  Each error carries the NOTIFICATION
 * that RFC 4271 section 6 wants for it. */
#ifndef WEFT_BGPD_CORE_MSG_H
#define WEFT_BGPD_CORE_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd/core/capability.h"
#include "lib/base/strbuf.h"
#include "lib/base/wr.h"

enum msg_type { MSG_OPEN = 1, MSG_UPDATE = 2, MSG_NOTIFICATION = 3, MSG_KEEPALIVE = 4, MSG_REFRESH = 5 };

#define MSG_HEADER_SIZE 19
#define MSG_MAX 4096	       /* RFC 4271 */
#define MSG_EXTENDED_MAX 65535 /* RFC 8654 */

/* NOTIFICATION codes and subcodes (IANA). */
enum {
	ERR_HEADER = 1, ERR_OPEN = 2, ERR_UPDATE = 3, ERR_HOLD = 4, ERR_FSM = 5, ERR_CEASE = 6,
	ERR_REFRESH = 7,
};
enum { ERR_HEADER_SYNC = 1, ERR_HEADER_LENGTH = 2, ERR_HEADER_TYPE = 3 };
enum {
	ERR_OPEN_VERSION = 1, ERR_OPEN_AS = 2, ERR_OPEN_ID = 3, ERR_OPEN_PARAMETER = 4,
	ERR_OPEN_HOLD = 6, ERR_OPEN_CAPABILITY = 7, ERR_OPEN_ROLE = 11,
};
enum {
	ERR_UPDATE_LIST = 1, ERR_UPDATE_UNKNOWN = 2, ERR_UPDATE_MISSING = 3, ERR_UPDATE_FLAGS = 4,
	ERR_UPDATE_LENGTH = 5, ERR_UPDATE_ORIGIN = 6, ERR_UPDATE_NEXT_HOP = 8,
	ERR_UPDATE_OPTIONAL = 9, ERR_UPDATE_NETWORK = 10, ERR_UPDATE_AS_PATH = 11,
};
enum { ERR_FSM_OPENSENT = 1, ERR_FSM_OPENCONFIRM = 2, ERR_FSM_ESTABLISHED = 3 }; /* RFC 6608 */
enum {
	CEASE_MAX_PREFIX = 1, CEASE_SHUTDOWN = 2, CEASE_DECONFIGURED = 3, CEASE_RESET = 4,
	CEASE_REJECTED = 5, CEASE_CONFIG = 6, CEASE_COLLISION = 7, CEASE_RESOURCES = 8,
	CEASE_HARD_RESET = 9, CEASE_BFD_DOWN = 10,
};

/* A peer's fault: what to tell it, and the words for the log.  data points
 * into the message or to constant bytes. */
struct msg_error {
	uint8_t code, subcode;
	uint16_t data_len;
	const uint8_t *data;
	char text[160];
};

/* Fills *e and returns -EPROTO.  e may be NULL. */
int msg_error_set(struct msg_error *e, uint8_t code, uint8_t subcode, const void *data, size_t len,
		const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Looks at the n bytes that have come so far.  1: *ret_type and *ret_len (whole
 * message, with header) are good and at least *ret_len bytes are there; 0: more
 * bytes are needed; -EPROTO with *e.  max is the most that was agreed on (4096
 * or 65535); OPEN and KEEPALIVE never get more than 4096 (RFC 8654 section 4). */
int msg_header_decode(const uint8_t *p, size_t n, uint32_t max, uint8_t *ret_type,
		uint32_t *ret_len, struct msg_error *e);

/* Writes a header with a length to be set by msg_end(). */
void msg_begin(struct wr *w, enum msg_type type);
/* The message is from `start` to where the writer is; sets its length. */
void msg_end(struct wr *w, uint8_t *start);

/* ---- OPEN ---- */

struct open_msg {
	uint8_t version;      /* 4 */
	uint32_t as;	      /* the true one: of the 4-byte AS capability if there is one */
	uint16_t as2;	      /* the field of the header: AS_TRANS for a large AS */
	uint16_t hold;	      /* seconds */
	uint32_t router_id;   /* host order */
	struct capabilities caps;
};
#define AS_TRANS 23456

/* body: what follows the header.  Checks what needs no configuration: version,
 * AS not 0, hold time not 1 or 2, identifier not 0, parameters, extended
 * parameters (RFC 9072).  The caller checks the AS and id against its own
 * (open_error_as, open_error_id). */
int open_decode(const uint8_t *body, size_t len, struct open_msg *ret, struct msg_error *e);
/* A whole OPEN; as and caps.as4_number must agree.  Extended parameters are
 * used only when needed.  with_caps false: no parameters at all. */
void open_encode(struct wr *w, const struct open_msg *o, bool with_caps);
/* The verdicts that need configuration; each returns -EPROTO. */
int open_error_as(const struct open_msg *o, uint32_t expected, struct msg_error *e);
int open_error_id(const struct open_msg *o, struct msg_error *e);

/* ---- NOTIFICATION ---- */

struct notification {
	uint8_t code, subcode;
	const uint8_t *data; /* into the message */
	size_t data_len;
};

int notification_decode(const uint8_t *body, size_t len, struct notification *ret, struct msg_error *e);
void notification_encode(struct wr *w, uint8_t code, uint8_t subcode, const void *data, size_t len);
const char *notification_code_text(uint8_t code);		       /* "Cease" */
const char *notification_subcode_text(uint8_t code, uint8_t subcode);  /* "Administrative Shutdown"; "" if none */
/* "Cease/Administrative Shutdown (\"maintenance\")", with the shutdown
 * communication (RFC 9003), offending attribute, max-prefix numbers or bytes. */
void notification_text(const struct notification *n, struct strbuf *out);
/* Data of a shutdown communication: length, text; at most 255 bytes of text,
 * cut between UTF-8 characters.  Returns the bytes written to ret. */
size_t shutdown_communication_encode(const char *text, uint8_t ret[256]);
/* The text of one; false if it is none or no UTF-8.  ret is NUL-terminated,
 * control characters replaced. */
bool shutdown_communication_decode(const struct notification *n, char ret[256]);

/* ---- KEEPALIVE, ROUTE-REFRESH ---- */

void keepalive_encode(struct wr *w);

enum refresh_kind { REFRESH_REQUEST = 0, REFRESH_BEGIN = 1, REFRESH_END = 2 }; /* RFC 7313 */

struct refresh {
	enum family family;  /* FAM_NONE: not ours, to be ignored */
	uint16_t afi;
	uint8_t safi, kind;
};

/* An unknown kind is to be ignored (RFC 7313 section 5): returned as it is. */
int refresh_decode(const uint8_t *body, size_t len, struct refresh *ret, struct msg_error *e);
void refresh_encode(struct wr *w, enum family f, enum refresh_kind kind);

const char *msg_type_text(uint8_t type); /* "OPEN", ... */

#endif
