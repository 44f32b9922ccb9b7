/* The schema of the configuration: the nodes of the YANG modules (yang/), and the
 * modes and lines that their extension statements declare.
 * A table inside the programs, made from the modules when they are built. */
#ifndef WEFT_SYS_SCHEMA_H
#define WEFT_SYS_SCHEMA_H

struct schema;

extern const struct schema *const schema_table;

/* One line of the reference manual. */
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
