/* The running configuration of one daemon. */
#include "lib/sys/running.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/vec.h"
#include "lib/base/xalloc.h"
#include "lib/sys/log.h"
#include "lib/sys/running_files.h"

#define REFUSED_MAX 64 /* lines that a build refuses, before all is refused */

struct running {
	const struct schema *schema;
	const struct running_hooks *hooks;
	void *ctx;
	struct config *config;
	uint64_t generation;
	struct strbuf errors;
};

/* What one session wants: another configuration, or a change of the one that is
 * running, which is taken back until it is applied. */
struct trial {
	struct config *config; /* NULL: a change */
	struct config_change *change;
};

struct candidate {
	struct trial trial;
	void *value;
	bool built;
	uint64_t base; /* generation that it was made from */
};

/* Makes what the first n lines say, and lets the daemon build it.  1: built, 0:
 * the daemon does not take it, -1: a strict source was refused. */
static int try_build(struct running *r, struct source *s, size_t n, struct trial *ret,
		void **ret_value, struct err *err)
{
	struct config *c = r->config;
	bool ok;

	*ret = (struct trial){ 0 };
	if (s->node)
		config_record(c);
	else
		c = ret->config = config_new(r->schema);
	ok = source_apply(s, c, n);
	if (s->node)
		ret->change = config_recorded(c);
	n = ok && r->hooks->build(r->ctx, c, ret_value, err) == 0;
	if (ret->change)
		config_change_swap(ret->change);
	return n ? 1 : ok ? 0 : -1;
}

static void trial_free(struct trial *t)
{
	config_change_free(t->change);
	config_free(t->config);
}

/* Does the daemon take the first n lines? */
static bool prefix_builds(struct running *r, struct source *s, size_t n, struct err *err)
{
	struct trial t;
	void *value = NULL;
	bool ok;

	s->quiet = true;
	ok = try_build(r, s, n, &t, &value, err) == 1;
	s->quiet = false;
	if (ok)
		r->hooks->discard(r->ctx, value);
	trial_free(&t);
	return ok;
}

static unsigned indent(const char *text)
{
	return (unsigned)strspn(text, " \t");
}

/* The build of all lines failed: finds the line with which it begins to fail,
 * by bisection, and leaves it out with the lines of the node that it begins.
 * Returns false if it is none of the lines. */
static bool leave_out_culprit(struct running *r, struct source *s)
{
	size_t good = 0, bad;
	struct err err = { "" }, last = { "" };
	struct line *l;

	source_cut(s);
	bad = s->lines.n;
	if (!prefix_builds(r, s, 0, &err))
		return false;
	while (bad - good > 1) {
		size_t mid = good + (bad - good) / 2;

		if (prefix_builds(r, s, mid, &err)) {
			good = mid;
		} else {
			bad = mid;
			last = err;
		}
	}
	if (!last.text[0])
		prefix_builds(r, s, bad, &last);
	l = &s->lines.v[bad - 1];
	source_report(s, l->number, last.text);
	l->skip = true;
	for (size_t i = bad; i < s->lines.n; i++) {
		const char *t = s->lines.v[i].text;

		if (indent(t) <= indent(l->text) && t[indent(t)] != '!' && t[indent(t)])
			break;
		s->lines.v[i].skip = true;
	}
	return true;
}

/* Makes and builds a candidate.  Returns NULL after reporting why not. */
static struct candidate *candidate_make(struct running *r, struct source *s)
{
	struct candidate *k = xcalloc(1, sizeof(*k));
	struct err err;

	k->base = r->generation;
	for (int tries = 0; tries <= REFUSED_MAX; tries++) {
		int rc;

		s->quiet = tries > 0; /* what lines say is the same each time */
		rc = try_build(r, s, SOURCE_ALL, &k->trial, &k->value, &err);
		s->quiet = false;
		if (rc > 0) {
			k->built = true;
			return k;
		}
		trial_free(&k->trial);
		if (rc < 0)
			break;
		if (!s->text) { /* lines will be left out: once more, with all of them at hand */
			if (!source_whole(s))
				break;
			tries = -1;
			continue;
		}
		if (s->strict || !leave_out_culprit(r, s)) {
			source_report(s, 0, err.text);
			break;
		}
	}
	free(k);
	return NULL;
}

static void candidate_free(struct running *r, struct candidate *k)
{
	if (!k)
		return;
	if (k->built)
		r->hooks->discard(r->ctx, k->value);
	trial_free(&k->trial);
	free(k);
}

