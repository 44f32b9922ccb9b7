/* Where a command's output goes: standard output, through a filter
 * (" | include REGEX") and in pages where a person reads. */
#ifndef WEFT_VTYSH_OUTPUT_H
#define WEFT_VTYSH_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

struct output;

struct output *output_new(bool interactive);
void output_free(struct output *o);
/* Lines a page; 0: no pages; -1: as many as the terminal has. */
void output_set_length(struct output *o, int lines);

/* Cuts " | include X" (begin, exclude, count) off a command line and sets the
 * filter of the next output.  -EINVAL and a sentence if it is no filter. */
int output_filter(struct output *o, char *line, struct err *err);

void output_begin(struct output *o);
/* Returns false if nobody wants more of it. */
bool output_write(struct output *o, const char *text, size_t len);
bool output_text(struct output *o, const char *text);
/* Ends the output, and the filter with it. */
void output_end(struct output *o);

#endif
