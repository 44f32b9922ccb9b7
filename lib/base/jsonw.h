/* JSON written as it goes, to a strbuf that the caller may drain at any time:
 * a table of a million routes needs no tree.  Commas, quoting and nesting are
 * done here; keys are NULL inside arrays. */
#ifndef WEFT_BASE_JSONW_H
#define WEFT_BASE_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/strbuf.h"

struct jsonw {
	struct strbuf *out;
	unsigned depth;
	bool pretty;	  /* new lines and two spaces a level */
	bool comma[64];	  /* something was written at this depth */
};

void jsonw_init(struct jsonw *j, struct strbuf *out, bool pretty);
void jsonw_object(struct jsonw *j, const char *key);
void jsonw_array(struct jsonw *j, const char *key);
void jsonw_end_object(struct jsonw *j);
void jsonw_end_array(struct jsonw *j);
void jsonw_str(struct jsonw *j, const char *key, const char *value);
void jsonw_strn(struct jsonw *j, const char *key, const char *value, size_t n);
void jsonw_strf(struct jsonw *j, const char *key, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
void jsonw_int(struct jsonw *j, const char *key, int64_t value);
void jsonw_uint(struct jsonw *j, const char *key, uint64_t value);
void jsonw_bool(struct jsonw *j, const char *key, bool value);
void jsonw_null(struct jsonw *j, const char *key);

#endif
