/* What an established session receives: UPDATE and ROUTE-REFRESH. */
#ifndef WEFT_BGPD_CORE_RECEIVE_H
#define WEFT_BGPD_CORE_RECEIVE_H

#include "bgpd/core/conn.h"

/* Bodies of whole messages; may end the session. */
void receive_update(struct conn *conn, const uint8_t *body, size_t len);
void receive_refresh(struct conn *conn, const uint8_t *body, size_t len);

/* Compares the families' counts with their limits; may end the session.  False
 * if it did.  Also called when a limit is configured anew. */
bool receive_check_limits(struct peer *p);

#endif
