/* A schema as C: arrays of its structures, with the members that programs use.
 * An object is numbered when it is first met and written later, in that order, so the text
 * depends on what the schema says and not on where it lies in memory: that of the table
 * inside the programs and that of the modules must be the same (tests/conf/test_schema.c). */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/xalloc.h"
#include "lib/sys/schema_build.h"

enum kind { NODE, MODE, LINE, RULE, TYPE, TOKEN, N_KINDS };
enum part { NAMES, ITEMS, TEMPLATE_NODES, SEQUENCES, EFFECTS, ACCEPTS, RANGES, VALUES, N_PARTS };

/* Numbers of pointers. */
struct numbers {
	VEC(const void *) of; /* by number */
	VEC(size_t) slots;    /* number plus 1 */
};

struct pool {
	struct numbers numbers;
	struct strbuf text, refs;
	size_t written, n_refs;
};

/* Elements of arrays that belong to one object each. */
struct elements {
	struct strbuf text;
	size_t n;
};

struct writer {
	struct pool pools[N_KINDS];
	struct elements parts[N_PARTS];
	struct numbers template_nodes;
};

static const struct {
	const char *type, *name;
} part_arrays[N_PARTS] = {
	[NAMES] = { "const uint16_t", "names" },
	[ITEMS] = { "const struct sitem", "items" },
	[TEMPLATE_NODES] = { "const struct tnode", "template_nodes" },
	[SEQUENCES] = { "const struct tseq", "sequences" },
	[EFFECTS] = { "const struct teffect", "effects" },
	[ACCEPTS] = { "const void *const", "accepts" },
	[RANGES] = { "const struct value_range", "ranges" },
	[VALUES] = { "const struct value_item", "values" },
};

static size_t *slot_of(struct numbers *x, const void *p)
{
	size_t mask = x->slots.n - 1, i = hash_u64(0, (uintptr_t)p) & mask;

	while (x->slots.v[i] && x->of.v[x->slots.v[i] - 1] != p)
		i = (i + 1) & mask;
	return &x->slots.v[i];
}

static void numbers_grow(struct numbers *x)
{
	size_t size = x->slots.n ? x->slots.n * 2 : 64;

	x->slots.n = 0;
	for (size_t i = 0; i < size; i++)
		(void)vec_push(&x->slots);
	for (size_t i = 0; i < x->of.n; i++)
		*slot_of(x, x->of.v[i]) = i + 1;
}

/* The number of p, which is given one if it has none. */
static size_t number_of(struct numbers *x, const void *p)
{
	size_t *slot;

	if (x->of.n * 2 >= x->slots.n)
		numbers_grow(x);
	slot = slot_of(x, p);
	if (!*slot) {
		*vec_push(&x->of) = p;
		*slot = x->of.n;
	}
	return *slot - 1;
}

static void put_string(struct strbuf *b, const char *s)
{
	sb_addc(b, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c == '"' || c == '\\' || c > '~')
			sb_addf(b, "\\%03o", c);
		else
			sb_addc(b, *s);
	}
	sb_addc(b, '"');
}

static void put_text(struct strbuf *b, const char *member, const char *s)
{
	if (!s)
		return;
	sb_addf(b, " .%s = ", member);
	put_string(b, s);
	sb_addc(b, ',');
}

static void put_number(struct strbuf *b, const char *member, uint64_t v)
{
	if (v)
		sb_addf(b, " .%s = %" PRIu64 "u,", member, v);
}

static const char *const macros[N_KINDS] = { "NODE", "MODE", "LINE", "RULE", "TYPE", "TOKEN" };

static void put_pointer(struct writer *w, struct strbuf *b, enum kind kind, const void *p)
{
	if (p)
		sb_addf(b, "%s(%zu)", macros[kind], number_of(&w->pools[kind].numbers, p));
	else
		sb_add(b, "NULL");
}

static void put_ref(struct writer *w, struct strbuf *b, const char *member, enum kind kind,
		const void *p)
{
	if (!p)
		return;
	sb_addf(b, " .%s = ", member);
	put_pointer(w, b, kind, p);
	sb_addc(b, ',');
}

