/* Bodies of OPENs: what decodes is encoded, and must decode to the same. */
#include <assert.h>
#include <string.h>

#include "bgpd/core/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capabilities_common common;
	struct open_msg a, b;
	uint8_t buf[MSG_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct msg_error e;

	if (open_decode(data, size, &a, &e))
		return 0;
	capabilities_negotiate(&a.caps, &a.caps, &common);
	/* What we know of but don't say again. */
	a.caps.n_unknown = a.caps.n_foreign = 0;
	memset(a.caps.unknown, 0, sizeof(a.caps.unknown));
	memset(a.caps.foreign, 0, sizeof(a.caps.foreign));
	open_encode(&w, &a, true);
	assert(!w.failed);
	assert(open_decode(buf + MSG_HEADER_SIZE, wr_len(&w) - MSG_HEADER_SIZE, &b, &e) == 0);
	assert(b.as == a.as && b.hold == a.hold && b.router_id == a.router_id);
	assert(memcmp(a.caps.add_path, b.caps.add_path, sizeof(a.caps.add_path)) == 0);
	assert(memcmp(a.caps.family, b.caps.family, sizeof(a.caps.family)) == 0);
	assert(memcmp(a.caps.gr_family, b.caps.gr_family, sizeof(a.caps.gr_family)) == 0);
	assert(strcmp(a.caps.hostname, b.caps.hostname) == 0);
	return 0;
}
