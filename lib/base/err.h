/* What went wrong, in a sentence for a person.  Filled by the function that
 * knows; passed up unchanged or with a place put before it. */
#ifndef WEFT_BASE_ERR_H
#define WEFT_BASE_ERR_H

struct err {
	char text[256];
};

/* Writes the sentence (truncated to fit) and returns -code, so that a caller
 * can `return err_set(e, EINVAL, "...")`.  e may be NULL. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "PLACE: " before the sentence that is there. */
void err_prepend(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
