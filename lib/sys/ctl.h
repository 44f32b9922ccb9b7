/* Control socket: how vtysh talks to a daemon.  A Unix stream socket
 * DIR/NAME.vty with frames of u32 length (of what follows), u8 type, body, in
 * network order.  One request is answered before the next is read.
 *
 * The answer to a request is any number of OUT (text) and ERR (u32 line number
 * or 0, then a sentence) frames, then DONE (u32: 0 or an errno).  Output is
 * pulled: a handler leaves a generator that is asked for more only when the
 * socket can take it, so a table of any size is shown in constant memory, and
 * a client that stops reading costs one buffer.
 *
 * Configuration is changed in two phases.  EDIT or REPLACE makes a candidate
 * of this connection and says what is wrong with it; APPLY makes it the
 * running configuration, ABORT (or the end of the connection) forgets it. */
#ifndef WEFT_SYS_CTL_H
#define WEFT_SYS_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/strbuf.h"
#include "lib/sys/loop.h"

#define CTL_BODY_MAX 65536	     /* bytes of a frame's body */
#define CTL_TEXT_MAX (64u << 20)     /* bytes of all TEXT of one request */
#define CTL_CLIENTS_MAX 64

enum ctl_type {
	CTL_PING = 1,	 /* -> OUT "bgpd version X", then what the handler adds: lines "config FILE"
			  * and "running PID CHANGES", the number of changes to what is running */
	CTL_EXEC = 2,	 /* a command, spelled out */
	CTL_TEXT = 3,	 /* a piece of the text for the next EDIT or REPLACE; not answered */
	CTL_EDIT = 4,	 /* u8 flags, u32 number of the first line, lines that lead to the
			  * node where the text begins; applies to the running configuration */
	CTL_REPLACE = 5, /* u8 flags; the text is the whole configuration */
	CTL_APPLY = 6,
	CTL_ABORT = 7,
	CTL_CONFIG = 8,	 /* text "", or a daemon's name: only what that one reads;
			  * -> OUT the running configuration */
	CTL_OUT = 64,
	CTL_ERR = 65,
	CTL_DONE = 66,
};

/* In the flags of EDIT and REPLACE: lines that are refused are reported and
 * left out.  Without it, one refused line refuses all. */
#define CTL_FLAG_LENIENT 0x01

struct ctl_request {
	enum ctl_type type;
	const char *text;    /* EXEC: the command; EDIT: the lines that lead to the node;
			      * CONFIG: the owner */
	const char *lines;   /* EDIT, REPLACE: what TEXT brought */
	uint32_t first_line; /* EDIT: number of the first of `lines` */
	uint8_t flags;	     /* CTL_FLAG_* */
	void **session;	     /* the handler's own, of this connection; NULL at first */
};

/* Filled by the handler. */
struct ctl_answer {
	struct strbuf out;
	int status; /* 0, or a positive errno */
	/* If set, called after `out` is sent, whenever the socket can take more:
	 * appends a bounded piece (some KB) and returns whether there is more.  A
	 * piece may be empty; it is then asked again in a later turn. */
	bool (*next)(void *gen, struct strbuf *out);
	void (*gen_free)(void *gen); /* also when the client has gone; may be NULL */
	/* The client takes its time: lets go of memory that can be made again.  May be NULL. */
	void (*gen_rest)(void *gen);
	void *gen;
	struct strbuf errs; /* encoded ERR frames; use ctl_answer_err() */
};

/* Adds a sentence; line 0 means none. */
void ctl_answer_err(struct ctl_answer *a, uint32_t line, const char *sentence);

struct ctl_handlers {
	/* All but TEXT. */
	void (*request)(void *ctx, const struct ctl_request *rq, struct ctl_answer *a);
	/* The connection is gone and *session was set. */
	void (*session_free)(void *ctx, void *session);
};

struct ctl_server;

/* Listens on DIR/NAME.vty (mode 0660, group weft if there is one); makes DIR.
 * A socket file that nobody listens on is replaced; -EADDRINUSE if somebody
 * does.  NULL and a sentence on failure. */
struct ctl_server *ctl_server_new(struct loop *l, const char *dir, const char *name,
		const char *version, const struct ctl_handlers *h, void *ctx, struct err *err);
void ctl_server_free(struct ctl_server *s); /* and removes the socket file */

/* ---- one connection's input, without the socket (tests, fuzzing) ---- */

struct ctl_input {
	struct strbuf lines; /* TEXT so far */
	void *session;
};

/* Handles one frame.  Returns 1 and fills *a if it is to be answered, 0 if
 * not, -EPROTO if the connection is to be closed. */
int ctl_input_frame(struct ctl_input *in, const char *name, const char *version,
		const struct ctl_handlers *h, void *ctx, uint8_t type, const uint8_t *body,
		size_t len, struct ctl_answer *a);
/* Takes whole frames off the start of buf[0..len).  Returns the bytes of the
 * first frame (header and body), 0 if it is not complete, -EPROTO if it is
 * longer than allowed. */
long ctl_frame_size(const uint8_t *buf, size_t len);

/* ---- client; blocking ---- */

struct ctl_client;

/* -ENOENT or -ECONNREFUSED in *ret_errno when the daemon is down (NULL). */
struct ctl_client *ctl_client_open(const char *dir, const char *name, int *ret_errno);
void ctl_client_close(struct ctl_client *c);
int ctl_client_fd(const struct ctl_client *c);

/* Sends one frame; len up to CTL_BODY_MAX, for CTL_TEXT any (it is split).
 * Returns 0 or -errno. */
int ctl_client_send(struct ctl_client *c, enum ctl_type type, const void *body, size_t len);
int ctl_client_send_edit(struct ctl_client *c, uint8_t flags, uint32_t first_line,
		const char *node, const char *lines, size_t len);
int ctl_client_send_replace(struct ctl_client *c, uint8_t flags, const char *lines, size_t len);

/* type is CTL_OUT or CTL_ERR (then line is its number or 0).  Returning false
 * gives up the answer. */
typedef bool ctl_sink_fn(void *ctx, enum ctl_type type, uint32_t line, const char *text,
		size_t len);

/* Reads the answer up to DONE.  Returns 0 with the status in *ret_status,
 * -ECANCELED if the sink gave up, -EINTR after a signal, -EPIPE if the daemon
 * went away, -EPROTO; after any of these the client is only good for closing. */
int ctl_client_wait(struct ctl_client *c, ctl_sink_fn *sink, void *ctx, int *ret_status);

#endif
