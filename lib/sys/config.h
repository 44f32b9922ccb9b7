/* The configuration as a value: a tree of the schema's nodes, with the lines that
 * make, change and print it.
 * Daemons load their file, walk the tree (bgpd/config_yang.c,
 * overlayd/config_yang.c) into a value of their own; vtysh edits one.  The tree depends
 * only on which lines were given, not on their order; lists are sorted by key,
 * numbers as numbers.
 *
 * The tree's top is container "config" (yang/weft-config.yang). */
#ifndef WEFT_SYS_CONFIG_H
#define WEFT_SYS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/strbuf.h"
#include "lib/sys/grammar.h"
#include "lib/sys/schema.h"

struct config_node;
struct config;
struct config_change;

/* The schema must outlive the value. */
struct config *config_new(const struct schema *s);
struct config *config_dup(const struct config *c);
void config_free(struct config *c);

bool config_equal(const struct config *a, const struct config *b);

/* Bad lines and other faults, one call each.  line is 0 where none is known. */
typedef void config_report_fn(void *arg, const char *name, unsigned line, const char *sentence);

/* Adds the lines of a file.  Bad lines are reported and left out, and so are
 * entries that are incomplete at the end of the text.  Returns the number of
 * reports.  report may be NULL. */
unsigned config_load_text(struct config *c, const char *text, size_t len, const char *name,
		config_report_fn *report, void *arg);

/* The same for a text that comes in pieces, of whole lines each (the last may lack its newline);
 * each is read before the call returns.  size: bytes of the text, about.  indented() is asked
 * once at most: does a line but the first begin with white space?  config_load_end() ends it
 * in any case. */
typedef bool config_indented_fn(void *arg);
struct config_load *config_load_begin(struct config *c, size_t size, config_indented_fn *indented,
		void *indented_arg, const char *name, config_report_fn *report, void *arg);
void config_load_piece(struct config_load *l, const char *text, size_t len);
unsigned config_load_lines(const struct config_load *l); /* so far */
unsigned config_load_end(struct config_load *l);
/* What indented() has to say, of a text. */
bool config_text_is_indented(const char *text, size_t len);

/* Reports entries that are incomplete or refer to what is not there (see
 * "needs", "part-of" and "refers" in yang/weft-cli.yang); returns their number. */
unsigned config_validate(const struct config *c, const char *name, config_report_fn *report,
		void *arg);

struct config_print_opts {
	const char *owner;  /* "bgpd" or "overlayd": only what that daemon reads; NULL: all */
	const char *prefix; /* only top-level lines that begin so ("router bgp"); NULL: all */
	bool mark_ends;	    /* "end-of-context" lines, for frr-reload.py */
};

/* The lines, in the order and with the indentation that people know from FRR.
 * opts may be NULL. */
void config_print(const struct config *c, const struct config_print_opts *opts,
		struct strbuf *out);

/* -- reading the tree -------------------------------------------------------
 * Names are those of yang/; a path "set/metric" goes through containers.
 * Values are in their canonical form and live as long as the tree does
 * unchanged. */

const struct config_node *config_root(const struct config *c);
/* A container, or the first entry of a list or leaf-list; NULL if it isn't there. */
const struct config_node *config_child(const struct config_node *parent, const char *path);
/* The next entry of the same list or leaf-list. */
const struct config_node *config_next(const struct config_node *node);
/* Number of entries of a list. */
size_t config_count(const struct config_node *parent, const char *path);
#define CONFIG_FOREACH(node, parent, path)                                                         \
	for ((node) = config_child(parent, path); (node); (node) = config_next(node))
/* The entry of a list with one key, or NULL. */
const struct config_node *config_entry(const struct config_node *parent, const char *path,
		const char *key);
/* Value of a leaf-list entry. */
const char *config_value(const struct config_node *node);
/* Value of a leaf below parent, else its default, else NULL. */
const char *config_str(const struct config_node *parent, const char *path);
/* For entries of long lists: a leaf looked up by its name once, and those that a node of
 * that list has, one after the other: *at begins as 0; NULL behind the last one. */
struct snode;
const struct snode *config_leaf(const struct config_node *node, const char *name);
const struct snode *config_next_leaf(const struct config_node *node, uint32_t *at,
		const char **ret_value);
/* The same as a number (0 if there is none); *ret_set, if not NULL, says
 * whether it was configured. */
uint32_t config_u32(const struct config_node *parent, const char *path, bool *ret_set);
/* An empty leaf that is there, or a boolean that is true (or so by default). */
bool config_flag(const struct config_node *parent, const char *path);
/* Is the node itself configured, default values aside? */
bool config_has(const struct config_node *parent, const char *path);
/* Leaves and containers that are there, in the schema's order: *at begins as 0;
 * false behind the last one. */
struct config_item {
	const char *name;
	const char *value;		/* of a leaf, or NULL */
	const struct config_node *node; /* a container, or the first entry */
};
bool config_item(const struct config_node *node, size_t *at, struct config_item *ret);
/* Line of the file that made the node, 0 if not known. */
unsigned config_line_number(const struct config_node *node);

/* -- changes ----------------------------------------------------------------
 * What is done to a value between the first two calls is a change, which can be
 * taken back and made again in time that grows with the change alone. */

void config_record(struct config *c);
struct config_change *config_recorded(struct config *c);
/* Takes it back, or makes it again.  The value must be as it was when the change
 * was made, or taken back. */
void config_change_swap(struct config_change *ch);
/* Forgets how; the value stays as it is.  NULL is fine. */
void config_change_free(struct config_change *ch);

/* -- editing ----------------------------------------------------------------
 * A cursor is a place in the configuration's modes.  It finds its node again
 * for each line, so the value may be edited through several cursors. */

struct config_cursor;

struct config_cursor *config_cursor_new(struct config *c);
void config_cursor_free(struct config_cursor *cur);
/* Goes on with another value, at the same place if that has it. */
void config_cursor_rebase(struct config_cursor *cur, struct config *c);

enum config_result {
	CONFIG_OK,	/* applied, or a comment */
	CONFIG_LEFT,	/* 'end', or 'exit' in the top mode: editing is over */
	CONFIG_BAD,	/* refused, with a sentence that begins with "% " */
};

/* Applies one line as typed: leading spaces, abbreviations, comments, 'no'.
 * After a refused line, lines that are indented further than it are refused too.
 * A line that could enter a mode further up, and stands no further right than the
 * line that entered this one, does so if lines in this mode are indented. */
enum config_result config_line(struct config_cursor *cur, const char *line, struct err *e);

/* Appends the lines that lead to this place from the top mode, each with its
 * end; nothing in the top mode. */
void config_cursor_lines(const struct config_cursor *cur, struct strbuf *out);

/* "config-router-af" */
const char *config_prompt(const struct config_cursor *cur);
/* As grammar_complete. */
void config_complete(const struct config_cursor *cur, const char *partial,
		struct grammar_candidates *ret);

#endif
