/* Fuzz target: policy's regular expressions.  Input: a pattern, a NUL, a text. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text_regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, 0, size);
	struct text_regex *r;
	struct err e;
	size_t at;
	bool first;

	if (!nul)
		return 0;
	r = text_regex_new((const char *)data, &e);
	if (!r)
		return 0;
	at = (size_t)(nul - data) + 1;
	first = text_regex_match(r, (const char *)data + at, size - at);
	/* The second time goes through states that are there already. */
	if (text_regex_match(r, (const char *)data + at, size - at) != first)
		abort();
	text_regex_free(r);
	return 0;
}
