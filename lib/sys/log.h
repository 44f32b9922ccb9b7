/* Log of one process: lines with time and level to a file, standard output or
 * syslog.  One log per process, so its state is global; the pure parts do not
 * log at all, their shells do it for them.
 *
 * Bounded: a line has at most LOG_LINE_MAX bytes, a storm is cut at a rate and
 * what was dropped is counted in the log, and a reader that has stopped (a pipe
 * that is full) loses lines but never blocks the daemon. */
#ifndef WEFT_SYS_LOG_H
#define WEFT_SYS_LOG_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/strbuf.h"

#define LOG_LINE_MAX 2048

/* The numbers are syslog's (RFC 5424 section 6.2.1). */
enum log_level {
	LOG_LEVEL_OFF = -1,
	LOG_LEVEL_EMERGENCIES = 0,
	LOG_LEVEL_ALERTS = 1,
	LOG_LEVEL_CRITICAL = 2,
	LOG_LEVEL_ERRORS = 3,
	LOG_LEVEL_WARNINGS = 4,
	LOG_LEVEL_NOTIFICATIONS = 5,
	LOG_LEVEL_INFORMATIONAL = 6,
	LOG_LEVEL_DEBUGGING = 7,
};

enum log_target { LOG_TARGET_FILE, LOG_TARGET_STDOUT, LOG_TARGET_SYSLOG, LOG_TARGETS };

/* name: "bgpd"; tag: what stands in each line, "BGP".  Until a target is set,
 * lines of LOG_LEVEL_NOTIFICATIONS and above go to standard error. */
void log_init(const char *name, const char *tag);

/* Sends lines of `level` and more urgent ones to a target; LOG_LEVEL_OFF turns
 * it off.  path is for the file only.  Returns 0 or -errno. */
int log_to(enum log_target target, enum log_level level, const char *path, struct err *err);
/* "file:PATH", "stdout", "syslog", as in --log; -EINVAL with a sentence. */
int log_to_text(const char *spec, enum log_level level, struct err *err);

/* For --log-level: the level of targets that do not name one of their own. */
void log_set_default_level(enum log_level level);
enum log_level log_default_level(void);
/* Accepts FRR's words and their beginnings, "errors", "debug", ...; -1 OFF is
 * never returned: -EINVAL if unknown. */
int log_level_parse(const char *text);
const char *log_level_text(enum log_level level);

/* Microseconds' digits in the time stamp, 0 to 6. */
void log_set_precision(unsigned digits);

/* Opens the file anew: after logrotate has moved it away. */
void log_reopen(void);

/* Standard error is no longer ours: after the daemon has detached. */
void log_detach(void);

/* "Logging configuration for bgpd:" and the targets, a line each. */
void log_show(struct strbuf *out);

/* Would a line of this level go anywhere?  For callers that must work to make
 * the text. */
bool log_wants(enum log_level level);

void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_msg(LOG_LEVEL_ERRORS, __VA_ARGS__)
#define log_warning(...) log_msg(LOG_LEVEL_WARNINGS, __VA_ARGS__)
#define log_notice(...) log_msg(LOG_LEVEL_NOTIFICATIONS, __VA_ARGS__)
#define log_info(...) log_msg(LOG_LEVEL_INFORMATIONAL, __VA_ARGS__)
#define log_debug(...)                                                                             \
	do {                                                                                       \
		if (log_wants(LOG_LEVEL_DEBUGGING))                                                \
			log_msg(LOG_LEVEL_DEBUGGING, __VA_ARGS__);                                 \
	} while (0)

#endif
