/* Listening sockets of BGP; see sockets.h. */
#ifndef WEFT_BGPD_LISTENERS_H
#define WEFT_BGPD_LISTENERS_H

#include "lib/base/err.h"

struct listeners;
struct sockets;

struct listeners *listeners_new(struct sockets *s);
void listeners_free(struct listeners *l);
int listeners_open(struct listeners *l, struct err *e);
void listeners_sync(struct listeners *l);

#endif
