/* What BGP asks of a TCP socket, one function each; -errno. */
#ifndef WEFT_BGPD_SOCKET_OPTIONS_H
#define WEFT_BGPD_SOCKET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "bgpd/core/core.h"

/* Both directions between addresses of ours and the kernel's. */
socklen_t socket_addr(const struct ip_addr *a, uint16_t port, uint32_t scope,
		struct sockaddr_storage *ret);
bool socket_addr_read(const struct sockaddr_storage *ss, struct ip_addr *ret, uint16_t *ret_port,
		uint32_t *ret_scope);

/* Non-blocking, close-on-exec, with BGP's type of service. */
int socket_new(uint8_t family);
void socket_prepare(int fd, uint8_t family); /* type of service, no delay */
/* ttl to send with, min_ttl to accept (RFC 5082); 0: leave. */
int socket_ttl(int fd, uint8_t family, uint8_t ttl, uint8_t min_ttl);
/* TCP MD5 (RFC 2385) for the peers in a prefix; key "" or NULL removes it. */
int socket_md5(int fd, const struct prefix *peers, const char *key);
int socket_mss(int fd, uint16_t mss); /* 0: leave */
int socket_device(int fd, const char *device);
/* The first address of this family on an interface; false: none. */
bool socket_interface_addr(const char *name, uint8_t family, struct ip_addr *ret);
/* Fills what the core wants to know about the interface that local is on. */
void socket_interface_of(const struct ip_addr *local, const struct ip_addr *remote,
		uint32_t scope, struct bgp_event *ev);

#endif
