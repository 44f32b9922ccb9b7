/* The schema from the YANG modules: libyang compiles them, and what their extension
 * statements say is gathered into nodes and modes.  Lines are made in schema_line.c, when
 * all nodes exist.  Done when the programs are built, and by a test. */
#include "lib/sys/schema_build.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/schema_modules.h"

static LY_ERR find_module(const char *name, const char *revision, const char *submodule,
		const char *subrevision, void *arg, LYS_INFORMAT *format, const char **text,
		ly_module_imp_data_free_clb *free_text)
{
	(void)revision, (void)subrevision, (void)arg;
	if (submodule)
		return LY_ENOTFOUND;
	for (const struct schema_module *m = schema_modules; m->name; m++) {
		if (strcmp(m->name, name) != 0)
			continue;
		*format = LYS_IN_YANG;
		*text = m->text;
		*free_text = NULL;
		return LY_SUCCESS;
	}
	return LY_ENOTFOUND;
}

static void names_fill(struct near_area *a, struct snode *s)
{
	size_t size = 4, n;

	while (size < s->kids.n * 2 + 1)
		size *= 2;
	near_array_fill(a, s->names, size);
	for (size_t i = 0; i < s->kids.n; i++) {
		struct snode *kid = near_nth(s->kids, i);

		kid->place = (unsigned)i;
		near_set(snode_slot(s, near_at(kid->name), &n)->kid, kid);
	}
}

static int leaf_fill(struct near_area *a, struct snode *s, const struct lysc_node *sn,
		struct err *e)
{
	const struct value_type *type;
	const struct lysc_type *t = sn->nodetype == LYS_LEAF ?
			((const struct lysc_node_leaf *)sn)->type :
			((const struct lysc_node_leaflist *)sn)->type;

	s->is_leaf = sn->nodetype == LYS_LEAF;
	s->is_leaflist = !s->is_leaf;
	s->is_key = s->is_leaf && (sn->flags & LYS_KEY);
	s->kind = t->basetype == LY_TYPE_EMPTY ? LEAF_EMPTY :
			t->basetype == LY_TYPE_BOOL ? LEAF_BOOL : LEAF_VALUE;
	if (s->is_leaf) {
		const struct lysc_node_leaf *l = (const struct lysc_node_leaf *)sn;

		near_set_text(a, s->units, l->units);
		if (l->dflt) {
			const char *def = lyd_value_get_canonical(sn->module->ctx, l->dflt);

			s->has_def = true;
			near_set_text(a, s->def, def);
			s->def_true = s->kind == LEAF_BOOL && strcmp(def, "true") == 0;
		}
	}
	type = schema_type(a, t, e);
	if (!type) {
		err_prepend(e, "%s/%s", near_at(near_at(s->parent)->name), sn->name);
		return -EINVAL;
	}
	near_set(s->type, type);
	return 0;
}

static struct smode *mode_add(struct schema_build *b, struct snode *n)
{
	struct near_area *a = &b->area;
	struct smode *m = near_new(a, struct smode);

	near_set(m->node, n);
	near_set_text(a, m->exit, "exit");
	near_set(m->prompt, near_at(n->name));
	graph_init(a, &m->plain);
	graph_init(a, &m->no);
	near_push(a, b->schema->modes, m);
	near_set(n->mode, m);
	return m;
}

/* Statements that need no other node; schema_lines() reads the rest. */
static void simple_statements(struct schema_build *b, struct snode *n,
		const struct lysc_ext_instance *exts)
{
	struct near_area *a = &b->area;
	LY_ARRAY_COUNT_TYPE i;
	struct smode *m;

	LY_ARRAY_FOR(exts, i) {
		const char *name = exts[i].def->name, *arg = exts[i].argument;

		if (strcmp(name, "owner") == 0)
			near_set_text(a, n->owner, arg);
		else if (strcmp(name, "reload") == 0)
			near_set_text(a, n->reload, arg);
		else if (strcmp(name, "omitted") == 0)
			near_set_text(a, n->omitted, arg);
		else if (strcmp(name, "fixed") == 0)
			n->fixed = true;
		else if (strcmp(name, "whole") == 0)
			n->whole = true;
		else if (strcmp(name, "exact") == 0)
			n->exact = true;
		else if (strcmp(name, "names") == 0)
			near_set_text(a, n->offers, arg);
		else if (strcmp(name, "auto") == 0)
			near_at(n->parent)->auto_step = (unsigned)atoi(arg);
		else if (strcmp(name, "mode") == 0 && !near_get(n->mode))
			mode_add(b, n);
	}
	m = near_get(n->mode);
	LY_ARRAY_FOR(exts, i) {
		const char *name = exts[i].def->name, *arg = exts[i].argument;

		if (m && strcmp(name, "prompt") == 0)
			near_set_text(a, m->prompt, arg);
		else if (m && strcmp(name, "exit") == 0)
			near_set_text(a, m->exit, arg);
	}
}

