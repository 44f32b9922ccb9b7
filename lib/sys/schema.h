/* The schema of the configuration: libyang's compiled modules (yang/), and the
 * modes and lines that their extension statements declare.
 * Made once at program start; every struct config refers to it.  The texts of
 * the modules are inside the program. */
#ifndef WEFT_SYS_SCHEMA_H
#define WEFT_SYS_SCHEMA_H

#include "lib/base/err.h"

struct schema;

/* NULL and a sentence if a module or a template in it is wrong, which is a bug
 * that the tests find. */
struct schema *schema_new(struct err *e);
void schema_free(struct schema *s);

/* One line of the reference manual.  Strings live as long as the schema. */
struct schema_doc {
	const char *mode;	 /* prompt of the line's mode: "config-router" */
	const char *entered;	 /* the line that enters the mode; NULL: the top mode */
	const char *line;	 /* the template, without what it sets */
	const char *description;
	const char *units;	 /* NULL where there are none; so for the next two */
	const char *def;	 /* default value */
	const char *reference;
	const char *reload;	 /* nothing, out, in, session */
	const char *owner;	 /* bgpd, overlayd, both */
};

/* Calls fn for each line, mode by mode. */
void schema_document(const struct schema *s, void (*fn)(void *arg, const struct schema_doc *doc),
		void *arg);

#endif
