/* Random configuration lines. */
#include "tests/conf/gen.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t gen_seed(void)
{
	const char *text = getenv("WEFT_TEST_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 20260701;

	printf("seed %" PRIu64 " (WEFT_TEST_SEED)\n", seed);
	return seed;
}

static unsigned pick(struct rng *r, unsigned n)
{
	return (unsigned)rng_below(r, n);
}

/* Few distinct values, so that lines meet in the same entries. */
static void gen_syntax(struct rng *r, const char *name, struct strbuf *out)
{
	unsigned k = pick(r, 6), j = pick(r, 3);
	unsigned several = 1 + pick(r, 3);
	static const char *const communities[] = { "65000:1", "no-export", "65000:77",
		"local-AS", "blackhole", "1:2" };

	if (!strcmp(name, "word"))
		sb_addf(out, "w%u", k);
	else if (!strcmp(name, "line"))
		sb_addf(out, j ? "text %u ! with a mark" : "text%u", k);
	else if (!strcmp(name, "ifname"))
		sb_addf(out, "eth%u", k);
	else if (!strcmp(name, "peer"))
		sb_addf(out, j == 0 ? "10.0.0.%u" : j == 1 ? "2001:db8::%u" : "PG%u", k + 1);
	else if (!strcmp(name, "ipv4-address") || (!strcmp(name, "ip-address") && j))
		sb_addf(out, "192.0.2.%u", k);
	else if (!strcmp(name, "ipv6-address") || !strcmp(name, "ip-address"))
		sb_addf(out, "2001:DB8:0::%u", k);
	else if (!strcmp(name, "ipv4-prefix") || (!strcmp(name, "ip-prefix") && j))
		sb_addf(out, "10.%u.1.1/%u", k, 8 + 4 * j);
	else if (!strcmp(name, "ipv6-prefix") || !strcmp(name, "ip-prefix"))
		sb_addf(out, "2001:db8:%u::1/%u", k, 32 + 8 * j);
	else if (!strcmp(name, "ipv4-ifaddr") || (!strcmp(name, "ip-ifaddr") && j))
		sb_addf(out, "10.9.%u.1/24", k);
	else if (!strcmp(name, "ipv6-ifaddr") || !strcmp(name, "ip-ifaddr"))
		sb_addf(out, "2001:db8:9:%u::1/64", k);
	else if (!strcmp(name, "mac-address"))
		sb_addf(out, "02:00:0A:00:00:0%u", k);
	else if (!strcmp(name, "as-number"))
		sb_addf(out, j ? "%u" : "1.%u", 64512 + k);
	else if (!strcmp(name, "route-distinguisher") || !strcmp(name, "route-target"))
		sb_addf(out, j == 0 ? "65000:%u" : j == 1 ? "192.0.2.1:%u" : "4200000000:%u", k);
	else if (!strcmp(name, "signed-number"))
		sb_addf(out, "%s%u", j == 0 ? "" : j == 1 ? "+" : "-", k * 10);
	else if (!strcmp(name, "extended-communities"))
		sb_addf(out, j ? "rt 65000:%u" : "rt 65000:%u soo 1:1", k);
	else
		for (unsigned i = 0; i < several; i++) {
			if (i)
				sb_addc(out, ' ');
			if (!strcmp(name, "as-number-list"))
				sb_addf(out, "%u", 65000 + k);
			else if (!strcmp(name, "route-target-list"))
				sb_addf(out, "65000:%u", k + i);
			else if (!strcmp(name, "communities"))
				sb_add(out, communities[(k + i) % 6]);
			else if (!strcmp(name, "large-communities"))
				sb_addf(out, "65000:%u:%u", k, i);
			else
				abort();
		}
}

static void gen_value(struct rng *r, const struct value_type *t, const struct tnode *n,
		struct strbuf *out)
{
	const struct snode *leaf = near_get(n->var);
	const struct value_type *m;
	const struct value_range *range;
	uint64_t span, v;

	if (leaf && leaf->fixed) {
		sb_add(out, "65000"); /* or most instances could not be entered */
		return;
	}
	switch (t->kind) {
	case VALUE_SYNTAX:
		if (n->hi)
			sb_addf(out, "%u", n->lo + pick(r, n->hi - n->lo + 1));
		else
			gen_syntax(r, value_syntax(t)->name, out);
		return;
	case VALUE_UINT:
		if (t->syntax) {
			gen_syntax(r, value_syntax(t)->name, out);
			return;
		}
		range = &near_array(t->ranges)[pick(r, t->ranges.n)];
		span = range->max - range->min;
		/* small numbers often, as keys should meet */
		v = pick(r, 4) ? pick(r, span < 8 ? (unsigned)span + 1 : 8) :
				 rng_below(r, span + 1);
		sb_addf(out, "%" PRIu64, range->min + v);
		return;
	case VALUE_ENUM:
		sb_add(out, near_at(near_nth(t->items, pick(r, t->items.n))->name));
		return;
	case VALUE_UNION:
		do
			m = near_nth(t->members, pick(r, t->members.n));
		while (m->kind == VALUE_NOTHING);
		gen_value(r, m, n, out);
		return;
	case VALUE_NOTHING:
		abort();
	}
}

static void gen_seq(struct rng *r, const struct tseq *seq, struct strbuf *out);

static void gen_set(struct rng *r, const struct tnode *n, struct strbuf *out)
{
	unsigned order[16], count = n->alts.n;

	for (unsigned i = 0; i < count; i++)
		order[i] = i;
	for (unsigned i = count; i > 1; i--) {
		unsigned k = pick(r, i), tmp = order[k];

		order[k] = order[i - 1];
		order[i - 1] = tmp;
	}
	for (unsigned i = 0; i < count; i++) {
		if (pick(r, 2))
			gen_seq(r, near_nth(n->alts, order[i]), out);
	}
}

static void space(struct strbuf *out)
{
	if (out->len && out->s[out->len - 1] != '\n' && out->s[out->len - 1] != ' ')
		sb_addc(out, ' ');
}

static void gen_seq(struct rng *r, const struct tseq *seq, struct strbuf *out)
{
	for (size_t i = 0; i < seq->nodes.n; i++) {
		const struct tnode *n = near_nth(seq->nodes, i);

		switch (n->kind) {
		case T_WORD:
			space(out);
			sb_add(out, near_at(n->text));
			break;
		case T_VALUE:
			do {
				space(out);
				gen_value(r, near_at(n->type), n, out);
			} while (n->repeat && pick(r, 2));
			break;
		case T_OPT:
			if (pick(r, 2))
				gen_seq(r, near_nth(n->alts, 0), out);
			break;
		case T_ALT:
			gen_seq(r, near_nth(n->alts, pick(r, n->alts.n)), out);
			break;
		case T_SET:
			gen_set(r, n, out);
			break;
		}
	}
}

void gen_line(struct rng *r, const struct tseq *seq, struct strbuf *out)
{
	gen_seq(r, seq, out);
}

void gen_enter(struct rng *r, const struct smode *m, struct strbuf *out)
{
	struct strbuf line = { 0 };

	if (!near_get(m->above))
		return;
	gen_enter(r, near_at(m->above), out);
	/* "router bgp" alone enters only what is there already */
	do {
		sb_reset(&line);
		gen_line(r, &near_at(m->line)->seq, &line);
	} while (!strncmp(line.s, "router bgp", 10) &&
			(line.len < 12 || !isdigit((unsigned char)line.s[11])));
	sb_addf(out, "%s\n", line.s);
	sb_free(&line);
}

static const struct sline *random_line(struct rng *r, const struct schema *s)
{
	const struct sline *l;

	do
		l = near_nth(s->lines, pick(r, s->lines.n));
	while (!near_get(l->mode) || l->kind == LINE_NO || l->kind == LINE_NOOP);
	return l;
}

void gen_config(struct rng *r, const struct schema *s, unsigned n, struct strbuf *out)
{
	while (n--) {
		const struct sline *l = random_line(r, s);

		sb_add(out, "end\n");
		gen_enter(r, near_at(l->mode), out);
		gen_line(r, &l->seq, out);
		sb_addc(out, '\n');
		/* peers are little use before they have an AS */
		if (!pick(r, 4))
			sb_addf(out, "router bgp 65000\nneighbor 10.0.0.%u remote-as 65001\n",
					1 + pick(r, 6));
	}
}

/* A printed line and what is indented below it, with its exit word. */
struct block {
	const char *start, *end;
};

static unsigned indent_of(const char *line)
{
	return (unsigned)strspn(line, " ");
}

static const char *next_line(const char *line)
{
	const char *nl = strchr(line, '\n');

	return nl ? nl + 1 : line + strlen(line);
}

static bool is_exit(const char *line)
{
	return strncmp(line + indent_of(line), "exit", 4) == 0;
}

static void shuffle_range(struct rng *r, const char *start, const char *end, unsigned depth,
		struct strbuf *out)
{
	VEC(struct block) blocks = { 0 };

	for (const char *p = start; p < end;) {
		struct block b = { p, next_line(p) };

		while (b.end < end && (indent_of(b.end) > depth || (is_exit(b.end))))
			b.end = next_line(b.end);
		if (p[indent_of(p)] != '!')
			*vec_push(&blocks) = b;
		p = b.end;
	}
	for (size_t i = blocks.n; i > 1; i--) {
		size_t k = (size_t)rng_below(r, i);
		struct block tmp = blocks.v[k];

		blocks.v[k] = blocks.v[i - 1];
		blocks.v[i - 1] = tmp;
	}
	for (size_t i = 0; i < blocks.n; i++) {
		const char *first = next_line(blocks.v[i].start), *last = blocks.v[i].end;

		sb_addn(out, blocks.v[i].start, (size_t)(first - blocks.v[i].start));
		if (first == last)
			continue;
		/* the exit word stays last */
		do
			last--;
		while (last > first && last[-1] != '\n');
		shuffle_range(r, first, last, depth + 1, out);
		sb_addn(out, last, (size_t)(next_line(last) - last));
	}
	vec_free(&blocks);
}

void gen_shuffle(struct rng *r, const char *printed, struct strbuf *out)
{
	shuffle_range(r, printed, printed + strlen(printed), 0, out);
}