static void candidate_apply(struct running *r, struct candidate *k)
{
	if (k->trial.change) {
		config_change_swap(k->trial.change);
		config_change_free(k->trial.change);
	} else {
		config_free(r->config);
		r->config = k->trial.config;
	}
	r->generation++;
	r->hooks->apply(r->ctx, k->value);
	free(k);
}

struct running *running_new(const struct schema *s, const struct running_hooks *h, void *ctx)
{
	struct running *r = xcalloc(1, sizeof(*r));

	r->schema = s;
	r->hooks = h;
	r->ctx = ctx;
	r->config = config_new(s);
	return r;
}

void running_free(struct running *r)
{
	if (!r)
		return;
	config_free(r->config);
	sb_free(&r->errors);
	free(r);
}

const struct config *running_config(const struct running *r)
{
	return r->config;
}

uint64_t running_generation(const struct running *r)
{
	return r->generation;
}

const char *running_errors(const struct running *r)
{
	return sb_str(&r->errors);
}

static int load(struct running *r, struct files *f, bool apply, struct err *err)
{
	struct source s;
	struct candidate *k = NULL;
	int rc = files_source(f, &s, err);

	if (rc == 0) {
		sb_reset(f->errors);
		k = candidate_make(r, &s);
		rc = (int)s.n_reports;
		source_fini(&s);
		if (!k)
			rc = f->err.text[0] ? err_set(err, EIO, "%s", f->err.text) :
					      err_set(err, EINVAL, "%s: refused as a whole", f->names[0]);
	}
	files_close(f);
	if (k && apply)
		candidate_apply(r, k);
	else
		candidate_free(r, k);
	return rc;
}

static void log_errors(const char *text)
{
	for (const char *p = text, *end; (end = strchr(p, '\n')) != NULL; p = end + 1)
		log_error("%.*s", (int)(end - p), p);
}

int running_load(struct running *r, char *const *files, size_t n_files, bool must_exist,
		struct err *err)
{
	struct files f = { .names = files, .n = n_files, .must_exist = must_exist,
		.errors = &r->errors };
	int rc = load(r, &f, true, err);

	log_errors(sb_str(&r->errors));
	return rc;
}

int running_check(struct running *r, char *const *files, size_t n_files, struct err *err)
{
	struct strbuf errors = { 0 };
	struct files f = { .names = files, .n = n_files, .must_exist = true, .errors = &errors };
	int rc = load(r, &f, false, err);

	fputs(sb_str(&errors), stderr);
	sb_free(&errors);
	return rc;
}

static void answer_report(void *arg, const char *name, uint32_t line, const char *sentence)
{
	(void)name;
	ctl_answer_err(arg, line, sentence);
}

static void request_check(struct running *r, const struct ctl_request *rq, struct ctl_answer *a)
{
	struct candidate *k;
	struct source s;

	source_init(&s, "", rq->lines, strlen(rq->lines),
			rq->type == CTL_EDIT ? rq->first_line : 1);
	s.node = rq->type == CTL_EDIT ? rq->text : NULL;
	s.strict = !(rq->flags & CTL_FLAG_LENIENT);
	s.report = answer_report;
	s.report_arg = a;
	candidate_free(r, *rq->session);
	*rq->session = NULL;
	k = candidate_make(r, &s);
	if (k && s.strict && s.n_reports) {
		candidate_free(r, k);
		k = NULL;
	}
	*rq->session = k;
	a->status = k ? 0 : EINVAL;
	source_fini(&s);
}

static void request_apply(struct running *r, const struct ctl_request *rq, struct ctl_answer *a)
{
	struct candidate *k = *rq->session;

	*rq->session = NULL;
	if (!k) {
		a->status = ENOENT;
		ctl_answer_err(a, 0, "there is no checked change to apply");
		return;
	}
	if (k->base != r->generation) {
		a->status = EAGAIN; /* another session was faster: check again */
		candidate_free(r, k);
		return;
	}
	candidate_apply(r, k);
}

void running_request(struct running *r, const struct ctl_request *rq, struct ctl_answer *a)
{
	struct config_print_opts opts = { .owner = rq->text[0] ? rq->text : NULL };

	switch (rq->type) {
	case CTL_EDIT:
	case CTL_REPLACE:
		request_check(r, rq, a);
		return;
	case CTL_APPLY:
		request_apply(r, rq, a);
		return;
	case CTL_ABORT:
		candidate_free(r, *rq->session);
		*rq->session = NULL;
		return;
	case CTL_CONFIG:
		config_print(r->config, &opts, &a->out);
		return;
	default:
		assert(!"a request of the configuration");
	}
}

void running_session_free(struct running *r, void *session)
{
	candidate_free(r, session);
}
