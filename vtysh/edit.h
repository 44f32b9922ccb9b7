/* The configuration modes: a private copy of the running configuration in which
 * each line is tried first, so that faults, prompts, completion and help need
 * no daemon, and the lines that wait to be sent. */
#ifndef WEFT_VTYSH_EDIT_H
#define WEFT_VTYSH_EDIT_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/sys/config.h"
#include "vtysh/daemons.h"

struct edit;

/* NULL after saying why: no daemon is running. */
struct edit *edit_new(struct daemons *d);
void edit_free(struct edit *e); /* forgets what was not committed */
/* Says on standard error what the lines have left incomplete, such as a
 * neighbour of which only the description was given: a mistyped address. */
void edit_leave(struct edit *e);

/* Takes a line.  With `now` it is committed at once, else with edit_commit();
 * number is its own in the input.  CONFIG_BAD after *err or printed refusals. */
enum config_result edit_line(struct edit *e, const char *line, unsigned number, bool now,
		struct err *err);
/* Sends what waits.  Returns false after printing what was refused, with line
 * numbers if numbered. */
bool edit_commit(struct edit *e, bool numbered);

const char *edit_prompt(const struct edit *e); /* "config-router" */
const char *edit_hostname(const struct edit *e); /* NULL if not configured */
const struct config *edit_config(const struct edit *e); /* as it is running; valid until the next line */
void edit_complete(const struct edit *e, const char *partial, struct grammar_candidates *ret);

/* Makes a file's lines (path "-": standard input) part of the running
 * configuration.  Returns false if any was refused; said on standard error. */
bool edit_file(struct daemons *d, const char *path);
/* Only looks for faults (vtysh -C). */
bool edit_check_file(const char *path);
/* Prints a file's lines with the ends of its modes (vtysh -m). */
bool edit_mark_file(const char *path);

#endif
