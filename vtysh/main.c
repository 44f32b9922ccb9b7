/* vtysh: the command line of the suite.  Talks to the daemons over their
 * control sockets; see vtysh.h for how a line is carried out. */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/vec.h"
#include "lib/base/xalloc.h"
#include "lib/sys/daemon.h"
#include "vtysh/files.h"
#include "vtysh/term.h"
#include "vtysh/vtysh.h"

struct options {
	VEC(const char *) commands;
	const char *file, *daemon, *run_dir, *config_dir, *pathspace, *history;
	bool boot, check, mark, write, echo;
};

static const struct vtysh_option {
	int key;
	const char *word, *arg, *help;
} rows[] = {
	{ 'c', "command", "COMMAND", "carry out a command and end (may be repeated)" },
	{ 'f', "inputfile", "FILE", "load a configuration; -: from standard input" },
	{ 'b', "boot", NULL, "load the configuration file" },
	{ 'd', "daemon", "DAEMON", "talk to this daemon only" },
	{ 'C', "dryrun", NULL, "check the configuration (of -f), change nothing" },
	{ 'm', "markfile", NULL, "with -f: print the file with marks at the ends of its modes" },
	{ 'w', "writeconfig", NULL, "write the running configuration to its file" },
	{ 'E', "echo", NULL, "with -c: print each command before its output" },
	{ 'H', "histfile", "FILE", "keep typed lines here" },
	{ 'N', "pathspace", "NAME", "use " WEFT_CONFIG_DIR "/NAME and " WEFT_RUN_DIR "/NAME" },
	{ 256, "vty_socket", "DIR", "directory of the daemons' sockets" },
	{ 257, "config_dir", "DIR", "directory of " WEFT_CONFIG_FILE },
	{ 'v', "version", NULL, "print the version" },
	{ 'h', "help", NULL, "print this" },
	{ 'e', "execute", "COMMAND", "the same as -c" },
	{ 'n', "noerror", NULL, "accepted" },
	{ 't', "timestamp", NULL, "accepted" },
	{ 'u', "user", NULL, "accepted" },
	{ 258, "no-fork", NULL, "accepted" },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void help(void)
{
	printf("Usage: vtysh [OPTION]...\nThe command line of weft's daemons. "
	       "Without -c, -f, -b: interactive, or lines from standard input.\n\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		char key[8] = "   ", left[48];

		if (rows[i].key < 256)
			snprintf(key, sizeof(key), "-%c,", rows[i].key);
		snprintf(left, sizeof(left), "%s --%s %s", key, rows[i].word,
				rows[i].arg ? rows[i].arg : "");
		printf("  %-28s %s\n", left, rows[i].help);
	}
	exit(0);
}

static void take(struct options *o, int key, const char *arg)
{
	switch (key) {
	case 'c':
	case 'e':
		*vec_push(&o->commands) = arg;
		break;
	case 'f': o->file = arg; break;
	case 'b': o->boot = true; break;
	case 'd': o->daemon = arg; break;
	case 'C': o->check = true; break;
	case 'm': o->mark = true; break;
	case 'w': o->write = true; break;
	case 'E': o->echo = true; break;
	case 'H': o->history = arg; break;
	case 'N': o->pathspace = arg; break;
	case 256: o->run_dir = arg; break;
	case 257: o->config_dir = arg; break;
	case 'v':
		printf("vtysh version %s\n", PACKAGE_VERSION);
		exit(0);
	case 'h':
		help();
		break;
	case '?':
		exit(1);
	default: /* accepted */
		break;
	}
}

static void parse_options(struct options *o, int argc, char **argv)
{
	struct option longs[N_ROWS + 1] = { 0 };
	char shorts[2 * N_ROWS + 1], *s = shorts;
	int key;

	for (size_t i = 0; i < N_ROWS; i++) {
		longs[i].name = rows[i].word;
		longs[i].has_arg = rows[i].arg ? required_argument : no_argument;
		longs[i].val = rows[i].key;
		if (rows[i].key < 256)
			*s++ = (char)rows[i].key;
		if (rows[i].key < 256 && rows[i].arg)
			*s++ = ':';
	}
	*s = '\0';
	while ((key = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		take(o, key, optarg);
	if (optind < argc) {
		fprintf(stderr, "vtysh: '%s': commands are given with -c\n", argv[optind]);
		exit(1);
	}
}

static char *join(const char *dir, const char *sub, const char *file)
{
	struct strbuf b = { 0 };

	sb_addf(&b, "%s%s%s%s%s", dir, sub ? "/" : "", sub ? sub : "", file ? "/" : "",
			file ? file : "");
	return sb_steal(&b);
}

/* One line of -c or of standard input. */
static bool given_line(struct vtysh *v, char *line, bool help_wanted)
{
	size_t len = strcspn(line, "\r\n");

	line[len] = '\0';
	if (help_wanted && len && line[len - 1] == '?') {
		line[len - 1] = '\0';
		vtysh_help(v, line);
		return true;
	}
	return vtysh_line(v, line);
}

/* -c: until one fails.  A command may bring several lines. */
static bool run_commands(struct vtysh *v, const struct options *o)
{
	bool ok = true;

	for (size_t i = 0; i < o->commands.n && ok && !v->quit; i++) {
		char *text = xstrdup(o->commands.v[i]), *save = NULL;

		for (char *l = strtok_r(text, "\n", &save); l && ok && !v->quit;
				l = strtok_r(NULL, "\n", &save)) {
			if (o->echo)
				printf("# %s\n", l);
			ok = given_line(v, l, true);
		}
		free(text);
	}
	return vtysh_leave_edit(v) && ok;
}

/* Lines typed by a program: all of them, whatever fails. */
static bool run_input(struct vtysh *v)
{
	char *line = NULL;
	size_t size = 0;
	bool ok = true;

	v->numbered = true;
	while (!v->quit && getline(&line, &size, stdin) >= 0)
		ok = given_line(v, line, false) && ok;
	free(line);
	return vtysh_leave_edit(v) && ok;
}

static bool run_terminal(struct vtysh *v, const struct options *o)
{
	const char *home = getenv("HOME");
	char *file = o->history ? xstrdup(o->history) : home ? join(home, NULL, ".weft_history") : NULL;
	bool ok = term_run(v, file);

	free(file);
	return ok;
}

static bool run(struct vtysh *v, const struct options *o)
{
	if (o->mark)
		return edit_mark_file(o->file ? o->file : v->config_file);
	if (o->check)
		return edit_check_file(o->file ? o->file : v->config_file);
	if (o->file)
		return edit_file(v->daemons, o->file);
	if (o->boot)
		return edit_file(v->daemons, v->config_file);
	if (o->write)
		return files_write(v->daemons, v->out);
	if (o->commands.n)
		return run_commands(v, o);
	return v->interactive ? run_terminal(v, o) : run_input(v);
}

int main(int argc, char **argv)
{
	struct options o = { .run_dir = NULL };
	unsigned only = OWNER_BOTH;
	struct vtysh v = { 0 };
	char *run_dir, *config_file;
	bool ok;

	parse_options(&o, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (o.daemon) {
		only = command_owner_parse(o.daemon);
		if (!only) {
			fprintf(stderr, "vtysh: there is no daemon '%s'\n", o.daemon);
			return 1;
		}
	}
	run_dir = o.run_dir ? xstrdup(o.run_dir) : join(WEFT_RUN_DIR, o.pathspace, NULL);
	config_file = join(o.config_dir ? o.config_dir : WEFT_CONFIG_DIR,
			o.config_dir ? NULL : o.pathspace, WEFT_CONFIG_FILE);
	v.interactive = !o.commands.n && !o.file && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	v.config_file = config_file;
	v.daemons = daemons_new(run_dir, only);
	v.out = output_new(v.interactive);
	ok = run(&v, &o);
	output_free(v.out);
	daemons_free(v.daemons);
	vec_free(&o.commands);
	free(run_dir);
	free(config_file);
	return ok ? 0 : 1;
}
