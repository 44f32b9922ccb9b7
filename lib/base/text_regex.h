/* Regular expressions over short ASCII texts, in the language of AS-path and
 * expanded community lists: POSIX extended, and '_' for "an end, or one of
 * space , { } ( )".  Searches; anchor with ^ and $.  Linear in the text's
 * length whatever the pattern is, which regexec(3) does not promise. */
#ifndef WEFT_BASE_TEXT_REGEX_H
#define WEFT_BASE_TEXT_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

struct text_regex;

/* NULL and a sentence if the pattern is malformed or asks for too much. */
struct text_regex *text_regex_new(const char *pattern, struct err *e);
void text_regex_free(struct text_regex *r);
/* Does some part of the text match?  What was worked out is kept in r. */
bool text_regex_match(struct text_regex *r, const char *text, size_t len);

#endif
