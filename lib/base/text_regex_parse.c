/* Pattern to automaton, for text_regex.c.  A tree first, because {m,n} emits
 * its operand several times; then nodes from the end of the pattern to its
 * start, each knowing what follows it (Thompson's construction).
 * Source: POSIX.1-2017 XBD 9.4, extended regular expressions; no collating
 * symbols and no back references. */
#include "lib/base/text_regex_parse.h"

#include <errno.h>
#include <string.h>

#define PATTERN_MAX 2048
#define NESTING_MAX 64
#define REPEAT_MAX 255
#define NODES_MAX 8192
#define REPEAT_INF UINT16_MAX

enum tree_op { TREE_EMPTY, TREE_SET, TREE_BEGIN, TREE_END, TREE_CAT, TREE_ALT, TREE_REPEAT };

struct tree_node {
	enum tree_op op;
	uint16_t min, max; /* TREE_REPEAT */
	uint32_t a, b;	   /* children, or the set */
};

struct parser {
	const char *start, *p;
	unsigned depth;
	struct nfa *nfa;
	VEC(struct tree_node) tree;
	struct err *e;
	int error;
};

static uint32_t parse_alternatives(struct parser *ps);

static uint32_t fail(struct parser *ps, const char *why)
{
	if (!ps->error)
		ps->error = err_set(ps->e, EINVAL, "regular expression '%.80s': %s at character %zu",
				ps->start, why, (size_t)(ps->p - ps->start) + 1);
	return 0;
}

static uint32_t tree_add(struct parser *ps, enum tree_op op, uint32_t a, uint32_t b)
{
	*vec_push(&ps->tree) = (struct tree_node){ op, 0, 0, a, b };
	return (uint32_t)ps->tree.n - 1;
}

static void set_add(struct byte_set *s, uint8_t from, uint8_t to)
{
	for (unsigned c = from; c <= to; c++)
		s->bits[c >> 6] |= 1ull << (c & 63);
}

static uint32_t tree_set(struct parser *ps, const struct byte_set *s)
{
	struct nfa *n = ps->nfa;
	size_t i;

	for (i = 0; i < n->sets.n; i++)
		if (memcmp(&n->sets.v[i], s, sizeof(*s)) == 0)
			break;
	if (i == n->sets.n)
		*vec_push(&n->sets) = *s;
	return tree_add(ps, TREE_SET, (uint32_t)i, 0);
}

static uint32_t tree_char(struct parser *ps, uint8_t c)
{
	struct byte_set s = { 0 };

	set_add(&s, c, c);
	return tree_set(ps, &s);
}

static const struct {
	const char *name;
	const char *ranges; /* pairs of first and last */
} char_classes[] = {
	{ "digit", "09" },	{ "alpha", "azAZ" },	 { "alnum", "azAZ09" },
	{ "lower", "az" },	{ "upper", "AZ" },	 { "xdigit", "09afAF" },
	{ "space", "  \t\r" },	{ "blank", "  \t\t" },	 { "punct", "!/:@[`{~" },
	{ "print", " ~" },	{ "graph", "!~" },
};

/* "[:digit:]" with ps->p behind its first '['. */
static bool parse_class(struct parser *ps, struct byte_set *s)
{
	const char *end = strstr(ps->p, ":]");

	for (size_t i = 0; end && i < sizeof(char_classes) / sizeof(char_classes[0]); i++) {
		size_t len = strlen(char_classes[i].name);

		if ((size_t)(end - ps->p - 1) != len ||
				memcmp(ps->p + 1, char_classes[i].name, len) != 0)
			continue;
		for (const char *r = char_classes[i].ranges; *r; r += 2)
			set_add(s, (uint8_t)r[0], (uint8_t)r[1]);
		ps->p = end + 2;
		return true;
	}
	return false;
}