/* v: the array of pointers of a vector */
static void put_refs(struct writer *w, struct strbuf *b, const char *member, enum kind kind,
		const void *v, size_t n)
{
	struct pool *pool = &w->pools[kind];

	if (n == 0)
		return;
	sb_addf(b, " .%s = %s_LIST(%zu, %zu),", member, macros[kind], pool->n_refs, n);
	pool->n_refs += n;
	for (size_t i = 0; i < n; i++) {
		const void *p;

		memcpy(&p, (const char *)v + i * sizeof(p), sizeof(p));
		put_pointer(w, &pool->refs, kind, p);
		sb_add(&pool->refs, ",\n");
	}
}

/* A vector whose elements `text` has; returns the first one's place in the array. */
static size_t put_part(struct writer *w, struct strbuf *b, const char *member, enum part part,
		struct strbuf *text, size_t n)
{
	struct elements *x = &w->parts[part];
	size_t first = x->n;

	if (n) {
		sb_addf(b, " .%s = { PART(%s, %zu), %zu, %zu },", member,
				part_arrays[part].name, first, n, n);
		sb_addn(&x->text, text->s, text->len);
		x->n += n;
	}
	sb_free(text);
	return first;
}

/* Members of x, into b. */
#define NUMBER(m) put_number(b, #m, x->m)
#define TEXT(m) put_text(b, #m, x->m)
#define REF(kind, m) put_ref(w, b, #m, kind, x->m)
#define REFS(kind, m) put_refs(w, b, #m, kind, x->m.v, x->m.n)

static void write_items(struct writer *w, struct strbuf *b, const struct snode *x)
{
	struct strbuf names = { 0 }, items = { 0 };

	for (size_t i = 0; i < x->names.n; i++)
		sb_addf(&names, "%u,\n", x->names.v[i]);
	put_part(w, b, "names", NAMES, &names, x->names.n);
	for (size_t i = 0; i < x->items.n; i++) {
		sb_add(&items, "{");
		put_ref(w, &items, "line", LINE, x->items.v[i].line);
		put_ref(w, &items, "kid", NODE, x->items.v[i].kid);
		sb_add(&items, " },\n");
	}
	put_part(w, b, "items", ITEMS, &items, x->items.n);
}

static void write_node(struct writer *w, struct strbuf *b, const void *object)
{
	const struct snode *x = object;

	TEXT(name);
	REF(NODE, parent);
	REFS(NODE, kids);
	write_items(w, b, x);
	REFS(LINE, own);
	REF(MODE, mode);
	TEXT(owner);
	TEXT(reload);
	TEXT(help);
	TEXT(units);
	TEXT(def);
	TEXT(reference);
	NUMBER(place);
	NUMBER(is_list);
	NUMBER(is_leaflist);
	NUMBER(is_leaf);
	NUMBER(presence);
	NUMBER(is_key);
	NUMBER(kind);
	NUMBER(def_true);
	NUMBER(has_def);
	REF(TYPE, type);
	TEXT(omitted);
	NUMBER(fixed);
	NUMBER(exact);
	NUMBER(whole);
	TEXT(offers);
	NUMBER(auto_step);
	REF(NODE, keys[0]);
	REF(NODE, keys[1]);
	REF(NODE, keys[2]);
	NUMBER(nkeys);
	REF(NODE, first);
	REFS(NODE, parts);
	REF(RULE, part_of);
	REF(RULE, refers);
	REF(RULE, needs);
	NUMBER(rules_below);
	NUMBER(has_below);
}

static void write_mode(struct writer *w, struct strbuf *b, const void *object)
{
	const struct smode *x = object;

	REF(NODE, node);
	REF(MODE, above);
	TEXT(prompt);
	TEXT(exit);
	REF(LINE, line);
	REF(MODE, dflt);
	REFS(NODE, steps);
	REF(TOKEN, plain.root);
	REF(TOKEN, no.root);
}

static void write_sequence(struct writer *w, struct strbuf *b, const char *member,
		const struct tseq *seq);

