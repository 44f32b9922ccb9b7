/* The schema at program start: libyang compiles the embedded modules, and what
 * their extension statements say is gathered into nodes and modes.
 * Lines are made in schema_line.c, when all nodes exist. */
#include "lib/sys/schema.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/schema_int.h"
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

static size_t name_hash(const char *name, size_t *ret_len)
{
	size_t h = 0, n = 0;

	for (; name[n] && name[n] != '/'; n++)
		h = h * 31 + (unsigned char)name[n];
	*ret_len = n;
	return h ^ h >> 7;
}

/* Where a name of n characters is, or the free place for it. */
static uint16_t *name_slot(const struct snode *s, const char *name, size_t hash, size_t n)
{
	size_t mask = s->names.n - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		uint16_t *slot = &s->names.v[i];
		const char *kid = *slot ? s->kids.v[*slot - 1]->sn->name : NULL;

		if (!kid || (strncmp(kid, name, n) == 0 && !kid[n]))
			return slot;
	}
}

static void names_fill(struct snode *s)
{
	size_t size = 4, n, hash;

	while (size < s->kids.n * 2 + 1)
		size *= 2;
	for (size_t i = 0; i < size; i++)
		(void)vec_push(&s->names);
	for (size_t i = 0; i < s->kids.n; i++) {
		s->kids.v[i]->place = (unsigned)i;
		hash = name_hash(s->kids.v[i]->sn->name, &n);
		*name_slot(s, s->kids.v[i]->sn->name, hash, n) = (uint16_t)(i + 1);
	}
}

struct snode *snode_step(const struct snode *s, const char **path)
{
	size_t n, hash = name_hash(*path, &n);
	uint16_t slot = *name_slot(s, *path, hash, n);

	*path += n;
	return slot ? s->kids.v[slot - 1] : NULL;
}

struct snode *snode_kid(const struct snode *s, const char *name)
{
	return snode_step(s, &name);
}

static int leaf_fill(struct snode *s, struct err *e)
{
	const struct lysc_node *sn = s->sn;
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

		s->units = l->units;
		if (l->dflt) {
			s->has_def = true;
			s->def = lyd_value_get_canonical(sn->module->ctx, l->dflt);
			s->def_true = s->kind == LEAF_BOOL && strcmp(s->def, "true") == 0;
		}
	}
	s->type = schema_type(t, e);
	if (!s->type) {
		err_prepend(e, "%s/%s", s->parent->sn->name, sn->name);
		return -EINVAL;
	}
	return 0;
}

static struct smode *mode_add(struct schema *s, struct snode *n)
{
	struct smode *m = xcalloc(1, sizeof(*m));

	m->node = n;
	m->exit = "exit";
	m->prompt = n->sn->name;
	graph_init(&m->plain);
	graph_init(&m->no);
	*vec_push(&s->modes) = m;
	n->mode = m;
	return m;
}

/* Statements that need no other node; schema_lines() reads the rest. */
static void simple_statements(struct schema *s, struct snode *n)
{
	LY_ARRAY_COUNT_TYPE i;

	LY_ARRAY_FOR(n->sn->exts, i) {
		const char *name = n->sn->exts[i].def->name, *arg = n->sn->exts[i].argument;

		if (strcmp(name, "owner") == 0)
			n->owner = arg;
		else if (strcmp(name, "reload") == 0)
			n->reload = arg;
		else if (strcmp(name, "omitted") == 0)
			n->omitted = arg;
		else if (strcmp(name, "fixed") == 0)
			n->fixed = true;
		else if (strcmp(name, "whole") == 0)
			n->whole = true;
		else if (strcmp(name, "exact") == 0)
			n->exact = true;
		else if (strcmp(name, "names") == 0)
			n->offers = arg;
		else if (strcmp(name, "auto") == 0)
			n->parent->auto_step = (unsigned)atoi(arg);
		else if (strcmp(name, "mode") == 0 && !n->mode)
			mode_add(s, n);
	}
	LY_ARRAY_FOR(n->sn->exts, i) {
		const char *name = n->sn->exts[i].def->name, *arg = n->sn->exts[i].argument;

		if (n->mode && strcmp(name, "prompt") == 0)
			n->mode->prompt = arg;
		else if (n->mode && strcmp(name, "exit") == 0)
			n->mode->exit = arg;
	}
}

static struct smode *mode_around(const struct snode *n)
{
	while (n && !n->mode)
		n = n->parent;
	return n ? n->mode : NULL;
}

