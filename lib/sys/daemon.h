/* Start and end of a daemon, the same for all of them: options, log, going to
 * the background, pid file, user, signals, systemd's notifications.
 *
 *	struct daemon *d = daemon_new(&info, argc, argv);
 *	... read the configuration, open sockets, on daemon_loop(d) ...
 *	return daemon_run(d);
 *
 * With -d the parent returns only when daemon_run() is reached, with status 0,
 * or when the start failed, with status 1. */
#ifndef WEFT_SYS_DAEMON_H
#define WEFT_SYS_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/addr.h"
#include "lib/base/vec.h"
#include "lib/sys/loop.h"

#define WEFT_CONFIG_DIR "/etc/weft"
#define WEFT_CONFIG_FILE "weft.conf"
#define WEFT_RUN_DIR "/run/weft"

struct daemon_info {
	const char *name;     /* "bgpd" */
	const char *log_tag;  /* "BGP" */
	const char *summary;  /* one line of --help */
	uint16_t port;	      /* default of -p; 0: takes no -p and -l */
	uint64_t keep_caps;   /* with -u: 1 << CAP_NET_ADMIN ... that are kept */
	bool short_turns;     /* wakes often, for less than half a millisecond each time */
	void (*version_more)(void); /* further lines of -v; may be NULL */
};

struct daemon_options {
	VEC(char *) config_files;   /* absolute; read one after the other */
	bool config_given;	    /* by -f: it must exist */
	VEC(struct ip_addr) listen; /* -l; none: all addresses */
	uint16_t port;		    /* -p; 0: do not listen */
	char *run_dir;		    /* --vty_socket: NAME.vty and feed.sock are there */
	bool no_kernel;		    /* -n */
	bool no_overlayd;	    /* -Z */
	bool dry_run;		    /* -C: check the files, then exit */
	char *pathspace;	    /* -N, or NULL */
	char *record;		    /* --record, or NULL */
	/* internal to start-up */
	bool background, skip_runas;
	char *pid_file, *user, *group, *log;
	int log_level;
};

struct daemon;

/* Takes the options; ends the process for -h, -v and what it can't accept.
 * Goes to the background, locks the pid file, sets up log and signals. */
struct daemon *daemon_new(const struct daemon_info *info, int argc, char **argv);
const struct daemon_options *daemon_options(const struct daemon *d);
struct loop *daemon_loop(struct daemon *d);
const char *daemon_name(const struct daemon *d);
/* Random, different in each process. */
uint64_t daemon_boot_id(const struct daemon *d);
/* When daemon_new() was called. */
mono_t daemon_started(const struct daemon *d);

/* SIGHUP, after the log was reopened. */
void daemon_on_reload(struct daemon *d, loop_fn *fn, void *arg);
/* SIGTERM and SIGINT.  If fn returns true the daemon ends when
 * daemon_stopped() is called, at most 5 s later; else, and without fn, at
 * once. */
void daemon_on_stop(struct daemon *d, bool (*fn)(void *arg), void *arg);
void daemon_stopped(struct daemon *d);

/* Gives up root for -u (keeping keep_caps), with short_turns asks the kernel for
 * a short time slice (the scheduler's choice then is to wait less and not to
 * stop us between two writes; our share of the processor stays the same, and
 * kernels before 6.12 do not know it), says that the daemon is ready,
 * runs the loop until the end was asked for.  Returns the exit status. */
int daemon_run(struct daemon *d);
/* Removes the pid file; frees the loop. */
void daemon_free(struct daemon *d);

/* The start failed: logs and prints the sentence, exits with status 1. */
void daemon_fail(const struct daemon *d, const char *fmt, ...)
		__attribute__((format(printf, 2, 3), noreturn));

#endif
