/* Parser of the template language.  Called once per line at program start. */
#include "lib/sys/template.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct scan {
	struct near_area *area;
	const char *p, *start;
	struct err *e;
};

static void skip(struct scan *s)
{
	while (isspace((unsigned char)*s->p))
		s->p++;
}

static int wrong(const struct scan *s, const char *what)
{
	return err_set(s->e, EINVAL, "template \"%s\": %s at \"%.20s\"", s->start, what, s->p);
}

static const char *take(struct scan *s, const char *stop)
{
	const char *begin = s->p;

	s->p += strcspn(s->p, stop);
	return near_chars(s->area, begin, (size_t)(s->p - begin));
}

/* "<1-99:a=b,c>", after the word */
static int parse_effects(struct scan *s, struct tnode *n)
{
	char *end;

	s->p++;
	if (n->kind == T_VALUE && isdigit((unsigned char)*s->p)) {
		unsigned long long lo = strtoull(s->p, &end, 10), hi;

		if (*end != '-')
			return wrong(s, "a range is LO-HI");
		hi = strtoull(end + 1, &end, 10);
		if (lo > hi || hi > UINT32_MAX)
			return wrong(s, "a range is of numbers up to 4294967295");
		n->lo = (uint32_t)lo;
		n->hi = (uint32_t)hi;
		s->p = *end == ':' ? end + 1 : end;
	}
	while (*s->p && *s->p != '>') {
		struct teffect *f = near_new(s->area, struct teffect);

		near_push(s->area, n->effects, f);
		near_set(f->name, take(s, "=,> \t\n"));
		if (*s->p == '=') {
			s->p++;
			near_set(f->value, take(s, ",> \t\n"));
		}
		if (*s->p == ',')
			s->p++;
		else if (*s->p != '>')
			break;
	}
	if (*s->p != '>')
		return wrong(s, "'>' is missing");
	s->p++;
	return 0;
}

static int parse_value(struct scan *s, struct tnode *n)
{
	size_t len;
	const char *name;

	n->kind = T_VALUE;
	name = ++s->p;
	len = strcspn(name, "&:<[]()|{} \t\n");
	s->p += len;
	if (len > 3 && memcmp(name + len - 3, "...", 3) == 0) {
		len -= 3;
		n->repeat = true;
	}
	near_set(n->text, near_chars(s->area, name, len));
	if (*s->p == '&') {
		s->p++;
		near_set(n->other, take(s, "<[]()|{} \t\n"));
	} else if (*s->p == ':') {
		s->p++;
		near_set(n->type_text, take(s, "<[]()|{} \t\n"));
	}
	return len ? 0 : wrong(s, "a name is missing");
}

static int parse_alts(struct scan *s, struct tnode *n, char close);

static int parse_seq(struct scan *s, struct tseq *seq)
{
	for (skip(s); *s->p && !strchr("])}|", *s->p); skip(s)) {
		struct tnode *n = near_new(s->area, struct tnode);
		int rc = 0;

		near_push(s->area, seq->nodes, n);
		switch (*s->p) {
		case '[':
			n->kind = T_OPT;
			rc = parse_alts(s, n, ']');
			break;
		case '(':
			n->kind = T_ALT;
			rc = parse_alts(s, n, ')');
			break;
		case '{':
			n->kind = T_SET;
			rc = parse_alts(s, n, '}');
			break;
		case '$':
			rc = parse_value(s, n);
			break;
		default:
			n->kind = T_WORD;
			near_set(n->text, take(s, "<[]()|{} \t\n"));
			if (!*near_at(n->text))
				rc = wrong(s, "a word is missing");
			break;
		}
		if (rc == 0 && *s->p == '<')
			rc = parse_effects(s, n);
		if (rc)
			return rc;
	}
	return 0;
}

static int parse_alts(struct scan *s, struct tnode *n, char close)
{
	do {
		struct tseq *alt = near_new(s->area, struct tseq);
		int rc;

		near_push(s->area, n->alts, alt);
		s->p++;
		rc = parse_seq(s, alt);
		if (rc)
			return rc;
		if (alt->nodes.n == 0)
			return wrong(s, "empty alternative");
	} while (*s->p == '|' && n->kind != T_OPT);
	if (*s->p != close)
		return wrong(s, "a bracket is not closed");
	s->p++;
	return 0;
}

int template_parse(struct near_area *a, const char *text, struct tseq *seq, struct err *e)
{
	struct scan s = { a, text, text, e };
	int rc = parse_seq(&s, seq);

	if (rc == 0 && *s.p)
		rc = wrong(&s, "unexpected bracket");
	if (rc == 0 && seq->nodes.n == 0)
		rc = wrong(&s, "nothing");
	return rc;
}

void template_visit(const struct tseq *seq, void (*fn)(void *arg, struct tnode *n), void *arg)
{
	for (size_t i = 0; i < seq->nodes.n; i++) {
		struct tnode *n = near_nth(seq->nodes, i);

		if (n->kind == T_WORD || n->kind == T_VALUE)
			fn(arg, n);
		for (size_t k = 0; k < n->alts.n; k++)
			template_visit(near_nth(n->alts, k), fn, arg);
	}
}
