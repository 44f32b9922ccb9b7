/* bgpd's end of the feed to overlayd. */
#ifndef WEFT_BGPD_FEED_SHELL_H
#define WEFT_BGPD_FEED_SHELL_H

#include "bgpd/bgpd.h"

void feed_shell_open(struct bgpd *b);
void feed_shell_close(struct bgpd *b); /* nothing if it is not open */

#endif
