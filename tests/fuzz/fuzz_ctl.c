/* The control socket's frames, as a daemon takes them off a connection. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/sys/ctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void handle(void *ctx, const struct ctl_request *rq, struct ctl_answer *a)
{
	size_t *total = ctx;

	for (const char *p = rq->text; *p; p++)
		(*total)++;
	for (const char *p = rq->lines; *p; p++)
		(*total)++;
	ctl_answer_err(a, rq->first_line, rq->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ctl_handlers h = { handle, NULL };
	struct ctl_input in = { 0 };
	size_t total = 0;
	long n;

	while ((n = ctl_frame_size(data, size)) > 0) {
		struct ctl_answer a = { 0 };
		int r = ctl_input_frame(&in, "bgpd", "0", &h, &total, data[4], data + 5,
				(size_t)n - 5, &a);

		sb_free(&a.out);
		sb_free(&a.errs);
		if (r < 0)
			break;
		data += n;
		size -= (size_t)n;
	}
	sb_free(&in.lines);
	return 0;
}
