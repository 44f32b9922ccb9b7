/* Typed lines: the stack of modes, and the file loader on top of it.
 * A cursor keeps the keys of its modes' entries, not their nodes, and finds the
 * nodes again when something was removed. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/config_int.h"

static size_t indent_of(const char *line)
{
	size_t n = 0;

	while (line[n] == ' ' || line[n] == '\t')
		n++;
	return n;
}

struct frame {
	const struct smode *mode;
	struct cvalues keys; /* values owned */
	struct config_node *node; /* of generation `seen` */
	char *line;	       /* that entered it; NULL for the top mode */
	size_t indent;	       /* of that line */
	bool indented;	       /* a line in it was indented further */
};

struct config_cursor {
	struct config *config;
	VEC(struct frame) frames; /* the top mode is always there */
	uint64_t seen;
	struct gparse *parse;
	struct gmatch match;
	struct cvalues vals; /* of the match */
	size_t refused; /* indentation of the line last refused, plus 1; 0: none */
	bool indented;	/* a whole text, in which what is inside a mode is indented, as far */
	config_indented_fn *ask_indented; /* as is known: NULL if it was asked, or is no text */
	void *ask_arg;
	struct strbuf spelled; /* the line with prefixes as the grammar has them */
};

static void pop_to(struct config_cursor *cur, size_t n)
{
	while (cur->frames.n > n) {
		struct frame *f = &vec_pop(&cur->frames);

		for (size_t i = 0; i < f->keys.v.n; i++)
			free((char *)f->keys.v.v[i].value);
		vec_free(&f->keys.v);
		free(f->line);
	}
}

struct config_cursor *config_cursor_new(struct config *c)
{
	struct config_cursor *cur = xcalloc(1, sizeof(*cur));

	cur->config = c;
	cur->parse = gparse_new();
	vec_push(&cur->frames)->mode = near_at(c->schema->top);
	cur->frames.v[0].node = c->root;
	cur->seen = c->generation;
	return cur;
}

void config_cursor_free(struct config_cursor *cur)
{
	if (!cur)
		return;
	pop_to(cur, 0);
	vec_free(&cur->frames);
	gparse_free(cur->parse);
	sb_free(&cur->spelled);
	gmatch_fini(&cur->match);
	vec_free(&cur->vals.v);
	free(cur);
}

static void forget_nodes(struct config_cursor *cur)
{
	for (size_t i = 0; i < cur->frames.n; i++)
		cur->frames.v[i].node = NULL;
	cur->frames.v[0].node = cur->config->root;
	cur->seen = cur->config->generation;
}

/* The node of frame i, made if it is a container; NULL if its entry is gone. */
static struct config_node *frame_node(struct config_cursor *cur, size_t i)
{
	struct frame *f = &cur->frames.v[i];
	struct config_node *at;

	if (cur->seen != cur->config->generation)
		forget_nodes(cur);
	if (f->node)
		return f->node;
	at = frame_node(cur, i - 1);
	for (size_t k = 0; at && k < f->mode->steps.n; k++) {
		const struct snode *s = near_nth(f->mode->steps, k);

		at = s->is_list ? tree_find(at, s, &f->keys) :
				  tree_get(cur->config, at, s, &f->keys, NULL);
	}
	f->node = at;
	return at;
}

static void leave_gone(struct config_cursor *cur)
{
	struct config_node *at = cur->config->root;

	for (size_t i = 1; i < cur->frames.n; i++) {
		const struct frame *f = &cur->frames.v[i];

		for (size_t k = 0; k < f->mode->steps.n; k++) {
			const struct snode *s = near_nth(f->mode->steps, k);

			at = at ? tree_find(at, s, &f->keys) : NULL;
			if (!at && s->is_list) {
				pop_to(cur, i);
				return;
			}
		}
	}
}

/* Leaves the modes of entries that are gone.  Makes nothing: a container that
 * isn't there will be when a line needs it. */
static inline void leave_removed(struct config_cursor *cur)
{
	if (cur->seen != cur->config->generation)
		leave_gone(cur);
}