static struct snode *node_add(struct schema *s, struct snode *parent, const struct lysc_node *sn,
		struct err *e)
{
	struct snode *n = xcalloc(1, sizeof(*n));

	*vec_push(&s->nodes) = n;
	n->sn = sn;
	n->parent = parent;
	n->help = sn->dsc;
	n->reference = sn->ref;
	n->owner = parent ? parent->owner : "both";
	n->reload = parent ? parent->reload : "nothing";
	if (parent)
		*vec_push(&parent->kids) = n;
	if (sn->nodetype & (LYS_LEAF | LYS_LEAFLIST)) {
		if (leaf_fill(n, e))
			return NULL;
		if (n->is_key) {
			assert(parent->nkeys < 3);
			parent->keys[parent->nkeys++] = n;
		}
	}
	n->is_list = sn->nodetype == LYS_LIST;
	n->presence = sn->nodetype == LYS_CONTAINER && (sn->flags & LYS_PRESENCE);
	simple_statements(s, n);
	if (n->mode && parent)
		n->mode->above = mode_around(parent);
	for (const struct lysc_node *c = lysc_node_child(sn); c; c = c->next) {
		if (!node_add(s, n, c, e))
			return NULL;
	}
	names_fill(n);
	return n;
}

static void read_words(struct schema *s)
{
	const struct lysp_ext_instance *x = s->module->parsed->exts;
	LY_ARRAY_COUNT_TYPE i;

	LY_ARRAY_FOR(x, i) {
		const char *space = x[i].argument ? strchr(x[i].argument, ' ') : NULL;
		struct word_help *w;

		if (!space || !strstr(x[i].name, "word"))
			continue;
		w = vec_push(&s->words);
		w->word = xmemdup(x[i].argument, (size_t)(space - x[i].argument) + 1);
		w->word[space - x[i].argument] = 0;
		w->help = space + 1;
	}
}

static int build(struct schema *s, struct err *e)
{
	const struct lysc_node *top;

	s->module = ly_ctx_load_module(s->ctx, "weft-config", NULL, NULL);
	if (!s->module)
		return err_set(e, EINVAL, "%s", ly_errmsg(s->ctx) ? ly_errmsg(s->ctx) : "libyang");
	top = s->module->compiled->data;
	read_words(s);
	s->root = node_add(s, NULL, top, e);
	if (!s->root)
		return -EINVAL;
	s->top = mode_add(s, s->root);
	s->top->prompt = "config";
	for (size_t i = 0; i < s->modes.n; i++) {
		struct smode *m = s->modes.v[i];

		if (m != s->top)
			m->above = mode_around(m->node->parent);
	}
	return schema_lines(s, e);
}

struct schema *schema_new(struct err *e)
{
	struct schema *s = xcalloc(1, sizeof(*s));

	s->word.syntax = syntax_find("word");
	value_type_finish(&s->word);
	ly_log_options(LY_LOSTORE_LAST);
	if (ly_ctx_new(NULL, LY_CTX_NO_YANGLIBRARY | LY_CTX_DISABLE_SEARCHDIRS, &s->ctx)) {
		err_set(e, ENOMEM, "libyang could not make a context");
		free(s->word.placeholder);
		free(s);
		return NULL;
	}
	ly_ctx_set_module_imp_clb(s->ctx, find_module, NULL);
	if (build(s, e)) {
		schema_free(s);
		return NULL;
	}
	return s;
}

static void rule_free(struct srule *r)
{
	vec_free(&r->leaves);
	free(r);
}

static void snode_free(struct snode *n)
{
	value_type_free(n->type);
	vec_free(&n->kids);
	vec_free(&n->names);
	vec_free(&n->items);
	vec_free(&n->own);
	vec_free(&n->parts);
	free(n);
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->modes.n; i++) {
		graph_fini(&s->modes.v[i]->plain);
		graph_fini(&s->modes.v[i]->no);
		vec_free(&s->modes.v[i]->steps);
		free(s->modes.v[i]);
	}
	for (size_t i = 0; i < s->lines.n; i++)
		sline_free(s->lines.v[i]);
	for (size_t i = 0; i < s->nodes.n; i++)
		snode_free(s->nodes.v[i]);
	for (size_t i = 0; i < s->rules.n; i++)
		rule_free(s->rules.v[i]);
	for (size_t i = 0; i < s->words.n; i++)
		free(s->words.v[i].word);
	vec_free(&s->modes);
	vec_free(&s->lines);
	vec_free(&s->nodes);
	vec_free(&s->rules);
	vec_free(&s->words);
	free(s->word.placeholder);
	ly_ctx_destroy(s->ctx);
	free(s);
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
