/* Where a candidate configuration comes from: the text of a file, or lines of an
 * edit and the place where they begin; cut into lines, each of which can be
 * left out.  Used by running.c. */
#ifndef WEFT_SYS_RUNNING_SOURCE_H
#define WEFT_SYS_RUNNING_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/vec.h"
#include "lib/sys/config.h"

struct line {
	char *text;
	uint32_t number;
	bool skip;
};

struct source {
	const char *name;    /* of the file; "" for an edit */
	char *copy;	     /* the lines point into it */
	VEC(struct line) lines;
	const char *node;    /* of an edit: the lines that lead to its place; else NULL */
	bool strict;	     /* the first refused line ends it */
	/* where refusals go */
	void (*report)(void *arg, const char *name, uint32_t line, const char *sentence);
	void *report_arg;
	bool quiet;	     /* only trying */
	unsigned n_reports;
};

/* The first line's number is `first`; the rest of *s is the caller's to fill. */
void source_init(struct source *s, const char *name, const char *text, size_t len,
		uint32_t first);
void source_fini(struct source *s);
void source_report(struct source *s, uint32_t line, const char *sentence);

/* The configuration that the first n lines make: by themselves, or for an edit
 * from what is running.  NULL if a strict source was refused. */
struct config *source_config(struct source *s, const struct schema *schema,
		const struct config *running, size_t n);

#endif
