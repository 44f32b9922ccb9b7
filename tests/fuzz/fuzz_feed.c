/* Fuzz target: the feed's decoder.  Whatever it accepts must survive a trip
 * through the encoder unchanged. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct feed_msg m = { 0 }, again = { 0 };
	uint8_t buf[FEED_FRAME_MAX];

	while (feed_decode(&r, &m) == 1) {
		struct wr w = wr_init(buf, sizeof(buf));
		struct rd back;

		feed_encode(&w, &m);
		assert(!w.failed);
		back = rd_init(buf, wr_len(&w));
		assert(feed_decode(&back, &again) == 1);
		assert(memcmp(&m, &again, sizeof(m)) == 0);
		/* What its type does not have is not filled. */
		memset(&m, 0, sizeof(m));
		memset(&again, 0, sizeof(again));
	}
	return 0;
}
