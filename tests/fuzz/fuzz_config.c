/* Fuzz target: any bytes as a configuration file, and as lines that are typed
 * and completed.  What was accepted must print as something that gives the same
 * value again. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/sys/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *a, *b;
	struct config_cursor *cur;
	struct grammar_candidates cand;
	struct strbuf text = { 0 }, line = { 0 };

	a = config_new(schema_table);
	b = config_new(schema_table);
	config_load_text(a, (const char *)data, size, "input", NULL, NULL);
	config_print(a, NULL, &text);
	if (config_load_text(b, sb_str(&text), text.len, "printed", NULL, NULL) != 0 ||
			!config_equal(a, b))
		abort();
	sb_addn(&line, data, size < 200 ? size : 200);
	cur = config_cursor_new(a);
	config_complete(cur, sb_str(&line), &cand);
	grammar_candidates_fini(&cand);
	config_cursor_free(cur);
	config_free(a);
	config_free(b);
	sb_free(&text);
	sb_free(&line);
	return 0;
}
