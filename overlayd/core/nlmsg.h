/* Netlink messages as bytes: a bounded reader over messages and attributes,
 * and a writer that fills a batch.  Host byte order, as netlink is; 4-byte
 * alignment (netlink(7)).  Everything the kernel sends is read through this. */
#ifndef WEFT_OVERLAYD_NLMSG_H
#define WEFT_OVERLAYD_NLMSG_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/addr.h"

/* One message; body points behind the header. */
struct nlmsg {
	uint16_t type, flags;
	uint32_t seq, pid;
	const uint8_t *body;
	size_t len; /* bytes of body */
};

/* Takes the next message off [*p, end).  Returns 1, 0 at the end, -EPROTO if
 * what is left is no message (then nothing more can be read). */
int nlmsg_next(const uint8_t **p, const uint8_t *end, struct nlmsg *ret);

struct nla {
	uint16_t type; /* without the nested and byte-order bits */
	const uint8_t *data;
	size_t len;
};

struct nla_iter {
	const uint8_t *p, *end;
	bool failed; /* an attribute ran over the end */
};

/* The attributes behind a fixed header of `skip` bytes; none if the body is
 * shorter than it. */
struct nla_iter nla_iter_init(const uint8_t *body, size_t len, size_t skip);
struct nla_iter nla_nested(const struct nla *a);
bool nla_next(struct nla_iter *it, struct nla *ret);

/* Values; 0 (or an empty one) if the attribute is too short. */
uint8_t nla_u8(const struct nla *a);
uint16_t nla_u16(const struct nla *a);
uint16_t nla_be16(const struct nla *a);
uint32_t nla_u32(const struct nla *a);
uint32_t nla_be32(const struct nla *a);
struct ip_addr nla_ip(const struct nla *a);
struct mac_addr nla_mac(const struct nla *a);
void nla_str(const struct nla *a, char *buf, size_t size); /* always ends in NUL */

/* A batch under construction. */
struct nlw {
	uint8_t *buf;
	size_t size, len;
	size_t start;	/* of the message being written */
	size_t last;	/* start of the last one that is complete */
	bool failed;	/* that message did not fit */
};

struct nlw nlw_init(void *buf, size_t size);
/* Starts a message whose fixed header `fixed` (fixed_len bytes) follows. */
void nlw_begin(struct nlw *w, uint16_t type, uint16_t flags, uint32_t seq, const void *fixed,
		size_t fixed_len);
void nlw_attr(struct nlw *w, uint16_t type, const void *data, size_t len);
void nlw_u8(struct nlw *w, uint16_t type, uint8_t v);
void nlw_u16(struct nlw *w, uint16_t type, uint16_t v);
void nlw_be16(struct nlw *w, uint16_t type, uint16_t v);
void nlw_u32(struct nlw *w, uint16_t type, uint32_t v);
void nlw_be32(struct nlw *w, uint16_t type, uint32_t v);
void nlw_str(struct nlw *w, uint16_t type, const char *s);
void nlw_ip(struct nlw *w, uint16_t type, const struct ip_addr *a);
size_t nlw_nest(struct nlw *w, uint16_t type); /* returns a mark for nlw_nest_end */
void nlw_nest_end(struct nlw *w, size_t mark);
/* Ends the message.  False if it did not fit: the batch is as before it. */
bool nlw_end(struct nlw *w);
/* Adds flags to the last message ended. */
void nlw_flag_last(struct nlw *w, uint16_t flags);

#endif