static void write_template_node(struct writer *w, struct strbuf *b, const struct tnode *x)
{
	struct strbuf effects = { 0 }, alts = { 0 };

	NUMBER(kind);
	TEXT(text);
	NUMBER(repeat);
	NUMBER(lo);
	NUMBER(hi);
	for (size_t i = 0; i < x->effects.n; i++) {
		sb_add(&effects, "{");
		put_text(&effects, "value", x->effects.v[i].value);
		put_ref(w, &effects, "var", NODE, x->effects.v[i].var);
		sb_add(&effects, " },\n");
	}
	put_part(w, b, "effects", EFFECTS, &effects, x->effects.n);
	for (size_t i = 0; i < x->alts.n; i++) {
		sb_add(&alts, "{");
		write_sequence(w, &alts, "nodes", &x->alts.v[i]);
		sb_add(&alts, " },\n");
	}
	put_part(w, b, "alts", SEQUENCES, &alts, x->alts.n);
	REF(NODE, var);
	REF(NODE, var2);
	REF(TYPE, type);
	NUMBER(identity);
	TEXT(help);
	TEXT(names);
}

/* Its nodes get their numbers, which those of tokens refer to. */
static void write_sequence(struct writer *w, struct strbuf *b, const char *member,
		const struct tseq *seq)
{
	struct strbuf nodes = { 0 };

	for (size_t i = 0; i < seq->nodes.n; i++) {
		sb_add(&nodes, "{");
		write_template_node(w, &nodes, &seq->nodes.v[i]);
		sb_add(&nodes, " },\n");
	}
	put_part(w, b, member, TEMPLATE_NODES, &nodes, seq->nodes.n);
	for (size_t i = 0; i < seq->nodes.n; i++)
		(void)number_of(&w->template_nodes, &seq->nodes.v[i]);
}

static void write_line(struct writer *w, struct strbuf *b, const void *object)
{
	const struct sline *x = object;

	NUMBER(kind);
	TEXT(shown);
	write_sequence(w, b, "seq.nodes", &x->seq);
	REF(NODE, carrier);
	REF(NODE, anchor);
	REF(MODE, mode);
	REFS(NODE, steps);
	REFS(NODE, slots);
	NUMBER(implicit);
	NUMBER(looks);
	if (x->check)
		sb_addf(b, " .check = &line_checks[%td],", x->check - line_checks);
}

static void write_rule(struct writer *w, struct strbuf *b, const void *object)
{
	const struct srule *x = object;

	NUMBER(up);
	REF(NODE, list);
	REFS(NODE, leaves);
	TEXT(sentence);
}

static void write_type(struct writer *w, struct strbuf *b, const void *object)
{
	const struct value_type *x = object;
	struct strbuf ranges = { 0 }, items = { 0 };

	NUMBER(kind);
	if (x->syntax)
		sb_addf(b, " .syntax = &syntaxes[%td],", x->syntax - syntaxes);
	NUMBER(min_len);
	NUMBER(max_len);
	for (size_t i = 0; i < x->ranges.n; i++)
		sb_addf(&ranges, "{ %" PRIu64 "u, %" PRIu64 "u },\n", x->ranges.v[i].min,
				x->ranges.v[i].max);
	put_part(w, b, "ranges", RANGES, &ranges, x->ranges.n);
	for (size_t i = 0; i < x->items.n; i++) {
		sb_add(&items, "{");
		put_text(&items, "name", x->items.v[i].name);
		put_text(&items, "help", x->items.v[i].help);
		sb_add(&items, " },\n");
	}
	put_part(w, b, "items", VALUES, &items, x->items.n);
	REFS(TYPE, members);
	TEXT(placeholder);
}

static void write_token(struct writer *w, struct strbuf *b, const void *object)
{
	const struct gtoken *x = object;
	struct strbuf accepts = { 0 };

	if (x->node)
		sb_addf(b, " .node = &template_nodes[%zu],",
				number_of(&w->template_nodes, x->node));
	NUMBER(word_len);
	NUMBER(first);
	NUMBER(plain);
	NUMBER(before_digit);
	REFS(TOKEN, next);
	for (size_t i = 0; i < x->accepts.n; i++) {
		put_pointer(w, &accepts, LINE, x->accepts.v[i]);
		sb_add(&accepts, ",\n");
	}
	put_part(w, b, "accepts", ACCEPTS, &accepts, x->accepts.n);
}

static const struct {
	const char *type, *name;
	void (*write)(struct writer *w, struct strbuf *b, const void *object);
} kinds[N_KINDS] = {
	[NODE] = { "struct snode", "nodes", write_node },
	[MODE] = { "struct smode", "modes", write_mode },
	[LINE] = { "struct sline", "lines", write_line },
	[RULE] = { "struct srule", "rules", write_rule },
	[TYPE] = { "struct value_type", "types", write_type },
	[TOKEN] = { "struct gtoken", "tokens", write_token },
};

