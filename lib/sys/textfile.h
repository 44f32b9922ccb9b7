/* Text files: read whole, written so that a reader sees the old or the new one
 * and a full disk leaves the old one. */
#ifndef WEFT_SYS_TEXTFILE_H
#define WEFT_SYS_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/strbuf.h"

#define TEXT_FILE_MAX (64u << 20) /* bytes */

/* Appends the file to *out.  Returns 0, or -errno with a sentence; a NUL byte
 * in the file is -EINVAL. */
int text_file_read(const char *path, struct strbuf *out, struct err *err);

/* Opens a file that can be read more than once, and is no larger than TEXT_FILE_MAX: a
 * descriptor, or -1 for what has to be left to text_file_read(). */
int text_file_open(const char *path);
/* Reads what was opened from its beginning, in pieces of whole lines (the last may lack its newline),
 * until fn returns false.  As text_file_read() otherwise. */
typedef bool text_piece_fn(void *arg, const char *text, size_t len);
int text_file_pieces(int fd, const char *path, text_piece_fn *fn, void *arg, struct err *err);

/* Replaces PATH by a new file with the same owner and mode (0640 if it is new):
 * written beside it, synced, renamed; the old one is kept as PATH.sav; a directory
 * that is not there is made.  Returns
 * 0, or -errno with a sentence, PATH then being as it was. */
int text_file_replace(const char *path, const char *text, size_t len, struct err *err);

#endif