void config_cursor_rebase(struct config_cursor *cur, struct config *c)
{
	cur->config = c;
	cur->seen = c->generation - 1; /* any other: entries may be missing */
	leave_removed(cur);
	forget_nodes(cur);
}

static void enter(struct config_cursor *cur, const struct sline *l, struct config_node *node)
{
	struct frame *f = vec_push(&cur->frames);
	struct cvalues vals = { 0 };

	f->mode = near_at(near_at(l->carrier)->mode);
	f->node = node;
	line_values(l, &cur->match, &vals);
	for (size_t i = 0; i < f->mode->steps.n; i++) {
		const struct snode *s = near_nth(f->mode->steps, i);

		for (unsigned k = 0; s->is_list && k < s->nkeys; k++) {
			const struct snode *leaf = near_at(s->keys[k]);
			const struct cvalue *v = cvalues_find(&vals, leaf);
			struct cvalue *key = vec_push(&f->keys.v);

			key->leaf = leaf;
			key->value = xstrdup(v ? v->value : near_at(leaf->omitted));
		}
	}
	vec_free(&vals.v);
}

/* exit, quit, end, exit-vrf ...; CONFIG_BAD: it is none of these */
static enum config_result leave(struct config_cursor *cur, const char *word)
{
	if (strcmp(word, "end") == 0) {
		pop_to(cur, 1);
		return CONFIG_LEFT;
	}
	if (strcmp(word, "exit") == 0 || strcmp(word, "quit") == 0) {
		if (cur->frames.n == 1)
			return CONFIG_LEFT;
		pop_to(cur, cur->frames.n - 1);
		return CONFIG_OK;
	}
	for (size_t i = cur->frames.n; i-- > 1;) {
		if (strcmp(near_at(cur->frames.v[i].mode->exit), word) == 0) {
			pop_to(cur, i);
			return CONFIG_OK;
		}
	}
	return CONFIG_BAD;
}

struct failure {
	enum gresult result; /* G_MATCH: none yet */
	size_t depth;
	struct err why; /* of a failure alone: it is large, and most lines don't fail */
};

static enum config_result refuse(const struct failure *f, const char *line, struct err *e)
{
	int len = (int)strcspn(line, "\r\n");

	if (f->result == G_AMBIGUOUS)
		err_set(e, EINVAL, "%% Ambiguous command: %.*s", len, line);
	else if (f->result == G_INCOMPLETE)
		err_set(e, EINVAL, "%% Command incomplete: %.*s", len, line);
	else if (f->why.text[0])
		err_set(e, EINVAL, "%% Unknown command: %.*s (%s)", len > 120 ? 120 : len, line,
				f->why.text);
	else
		err_set(e, EINVAL, "%% Unknown command: %.*s", len, line);
	return CONFIG_BAD;
}

/* The last line entered a mode: it is what leads there again. */
static void remember(struct config_cursor *cur, const char *line)
{
	struct frame *f = &cur->frames.v[cur->frames.n - 1];

	if (cur->frames.n > 1 && !f->line) {
		f->line = xmemdup(line, strcspn(line, "\n") + 1);
		f->line[strcspn(line, "\n")] = 0;
		f->indent = indent_of(line);
	}
}

void config_cursor_lines(const struct config_cursor *cur, struct strbuf *out)
{
	for (size_t i = 1; i < cur->frames.n; i++) {
		sb_add(out, cur->frames.v[i].line);
		sb_addc(out, '\n');
	}
}

static bool try_mode(struct config_cursor *cur, const struct smode *mode, bool no,
		struct failure *f)
{
	enum gresult r = gparse_match(cur->parse, no ? &mode->no : &mode->plain, no,
			&cur->match);

	if (r == G_MATCH)
		return true;
	/* the mode where the line made most sense explains best */
	if (f->result == G_MATCH || cur->match.depth > f->depth ||
			(cur->match.depth == f->depth && r == G_AMBIGUOUS)) {
		f->result = r;
		f->depth = cur->match.depth;
		f->why = cur->match.why;
	}
	return false;
}

