/* Options of BGP's sockets, and the addresses around them.  For sockets.c. */
#include <config.h>

#include "bgpd/socket_options.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT 73
#endif
#define TOS_INTERNETCONTROL 0xc0 /* CS6, RFC 4594 section 3.1 */

socklen_t socket_addr(const struct ip_addr *a, uint16_t port, uint32_t scope,
		struct sockaddr_storage *ret)
{
	struct sockaddr_in *four = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (a->family == 4) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		memcpy(&four->sin_addr, a->b, 4);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	memcpy(&six->sin6_addr, a->b, 16);
	six->sin6_scope_id = ip_is_link_local(a) ? scope : 0;
	return sizeof(*six);
}

bool socket_addr_read(const struct sockaddr_storage *ss, struct ip_addr *ret, uint16_t *ret_port,
		uint32_t *ret_scope)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)ss;

	*ret_scope = 0;
	switch (ss->ss_family) {
	case AF_INET:
		*ret = ip_from_bytes((const uint8_t *)&four->sin_addr, 4);
		*ret_port = ntohs(four->sin_port);
		return true;
	case AF_INET6:
		*ret = ip_from_bytes((const uint8_t *)&six->sin6_addr, 16);
		*ret_port = ntohs(six->sin6_port);
		*ret_scope = six->sin6_scope_id;
		return true;
	default:
		return false;
	}
}

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

void socket_prepare(int fd, uint8_t family)
{
	if (family == 6)
		set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, TOS_INTERNETCONTROL);
	else
		set_int(fd, IPPROTO_IP, IP_TOS, TOS_INTERNETCONTROL);
	/* We write in large pieces; what is small is urgent. */
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

int socket_new(uint8_t family)
{
	int fd = socket(family == 6 ? AF_INET6 : AF_INET,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (family == 6)
		set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	socket_prepare(fd, family);
	return fd;
}

int socket_ttl(int fd, uint8_t family, uint8_t ttl, uint8_t min_ttl)
{
	int level = family == 6 ? IPPROTO_IPV6 : IPPROTO_IP, r = 0;

	if (ttl)
		r = set_int(fd, level, family == 6 ? IPV6_UNICAST_HOPS : IP_TTL, ttl);
	if (!r && min_ttl)
		r = set_int(fd, level, family == 6 ? IPV6_MINHOPCOUNT : IP_MINTTL, min_ttl);
	return r;
}

int socket_md5(int fd, const struct prefix *peers, const char *key)
{
	bool one = peers->len == family_bits(peers->family);
	struct ip_addr addr = prefix_addr(peers);
	struct tcp_md5sig md5 = { 0 };
	struct sockaddr_storage ss;
	size_t len = key ? strlen(key) : 0;

	if (len > TCP_MD5SIG_MAXKEYLEN)
		return -EINVAL;
	socket_addr(&addr, 0, 0, &ss);
	memcpy(&md5.tcpm_addr, &ss, sizeof(ss));
	md5.tcpm_keylen = (uint16_t)len;
	if (len)
		memcpy(md5.tcpm_key, key, len);
	if (!one) {
		md5.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX;
		md5.tcpm_prefixlen = peers->len;
	}
	return setsockopt(fd, IPPROTO_TCP, one ? TCP_MD5SIG : TCP_MD5SIG_EXT, &md5, sizeof(md5)) < 0 ?
			       -errno :
			       0;
}

int socket_mss(int fd, uint16_t mss)
{
	return mss ? set_int(fd, IPPROTO_TCP, TCP_MAXSEG, mss) : 0;
}

int socket_device(int fd, const char *device)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1) <
					       0 ?
			       -errno :
			       0;
}

static bool ifaddr_read(const struct ifaddrs *i, struct ip_addr *ret, uint32_t *scope)
{
	struct sockaddr_storage ss = { 0 };
	uint16_t port;

	if (!i->ifa_addr || (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
		return false;
	memcpy(&ss, i->ifa_addr,
			i->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) :
							    sizeof(struct sockaddr_in6));
	return socket_addr_read(&ss, ret, &port, scope);
}

bool socket_interface_addr(const char *name, uint8_t family, struct ip_addr *ret)
{
	struct ifaddrs *all, *i;
	struct ip_addr a;
	uint32_t scope;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (i = all; i && !found; i = i->ifa_next)
		if (strcmp(i->ifa_name, name) == 0 && ifaddr_read(i, &a, &scope) &&
				a.family == family && !ip_is_link_local(&a)) {
			*ret = a;
			found = true;
		}
	freeifaddrs(all);
	return found;
}

static uint8_t mask_len(const struct ifaddrs *i)
{
	const uint8_t *m;
	uint8_t len = 0;

	if (!i->ifa_netmask)
		return i->ifa_addr->sa_family == AF_INET6 ? 128 : 32;
	m = i->ifa_addr->sa_family == AF_INET6 ?
			    (const uint8_t *)&((struct sockaddr_in6 *)i->ifa_netmask)->sin6_addr :
			    (const uint8_t *)&((struct sockaddr_in *)i->ifa_netmask)->sin_addr;
	for (int n = i->ifa_addr->sa_family == AF_INET6 ? 16 : 4; n; n--, m++)
		len = (uint8_t)(len + __builtin_popcount(*m));
	return len;
}

/* The name of the interface that has this address, by index for link-local
 * ones, which may be the same on several. */
static const char *interface_with(const struct ifaddrs *all, const struct ip_addr *local,
		uint32_t want_scope)
{
	struct ip_addr a;
	uint32_t scope;

	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (ifaddr_read(i, &a, &scope) && ip_equal(&a, local) &&
				(!ip_is_link_local(local) || scope == want_scope))
			return i->ifa_name;
	return NULL;
}

void socket_interface_of(const struct ip_addr *local, const struct ip_addr *remote,
		uint32_t want_scope, struct bgp_event *ev)
{
	struct ifaddrs *all, *i;
	const char *name;
	struct ip_addr a;
	uint32_t scope;

	if (getifaddrs(&all) < 0)
		return;
	name = interface_with(all, local, want_scope);
	for (i = all; name && i; i = i->ifa_next) {
		struct prefix subnet;

		if (strcmp(i->ifa_name, name) != 0 || !ifaddr_read(i, &a, &scope))
			continue;
		subnet = prefix_make(&a, mask_len(i));
		if (a.family == remote->family && prefix_contains(&subnet, remote))
			ev->accepted.on_link = true;
		if (a.family == 4) {
			if (!ev->accepted.local4.family && a.b[0] != 127)
				ev->accepted.local4 = a;
			continue;
		}
		if (ip_is_link_local(&a))
			ev->accepted.local_link_local6 = a;
		else if (!ev->accepted.local_global6.family)
			ev->accepted.local_global6 = a;
	}
	if (name && (ip_is_link_local(local) || ip_is_link_local(remote)))
		snprintf(ev->accepted.interface, sizeof(ev->accepted.interface), "%s", name);
	freeifaddrs(all);
}
