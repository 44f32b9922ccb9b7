/* The core of overlayd: one door.  The shell (or a test) puts events in, takes
 * effects out, and pulls bytes for the kernel and for bgpd when they can be
 * sent.  Pure: time and the hash seed are handed in.
 *
 *	config, feed messages ──► wanted ─┐
 *	                                  ├─ diff ─► batches ─► kernel
 *	dumps, notifications ───► actual ─┘
 *
 * Nothing is commanded: an object is what was wanted beside what is there, and
 * the difference becomes a request.  A change, a restart, an overrun and a
 * stranger's hand all end in the same diff. */
#ifndef WEFT_OVERLAYD_CORE_H
#define WEFT_OVERLAYD_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/feed.h"
#include "lib/base/mono.h"
#include "overlayd/core/config.h"

#define OVERLAY_BATCH_MAX 65536 /* bytes; what pays on rtnetlink */

struct overlay_core;

struct overlay_core *overlay_core_new(uint64_t seed);
void overlay_core_free(struct overlay_core *c);

enum overlay_event_type {
	OVERLAY_CONFIG,	    /* a new configuration, which becomes the core's */
	OVERLAY_FEED_UP,    /* bgpd connected */
	OVERLAY_FEED_DOWN,
	OVERLAY_FEED_MSG,
	OVERLAY_NL_REPLY,   /* bytes from the request socket */
	OVERLAY_NL_SENDING, /* what was pulled isn't all sent: no answer is late */
	OVERLAY_NL_LOST,    /* the request's answer can't be had (errno in error) */
	OVERLAY_NL_NOTIFY,  /* bytes from the notification socket */
	OVERLAY_NL_OVERRUN, /* notifications were lost */
	OVERLAY_SYSCTL,	    /* what became of an OVERLAY_FX_SYSCTL */
	OVERLAY_RESYNC,	    /* list everything again */
	OVERLAY_TICK,
};

struct overlay_event {
	enum overlay_event_type type;
	union {
		struct overlay_config *config;
		const struct feed_msg *msg;
		struct {
			const void *data;
			size_t len;
		} bytes;
		int error;
		struct {
			const char *path;
			int64_t value; /* as it is now */
			int error;     /* errno, 0 if it is as wanted */
		} sysctl;
	};
};

void overlay_core_input(struct overlay_core *c, mono_t now, const struct overlay_event *ev);

/* This message may come next: what it needs is asked of the memory, while the one
 * before it is worked on.  Changes nothing. */
void overlay_core_feed_soon(const struct overlay_core *c, const struct feed_msg *m);

enum overlay_effect_type {
	OVERLAY_FX_LOG,	   /* text: a sentence */
	OVERLAY_FX_SYSCTL, /* make path (below /proc/sys) hold value, answer OVERLAY_SYSCTL */
	/* value 1: notifications of deleted forwarding entries and neighbours that
	 * carry our mark need not be read; 0: they are again wanted */
	OVERLAY_FX_DELETIONS_UNHEARD,
};

struct overlay_effect {
	enum overlay_effect_type type;
	char text[256]; /* or the sysctl's path */
	int64_t value;
	bool at_least;	/* a larger value is fine */
};

bool overlay_core_next_effect(struct overlay_core *c, struct overlay_effect *ret);

/* Bytes for the request socket, to be sent in the order in which they were
 * pulled: a batch with an acknowledgement on its last message, or a dump
 * request.  0 if there is nothing to send now, or answers are to be had first,
 * or effects are to be taken first.  size should be OVERLAY_BATCH_MAX. */
size_t overlay_core_pull_netlink(struct overlay_core *c, mono_t now, void *buf, size_t size);
/* Something was asked.  When nothing is, all notifications are to be read before
 * the next pull. */
bool overlay_core_awaits_reply(const struct overlay_core *c);
/* Else they are to be left in their socket: what a dump lists is then never
 * older than what was said before, and what is said of routes and next hops
 * is not mixed up with what becomes of our requests.  While they wait for long
 * nothing should be pulled, so that their turn comes. */
bool overlay_core_takes_notifications(const struct overlay_core *c);

/* Frames for bgpd (but for HELLO, which is the connection's), at most size bytes, whole frames only; 0 if none is due. */
size_t overlay_core_pull_feed(struct overlay_core *c, void *buf, size_t size);
bool overlay_core_wants_feed(const struct overlay_core *c);

/* When overlay_core_input() wants an OVERLAY_TICK at the latest. */
mono_t overlay_core_deadline(const struct overlay_core *c);

/* Nothing to ask, nothing asked, nothing listed still to come. */
bool overlay_core_is_settled(const struct overlay_core *c);

#endif
