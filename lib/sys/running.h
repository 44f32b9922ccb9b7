/* The running configuration of one daemon: loaded from its files, changed in
 * two phases over the control socket, replaced on SIGHUP.
 *
 * Every daemon holds the whole configuration and builds its own value from it.
 * A candidate is checked by building the value, which changes nothing; applying
 * it hands the value over and can't fail. */
#ifndef WEFT_SYS_RUNNING_H
#define WEFT_SYS_RUNNING_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/strbuf.h"
#include "lib/sys/config.h"
#include "lib/sys/ctl.h"

struct running_hooks {
	/* Makes the daemon's value of a configuration.  Entries that are not
	 * complete yet are left out of it, not refused: lines are typed one by
	 * one.  Returns 0, or -errno and a sentence. */
	int (*build)(void *ctx, const struct config *c, void **ret_value, struct err *err);
	/* Takes the value over. */
	void (*apply)(void *ctx, void *value);
	/* Frees a value that is not applied. */
	void (*discard)(void *ctx, void *value);
};

struct running;

/* Empty, and nothing applied yet.  The schema must outlive it. */
struct running *running_new(const struct schema *s, const struct running_hooks *h, void *ctx);
void running_free(struct running *r);
const struct config *running_config(const struct running *r);
/* Counts the changes. */
uint64_t running_generation(const struct running *r);

/* Replaces the configuration by the content of files and applies it.  Lines
 * that are refused are logged, kept for running_errors(), and left out.  A file
 * that is not there counts as empty unless must_exist.  Returns the number of
 * lines refused, or -errno with a sentence, nothing changed. */
int running_load(struct running *r, char *const *files, size_t n_files, bool must_exist,
		struct err *err);
/* The same without applying (--dryrun): reports to standard error. */
int running_check(struct running *r, char *const *files, size_t n_files, struct err *err);
/* What the last load refused, "FILE:LINE: SENTENCE" lines. */
const char *running_errors(const struct running *r);

/* EDIT, REPLACE, APPLY, ABORT, CONFIG of the control socket.  For CONFIG the
 * text may name an owner ("bgpd"): only what that daemon reads. */
void running_request(struct running *r, const struct ctl_request *rq, struct ctl_answer *a);
void running_session_free(struct running *r, void *session);

#endif
