/* Start and end of a daemon. */
#include <config.h>

#include "lib/sys/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/xalloc.h"
#include "lib/sys/log.h"
#include "lib/sys/notify.h"
#include "lib/sys/options.h"
#include "lib/sys/privs.h"

#define STOP_WAIT MONO_SEC(5)
#define SHORT_SLICE_NSECS 500000 /* below the kernel's own, which is 0.7 ms or more */

struct daemon {
	const struct daemon_info *info;
	struct daemon_options options;
	struct loop *loop;
	struct loop_signal *sig_term, *sig_int, *sig_hup, *sig_usr1;
	struct loop_timer *stop_timer;
	mono_t started;
	uint64_t boot_id;
	int pid_fd, parent_fd;
	bool pid_locked; /* the pid file is ours to remove */
	loop_fn *reload;
	void *reload_arg;
	bool (*stop)(void *arg);
	void *stop_arg;
	bool stopping, running;
};

void daemon_fail(const struct daemon *d, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_error("%s", text);
	fprintf(stderr, "%s: %s\n", d->info->name, text);
	if (d->pid_locked)
		unlink(d->options.pid_file);
	exit(1); /* the parent of -d sees the pipe's end */
}

/* The parent stays until the child says that it is ready. */
static void go_background(struct daemon *d)
{
	int p[2];
	char byte;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		daemon_fail(d, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		daemon_fail(d, "fork: %s", strerror(errno));
	if (pid > 0) {
		ssize_t n;

		close(p[1]);
		do
			n = read(p[0], &byte, 1);
		while (n < 0 && errno == EINTR);
		_exit(n == 1 ? 0 : 1);
	}
	close(p[0]);
	setsid();
	d->parent_fd = p[1];
}

/* The lock is the truth, the number in the file is for people: a stale file
 * stops nobody. */
static void pid_lock(struct daemon *d)
{
	const char *path = d->options.pid_file;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char text[32], *slash = strrchr(path, '/');
	int n;

	if (slash && slash != path) {
		char *dir = xstrdup(path);

		dir[slash - path] = '\0';
		mkdir(dir, 0755);
		free(dir);
	}
	d->pid_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (d->pid_fd < 0)
		daemon_fail(d, "%s: %s", path, strerror(errno));
	if (fchmod(d->pid_fd, 0644) < 0)
		daemon_fail(d, "%s: %s", path, strerror(errno));
	if (fcntl(d->pid_fd, F_SETLK, &lock) < 0)
		daemon_fail(d, "%s: locked by another %s that is running", path, d->info->name);
	d->pid_locked = true;
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(d->pid_fd, 0) < 0 || write(d->pid_fd, text, (size_t)n) != n)
		daemon_fail(d, "%s: %s", path, strerror(errno));
}

static void end_now(void *arg)
{
	struct daemon *d = arg;

	log_warning("ending without waiting any longer");
	loop_stop(d->loop);
}

static void on_term(void *arg)
{
	struct daemon *d = arg;

	if (d->stopping)
		return;
	d->stopping = true;
	log_notice("Terminating on signal");
	notify_send("STOPPING=1");
	if (d->stop && d->stop(d->stop_arg))
		loop_timer_set(d->stop_timer, mono_now() + STOP_WAIT);
	else
		loop_stop(d->loop);
}