/* Applies the match found in frame i's mode, or in the mode below it whose
 * lines are accepted there. */
static enum config_result apply(struct config_cursor *cur, size_t i, const struct smode *mode,
		bool no, struct err *e)
{
	const struct sline *l = cur->match.line;
	struct config *c = cur->config;
	struct config_node *base = frame_node(cur, i), *made = NULL;
	bool enters = !no && (l->kind == LINE_MODE || l->kind == LINE_MODE_ALIAS);
	int rc;

	if (mode != cur->frames.v[i].mode) {
		for (size_t k = 0; k < mode->steps.n; k++)
			base = tree_get(c, base, near_nth(mode->steps, k), NULL, NULL);
	}
	rc = line_apply(c, base, l, &cur->match, &cur->vals, no, enters ? &made : NULL, e);
	if (rc) {
		/* nothing was removed, but containers may have been made */
		if (base != c->root && cur->seen == c->generation)
			tree_prune(c, base, NULL);
		return CONFIG_BAD;
	}
	pop_to(cur, i + 1);
	if (enters)
		enter(cur, l, made);
	else if (base != c->root && cur->seen == c->generation)
		tree_prune(c, base, NULL);
	leave_removed(cur);
	return CONFIG_OK;
}

/* Length of the UTF-8 character at p, 0 if there is none (RFC 3629 section 4). */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (n == 1)
		return (p[0] >= 0x20 && p[0] != 0x7f) || p[0] == '\t' || p[0] == '\r';
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
			(p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* Eight characters from ' ' to '~'?  Says no to some others that are text, too. */
static bool all_printable(const char *p)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (((v - 0x20 * ones) | v | (v + ones)) & 0x80 * ones) == 0;
}

