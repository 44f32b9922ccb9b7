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

static void names_fill(struct snode *s)
{
	size_t size = 4, n;

	while (size < s->kids.n * 2 + 1)
		size *= 2;
	for (size_t i = 0; i < size; i++)
		(void)vec_push(&s->names);
	for (size_t i = 0; i < s->kids.n; i++) {
		s->kids.v[i]->place = (unsigned)i;
		*snode_slot(s, s->kids.v[i]->name, &n) = (uint16_t)(i + 1);
	}
}

static int leaf_fill(struct snode *s, struct err *e)
{
	const struct lysc_node *sn = snode_source(s);
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
		err_prepend(e, "%s/%s", s->parent->name, sn->name);
		return -EINVAL;
	}
	return 0;
}

static struct smode *mode_add(struct schema *s, struct snode *n)
{
	struct smode *m = xcalloc(1, sizeof(*m));

	m->node = n;
	m->exit = "exit";
	m->prompt = n->name;
	graph_init(&m->plain);
	graph_init(&m->no);
	*vec_push(&s->modes) = m;
	n->mode = m;
	return m;
}

/* Statements that need no other node; schema_lines() reads the rest. */
static void simple_statements(struct schema *s, struct snode *n)
{
	const struct lysc_ext_instance *exts = snode_source(n)->exts;
	LY_ARRAY_COUNT_TYPE i;

	LY_ARRAY_FOR(exts, i) {
		const char *name = exts[i].def->name, *arg = exts[i].argument;

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
	LY_ARRAY_FOR(exts, i) {
		const char *name = exts[i].def->name, *arg = exts[i].argument;

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

static struct snode *node_add(struct schema_build *b, struct snode *parent,
		const struct lysc_node *sn, struct err *e)
{
	struct built_node *built = xcalloc(1, sizeof(*built));
	struct snode *n = &built->node;

	*vec_push(&b->nodes) = n;
	built->source = sn;
	n->name = sn->name;
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
	if (parent)
		parent->has_below |= !n->is_leaf;
	n->is_list = sn->nodetype == LYS_LIST;
	n->presence = sn->nodetype == LYS_CONTAINER && (sn->flags & LYS_PRESENCE);
	simple_statements(&b->schema, n);
	if (n->mode && parent)
		n->mode->above = mode_around(parent);
	for (const struct lysc_node *c = lysc_node_child(sn); c; c = c->next) {
		if (!node_add(b, n, c, e))
			return NULL;
	}
	names_fill(n);
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

static int build(struct schema_build *b, struct err *e)
{
	const struct lys_module *module = ly_ctx_load_module(b->ctx, "weft-config", NULL, NULL);
	struct schema *s = &b->schema;

	if (!module)
		return err_set(e, EINVAL, "%s", ly_errmsg(b->ctx) ? ly_errmsg(b->ctx) : "libyang");
	read_words(b, module->parsed->exts);
	s->root = node_add(b, NULL, module->compiled->data, e);
	if (!s->root)
		return -EINVAL;
	s->top = mode_add(s, s->root);
	s->top->prompt = "config";
	for (size_t i = 0; i < s->modes.n; i++) {
		struct smode *m = s->modes.v[i];

		if (m != s->top)
			m->above = mode_around(m->node->parent);
	}
	return schema_lines(b, e);
}

struct schema_build *schema_build_new(struct err *e)
{
	struct schema_build *b = xcalloc(1, sizeof(*b));

	b->word = xcalloc(1, sizeof(*b->word));
	b->word->syntax = syntax_find("word");
	value_type_finish(b->word);
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

static void smode_free(struct smode *m)
{
	graph_fini(&m->plain);
	graph_fini(&m->no);
	vec_free(&m->steps);
	free(m);
}

void schema_build_free(struct schema_build *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->schema.modes.n; i++)
		smode_free(b->schema.modes.v[i]);
	for (size_t i = 0; i < b->schema.lines.n; i++)
		sline_free(b->schema.lines.v[i]);
	for (size_t i = 0; i < b->nodes.n; i++)
		snode_free(b->nodes.v[i]);
	for (size_t i = 0; i < b->rules.n; i++)
		rule_free(b->rules.v[i]);
	for (size_t i = 0; i < b->words.n; i++)
		free(b->words.v[i].word);
	vec_free(&b->schema.modes);
	vec_free(&b->schema.lines);
	vec_free(&b->nodes);
	vec_free(&b->rules);
	vec_free(&b->words);
	value_type_free(b->word);
	ly_ctx_destroy(b->ctx);
	free(b);
}
