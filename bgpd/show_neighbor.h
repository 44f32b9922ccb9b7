/* Between show_neighbor.c and show_neighbor_json.c. */
#ifndef WEFT_BGPD_SHOW_NEIGHBOR_H
#define WEFT_BGPD_SHOW_NEIGHBOR_H

#include "bgpd/core/peer.h"
#include "bgpd/core/session.h"
#include "bgpd/show.h"
#include "bgpd/sockets.h"

/* A member named after the peer, in an object that is open. */
void neighbor_json(const struct show *s, const struct peer *p, struct jsonw *j);
const char *advertised_words(bool sent, bool received);
int64_t secs_ago(mono_t at); /* 0 if at is 0: never */
/* FRR's words for the graceful-restart roles (RFC 4724). */
const char *gr_local_mode(const struct peer *p);
const char *gr_remote_mode(const struct peer_status *st);

#endif
