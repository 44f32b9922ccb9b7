/* The daemons' command line.  The letters and words are FRR's where FRR has the
 * option, so that its habits, scripts and unit files carry over. */
#include <config.h>

#include "lib/sys/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/strbuf.h"
#include "lib/base/xalloc.h"
#include "lib/sys/log.h"

struct option_row {
	int key; /* the letter, or a number above 255 for a long form alone */
	const char *word;
	const char *arg; /* its name in --help; NULL: takes none */
	const char *help;
	bool needs_port; /* only daemons that listen have it */
	void (*take)(struct daemon_options *o, const struct daemon_info *info, const char *arg);
};

static void refuse(const struct daemon_info *info, const char *fmt, ...)
		__attribute__((format(printf, 2, 3), noreturn));

static void refuse(const struct daemon_info *info, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", info->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(1);
}

static char *absolute(const char *path)
{
	struct strbuf b = { 0 };
	char cwd[PATH_MAX];

	if (path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		return xstrdup(path);
	sb_addf(&b, "%s/%s", cwd, path);
	return sb_steal(&b);
}

static void set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static void take_config(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)info;
	*vec_push(&o->config_files) = absolute(arg);
	o->config_given = true;
}

static void take_port(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	char *end;
	unsigned long v = strtoul(arg, &end, 10);

	if (!*arg || *end || v > 65535)
		refuse(info, "port '%s': want a number from 0 to 65535", arg);
	o->port = (uint16_t)v;
}

static void take_listen(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	char *list = xstrdup(arg), *save = NULL;

	for (char *t = strtok_r(list, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		struct ip_addr a;

		if (ip_parse(t, &a) < 0)
			refuse(info, "listen address '%s': want an IPv4 or IPv6 address", t);
		*vec_push(&o->listen) = a;
	}
	free(list);
}

static void take_pid(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)info;
	free(o->pid_file);
	o->pid_file = absolute(arg);
}

static void take_run_dir(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)info;
	free(o->run_dir);
	o->run_dir = absolute(arg);
}

static void take_log(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)info;
	set(&o->log, arg);
}

static void take_record(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)info;
	set(&o->record, arg);
}

static void take_level(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	o->log_level = log_level_parse(arg);
	if (o->log_level < 0)
		refuse(info, "log level '%s': want errors, warnings, notifications, informational or debugging",
				arg);
}

static void take_user(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)info;
	set(&o->user, arg);
}

static void take_group(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)info;
	set(&o->group, arg);
}

static void take_pathspace(struct daemon_options *o, const struct daemon_info *info,
		const char *arg)
{
	if (strchr(arg, '/') || strchr(arg, '.') || !*arg)
		refuse(info, "name '%s' of -N: want one without '/' and '.'", arg);
	set(&o->pathspace, arg);
}

#define FLAG(fn, field)                                                                            \
	static void fn(struct daemon_options *o, const struct daemon_info *info, const char *arg)  \
	{                                                                                          \
		(void)info;                                                                        \
		(void)arg;                                                                         \
		o->field = true;                                                                   \
	}

FLAG(take_background, background)
FLAG(take_no_kernel, no_kernel)
FLAG(take_no_overlayd, no_overlayd)
FLAG(take_dry_run, dry_run)
FLAG(take_skip_runas, skip_runas)

/* What FRR has and this suite has no use for: start scripts may pass it. */
static void take_nothing(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)o;
	(void)info;
	(void)arg;
}

static void take_module(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)o;
	fprintf(stderr, "%s: module '%s' ignored: nothing is loaded at run time\n", info->name, arg);
}

static void take_terminal(struct daemon_options *o, const struct daemon_info *info,
		const char *arg)
{
	(void)o;
	(void)arg;
	fprintf(stderr, "%s: -t ignored: use vtysh\n", info->name);
}

static void take_version(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)o;
	(void)arg;
	printf("%s version %s\n", info->name, PACKAGE_VERSION);
	if (info->version_more)
		info->version_more();
	exit(0);
}

static void take_help(struct daemon_options *o, const struct daemon_info *info, const char *arg);

