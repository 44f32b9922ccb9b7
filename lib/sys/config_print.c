/* The configuration as text: the same templates that parse it, walked with the
 * values of the tree.
 * A line is printed if all that it needs is there and it says something that
 * no line before it said. */
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/sys/config_int.h"

struct printing {
	struct strbuf *out;
	const struct config_print_opts *opts;
	/* the entry or container whose lines are printed */
	const struct config_node *at;
	const struct config_node *entry; /* of a leaf-list's line */
	/* values, which are told apart by where they are */
	VEC(const char *) used;    /* by the line that is made */
	VEC(const char *) covered; /* by lines before */
	struct strbuf line;
	unsigned indent;
	bool separate; /* a '!' is due before the next line */
};

/* The node that has a leaf or leaf-list: the current one or one below it, or for
 * a key one above. */
static const struct config_node *slot_parent(const struct printing *p, const struct snode *leaf)
{
	const struct snode *way[8];
	const struct config_node *at = p->at;
	size_t n = 0;

	while (at) {
		const struct snode *s = near_get(leaf->parent);

		for (n = 0; s && s != at->s && n < 8; s = near_get(s->parent))
			way[n++] = s;
		if (s)
			break;
		at = at->parent;
	}
	while (at && n > 0) {
		const struct config_list *l = list_of(at, way[--n]);

		at = l ? l->first : NULL;
	}
	return at;
}

static const char *slot_value(const struct printing *p, const struct snode *leaf)
{
	const struct config_node *at;

	if (p->entry && p->entry->s == leaf)
		return node_first_value(p->entry);
	if (leaf->is_leaflist) /* the second leaf of "$a&b" */
		return NULL;
	at = slot_parent(p, leaf);
	return at ? node_value(at, leaf) : NULL;
}

static void use(struct printing *p, const struct snode *leaf, const char *value)
{
	if (!leaf->is_key)
		*vec_push(&p->used) = value;
}

static void add_word(struct printing *p, const char *word)
{
	if (p->line.len)
		sb_addc(&p->line, ' ');
	sb_add(&p->line, word);
}

static bool effects_hold(struct printing *p, const struct tnode *n)
{
	for (size_t i = 0; i < n->effects.n; i++) {
		const struct teffect *f = near_nth(n->effects, i);
		const struct snode *leaf = near_at(f->var);
		const char *d = slot_value(p, leaf), *value = near_get(f->value);

		if (!d)
			return false;
		if (value && strcmp(d, value) != 0)
			return false;
		if (!value && leaf->kind == LEAF_BOOL && strcmp(d, "true") != 0)
			return false;
	}
	for (size_t i = 0; i < n->effects.n; i++) {
		const struct snode *leaf = near_at(near_nth(n->effects, i)->var);

		use(p, leaf, slot_value(p, leaf));
	}
	return true;
}

static bool put_value(struct printing *p, const struct tnode *n)
{
	const struct snode *leaf = near_get(n->var), *leaf2 = near_get(n->var2);
	const char *d = leaf ? slot_value(p, leaf) : NULL, *other;

	if (!d || (leaf->is_key && near_get(leaf->omitted) &&
			strcmp(d, near_at(leaf->omitted)) == 0))
		return false;
	if (leaf2) {
		other = slot_value(p, leaf2);
		if (!other || strcmp(other, d) != 0)
			return false;
		use(p, leaf2, other);
	}
	add_word(p, d);
	use(p, leaf, d);
	/* all entries of a leaf-list in one line */
	for (const struct config_node *x = p->entry; n->repeat && x && x->next; x = x->next) {
		add_word(p, node_first_value(x->next));
		use(p, leaf, node_first_value(x->next));
	}
	return effects_hold(p, n);
}

static bool put_seq(struct printing *p, const struct tseq *seq);

