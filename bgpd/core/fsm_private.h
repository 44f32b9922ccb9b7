/* Shared by fsm.c, fsm_message.c and fsm_end.c. */
#ifndef WEFT_BGPD_CORE_FSM_PRIVATE_H
#define WEFT_BGPD_CORE_FSM_PRIVATE_H

#include "bgpd/core/fsm.h"

#define OPEN_HOLD MONO_SEC(240) /* RFC 4271 section 8: "a large value" */
#define START_DELAY MONO_SEC(1)
#define RETRY_DELAY MONO_SEC(1)

enum { LEVEL_ERR = 3, LEVEL_INFO = 6 };

#define OWNER(t, type, member) ((type *)((char *)(t) - offsetof(type, member)))

/* p->state from its connections and timers. */
void fsm_state_update(struct peer *p);
void fsm_unlink_conn(struct conn *conn);
/* Starts the start delay, which grows with each use until a session is up. */
void fsm_damp(struct peer *p);
/* Keeps why the peer is not, or no longer, up, and since when. */
void fsm_set_down(struct peer *p, enum peer_down why);
/* A connection of p is gone. */
void fsm_lost(struct peer *p, bool was_up, enum peer_down why, bool graceful);
void fsm_keep_error(struct session *s, bool received, uint8_t code, uint8_t subcode,
		const void *data, size_t len);
void fsm_log_notification(struct peer *p, bool received, const struct notification *n);
/* Queues a NOTIFICATION, keeps and logs it; nothing if code is 0. */
void fsm_notify(struct conn *conn, uint8_t code, uint8_t subcode, const void *data, size_t len);
/* Ends a connection that is one too many: the other one goes on. */
void fsm_drop_collided(struct conn *conn);
void fsm_send_open(struct conn *conn);
void fsm_set_timers(struct conn *conn);

#endif
