/* Writes the reference of the configuration language, in Markdown, from the
 * schema: every mode with its lines, what they mean, and what a change costs. */
#include <stdio.h>
#include <string.h>

#include "lib/sys/schema.h"

static void put_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			while (text[1] == ' ' || text[1] == '\n')
				text++;
			putchar(' ');
		} else {
			putchar(*text);
		}
	}
}

static void put_line(void *arg, const struct schema_doc *d)
{
	const char **entered = arg;

	if (*entered != d->entered && d->entered)
		printf("\n## `%s`\n\nPrompt `(%s)#`.\n\n", d->entered, d->mode);
	*entered = d->entered;
	printf("* `%s`\n  ", d->line);
	put_text(d->description);
	printf(".");
	if (d->units)
		printf(" Unit: %s.", d->units);
	if (d->def)
		printf(" Default: %s.", d->def);
	if (d->reference) {
		printf(" See ");
		put_text(d->reference);
		printf(".");
	}
	if (strcmp(d->reload, "session") == 0)
		printf(" A change resets sessions.");
	printf("\n");
}

int main(void)
{
	const char *entered = NULL;

	printf("# Reference of the configuration\n\n"
	       "Made from the YANG modules. `[x]` may be left out, `(x | y)` is one of them, `{x | y}`\n"
	       "any of them in any order, `$x` a value. Every line has a `no` form. Keywords may be\n"
	       "abbreviated. Lines of outer modes may be given in inner ones.\n");
	printf("\n## The top mode\n\nPrompt `(config)#`.\n\n");
	schema_document(schema_table, put_line, &entered);
	return 0;
}