static void on_hup(void *arg)
{
	struct daemon *d = arg;

	log_reopen();
	if (!d->running || d->stopping)
		return;
	notify_send("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)mono_now());
	if (d->reload)
		d->reload(d->reload_arg);
	notify_send("READY=1");
}

static void on_usr1(void *arg)
{
	(void)arg;
	log_reopen();
}

static void start_log(struct daemon *d)
{
	struct err err;

	log_init(d->info->name, d->info->log_tag);
	log_set_default_level((enum log_level)d->options.log_level);
	if (d->options.log &&
			log_to_text(d->options.log, (enum log_level)d->options.log_level, &err) < 0)
		daemon_fail(d, "%s", err.text);
}

struct daemon *daemon_new(const struct daemon_info *info, int argc, char **argv)
{
	struct daemon *d = xcalloc(1, sizeof(*d));

	d->info = info;
	d->pid_fd = d->parent_fd = -1;
	d->started = mono_now();
	options_parse(&d->options, info, argc, argv);
	umask(0027);
	signal(SIGPIPE, SIG_IGN);
	start_log(d);
	if (getrandom(&d->boot_id, sizeof(d->boot_id), 0) != sizeof(d->boot_id))
		daemon_fail(d, "no random numbers: %s", strerror(errno));
	if (d->options.background && !d->options.dry_run)
		go_background(d);
	if (!d->options.dry_run)
		pid_lock(d);
	d->loop = loop_new();
	d->sig_term = loop_signal_new(d->loop, SIGTERM, on_term, d);
	d->sig_int = loop_signal_new(d->loop, SIGINT, on_term, d);
	d->sig_hup = loop_signal_new(d->loop, SIGHUP, on_hup, d);
	d->sig_usr1 = loop_signal_new(d->loop, SIGUSR1, on_usr1, d);
	d->stop_timer = loop_timer_new(d->loop, end_now, d);
	return d;
}

const struct daemon_options *daemon_options(const struct daemon *d)
{
	return &d->options;
}

struct loop *daemon_loop(struct daemon *d)
{
	return d->loop;
}

const char *daemon_name(const struct daemon *d)
{
	return d->info->name;
}

uint64_t daemon_boot_id(const struct daemon *d)
{
	return d->boot_id;
}

mono_t daemon_started(const struct daemon *d)
{
	return d->started;
}

void daemon_on_reload(struct daemon *d, loop_fn *fn, void *arg)
{
	d->reload = fn;
	d->reload_arg = arg;
}

void daemon_on_stop(struct daemon *d, bool (*fn)(void *arg), void *arg)
{
	d->stop = fn;
	d->stop_arg = arg;
}

void daemon_stopped(struct daemon *d)
{
	if (d->stopping)
		loop_stop(d->loop);
}

static void detach(struct daemon *d)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	log_detach();
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	if (write(d->parent_fd, "", 1) != 1)
		log_warning("whoever started the daemon did not wait for it");
	close(d->parent_fd);
	d->parent_fd = -1;
}

/* As sched_setattr(2) has it; the C library's headers do not yet. */
struct sched_attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* A kernel that has slices tells the one in force: what an administrator made
 * shorter, or another policy, stays. */
static void ask_short_slice(void)
{
	struct sched_attributes a = { 0 };

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) < 0 || a.policy != 0 /* SCHED_OTHER */ ||
			a.runtime <= SHORT_SLICE_NSECS)
		return;
	a.runtime = SHORT_SLICE_NSECS;
	if (syscall(SYS_sched_setattr, 0, &a, 0) < 0)
		log_info("no short time slice: %s", strerror(errno));
}

int daemon_run(struct daemon *d)
{
	struct err err;

	if ((d->options.user || d->options.group) && !d->options.skip_runas && geteuid() == 0) {
		if (privs_drop(d->options.user, d->options.group, d->info->keep_caps, &err) < 0)
			daemon_fail(d, "%s", err.text);
	}
	if (d->info->short_turns)
		ask_short_slice();
	log_notice("%s %s starting: vty@%s/%s.vty", d->info->name, PACKAGE_VERSION,
			d->options.run_dir, d->info->name);
	d->running = true;
	if (d->parent_fd >= 0)
		detach(d);
	notify_send("READY=1\nMAINPID=%d", (int)getpid());
	if (!d->stopping)
		loop_run(d->loop);
	log_notice("%s ends", d->info->name);
	return 0;
}

void daemon_free(struct daemon *d)
{
	loop_signal_free(d->sig_term);
	loop_signal_free(d->sig_int);
	loop_signal_free(d->sig_hup);
	loop_signal_free(d->sig_usr1);
	loop_timer_free(d->stop_timer);
	loop_free(d->loop);
	if (d->pid_fd >= 0) {
		unlink(d->options.pid_file);
		close(d->pid_fd);
	}
	options_fini(&d->options);
	free(d);
}
