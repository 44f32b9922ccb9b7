/*
 * neighcount - what the kernel's neighbour and forwarding tables hold.
 *
 *	neighcount          "VXLAN BRIDGE NEIGH FLOOD": how many entries that a
 *	                    control plane made (extern_learn) are in the FDBs of
 *	                    VXLAN devices, in those of bridges, how many IPv4
 *	                    neighbours; and how many flooding entries there are
 *	neighcount watch    says "ready"; counts notifications of links, addresses,
 *	                    IPv4 neighbours and FDB entries until its input ends,
 *	                    then says how many there were, and how many overflowed;
 *	                    without those that the kernel's own timers cause (states
 *	                    of 100 links a second, IPv6 multicast)
 *
 * ip(8) and bridge(8) take seconds to print what this counts.
 *
 * Build: cc -O2 -std=c11 -o neighcount neighcount.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char buf[256 * 1024];

static void die(const char *what)
{
	fprintf(stderr, "neighcount: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_socket(unsigned groups)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), size = 128 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
		die("netlink");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	return fd;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

struct counts {
	unsigned long vxlan, bridge, flood, neigh;
};

static void count_entry(struct counts *c, const struct nlmsghdr *h)
{
	const struct ndmsg *m = NLMSG_DATA(h);
	const struct rtattr *a = (const void *)((const char *)m + NLMSG_ALIGN(sizeof *m));
	int left = h->nlmsg_len - NLMSG_LENGTH(sizeof *m);
	const uint8_t *mac = NULL;
	bool dst = false;

	bool ours = m->ndm_flags & NTF_EXT_LEARNED;

	if (m->ndm_family == AF_INET) {
		c->neigh += ours;
		return;
	}
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == NDA_LLADDR)
			mac = RTA_DATA(a);
		dst |= a->rta_type == NDA_DST;
	}
	if (m->ndm_flags & NTF_MASTER || !dst)
		c->bridge += ours;
	else if (mac && is_zero(mac, 6))
		c->flood++;
	else
		c->vxlan += ours;
}

static void dump(struct counts *c, int family)
{
	struct {
		struct nlmsghdr h;
		struct ndmsg m;
	} q = { { sizeof q, RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { .ndm_family = family } };
	int fd = open_socket(0);

	if (send(fd, &q, sizeof q, 0) < 0)
		die("send");
	for (;;) {
		ssize_t n = recv(fd, buf, sizeof buf, 0);
		const struct nlmsghdr *h = (const void *)buf;

		if (n < 0)
			die("recv");
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE) {
				close(fd);
				return;
			}
			if (h->nlmsg_type == RTM_NEWNEIGH)
				count_entry(c, h);
		}
	}
}

static bool is_a_change(const struct nlmsghdr *h)
{
	const struct ifinfomsg *l = NLMSG_DATA(h);
	const struct ndmsg *m = NLMSG_DATA(h);

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
		return l->ifi_change != 0;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return m->ndm_family != AF_INET6;
	}
	return true;
}

static void watch(void)
{
	struct pollfd p[2] = { { 0, POLLIN, 0 },
		{ open_socket(RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR), POLLIN, 0 } };
	unsigned long seen = 0, overflows = 0;

	puts("ready");
	fflush(stdout);
	for (;;) {
		poll(p, 2, -1);
		if (p[1].revents) {
			ssize_t n = recv(p[1].fd, buf, sizeof buf, MSG_DONTWAIT);
			const struct nlmsghdr *h = (const void *)buf;

			overflows += n < 0 && errno == ENOBUFS;
			for (; n > 0 && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
				seen += is_a_change(h);
		} else if (p[0].revents) {
			break;
		}
	}
	printf("%lu %lu\n", seen, overflows);
}

int main(int argc, char **argv)
{
	struct counts c = { 0 };

	if (argc > 1 && !strcmp(argv[1], "watch")) {
		watch();
		return 0;
	}
	dump(&c, AF_BRIDGE);
	dump(&c, AF_INET);
	printf("%lu %lu %lu %lu\n", c.vxlan, c.bridge, c.neigh, c.flood);
	return 0;
}