/* Writes what was met and not written yet; false: nothing. */
static bool write_pool(struct writer *w, enum kind kind)
{
	struct pool *pool = &w->pools[kind];
	bool any = pool->written < pool->numbers.of.n;

	while (pool->written < pool->numbers.of.n) {
		const void *object = pool->numbers.of.v[pool->written++];

		sb_add(&pool->text, "{");
		kinds[kind].write(w, &pool->text, object);
		sb_add(&pool->text, " },\n");
	}
	return any;
}

/* An array that is empty is not there: nothing refers to it. */
static void declare(struct strbuf *out, const char *type, const char *name, size_t n)
{
	if (n)
		sb_addf(out, "static %s %s[%zu];\n", type, name, n);
}

static void define(struct strbuf *out, const char *type, const char *name, size_t n,
		const struct strbuf *text)
{
	if (n)
		sb_addf(out, "\nstatic %s %s[%zu] = {\n%s};\n", type, name, n, text->s);
}

static void pool_arrays(const struct pool *pool, enum kind k, struct strbuf *out,
		struct strbuf *definitions)
{
	const char *type = kinds[k].type, *name = kinds[k].name, *macro = macros[k];
	struct strbuf full = { 0 }, refs_type = { 0 }, refs = { 0 };

	sb_addf(&full, "const %s", type);
	sb_addf(&refs_type, "%s *const", type);
	sb_addf(&refs, "%s_refs", name);
	sb_addf(out, "#define %s(i) ((%s *)&%s[i])\n", macro, type, name);
	sb_addf(out, "#define %s_LIST(i, n) { (%s **)&%s[i], n, n }\n", macro, type, refs.s);
	declare(out, full.s, name, pool->written);
	declare(out, refs_type.s, refs.s, pool->n_refs);
	define(definitions, full.s, name, pool->written, &pool->text);
	define(definitions, refs_type.s, refs.s, pool->n_refs, &pool->refs);
	sb_free(&full);
	sb_free(&refs_type);
	sb_free(&refs);
}

static void arrays(const struct writer *w, struct strbuf *out)
{
	struct strbuf definitions = { 0 };

	for (enum kind k = 0; k < N_KINDS; k++)
		pool_arrays(&w->pools[k], k, out, &definitions);
	for (enum part p = 0; p < N_PARTS; p++) {
		const char *type = part_arrays[p].type, *name = part_arrays[p].name;

		declare(out, type, name, w->parts[p].n);
		define(&definitions, type, name, w->parts[p].n, &w->parts[p].text);
	}
	sb_addn(out, definitions.s, definitions.len);
	sb_free(&definitions);
}

static void writer_fini(struct writer *w)
{
	for (int k = 0; k < N_KINDS; k++) {
		vec_free(&w->pools[k].numbers.of);
		vec_free(&w->pools[k].numbers.slots);
		sb_free(&w->pools[k].text);
		sb_free(&w->pools[k].refs);
	}
	for (int k = 0; k < N_PARTS; k++)
		sb_free(&w->parts[k].text);
	vec_free(&w->template_nodes.of);
	vec_free(&w->template_nodes.slots);
}

void schema_write(const struct schema *x, struct strbuf *out)
{
	struct writer writer = { 0 }, *w = &writer;
	struct strbuf table = { 0 }, *b = &table;
	bool more = true;

	REFS(LINE, lines);
	/* first: they have the nodes that tokens are made from */
	write_pool(w, LINE);
	REFS(MODE, modes);
	REF(MODE, top);
	REF(NODE, root);
	while (more) {
		more = false;
		for (enum kind k = 0; k < N_KINDS; k++)
			more |= write_pool(w, k);
	}
	sb_add(out, "/* The schema of the configuration; made by yang/mkschema from the YANG modules. */\n"
		    "#include \"lib/sys/schema_int.h\"\n\n"
		    "#define PART(array, i) ((void *)&array[i])\n");
	arrays(w, out);
	sb_addf(out, "\nconst struct schema schema_table = {%s };\n", sb_str(&table));
	sb_free(&table);
	writer_fini(w);
}
