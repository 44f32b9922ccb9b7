/* Log of one process: targets, levels, a rate limit. */
#include <config.h>

#include "lib/sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/xalloc.h"

#define RATE_PER_SEC 2000
#define RATE_BURST 10000

static const char *const level_names[] = {
	"emergencies", "alerts", "critical", "errors",
	"warnings", "notifications", "informational", "debugging",
};

static struct {
	char name[32], tag[32];
	int level[LOG_TARGETS]; /* LOG_LEVEL_OFF: not in use */
	int max;		/* the chattiest of them */
	enum log_level default_level;
	int fd;
	char *path;
	unsigned precision;
	bool detached;
	int64_t tokens, tokens_sec;
	uint64_t suppressed, lost;
} lg = {
	.name = "weft",
	.tag = "WEFT",
	.level = { LOG_LEVEL_OFF, LOG_LEVEL_OFF, LOG_LEVEL_OFF },
	.max = LOG_LEVEL_NOTIFICATIONS,
	.default_level = LOG_LEVEL_INFORMATIONAL,
	.fd = -1,
	.precision = 3,
	.tokens = RATE_BURST,
};

static bool any_target(void)
{
	for (int i = 0; i < LOG_TARGETS; i++)
		if (lg.level[i] != LOG_LEVEL_OFF)
			return true;
	return false;
}

static void find_max(void)
{
	lg.max = LOG_LEVEL_OFF;
	for (int i = 0; i < LOG_TARGETS; i++)
		if (lg.level[i] > lg.max)
			lg.max = lg.level[i];
	if (lg.max == LOG_LEVEL_OFF && !lg.detached)
		lg.max = LOG_LEVEL_NOTIFICATIONS;
}

void log_init(const char *name, const char *tag)
{
	snprintf(lg.name, sizeof(lg.name), "%s", name);
	snprintf(lg.tag, sizeof(lg.tag), "%s", tag);
	find_max();
}

static int file_open(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);

	if (fd < 0)
		return err_set(err, errno, "log file %s: %s", path, strerror(errno));
	return fd;
}

