/* BGP messages for tests: as text, and encoded again from what was decoded. */
#ifndef WEFT_TESTS_WIRE_MESSAGE_H
#define WEFT_TESTS_WIRE_MESSAGE_H

#include "bgpd/core/update.h"

/* How a message is to be taken. */
struct wire_options {
	struct session_view session; /* default: as4, eBGP, all families */
	uint32_t max;		     /* of a message: 4096 or 65535 */
	bool one_way;		     /* not encoded again: not the form that we would choose */
};

void wire_options_init(struct wire_options *o);
/* One word: as2, ibgp, confed, add-path, extended-next-hop, extended-message,
 * first-as=N, one-way.  False if it is none. */
bool wire_option_parse(struct wire_options *o, const char *word);

/* A whole message, many lines. */
void wire_message_text(const uint8_t *msg, size_t len, const struct wire_options *o,
		struct strbuf *out);
/* The message made again from its value, into buf; its length, 0 if it was not
 * good.  UPDATEs become one message a field. */
size_t wire_message_again(const uint8_t *msg, size_t len, const struct wire_options *o, uint8_t *buf,
		size_t size);
/* Decodes, and where that is good, asserts that what is encoded again decodes
 * to the same value. */
void wire_message_check(const uint8_t *msg, size_t len, const struct wire_options *o);

#endif