/* What is printed, sent as JSON and parsed again has to be text. */
static bool is_text(const char *line, size_t len)
{
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = 8;
		if (i + n <= len && all_printable(line + i))
			continue;
		/* the end, with characters before it that are known */
		if (i + n > len && len >= n && all_printable(line + len - n))
			break;
		n = utf8_length((const unsigned char *)line + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

static bool text_is_indented(struct config_cursor *cur)
{
	if (cur->ask_indented)
		cur->indented = cur->ask_indented(cur->ask_arg);
	cur->ask_indented = NULL;
	return cur->indented;
}

/* `vrf NAME` is a line of an interface, and a mode of its own in the top mode.
 * Indentation tells what is meant: at or left of the line that entered the mode
 * we are in, a line that enters a mode further up does that.  Returns the number
 * of frames to look at. */
static size_t frames_meant(struct config_cursor *cur, size_t indent, bool no)
{
	size_t n = cur->frames.n;
	struct failure ignored;

	while (n > 1 && cur->frames.v[n - 1].indent >= indent &&
			(cur->frames.v[n - 1].indented || text_is_indented(cur)))
		n--;
	if (no || n == cur->frames.n)
		return cur->frames.n;
	ignored.result = G_MATCH;
	for (size_t i = n; i-- > 0;) {
		const struct sline *l;

		if (!try_mode(cur, cur->frames.v[i].mode, false, &ignored))
			continue;
		l = cur->match.line;
		return l->kind == LINE_MODE || l->kind == LINE_MODE_ALIAS ? n : cur->frames.n;
	}
	return cur->frames.n;
}

static enum config_result words_apply(struct config_cursor *cur, size_t n, const char *line,
		struct err *e)
{
	const char *first = gparse_word(cur->parse, 0);
	size_t indent = indent_of(line);
	struct failure f;
	bool no;

	leave_removed(cur);
	if (indent > cur->frames.v[cur->frames.n - 1].indent)
		cur->frames.v[cur->frames.n - 1].indented = true;
	if (n == 1) {
		enum config_result r = leave(cur, first);

		if (r != CONFIG_BAD)
			return r;
	}
	no = strcmp(first, "no") == 0;
	f.result = G_MATCH;
	for (size_t i = frames_meant(cur, indent, no); i-- > 0;) {
		const struct smode *mode = cur->frames.v[i].mode;

		if (!try_mode(cur, mode, no, &f)) {
			mode = near_get(mode->dflt);
			if (!mode || !try_mode(cur, mode, no, &f))
				continue;
		}
		if (apply(cur, i, mode, no, e) == CONFIG_BAD)
			return CONFIG_BAD;
		remember(cur, line);
		return CONFIG_OK;
	}
	while (isspace((unsigned char)*line))
		line++;
	return refuse(&f, line, e);
}

/* Those below a refused one are refused with it: they would change another node, the one
 * that the line before it was about. */
enum config_result config_line_n(struct config_cursor *cur, const char *line, size_t len,
		struct err *e)
{
	size_t n = gparse_words(cur->parse, line, len), indent = indent_of(line);
	const char *first = gparse_word(cur->parse, 0);
	enum config_result r;

	if (!is_text(line, len)) {
		err_set(e, EINVAL, "%% A line is text in UTF-8 without control characters");
		return CONFIG_BAD;
	}
	if (n == 0 || *first == '!' || *first == '#')
		return CONFIG_OK;
	if (cur->refused && indent >= cur->refused) {
		err_set(e, EINVAL, "%% Left out with the line that it is below: %.*s",
				(int)strcspn(line + indent, "\r\n"), line + indent);
		return CONFIG_BAD;
	}
	if (masks_spell(cur->parse, n, indent, &cur->spelled)) {
		line = sb_str(&cur->spelled);
		n = gparse_words(cur->parse, line, cur->spelled.len);
	}
	r = words_apply(cur, n, line, e);
	cur->refused = r == CONFIG_BAD ? indent + 1 : 0;
	return r;
}

enum config_result config_line(struct config_cursor *cur, const char *line, struct err *e)
{
	cur->config->line = 0;
	return config_line_n(cur, line, strlen(line), e);
}

void config_cursor_text(struct config_cursor *cur, config_indented_fn *indented, void *arg)
{
	cur->ask_indented = indented;
	cur->ask_arg = arg;
}

const char *config_prompt(const struct config_cursor *cur)
{
	return near_at(cur->frames.v[cur->frames.n - 1].mode->prompt);
}

static void complete_mode(const struct config_cursor *cur, const struct smode *mode, bool no,
		size_t n, const char *last, struct grammar_candidates *ret)
{
	gparse_complete(cur->parse, no ? &mode->no : &mode->plain, no, n, last, ret);
	if (near_get(mode->dflt))
		complete_mode(cur, near_at(mode->dflt), no, n, last, ret);
}

void config_complete(const struct config_cursor *cur, const char *partial,
		struct grammar_candidates *ret)
{
	size_t n = gparse_words(cur->parse, partial, strlen(partial)), top = cur->frames.n;
	const char *last = "";
	bool no;

	if (n && !gparse_ends_in_space(cur->parse))
		last = gparse_word(cur->parse, --n);
	no = n > 0 && strcmp(gparse_word(cur->parse, 0), "no") == 0;
	memset(ret, 0, sizeof(*ret));
	/* the modes around are asked only if this one has nothing to say */
	for (size_t i = top; i-- > 0 && ret->list.n == 0;)
		complete_mode(cur, cur->frames.v[i].mode, no, n, last, ret);
	if (n == 0) {
		static const struct {
			const char *word, *help;
		} always[] = {
			{ "end", "Leave configuration" },
			{ "exit", "Leave this mode" },
			{ "no", "Negate a command or set its defaults" },
		};
		const char *leaves = near_at(cur->frames.v[top - 1].mode->exit);

		for (size_t i = 0; i < 3; i++) {
			if (strncmp(always[i].word, last, strlen(last)) == 0)
				candidates_add(ret, always[i].word, always[i].help, false);
		}
		if (strncmp(leaves, last, strlen(last)) == 0)
			candidates_add(ret, leaves, "Leave this mode", false);
	}
	candidates_sort(ret);
}
