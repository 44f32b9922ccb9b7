/* What every daemon offers on its control socket. */
#include <config.h>

#include "lib/sys/service.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/xalloc.h"
#include "lib/sys/log.h"
#include "lib/sys/schema.h"

struct service {
	struct daemon *daemon;
	struct service_hooks hooks;
	struct running_hooks config_hooks; /* ours, around the daemon's */
	void *ctx;
	struct running *running;
	struct ctl_server *server;
};

static int build(void *ctx, const struct config *c, void **ret_value, struct err *err)
{
	struct service *s = ctx;

	return s->hooks.config.build(s->ctx, c, ret_value, err);
}

static void log_target_config(const struct config_node *log, const char *name, enum log_target target,
		const char *path)
{
	const struct config_node *node = log ? config_child(log, name) : NULL;
	const char *level_name = node ? config_str(node, "level") : NULL;
	int level = level_name ? log_level_parse(level_name) : (int)log_default_level();
	struct err err;

	if (node && log_to(target, (enum log_level)level, path, &err) < 0)
		log_error("%s", err.text);
}

/* What the configuration says about the log adds to the command line's word. */
static void log_config(const struct config *c)
{
	const struct config_node *log = config_child(config_root(c), "log");
	const char *path = log ? config_str(log, "file/path") : NULL;

	if (!log)
		return;
	if (path)
		log_target_config(log, "file", LOG_TARGET_FILE, path);
	log_target_config(log, "syslog", LOG_TARGET_SYSLOG, NULL);
	log_target_config(log, "stdout", LOG_TARGET_STDOUT, NULL);
	if (config_has(log, "timestamp-precision"))
		log_set_precision(config_u32(log, "timestamp-precision", NULL));
}

static void apply(void *ctx, void *value)
{
	struct service *s = ctx;

	log_config(running_config(s->running));
	s->hooks.config.apply(s->ctx, value);
}

static void discard(void *ctx, void *value)
{
	struct service *s = ctx;

	s->hooks.config.discard(s->ctx, value);
}

static void show_version(struct service *s, struct ctl_answer *a)
{
	mono_t up = (mono_now() - daemon_started(s->daemon)) / 1000000;

	sb_addf(&a->out, "%s version %s, up %lld:%02lld:%02lld\n", daemon_name(s->daemon),
			PACKAGE_VERSION, (long long)(up / 3600), (long long)(up / 60 % 60),
			(long long)(up % 60));
}

static void show_memory(struct service *s, struct ctl_answer *a)
{
	struct mallinfo2 m = mallinfo2();
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f) {
		if (fscanf(f, "%*u %lu", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	sb_addf(&a->out, "%s:\n", daemon_name(s->daemon));
	sb_addf(&a->out, "  Resident:            %lu KiB\n", pages * 4);
	sb_addf(&a->out, "  Heap in use:         %zu KiB\n", (m.uordblks + m.hblkhd) / 1024);
	sb_addf(&a->out, "  Heap free:           %zu KiB\n", m.fordblks / 1024);
	if (s->hooks.memory)
		s->hooks.memory(s->ctx, &a->out);
}

static void send_log(const struct grammar_match *m, struct ctl_answer *a)
{
	const char *word = grammar_value(m, "level");
	int level = word ? log_level_parse(word) : LOG_LEVEL_NOTIFICATIONS;

	if (level < 0) {
		ctl_answer_err(a, 0, "no such level");
		a->status = EINVAL;
		return;
	}
	log_msg((enum log_level)level, "%s", grammar_value(m, "message"));
}

static void exec(struct service *s, const char *line, struct ctl_answer *a)
{
	struct grammar_match m;
	struct err err = { "" };

	if (grammar_parse(commands_grammar, line, &m, &err) < 0) {
		ctl_answer_err(a, 0, err.text);
		a->status = EINVAL;
		return;
	}
	switch (m.id) {
	case CMD_SHOW_VERSION:
		show_version(s, a);
		break;
	case CMD_SHOW_MEMORY:
		show_memory(s, a);
		break;
	case CMD_SHOW_LOGGING:
		log_show(&a->out);
		break;
	case CMD_SHOW_STARTUP_ERRORS:
		sb_add(&a->out, running_errors(s->running));
		break;
	case CMD_SEND_LOG:
		send_log(&m, a);
		break;
	default:
		if (m.owners & command_owner_parse(daemon_name(s->daemon))) {
			s->hooks.exec(s->ctx, &m, a);
			break;
		}
		ctl_answer_err(a, 0, "not a command of this daemon");
		a->status = EINVAL;
	}
	grammar_match_fini(&m);
}

static void request(void *ctx, const struct ctl_request *rq, struct ctl_answer *a)
{
	struct service *s = ctx;
	const struct daemon_options *o = daemon_options(s->daemon);

	if (rq->type == CTL_PING)
		sb_addf(&a->out, "config %s\nrunning %ld %" PRIu64 "\n", o->config_files.v[0],
				(long)getpid(), running_generation(s->running));
	else if (rq->type == CTL_EXEC)
		exec(s, rq->text, a);
	else
		running_request(s->running, rq, a);
}

static void session_free(void *ctx, void *session)
{
	struct service *s = ctx;

	running_session_free(s->running, session);
}

static void reload(void *arg)
{
	struct service *s = arg;
	const struct daemon_options *o = daemon_options(s->daemon);
	struct err err;
	int refused = running_load(s->running, o->config_files.v, o->config_files.n, true, &err);

	if (refused < 0)
		log_error("%s; the configuration stays as it was", err.text);
	else
		log_notice("configuration reloaded, %d lines refused", refused);
}

static void check_and_exit(struct service *s)
{
	const struct daemon_options *o = daemon_options(s->daemon);
	struct err err;
	int refused = running_check(s->running, o->config_files.v, o->config_files.n, &err);

	if (refused < 0)
		fprintf(stderr, "%s\n", err.text);
	exit(refused == 0 ? 0 : 1);
}

struct service *service_new(struct daemon *d, const struct service_hooks *h, void *ctx)
{
	static const struct ctl_handlers handlers = { request, session_free };
	const struct daemon_options *o = daemon_options(d);
	struct service *s = xcalloc(1, sizeof(*s));
	struct err err = { "" };

	s->daemon = d;
	s->hooks = *h;
	s->config_hooks = (struct running_hooks){ build, apply, discard };
	s->ctx = ctx;
	s->running = running_new(schema_table, &s->config_hooks, s);
	if (o->dry_run)
		check_and_exit(s);
	if (running_load(s->running, o->config_files.v, o->config_files.n, o->config_given, &err) < 0)
		daemon_fail(d, "%s", err.text);
	s->server = ctl_server_new(daemon_loop(d), o->run_dir, daemon_name(d), PACKAGE_VERSION,
			&handlers, s, &err);
	if (!s->server)
		daemon_fail(d, "%s", err.text);
	daemon_on_reload(d, reload, s);
	return s;
}

void service_free(struct service *s)
{
	if (!s)
		return;
	ctl_server_free(s->server);
	running_free(s->running);
	free(s);
}

const struct config *service_config(const struct service *s)
{
	return running_config(s->running);
}