static const struct option_row rows[] = {
	{ 'f', "config_file", "FILE", "read this configuration (may be repeated)", false, take_config },
	{ 'i', "pid_file", "FILE", "write the process id here", false, take_pid },
	{ 'd', "daemon", NULL, "run in the background; return when ready", false, take_background },
	{ 'p', "bgp_port", "PORT", "listen on this TCP port; 0: do not listen", true, take_port },
	{ 'l', "listenon", "ADDRESS", "listen on this address only (may be repeated)", true, take_listen },
	{ 256, "vty_socket", "DIR", "directory of the control and feed sockets", false, take_run_dir },
	{ 257, "log", "TARGET", "log to file:PATH, stdout or syslog", false, take_log },
	{ 258, "log-level", "LEVEL", "least urgent level that is logged", false, take_level },
	{ 261, "record", "FILE", "write all that happens to this file, for bgpd/replay", true, take_record },
	{ 'n', "no_kernel", NULL, "do not change the kernel's routes", false, take_no_kernel },
	{ 'Z', "no_zebra", NULL, "run without overlayd", false, take_no_overlayd },
	{ 'C', "dryrun", NULL, "check the configuration, then exit", false, take_dry_run },
	{ 'u', "user", "USER", "run as this user", false, take_user },
	{ 'g', "group", "GROUP", "run as this group", false, take_group },
	{ 'S', "skip_runas", NULL, "stay as the user that started it", false, take_skip_runas },
	{ 'N', "pathspace", "NAME", "use " WEFT_CONFIG_DIR "/NAME and " WEFT_RUN_DIR "/NAME", false, take_pathspace },
	{ 'v', "version", NULL, "print the version", false, take_version },
	{ 'h', "help", NULL, "print this", false, take_help },
	{ 'P', "vty_port", "PORT", "accepted; there is no TCP terminal", false, take_nothing },
	{ 'A', "vty_addr", "ADDRESS", "accepted; there is no TCP terminal", false, take_nothing },
	{ 'M', "module", "NAME", "accepted with a notice; there are no modules", false, take_module },
	{ 't', "terminal", NULL, "accepted with a notice; use vtysh", false, take_terminal },
	{ 'F', "profile", "NAME", "accepted; there is one set of defaults", false, take_nothing },
	{ 'z', "socket", "PATH", "accepted; see --vty_socket", false, take_nothing },
	{ 'e', "ecmp", "N", "accepted; see maximum-paths", false, take_nothing },
	{ 's', "socket_size", "BYTES", "accepted; buffers are sized by need", false, take_nothing },
	{ 259, "command-log-always", NULL, "accepted", false, take_nothing },
	{ 260, "tcli", NULL, "accepted", false, take_nothing },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void take_help(struct daemon_options *o, const struct daemon_info *info, const char *arg)
{
	(void)o;
	(void)arg;
	printf("Usage: %s [OPTION]...\n%s\n\n", info->name, info->summary);
	for (size_t i = 0; i < N_ROWS; i++) {
		char left[48];

		if (rows[i].needs_port && !info->port)
			continue;
		if (rows[i].key < 256)
			snprintf(left, sizeof(left), "-%c, --%s%s%s", rows[i].key, rows[i].word,
					rows[i].arg ? " " : "", rows[i].arg ? rows[i].arg : "");
		else
			snprintf(left, sizeof(left), "    --%s%s%s", rows[i].word,
					rows[i].arg ? " " : "", rows[i].arg ? rows[i].arg : "");
		printf("  %-26s %s\n", left, rows[i].help);
	}
	exit(0);
}

static void defaults(struct daemon_options *o, const struct daemon_info *info)
{
	struct strbuf b = { 0 };
	const char *sub = o->pathspace ? o->pathspace : "", *slash = o->pathspace ? "/" : "";

	if (!o->run_dir) {
		sb_addf(&b, WEFT_RUN_DIR "%s%s", slash, sub);
		o->run_dir = sb_steal(&b);
	}
	if (!o->config_files.n) {
		sb_addf(&b, WEFT_CONFIG_DIR "/%s%s" WEFT_CONFIG_FILE, sub, slash);
		*vec_push(&o->config_files) = sb_steal(&b);
	}
	if (!o->pid_file) {
		sb_addf(&b, "%s/%s.pid", o->run_dir, info->name);
		o->pid_file = sb_steal(&b);
	}
}

void options_parse(struct daemon_options *o, const struct daemon_info *info, int argc,
		char **argv)
{
	struct option longs[N_ROWS + 1] = { 0 };
	char shorts[2 * N_ROWS + 2], *s = shorts;
	int key;

	for (size_t i = 0; i < N_ROWS; i++) {
		longs[i].name = rows[i].word;
		longs[i].has_arg = rows[i].arg ? required_argument : no_argument;
		longs[i].val = rows[i].key;
		if (rows[i].key < 256) {
			*s++ = (char)rows[i].key;
			if (rows[i].arg)
				*s++ = ':';
		}
	}
	*s = '\0';
	o->port = info->port;
	o->log_level = LOG_LEVEL_INFORMATIONAL;
	while ((key = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *row = NULL;

		for (size_t i = 0; i < N_ROWS; i++)
			if (rows[i].key == key)
				row = &rows[i];
		if (!row)
			refuse(info, "try '%s --help'", info->name);
		if (row->needs_port && !info->port)
			refuse(info, "--%s: this daemon does not listen for peers", row->word);
		row->take(o, info, optarg);
	}
	if (optind < argc)
		refuse(info, "'%s': takes no arguments without an option; try '%s --help'",
				argv[optind], info->name);
	defaults(o, info);
}

void options_fini(struct daemon_options *o)
{
	for (size_t i = 0; i < o->config_files.n; i++)
		free(o->config_files.v[i]);
	vec_free(&o->config_files);
	vec_free(&o->listen);
	free(o->run_dir);
	free(o->pathspace);
	free(o->record);
	free(o->pid_file);
	free(o->user);
	free(o->group);
	free(o->log);
}