int log_to(enum log_target target, enum log_level level, const char *path, struct err *err)
{
	if (target == LOG_TARGET_FILE) {
		int fd = -1;

		if (level != LOG_LEVEL_OFF) {
			fd = file_open(path, err);
			if (fd < 0)
				return fd;
		}
		if (lg.fd >= 0)
			close(lg.fd);
		free(lg.path);
		lg.fd = fd;
		/* Absolute, as a daemon that detaches changes its directory. */
		lg.path = fd >= 0 ? realpath(path, NULL) : NULL;
	}
	if (target == LOG_TARGET_SYSLOG && level != LOG_LEVEL_OFF)
		openlog(lg.name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	lg.level[target] = (int)level;
	find_max();
	return 0;
}

int log_to_text(const char *spec, enum log_level level, struct err *err)
{
	if (strncmp(spec, "file:", 5) == 0 && spec[5])
		return log_to(LOG_TARGET_FILE, level, spec + 5, err);
	if (strcmp(spec, "stdout") == 0)
		return log_to(LOG_TARGET_STDOUT, level, NULL, err);
	if (strcmp(spec, "syslog") == 0)
		return log_to(LOG_TARGET_SYSLOG, level, NULL, err);
	return err_set(err, EINVAL, "log target '%s': want file:PATH, stdout or syslog", spec);
}

void log_set_default_level(enum log_level level)
{
	lg.default_level = level;
}

enum log_level log_default_level(void)
{
	return lg.default_level;
}

int log_level_parse(const char *text)
{
	size_t n = strlen(text);

	for (int i = 0; n && i <= LOG_LEVEL_DEBUGGING; i++)
		if (strncmp(level_names[i], text, n) == 0)
			return i;
	if (strcmp(text, "info") == 0)
		return LOG_LEVEL_INFORMATIONAL;
	return -EINVAL;
}

const char *log_level_text(enum log_level level)
{
	return level == LOG_LEVEL_OFF ? "off" : level_names[level];
}

void log_set_precision(unsigned digits)
{
	lg.precision = digits > 6 ? 6 : digits;
}

void log_reopen(void)
{
	struct err err;
	int fd;

	if (!lg.path)
		return;
	fd = file_open(lg.path, &err);
	if (fd < 0) {
		log_error("%s; the old file stays open", err.text);
		return;
	}
	close(lg.fd);
	lg.fd = fd;
}

void log_detach(void)
{
	struct err err;

	lg.detached = true;
	if (!any_target())
		log_to(LOG_TARGET_SYSLOG, lg.default_level, NULL, &err);
	find_max();
}

void log_show(struct strbuf *out)
{
	sb_addf(out, "Logging configuration for %s:\n", lg.name);
	for (int i = 0; i < LOG_TARGETS; i++) {
		static const char *const names[] = { "File", "Stdout", "Syslog" };

		sb_addf(out, "%s logging: ", names[i]);
		if (lg.level[i] == LOG_LEVEL_OFF)
			sb_add(out, "disabled\n");
		else if (i == LOG_TARGET_FILE)
			sb_addf(out, "level %s, filename %s\n", log_level_text(lg.level[i]),
					lg.path ? lg.path : "?");
		else
			sb_addf(out, "level %s\n", log_level_text(lg.level[i]));
	}
	sb_addf(out, "Lines suppressed: %llu, lost: %llu\n", (unsigned long long)lg.suppressed,
			(unsigned long long)lg.lost);
}

bool log_wants(enum log_level level)
{
	return (int)level <= lg.max;
}

static bool rate_allows(time_t now)
{
	int64_t passed = now - lg.tokens_sec;

	if (passed != 0) {
		lg.tokens_sec = now;
		/* A clock that was set back must not silence the log. */
		lg.tokens = passed < 0 || passed > RATE_BURST / RATE_PER_SEC ?
				RATE_BURST :
				lg.tokens + passed * RATE_PER_SEC;
		if (lg.tokens > RATE_BURST)
			lg.tokens = RATE_BURST;
	}
	if (lg.tokens <= 0)
		return false;
	lg.tokens--;
	return true;
}

static void put(int fd, const char *line, size_t len)
{
	struct pollfd p = { fd, POLLOUT, 0 };

	/* Standard output may be a pipe shared with others: its flags are not
	 * ours to change, so ask before a write that could block. */
	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT) || write(fd, line, len) != (ssize_t)len)
		lg.lost++;
}

static void emit(enum log_level level, const struct timespec *ts, const char *text)
{
	char line[LOG_LINE_MAX + 96], stamp[32], frac[24] = "";
	struct tm tm;
	int n;

	localtime_r(&ts->tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y/%m/%d %H:%M:%S", &tm);
	if (lg.precision) {
		snprintf(frac, sizeof(frac), ".%06ld", ts->tv_nsec / 1000);
		frac[1 + lg.precision] = '\0';
	}
	n = snprintf(line, sizeof(line), "%s%s %s: %s%s\n", stamp, frac, lg.tag,
			level <= LOG_LEVEL_ERRORS	? "error: " :
			level == LOG_LEVEL_WARNINGS ? "warning: " :
							      "",
			text);
	if (lg.fd >= 0 && (int)level <= lg.level[LOG_TARGET_FILE])
		put(lg.fd, line, (size_t)n);
	if ((int)level <= lg.level[LOG_TARGET_STDOUT])
		put(STDOUT_FILENO, line, (size_t)n);
	if ((int)level <= lg.level[LOG_TARGET_SYSLOG])
		syslog((int)level, "%s", text);
	if (!any_target() && !lg.detached)
		put(STDERR_FILENO, line, (size_t)n);
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	static uint64_t reported;
	char text[LOG_LINE_MAX];
	struct timespec ts;
	int saved = errno;
	va_list ap;

	if (!log_wants(level))
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	if (!rate_allows(ts.tv_sec)) {
		lg.suppressed++;
		errno = saved;
		return;
	}
	if (lg.suppressed != reported) {
		snprintf(text, sizeof(text), "%llu lines suppressed",
				(unsigned long long)(lg.suppressed - reported));
		reported = lg.suppressed;
		emit(LOG_LEVEL_WARNINGS, &ts, text);
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* One event, one line, whatever a peer put into its text. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	emit(level, &ts, text);
	errno = saved;
}
