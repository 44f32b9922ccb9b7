/* Configuration files as the source of a candidate configuration.  Used by running.c. */
#ifndef WEFT_SYS_RUNNING_FILES_H
#define WEFT_SYS_RUNNING_FILES_H

#include "lib/base/strbuf.h"
#include "lib/sys/running_source.h"

#define FILES_MAX 16

/* Several files are one text, so a report finds its file again by the number. */
struct files {
	char *const *names;
	size_t n;
	bool must_exist;
	struct strbuf *errors;	 /* "FILE:LINE: SENTENCE" lines */
	/* inside */
	struct strbuf text;
	size_t first[FILES_MAX]; /* number of each file's first line */
	int fds[FILES_MAX];	 /* to be read in pieces; -1: not so */
	struct err err;		 /* of reading later; "" if there is none */
};

/* names, n, must_exist and errors are set, the rest is zero.  0, or -errno and a sentence.
 * The files are read in pieces as the source is applied, where they can be, and stay open. */
int files_source(struct files *f, struct source *ret, struct err *err);
void files_close(struct files *f);

#endif