static struct smode *mode_around(const struct snode *n)
{
	while (n && !near_get(n->mode))
		n = near_get(n->parent);
	return n ? near_get(n->mode) : NULL;
}

static struct snode *node_add(struct schema_build *b, struct snode *parent,
		const struct lysc_node *sn, struct err *e)
{
	struct near_area *a = &b->area;
	struct snode *n = near_new(a, struct snode);

	near_set_text(a, n->name, sn->name);
	near_set(n->parent, parent);
	near_set_text(a, n->help, sn->dsc);
	near_set_text(a, n->reference, sn->ref);
	near_set_text(a, n->owner, parent ? near_at(parent->owner) : "both");
	near_set_text(a, n->reload, parent ? near_at(parent->reload) : "nothing");
	if (parent)
		near_push(a, parent->kids, n);
	if (sn->nodetype & (LYS_LEAF | LYS_LEAFLIST)) {
		if (leaf_fill(a, n, sn, e))
			return NULL;
		if (n->is_key) {
			assert(parent->nkeys < 3);
			near_set(parent->keys[parent->nkeys++], n);
		}
	}
	if (parent)
		parent->has_below |= !n->is_leaf;
	n->is_list = sn->nodetype == LYS_LIST;
	n->presence = sn->nodetype == LYS_CONTAINER && (sn->flags & LYS_PRESENCE);
	simple_statements(b, n, sn->exts);
	if (near_get(n->mode) && parent)
		near_set(near_at(n->mode)->above, mode_around(parent));
	for (const struct lysc_node *c = lysc_node_child(sn); c; c = c->next) {
		if (!node_add(b, n, c, e))
			return NULL;
	}
	names_fill(a, n);
	return n;
}

static void read_words(struct schema_build *b, const struct lysp_ext_instance *x)
{
	LY_ARRAY_COUNT_TYPE i;

	LY_ARRAY_FOR(x, i) {
		const char *space = x[i].argument ? strchr(x[i].argument, ' ') : NULL;
		struct word_help *w;

		if (!space || !strstr(x[i].name, "word"))
			continue;
		w = vec_push(&b->words);
		w->word = xmemdup(x[i].argument, (size_t)(space - x[i].argument) + 1);
		w->word[space - x[i].argument] = 0;
		w->help = space + 1;
	}
}

#define AREA_SIZE ((size_t)64 << 20) /* many times what the modules need */

static int build(struct schema_build *b, struct err *e)
{
	const struct lys_module *module = ly_ctx_load_module(b->ctx, "weft-config", NULL, NULL);
	struct schema *s = b->schema;
	struct snode *root;
	struct smode *top;

	if (!module)
		return err_set(e, EINVAL, "%s", ly_errmsg(b->ctx) ? ly_errmsg(b->ctx) : "libyang");
	read_words(b, module->parsed->exts);
	root = node_add(b, NULL, module->compiled->data, e);
	if (!root)
		return -EINVAL;
	near_set(s->root, root);
	top = mode_add(b, root);
	near_set(s->top, top);
	near_set_text(&b->area, top->prompt, "config");
	for (size_t i = 0; i < s->modes.n; i++) {
		struct smode *m = near_nth(s->modes, i);

		if (m != top)
			near_set(m->above, mode_around(near_at(near_at(m->node)->parent)));
	}
	if (schema_lines(b, module->compiled->data, e))
		return -EINVAL;
	s->size = b->area.used;
	return 0;
}

struct schema_build *schema_build_new(struct err *e)
{
	struct schema_build *b = xcalloc(1, sizeof(*b));
	struct value_type *word;

	near_area_init(&b->area, AREA_SIZE);
	b->schema = near_new(&b->area, struct schema);
	word = near_new(&b->area, struct value_type);
	word->syntax = syntax_find("word");
	value_type_finish(&b->area, word);
	b->word = word;
	ly_log_options(LY_LOSTORE_LAST);
	if (ly_ctx_new(NULL, LY_CTX_NO_YANGLIBRARY | LY_CTX_DISABLE_SEARCHDIRS, &b->ctx)) {
		err_set(e, ENOMEM, "libyang could not make a context");
		schema_build_free(b);
		return NULL;
	}
	ly_ctx_set_module_imp_clb(b->ctx, find_module, NULL);
	if (build(b, e)) {
		schema_build_free(b);
		return NULL;
	}
	return b;
}

void schema_build_free(struct schema_build *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->words.n; i++)
		free(b->words.v[i].word);
	vec_free(&b->words);
	near_area_fini(&b->area);
	ly_ctx_destroy(b->ctx);
	free(b);
}
