/* UPDATE messages (RFC 4271 section 4.3) as bytes and as values.
 *
 * In: update_decode() reads the attributes once and leaves up to four fields
 * of NLRIs, which the caller walks.  Errors have a verdict (RFC 7606).
 * Out: the attribute bytes of a set are made once (update_encode_attrs); then
 * messages are packed around them, NLRI by NLRI. */
#ifndef WEFT_BGPD_CORE_UPDATE_H
#define WEFT_BGPD_CORE_UPDATE_H

#include <errno.h>

#include "bgpd/core/attrs.h"
#include "bgpd/core/family.h"
#include "bgpd/core/msg.h"
#include "bgpd/core/nlri.h"

/* Worse ones are greater; see RFC 7606 section 2. */
enum upd_verdict {
	UPD_OK,
	UPD_DISCARD_ATTRIBUTE, /* at least one attribute was left out; the rest is good */
	UPD_TREAT_WITHDRAW,    /* all reachable NLRIs are to be withdrawn */
	UPD_RESET,	       /* NOTIFICATION, the session ends */
};

/* What decoding asks of the session. */
struct session_view {
	bool as4;		/* AS numbers are 4 bytes on this session */
	bool ibgp, confed;	/* neither: eBGP */
	bool family[FAM_COUNT];	/* negotiated; others' NLRIs are ignored */
	bool add_path[FAM_COUNT]; /* path ids come with the NLRIs */
	bool extended_next_hop[FAM_COUNT];
	bool enforce_first_as;	/* eBGP: the first AS must be remote_as */
	uint32_t remote_as;
};

/* NLRIs of one family, all of them reachable (with this next hop) or all
 * unreachable.  Walk with update_field_next(). */
struct update_field {
	enum family family;
	bool withdraw;
	bool add_path;
	bool mp;		/* of MP_REACH_NLRI or MP_UNREACH_NLRI */
	uint32_t skipped;	/* NLRIs passed over so far: unknown EVPN types, or wrong inside */
	struct rd r;		/* what is left of them */
	struct ip_addr next_hop, next_hop_link_local; /* of a reachable field */
};

struct update {
	/* Results.  attrs has no next hop: take the field's with
	 * update_field_attrs().  Its spans point into the message or into
	 * `scratch`, and hold until the next decode. */
	struct route_attrs attrs;
	struct update_field field[4]; /* withdrawals first */
	unsigned n_fields;
	enum family end_of_rib;	      /* FAM_NONE: it is none (RFC 4724 section 2) */
	enum upd_verdict verdict;
	struct msg_error error;	      /* of the worst verdict: words, and what to send on RESET */
	uint64_t seen;		      /* attributes present, bit per code below 64 */
	/* Private: grows to what the largest message needed. */
	uint8_t *scratch;
	size_t scratch_used, scratch_room;
};

void update_init(struct update *u);
void update_fini(struct update *u);

/* body: what follows the message header, len bytes.  Returns u->verdict.
 * On TREAT_WITHDRAW all fields are marked withdraw; on RESET there are none. */
enum upd_verdict update_decode(struct update *u, const struct session_view *s, const uint8_t *body,
		size_t len);

/* u->attrs with the next hop of field f, ready for attrs_intern(). */
static inline const struct route_attrs *update_field_attrs(struct update *u,
		const struct update_field *f)
{
	u->attrs.next_hop = f->next_hop;
	u->attrs.next_hop_link_local = f->next_hop_link_local;
	return &u->attrs;
}

/* The next NLRI of a field.  1: *ret is it (for unicast, ret->info is not
 * touched); 0: end; -EPROTO: malformed from here on, which ends the session:
 * update_field_error().  Unknown EVPN route types are passed over. */
int update_field_next_slow(struct update_field *f, struct nlri *ret);