static uint32_t parse_bracket(struct parser *ps)
{
	struct byte_set s = { 0 };
	bool negate = *ps->p == '^', first = true;

	ps->p += negate;
	while (*ps->p && (*ps->p != ']' || first)) {
		uint8_t from = (uint8_t)*ps->p++, to = from;

		first = false;
		if (from == '[' && *ps->p == ':') {
			if (!parse_class(ps, &s))
				return fail(ps, "unknown character class");
			continue;
		}
		if (ps->p[0] == '-' && ps->p[1] && ps->p[1] != ']') {
			to = (uint8_t)ps->p[1];
			ps->p += 2;
		}
		if (from > to)
			return fail(ps, "range is backwards");
		set_add(&s, from, to);
	}
	if (*ps->p != ']')
		return fail(ps, "'[' without ']'");
	ps->p++;
	for (size_t i = 0; negate && i < 4; i++)
		s.bits[i] = ~s.bits[i];
	return tree_set(ps, &s);
}

static uint32_t parse_delimiter(struct parser *ps)
{
	struct byte_set s = { 0 };
	uint32_t begin, end, set;

	for (const char *c = " ,{}()"; *c; c++)
		set_add(&s, (uint8_t)*c, (uint8_t)*c);
	begin = tree_add(ps, TREE_BEGIN, 0, 0);
	end = tree_add(ps, TREE_END, 0, 0);
	set = tree_set(ps, &s);
	end = tree_add(ps, TREE_ALT, set, end);
	return tree_add(ps, TREE_ALT, begin, end);
}

static uint32_t parse_atom(struct parser *ps)
{
	struct byte_set any = { { ~1ull, ~0ull, ~0ull, ~0ull } };
	char c = *ps->p++;
	uint32_t t;

	switch (c) {
	case '(':
		if (++ps->depth > NESTING_MAX)
			return fail(ps, "nested too deeply");
		t = parse_alternatives(ps);
		ps->depth--;
		if (*ps->p != ')')
			return fail(ps, "'(' without ')'");
		ps->p++;
		return t;
	case '[':
		return parse_bracket(ps);
	case '.':
		return tree_set(ps, &any);
	case '^':
		return tree_add(ps, TREE_BEGIN, 0, 0);
	case '$':
		return tree_add(ps, TREE_END, 0, 0);
	case '_':
		return parse_delimiter(ps);
	case '\\':
		if (!*ps->p)
			return fail(ps, "nothing after '\\'");
		return tree_char(ps, (uint8_t)*ps->p++);
	default:
		return tree_char(ps, (uint8_t)c);
	}
}

static uint16_t parse_count(struct parser *ps, uint16_t none)
{
	unsigned v = 0;

	if (*ps->p < '0' || *ps->p > '9')
		return none;
	while (*ps->p >= '0' && *ps->p <= '9' && v <= REPEAT_MAX)
		v = v * 10 + (unsigned)(*ps->p++ - '0');
	if (v > REPEAT_MAX)
		fail(ps, "too many repetitions");
	return (uint16_t)v;
}

static bool parse_repeat(struct parser *ps, uint16_t *min, uint16_t *max)
{
	*min = 0;
	*max = REPEAT_INF;
	switch (*ps->p) {
	case '*':
		break;
	case '+':
		*min = 1;
		break;
	case '?':
		*max = 1;
		break;
	case '{':
		ps->p++;
		*min = parse_count(ps, 0);
		*max = *min;
		if (*ps->p == ',') {
			ps->p++;
			*max = parse_count(ps, REPEAT_INF);
		}
		if (*ps->p != '}' || *min > *max) {
			fail(ps, "malformed {m,n}");
			return false;
		}
		break;
	default:
		return false;
	}
	ps->p++;
	return true;
}

