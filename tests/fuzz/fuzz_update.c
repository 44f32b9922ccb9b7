/* Bodies of UPDATEs.  The first byte says what session they come from. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/wire/wire_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An interned set opens to what went in. */
static void intern_check(struct update *u)
{
	struct attrs_table *t = attrs_table_new(1);

	for (unsigned i = 0; i < u->n_fields; i++) {
		struct route_attrs back;
		uint32_t id = attrs_intern(t, update_field_attrs(u, &u->field[i])), again;

		attrs_open(t, id, &back);
		again = attrs_intern(t, &back);
		assert(id == again);
		attrs_unref(t, again);
		attrs_unref(t, id);
		assert(attrs_live(t) == 0);
	}
	attrs_table_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const words[] = { "as2", "ibgp", "confed", "add-path",
		"extended-next-hop", "first-as=65001", "extended-message", "ipv4-only" };
	struct wire_options o;
	struct update u;
	uint8_t *msg;

	if (size < 1 || size > 60000)
		return 0;
	wire_options_init(&o);
	for (unsigned i = 0; i < 8; i++)
		if (data[0] & 1u << i)
			wire_option_parse(&o, words[i]);
	data++;
	size--;
	update_init(&u);
	if (update_decode(&u, &o.session, data, size) < UPD_RESET)
		intern_check(&u);
	update_fini(&u);
	msg = malloc(size + MSG_HEADER_SIZE);
	memset(msg, 0xff, 16);
	wr_put16(msg + 16, (uint16_t)(size + MSG_HEADER_SIZE));
	msg[18] = MSG_UPDATE;
	if (size)
		memcpy(msg + MSG_HEADER_SIZE, data, size);
	wire_message_check(msg, size + MSG_HEADER_SIZE, &o);
	free(msg);
	return 0;
}
