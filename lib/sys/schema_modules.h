/* The YANG modules' texts, inside the program that makes the schema.
 * The table is made by yang/embed.awk; schema_build.c gives the texts to libyang. */
#ifndef WEFT_SYS_SCHEMA_MODULES_H
#define WEFT_SYS_SCHEMA_MODULES_H

struct schema_module {
	const char *name;
	const char *text;
};

/* Ends with a row whose name is NULL. */
extern const struct schema_module schema_modules[];

#endif
