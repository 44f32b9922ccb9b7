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

struct name_slot *snode_slot(const struct snode *s, const char *name, size_t *ret_len)
{
	size_t n = (size_t)(strchrnul(name, '/') - name), mask = s->names.n - 1;
	size_t h = name_hash(name, n);
	struct name_slot *names = near_array(s->names);

	*ret_len = n;
	for (size_t i = h & mask;; i = (i + 1) & mask) {
		const struct snode *kid = near_get(names[i].kid);
		const char *there = kid ? near_at(kid->name) : NULL;

		if (!there || (strncmp(there, name, n) == 0 && !there[n]))
			return &names[i];
	}
}

struct snode *snode_step(const struct snode *s, const char **path)
{
	size_t n;
	const struct name_slot *slot = snode_slot(s, *path, &n);

	*path += n;
	return near_get(slot->kid);
}

struct snode *snode_kid(const struct snode *s, const char *name)
{
	return snode_step(s, &name);
}

static void document_mode(const struct schema *s, const struct smode *m,
		void (*fn)(void *arg, const struct schema_doc *doc), void *arg)
{
	for (size_t i = 0; i < s->lines.n; i++) {
		const struct sline *l = near_nth(s->lines, i);
		const struct snode *n = near_at(l->carrier);
		const struct sline *enters = near_get(m->line);

		if (near_get(l->mode) != m || (l->kind != LINE_CLI && l->kind != LINE_MODE))
			continue;
		fn(arg, &(struct schema_doc){ .mode = near_at(m->prompt),
					.entered = enters ? near_at(enters->shown) : NULL,
					.line = near_at(l->shown),
					.description = near_get(n->help),
					.units = near_get(n->units),
					.def = near_get(n->def),
					.reference = near_get(n->reference),
					.reload = near_get(n->reload),
					.owner = near_get(n->owner) });
	}
}

void schema_document(const struct schema *s, void (*fn)(void *arg, const struct schema_doc *doc),
		void *arg)
{
	const struct smode *top = near_at(s->top);

	document_mode(s, top, fn, arg);
	for (size_t i = 0; i < s->modes.n; i++) {
		if (near_nth(s->modes, i) != top)
			document_mode(s, near_nth(s->modes, i), fn, arg);
	}
}
