/* Parser of the template language.  Called once per line at program start. */
#include "lib/sys/template.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"

struct scan {
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

static char *take(struct scan *s, const char *stop)
{
	size_t n = strcspn(s->p, stop);
	char *t = xmalloc(n + 1);

	memcpy(t, s->p, n);
	t[n] = 0;
	s->p += n;
	return t;
}

/* "<1-99:a=b,c>", after the word */
static int parse_effects(struct scan *s, struct tnode *n)
{
	char *end;

	s->p++;
	if (n->kind == T_VALUE && isdigit((unsigned char)*s->p)) {
		n->lo = strtoull(s->p, &end, 10);
		if (*end != '-')
			return wrong(s, "a range is LO-HI");
		n->hi = strtoull(end + 1, &end, 10);
		s->p = *end == ':' ? end + 1 : end;
	}
	while (*s->p && *s->p != '>') {
		struct teffect *f = vec_push(&n->effects);

		f->name = take(s, "=,> \t\n");
		if (*s->p == '=') {
			s->p++;
			f->value = take(s, ",> \t\n");
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

	n->kind = T_VALUE;
	s->p++;
	n->text = take(s, "&:<[]()|{} \t\n");
	if (*s->p == '&') {
		s->p++;
		n->other = take(s, "<[]()|{} \t\n");
	} else if (*s->p == ':') {
		s->p++;
		n->type_text = take(s, "<[]()|{} \t\n");
	}
	len = strlen(n->text);
	if (len > 3 && strcmp(n->text + len - 3, "...") == 0) {
		n->text[len - 3] = 0;
		n->repeat = true;
	}
	return *n->text ? 0 : wrong(s, "a name is missing");
}

static int parse_alts(struct scan *s, struct tnode *n, char close);

static int parse_seq(struct scan *s, struct tseq *seq)
{
	for (skip(s); *s->p && !strchr("])}|", *s->p); skip(s)) {
		struct tnode *n = vec_push(&seq->nodes);
		int rc = 0;

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
			n->text = take(s, "<[]()|{} \t\n");
			if (!*n->text)
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
		struct tseq *alt = vec_push(&n->alts);
		int rc;

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

int template_parse(const char *text, struct tseq *ret, struct err *e)
{
	struct scan s = { text, text, e };
	struct tseq seq = { 0 };
	int rc = parse_seq(&s, &seq);

	if (rc == 0 && *s.p)
		rc = wrong(&s, "unexpected bracket");
	if (rc == 0 && seq.nodes.n == 0)
		rc = wrong(&s, "nothing");
	if (rc) {
		template_free(&seq);
		return rc;
	}
	*ret = seq;
	return 0;
}

void template_free(struct tseq *seq)
{
	for (size_t i = 0; i < seq->nodes.n; i++) {
		struct tnode *n = &seq->nodes.v[i];

		for (size_t k = 0; k < n->alts.n; k++)
			template_free(&n->alts.v[k]);
		for (size_t k = 0; k < n->effects.n; k++) {
			free(n->effects.v[k].name);
			free(n->effects.v[k].value);
		}
		vec_free(&n->alts);
		vec_free(&n->effects);
		free(n->text);
		free(n->other);
		free(n->type_text);
	}
	vec_free(&seq->nodes);
}

void template_visit(struct tseq *seq, void (*fn)(void *arg, struct tnode *n), void *arg)
{
	for (size_t i = 0; i < seq->nodes.n; i++) {
		struct tnode *n = &seq->nodes.v[i];

		if (n->kind == T_WORD || n->kind == T_VALUE)
			fn(arg, n);
		for (size_t k = 0; k < n->alts.n; k++)
			template_visit(&n->alts.v[k], fn, arg);
	}
}