static uint32_t parse_sequence(struct parser *ps)
{
	uint32_t all = tree_add(ps, TREE_EMPTY, 0, 0), one;
	uint16_t min, max;

	/* POSIX leaves an operator without operand open; like glibc, drop it. */
	while (*ps->p == '*' || *ps->p == '+' || *ps->p == '?')
		ps->p++;
	while (!ps->error && *ps->p && *ps->p != '|' && *ps->p != ')') {
		one = parse_atom(ps);
		while (!ps->error && parse_repeat(ps, &min, &max)) {
			one = tree_add(ps, TREE_REPEAT, one, 0);
			ps->tree.v[one].min = min;
			ps->tree.v[one].max = max;
		}
		all = tree_add(ps, TREE_CAT, all, one);
	}
	return all;
}

static uint32_t parse_alternatives(struct parser *ps)
{
	uint32_t t = parse_sequence(ps);

	while (!ps->error && *ps->p == '|') {
		ps->p++;
		t = tree_add(ps, TREE_ALT, t, parse_sequence(ps));
	}
	return t;
}

static uint32_t node_add(struct parser *ps, enum nfa_op op, uint32_t set, uint32_t out,
		uint32_t out2)
{
	if (ps->nfa->nodes.n >= NODES_MAX)
		return fail(ps, "too large");
	*vec_push(&ps->nfa->nodes) = (struct nfa_node){ op, set, out, out2 };
	return (uint32_t)ps->nfa->nodes.n - 1;
}

static uint32_t emit(struct parser *ps, uint32_t at, uint32_t next);

static uint32_t emit_repeat(struct parser *ps, struct tree_node t, uint32_t next)
{
	uint32_t at = next;

	if (t.max == REPEAT_INF) {
		at = node_add(ps, NFA_SPLIT, 0, 0, next);
		if (ps->error)
			return 0;
		uint32_t body = emit(ps, t.a, at); /* may move the nodes */
		ps->nfa->nodes.v[at].out = body;
	} else {
		for (unsigned i = t.min; i < t.max && !ps->error; i++)
			at = node_add(ps, NFA_SPLIT, 0, emit(ps, t.a, at), next);
	}
	for (unsigned i = 0; i < t.min && !ps->error; i++)
		at = emit(ps, t.a, at);
	return at;
}

/* The node at which the automaton for this subtree starts, when `next` is what
 * comes after it. */
static uint32_t emit(struct parser *ps, uint32_t at, uint32_t next)
{
	struct tree_node t = ps->tree.v[at];
	uint32_t a;

	if (ps->error)
		return 0;
	switch (t.op) {
	case TREE_EMPTY:
		return next;
	case TREE_SET:
		return node_add(ps, NFA_SET, t.a, next, 0);
	case TREE_BEGIN:
		return node_add(ps, NFA_BEGIN, 0, next, 0);
	case TREE_END:
		return node_add(ps, NFA_END, 0, next, 0);
	case TREE_CAT:
		/* The left spine is as long as the pattern: walk it. */
		for (; t.op == TREE_CAT && !ps->error; t = ps->tree.v[at]) {
			next = emit(ps, t.b, next);
			at = t.a;
		}
		return emit(ps, at, next);
	case TREE_ALT:
		a = emit(ps, t.a, next);
		return node_add(ps, NFA_SPLIT, 0, a, emit(ps, t.b, next));
	case TREE_REPEAT:
		return emit_repeat(ps, t, next);
	}
	return 0;
}

int nfa_build(struct nfa *n, const char *pattern, struct err *e)
{
	struct parser ps = { .start = pattern, .p = pattern, .nfa = n, .e = e };
	uint32_t root;

	if (strlen(pattern) > PATTERN_MAX)
		return err_set(e, EINVAL, "regular expression is longer than %d characters",
				PATTERN_MAX);
	root = parse_alternatives(&ps);
	if (!ps.error && *ps.p)
		fail(&ps, "')' without '('");
	if (!ps.error)
		n->start = emit(&ps, root, node_add(&ps, NFA_MATCH, 0, 0, 0));
	vec_free(&ps.tree);
	return ps.error;
}

void nfa_fini(struct nfa *n)
{
	vec_free(&n->sets);
	vec_free(&n->nodes);
}
