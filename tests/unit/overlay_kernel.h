/* A kernel played in memory, for tests of overlayd's core: takes the core's
 * requests, keeps links, addresses, next hops, FDB entries, neighbours and
 * routes as rtnetlink would, answers, notifies, and lists. */
#ifndef WEFT_TESTS_OVERLAY_KERNEL_H
#define WEFT_TESTS_OVERLAY_KERNEL_H

#include "overlayd/core/core.h"
#include "overlayd/core/kobj.h"

struct fake_object {
	uint8_t type; /* enum kobj_type */
	bool live;
	uint8_t key[64];
	size_t key_len;
	uint8_t bytes[1024]; /* the message that made it, as the kernel lists it */
	size_t len;
};

/* What the core sent. */
struct fake_batch {
	uint8_t bytes[OVERLAY_BATCH_MAX];
	size_t len, done;
};

struct fake_kernel {
	struct overlay_core *core;
	mono_t now;
	VEC(struct fake_object) objects;
	uint32_t next_ifindex;
	unsigned requests, adds, deletes;
	unsigned refused;     /* requests that named what is not there */
	unsigned broken;      /* next hops deleted under what stood on them */
	uint64_t draw;	      /* not 0: what happens next is drawn, see fake_run() */
	unsigned logged;      /* lines */
	unsigned most_in_air; /* batches at a time */
	uint16_t refuse_type; /* RTM_*: answered with EINVAL, */
	int refuse_error;     /* or with this -errno */
	VEC(struct overlay_effect) sysctls;
	VEC(uint8_t) notifications, answers;
	VEC(struct fake_batch) waiting;
	bool answers_lost;
	bool deletions_unheard; /* as asked by the core */
	int list_error;	    /* -errno of listings, in place of them, */
	bool ends_in_error; /* or at their end, which comes too early; */
	uint16_t list_type; /* RTM_GET*: only of those; 0: of all */
	unsigned lists;	    /* asked for */
	int send_error;	    /* errno of sending batches (not listings) */
	unsigned sends_failed;
	char log[256];	    /* the last line */
};

void fake_init(struct fake_kernel *k, struct overlay_core *c);
void fake_fini(struct fake_kernel *k);
/* Lets core and kernel talk until both have nothing to say.  With `draw` batches
 * are small, several are in the air, and requests, answers and notifications
 * come to pass in an order drawn at random within what their sockets keep. */
void fake_run(struct fake_kernel *k);
/* So many steps of that, with `draw`; returns whether there was anything to do. */
bool fake_steps(struct fake_kernel *k, unsigned n);
/* One request of the core's (quiet: it is not told of it) or of a stranger's. */
int fake_request(struct fake_kernel *k, const struct nlmsg *m, bool quiet);
void fake_input(struct fake_kernel *k, const struct overlay_event *ev);
/* Objects of a type. */
unsigned fake_count(const struct fake_kernel *k, enum kobj_type type);
/* Decodes the n-th object of a type; false if there is none. */
bool fake_get(const struct fake_kernel *k, enum kobj_type type, unsigned n, struct kobj *ret);
/* A stranger's hand: adds or deletes by message, and the core is notified. */
void fake_apply(struct fake_kernel *k, const uint8_t *msg, size_t len);
/* Index of a link, 0 if it is not there. */
uint32_t fake_ifindex(const struct fake_kernel *k, const char *name);

#endif
