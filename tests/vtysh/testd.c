/* A daemon that is nothing but what all daemons have: for the tests of vtysh,
 * of start-up and of the running configuration.  TESTD_NAME says which daemon
 * it plays. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/jsonw.h"
#include "lib/base/xalloc.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"

struct testd {
	char *hostname; /* the value that it builds */
	unsigned applied;
};

/* Refuses one host name, each daemon its own, to show how that is handled. */
static int build(void *ctx, const struct config *c, void **ret_value, struct err *err)
{
	const char *name = config_str(config_root(c), "hostname");
	char unwanted[64];

	(void)ctx;
	snprintf(unwanted, sizeof(unwanted), "not-for-%s", getenv("TESTD_NAME"));
	if (name && strcmp(name, unwanted) == 0)
		return err_set(err, EINVAL, "host name %s is not wanted", name);
	*ret_value = xstrdup(name ? name : "");
	return 0;
}

static void apply(void *ctx, void *value)
{
	struct testd *t = ctx;

	free(t->hostname);
	t->hostname = value;
	t->applied++;
}

static void discard(void *ctx, void *value)
{
	(void)ctx;
	free(value);
}

static bool next(void *gen, struct strbuf *out)
{
	unsigned *left = gen;

	for (int i = 0; i < 100 && *left; i++)
		sb_addf(out, "route %u\n", (*left)--);
	return *left > 0;
}

static void exec(void *ctx, const struct grammar_match *m, struct ctl_answer *a)
{
	struct testd *t = ctx;
	struct jsonw j;
	unsigned *left;

	switch (m->id) {
	case CMD_BGP_SUMMARY:
	case CMD_OVERLAY_STATUS:
		if (!grammar_has(m, "json")) {
			sb_addf(&a->out, "host %s, applied %u\n", t->hostname, t->applied);
			return;
		}
		jsonw_init(&j, &a->out, true);
		jsonw_object(&j, NULL);
		jsonw_str(&j, "host", t->hostname);
		jsonw_uint(&j, "applied", t->applied);
		jsonw_end_object(&j);
		sb_addc(&a->out, '\n');
		return;
	case CMD_BGP_TABLE:
		left = xmalloc(sizeof(*left));
		*left = 100000;
		a->gen = left;
		a->next = next;
		a->gen_free = free;
		return;
	default:
		ctl_answer_err(a, 0, "this daemon only tests");
		a->status = EOPNOTSUPP;
	}
}

int main(int argc, char **argv)
{
	static const struct service_hooks hooks = { { build, apply, discard }, exec, NULL };
	const char *name = getenv("TESTD_NAME");
	struct daemon_info info = { .name = name ? name : "bgpd", .log_tag = "TEST",
		.summary = "Tests what all daemons have in common.", .port = 179 };
	struct testd t = { .hostname = xstrdup("") };
	struct daemon *d = daemon_new(&info, argc, argv);
	struct service *s = service_new(d, &hooks, &t);
	int status = daemon_run(d);

	service_free(s);
	daemon_free(d);
	free(t.hostname);
	return status;
}