/* Takes back what an alternative wrote before it failed. */
static bool put_alternative(struct printing *p, const struct tseq *seq, bool must_use)
{
	size_t len = p->line.len, used = p->used.n;

	if (put_seq(p, seq)) {
		if (!must_use || p->used.n > used)
			return true;
		/* a key's value is worth its words, too */
		for (size_t i = 0; i < seq->nodes.n; i++) {
			if (near_nth(seq->nodes, i)->kind == T_VALUE)
				return true;
		}
	}
	p->line.len = len;
	if (p->line.s)
		p->line.s[len] = 0;
	p->used.n = used;
	return false;
}

static bool put_node(struct printing *p, const struct tnode *n)
{
	switch (n->kind) {
	case T_WORD:
		if (!effects_hold(p, n))
			return false;
		add_word(p, near_at(n->text));
		return true;
	case T_VALUE:
		return put_value(p, n);
	case T_OPT:
		put_alternative(p, near_nth(n->alts, 0), true);
		return true;
	case T_ALT:
		for (size_t i = 0; i < n->alts.n; i++) {
			if (put_alternative(p, near_nth(n->alts, i), false))
				return true;
		}
		return false;
	case T_SET:
		for (size_t i = 0; i < n->alts.n; i++)
			put_alternative(p, near_nth(n->alts, i), true);
		return true;
	}
	return false;
}

static bool put_seq(struct printing *p, const struct tseq *seq)
{
	for (size_t i = 0; i < seq->nodes.n; i++) {
		if (!put_node(p, near_nth(seq->nodes, i)))
			return false;
	}
	return true;
}

static void put_indent(struct printing *p)
{
	for (unsigned i = 0; i < p->indent; i++)
		sb_addc(p->out, ' ');
}

static void put_text(struct printing *p, const char *text)
{
	if (p->separate && p->out->len) {
		put_indent(p);
		sb_add(p->out, "!\n");
	}
	p->separate = false;
	put_indent(p);
	sb_add(p->out, text);
	sb_addc(p->out, '\n');
}

static bool is_covered(const struct printing *p, const char *n)
{
	for (size_t i = 0; i < p->covered.n; i++) {
		if (p->covered.v[i] == n)
			return true;
	}
	return false;
}

static bool all_covered(const struct printing *p)
{
	for (size_t i = 0; i < p->used.n; i++) {
		if (!is_covered(p, p->used.v[i]))
			return false;
	}
	return true;
}

static bool begins_so(const struct printing *p, const char *line)
{
	return p->indent > 0 || !p->opts->prefix ||
			strncmp(line, p->opts->prefix, strlen(p->opts->prefix)) == 0;
}

static void render(struct printing *p, const struct sline *l)
{
	sb_reset(&p->line);
	p->used.n = 0;
	if (!put_seq(p, &l->seq))
		sb_reset(&p->line);
}

/* Prints the line if it says something new; true if it was printed. */
static bool put_line(struct printing *p, const struct sline *l, bool first_of_node)
{
	const struct snode *carrier = near_at(l->carrier);
	const char *own = NULL;
	bool no = false;

	if (l->implicit) {
		own = node_value(p->at, carrier);
		if (!own)
			return false;
		no = carrier->kind == LEAF_BOOL && strcmp(own, "true") != 0;
	}
	render(p, l);
	if (!p->line.len)
		return false;
	if (own)
		use(p, carrier, own);
	/* A line with nothing but keys says that the node is there. */
	if (p->used.n ? all_covered(p) : !first_of_node)
		return false;
	for (size_t i = 0; i < p->used.n; i++)
		*vec_push(&p->covered) = p->used.v[i];
	if (!begins_so(p, p->line.s))
		return true;
	if (no) {
		struct strbuf b = { 0 };

		sb_addf(&b, "no %s", p->line.s);
		put_text(p, b.s);
		sb_free(&b);
	} else {
		put_text(p, p->line.s);
	}
	return true;
}

static bool wanted(const struct printing *p, const struct snode *s)
{
	const char *owner = near_at(s->owner);

	return !p->opts->owner || strcmp(owner, "both") == 0 || strcmp(owner, p->opts->owner) == 0;
}

