/* Whole messages as they come from a socket, several in a row. */
#include "tests/wire/wire_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_options o;
	struct msg_error e;
	uint32_t len;
	uint8_t type;

	wire_options_init(&o);
	while (size && msg_header_decode(data, size, o.max, &type, &len, &e) == 1) {
		wire_message_check(data, len, &o);
		data += len;
		size -= len;
	}
	return 0;
}
