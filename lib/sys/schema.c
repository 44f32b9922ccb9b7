/* The schema at run time: a table (yang/mkschema.c makes it), looked up by names,
 * and listed for manuals. */
#include <config.h>

#include "lib/sys/schema.h"

#include <string.h>

#include "lib/sys/schema_int.h"

/* Of few characters, as much is asked while a configuration is read; the factors are those of
 * many tried that leave most names alone in their place. */
static size_t name_hash(const char *name, size_t n)
{
	const unsigned char *c = (const unsigned char *)name;

	if (n == 0)
		return 0;
	return n * 22 + c[0] * 6u + c[n / 2] * 55u + c[n / 3] * 28u + c[n - 1] * 57u;
}

uint16_t *snode_slot(const struct snode *s, const char *name, size_t *ret_len)
{
	size_t n = (size_t)(strchrnul(name, '/') - name), mask = s->names.n - 1;
	size_t h = name_hash(name, n);

	*ret_len = n;
	for (size_t i = h & mask;; i = (i + 1) & mask) {
		uint16_t *slot = &s->names.v[i];
		const char *kid = *slot ? s->kids.v[*slot - 1]->name : NULL;

		if (!kid || (strncmp(kid, name, n) == 0 && !kid[n]))
			return slot;
	}
}

struct snode *snode_step(const struct snode *s, const char **path)
{
	size_t n;
	uint16_t slot = *snode_slot(s, *path, &n);

	*path += n;
	return slot ? s->kids.v[slot - 1] : NULL;
}

struct snode *snode_kid(const struct snode *s, const char *name)
{
	return snode_step(s, &name);
}

static void document_mode(const struct schema *s, const struct smode *m,
		void (*fn)(void *arg, const struct schema_doc *doc), void *arg)
{
	for (size_t i = 0; i < s->lines.n; i++) {
		const struct sline *l = s->lines.v[i];
		const struct snode *n = l->carrier;

		if (l->mode != m || (l->kind != LINE_CLI && l->kind != LINE_MODE))
			continue;
		fn(arg, &(struct schema_doc){ .mode = m->prompt,
					.entered = m->line ? m->line->shown : NULL,
					.line = l->shown,
					.description = n->help,
					.units = n->units,
					.def = n->def,
					.reference = n->reference,
					.reload = n->reload,
					.owner = n->owner });
	}
}

void schema_document(const struct schema *s, void (*fn)(void *arg, const struct schema_doc *doc),
		void *arg)
{
	document_mode(s, s->top, fn, arg);
	for (size_t i = 0; i < s->modes.n; i++) {
		if (s->modes.v[i] != s->top)
			document_mode(s, s->modes.v[i], fn, arg);
	}
}
