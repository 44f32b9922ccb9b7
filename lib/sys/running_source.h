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
	const char *text;    /* the caller's; NULL: it comes in pieces */
	size_t len;
	/* Of a text that comes in pieces: reads it, and is told at the end whether it could be. */
	bool (*pieces)(void *arg, struct config_load *l);
	/* Reads it as a whole after all, to cut it into lines: text and len. */
	bool (*whole)(void *arg, struct source *s);
	bool (*indented)(void *arg); /* as config_load_begin() asks it */
	void *pieces_arg;
	uint32_t first;	     /* number of the first line */
	char *copy;	     /* cut into lines when that is first needed */
	VEC(struct line) lines;
	const char *node;    /* of an edit: the lines that lead to its place; else NULL */
	bool strict;	     /* the first refused line ends it */
	/* where refusals go */
	void (*report)(void *arg, const char *name, uint32_t line, const char *sentence);
	void *report_arg;
	bool quiet;	     /* only trying */
	unsigned n_reports;
};

/* The first line's number is `first`; the rest of *s is the caller's to fill.
 * The text must stay. */
void source_init(struct source *s, const char *name, const char *text, size_t len,
		uint32_t first);
void source_fini(struct source *s);
void source_report(struct source *s, uint32_t line, const char *sentence);

/* Has the text as a whole from now on, of which nothing was reported yet; false: it can't be read. */
bool source_whole(struct source *s);

/* Cuts the text into lines, if it is not yet. */
void source_cut(struct source *s);

#define SOURCE_ALL SIZE_MAX

/* The lines not left out among the first n, added to a configuration.  False if a
 * strict source was refused, or a file could not be read. */
bool source_apply(struct source *s, struct config *c, size_t n);

#endif