static inline int update_field_next(struct update_field *f, struct nlri *ret)
{
	/* The hot path of a full table: IPv4 unicast without path ids. */
	if (f->family == FAM_IPV4_UNICAST && !f->add_path) {
		const uint8_t *p = f->r.p;
		size_t left = (size_t)(f->r.end - p);
		unsigned len, n;
		uint32_t v;

		if (!left)
			return 0;
		len = p[0];
		n = (len + 7) / 8;
		if (len > 32 || left < 1 + n)
			return -EPROTO;
		if (left >= 5) {
			memcpy(&v, p + 1, 4);
			v = __builtin_bswap32(v);
		} else {
			v = 0;
			for (unsigned i = 0; i < n; i++)
				v |= (uint32_t)p[1 + i] << (24 - 8 * i);
		}
		v &= len ? ~0u << (32 - len) : 0;
		wr_put32(ret->key, v);
		ret->key[4] = (uint8_t)len;
		ret->path_id = 0;
		f->r.p = p + 1 + n;
		return 1;
	}
	return update_field_next_slow(f, ret);
}

/* The NOTIFICATION for a field that update_field_next() refused. */
void update_field_error(const struct update_field *f, struct msg_error *ret);

/* ---- encoding ---- */

/* What encoding asks of the receivers. */
struct encode_view {
	bool as4;
	bool ibgp;		 /* or inside the confederation: LOCAL_PREF is sent */
	uint32_t default_local_pref; /* where the set has none */
	uint16_t max_message;
	bool add_path;
};

/* Will routes of f with this next hop go in MP_REACH?  All but IPv4 unicast
 * with an IPv4 next hop. */
static inline bool update_uses_mp(enum family f, const struct ip_addr *next_hop)
{
	return f != FAM_IPV4_UNICAST || next_hop->family == 6;
}

/* Appends the path attributes of a set but MP_REACH: in order of their codes,
 * NEXT_HOP if the family uses it, the AS path as it is (the caller has
 * prepended), with AS4_PATH and AS4_AGGREGATOR for receivers without 4-byte
 * ASes.  LOCAL_PREF only if view->ibgp; ORIGINATOR_ID and CLUSTER_LIST
 * likewise; weight and tag never. */
void update_encode_attrs(struct wr *w, const struct encode_view *v, enum family f,
		const struct route_attrs *a);

/* One UPDATE being packed. */
struct update_out {
	struct wr w;		/* NLRIs are appended here; its end leaves room for the tail */
	uint8_t *start;
	uint8_t *mp;		/* the MP attribute being filled, NULL for the classic fields */
	const uint8_t *tail;	/* attributes that go behind MP_REACH */
	uint16_t tail_len;
	enum family family;
	bool add_path, withdraw;
	unsigned n;		/* NLRIs in it */
};

/* Begins an UPDATE in buf (at most min(size, v->max_message) bytes of it will
 * be used) that announces routes with these attribute bytes (from
 * update_encode_attrs) and next hop; attrs must stay until update_out_end().
 * False if not even the attributes leave room for one NLRI of 64 bytes. */
bool update_out_reach(struct update_out *o, uint8_t *buf, size_t size, const struct encode_view *v,
		enum family f, const uint8_t *attrs, size_t attrs_len,
		const struct ip_addr *next_hop, const struct ip_addr *link_local);
/* The same for withdrawals. */
bool update_out_withdraw(struct update_out *o, uint8_t *buf, size_t size,
		const struct encode_view *v, enum family f);
/* Appends one NLRI; false if it does not fit (nothing was written).  info may
 * be NULL for unicast and for withdrawals. */
bool update_out_add_slow(struct update_out *o, const uint8_t *key, uint32_t path_id,
		const struct nlri_info *info);

static inline bool update_out_add(struct update_out *o, const uint8_t *key, uint32_t path_id,
		const struct nlri_info *info)
{
	if (o->family == FAM_IPV4_UNICAST && !o->add_path && wr_left(&o->w) >= 5) {
		uint8_t *p = o->w.p;

		p[0] = key[4];
		memcpy(p + 1, key, 4);
		o->w.p = p + 1 + (key[4] + 7u) / 8;
		o->n++;
		return true;
	}
	return update_out_add_slow(o, key, path_id, info);
}

/* Completes the message; returns its length.  The buffer is whole now. */
size_t update_out_end(struct update_out *o);

/* End-of-RIB of a family: at most 32 bytes. */
void update_end_of_rib(struct wr *w, enum family f);

const char *attr_code_text(uint8_t code);      /* "AS_PATH"; "unknown" */
const char *upd_verdict_text(enum upd_verdict v);

#endif
