/* AS paths against regular expressions: `bgp as-path access-list` and `show
 * bgp ... regexp`.  The expression is over the path's text, as shown. */
#include "bgpd/core/attr_text.h"
#include "bgpd/core/policy.h"
#include "lib/base/text_regex.h"
#include "lib/base/xalloc.h"

struct as_path_regex {
	struct text_regex *regex;
	struct strbuf *text; /* kept for the next path */
};

struct as_path_regex *as_path_regex_new(const char *text, struct err *e)
{
	struct text_regex *regex = text_regex_new(text, e);
	struct as_path_regex *r;

	if (!regex)
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->regex = regex;
	r->text = xcalloc(1, sizeof(*r->text));
	return r;
}

void as_path_regex_free(struct as_path_regex *r)
{
	if (!r)
		return;
	text_regex_free(r->regex);
	sb_free(r->text);
	free(r->text);
	free(r);
}

bool as_path_regex_match(const struct as_path_regex *r, struct attr_span as_path)
{
	sb_reset(r->text);
	as_path_text(as_path, r->text);
	return text_regex_match(r->regex, sb_str(r->text), r->text->len);
}
