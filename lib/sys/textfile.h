/* Text files: read whole, written so that a reader sees the old or the new one
 * and a full disk leaves the old one. */
#ifndef WEFT_SYS_TEXTFILE_H
#define WEFT_SYS_TEXTFILE_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/strbuf.h"

#define TEXT_FILE_MAX (64u << 20) /* bytes */

/* Appends the file to *out.  Returns 0, or -errno with a sentence; a NUL byte
 * in the file is -EINVAL. */
int text_file_read(const char *path, struct strbuf *out, struct err *err);

/* Replaces PATH by a new file with the same owner and mode (0640 if it is new):
 * written beside it, synced, renamed; the old one is kept as PATH.sav; a directory
 * that is not there is made.  Returns
 * 0, or -errno with a sentence, PATH then being as it was. */
int text_file_replace(const char *path, const char *text, size_t len, struct err *err);

#endif