static void put_node_lines(struct printing *p, const struct config_node *at);

static bool has_content(const struct config_node *n)
{
	const struct config_leaf *leaf;

	NODE_FOREACH_LEAF(leaf, n) {
		if (!leaf_schema(n, leaf)->is_key)
			return true;
	}
	for (const struct config_list *l = node_lists(n); l; l = l->next) {
		const struct snode *s = l->s;

		if (l->first && (s->is_list || s->is_leaflist || s->presence || has_content(l->first)))
			return true;
	}
	return false;
}

static void put_mode(struct printing *p, const struct snode *s, const struct config_node *n,
		const struct sline *l)
{
	const struct config_node *outer = p->at;
	size_t covered = p->covered.n;

	if (!s->is_list && !s->presence && !has_content(n))
		return;
	p->at = n;
	render(p, l);
	if (p->line.len && begins_so(p, p->line.s)) {
		for (size_t i = 0; i < p->used.n; i++)
			*vec_push(&p->covered) = p->used.v[i];
		p->separate = true;
		put_text(p, p->line.s);
		p->indent++;
		put_node_lines(p, n);
		p->indent--;
		p->separate = false;
		put_text(p, near_at(near_at(s->mode)->exit));
		if (p->opts->mark_ends && p->indent == 0)
			put_text(p, "end");
		p->separate = p->indent == 0;
	}
	p->covered.n = covered;
	p->at = outer;
}

static void put_entries(struct printing *p, const struct config_node *n, const struct snode *kid,
		bool with_first)
{
	const struct snode *first = near_get(kid->first);
	const struct smode *mode = near_get(kid->mode);
	size_t covered;

	for (; n; n = n->next) {
		const struct config_node *outer = p->at;

		if (first && node_has(n, first) != with_first)
			continue;
		if (mode) {
			put_mode(p, kid, n, near_at(mode->line));
		} else {
			covered = p->covered.n;
			p->at = n;
			put_node_lines(p, n);
			p->at = outer;
			p->covered.n = covered;
		}
	}
}

static void put_kid(struct printing *p, const struct config_node *parent, const struct snode *kid)
{
	const struct config_list *l = list_of(parent, kid);
	bool section = !parent->parent;

	if (!l || !l->first || !wanted(p, kid))
		return;
	p->separate |= section;
	if (near_get(kid->first))
		put_entries(p, l->first, kid, true);
	put_entries(p, l->first, kid, false);
	p->separate |= section;
}

static void put_leaflist(struct printing *p, const struct sline *l)
{
	const struct config_list *entries = list_of(p->at, near_at(l->carrier));

	for (p->entry = entries ? entries->first : NULL; p->entry; p->entry = p->entry->next)
		put_line(p, l, true);
}

static void put_node_lines(struct printing *p, const struct config_node *at)
{
	const struct snode *s = at->s;
	/* the mode's line, or the first of a list's lines, said that it is there */
	bool said = near_get(s->mode) || (!s->is_list && !s->presence);

	for (size_t i = 0; i < s->items.n; i++) {
		const struct sitem *item = near_nth(s->items, i);
		const struct snode *kid = near_get(item->kid), *carrier;
		const struct sline *line = near_get(item->line);

		if (kid) {
			put_kid(p, at, kid);
			continue;
		}
		carrier = near_at(line->carrier);
		if (!wanted(p, carrier))
			continue;
		if (carrier->is_leaflist)
			put_leaflist(p, line);
		else if (put_line(p, line, !said && carrier == s))
			said |= carrier == s;
	}
}

void config_print(const struct config *c, const struct config_print_opts *opts,
		struct strbuf *out)
{
	static const struct config_print_opts all;
	struct printing p = { .out = out, .opts = opts ? opts : &all, .at = config_root(c) };

	put_node_lines(&p, p.at);
	vec_free(&p.used);
	vec_free(&p.covered);
	sb_free(&p.line);
}
