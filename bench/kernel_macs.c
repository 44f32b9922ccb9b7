/* How fast can the kernel itself take MAC addresses?  Sends what a control plane
 * of EVPN has to ask for: for each route an entry of its VNI's VXLAN device and
 * bridge (one request), and a neighbour on the bridge, for each VTEP of a VNI
 * one to flood to; then takes all of that out again.  On one thread; the requests
 * are made before the clock runs, those of a VNI one after the other.
 *
 *	kernel_macs VNIS ROUTES [PER_SEND [PER_ACK]]
 *
 * in a namespace with bridges br1.. and devices vxlan10000.. below them, as
 * evpn_kernel.py makes them.  So many requests go with a send (128), so many with
 * an acknowledgement (1,024): the fastest that was found.  Trivial errors end it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define FIRST_VNI 10000
#define PROTO 87
#define VTEPS 500
#define GROUP 10 /* routes of a VNI at one VTEP; bgpblast.c has 9 at the mean */
#define MESSAGE 128 /* at most */

static int fd;
static uint32_t seq;
static unsigned vnis, per_vni, per_send, per_ack;
static unsigned *bridges, *vxlans; /* interface indexes */

static void die(const char *what)
{
	fprintf(stderr, "kernel_macs: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void attr(struct nlmsghdr *h, int type, const void *v, size_t len)
{
	struct rtattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(a), v, len);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_LENGTH(len);
}

static uint8_t *begin(uint8_t *p, int type, const struct ndmsg *m)
{
	struct nlmsghdr *h = (void *)p;

	*h = (struct nlmsghdr){ .nlmsg_len = NLMSG_LENGTH(sizeof(*m)), .nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | (type == RTM_NEWNEIGH ? NLM_F_CREATE | NLM_F_REPLACE : 0),
		.nlmsg_seq = ++seq };
	memcpy(NLMSG_DATA(h), m, sizeof(*m));
	return p;
}

static void mac_of(uint32_t n, uint8_t *ret)
{
	uint32_t b = htonl(n);

	ret[0] = 2;
	ret[1] = 0;
	memcpy(ret + 2, &b, 4);
}

static uint32_t vtep_of(uint32_t n)
{
	return htonl(0x0afd0001 + (n / per_vni + n % per_vni / GROUP) % VTEPS);
}

/* One request each; returns its length. */
static size_t fdb(uint8_t *p, int type, uint32_t n)
{
	struct ndmsg m = { .ndm_family = AF_BRIDGE, .ndm_ifindex = (int)vxlans[n / per_vni],
		.ndm_flags = NTF_SELF | NTF_MASTER };
	uint32_t vtep = vtep_of(n);
	struct nlmsghdr *h = (void *)p;
	uint8_t mac[6];

	mac_of(n, mac);
	if (type == RTM_NEWNEIGH) {
		m.ndm_state = NUD_REACHABLE;
		m.ndm_flags |= NTF_EXT_LEARNED;
	}
	begin(p, type, &m);
	attr(h, NDA_LLADDR, mac, sizeof(mac));
	if (type == RTM_NEWNEIGH)
		attr(h, NDA_DST, &vtep, sizeof(vtep));
	return NLMSG_ALIGN(h->nlmsg_len);
}

/* One for each group of routes. */
static size_t flooding(uint8_t *p, int type, uint32_t n)
{
	static const uint8_t all[6];
	uint32_t first = n * GROUP, vtep = vtep_of(first);
	struct ndmsg m = { .ndm_family = AF_BRIDGE, .ndm_ifindex = (int)vxlans[first / per_vni],
		.ndm_state = NUD_NOARP | NUD_PERMANENT, .ndm_flags = NTF_SELF };
	struct nlmsghdr *h = (void *)p;

	begin(p, type, &m);
	if (type == RTM_NEWNEIGH)
		h->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_APPEND;
	attr(h, NDA_LLADDR, all, sizeof(all));
	attr(h, NDA_DST, &vtep, sizeof(vtep));
	return NLMSG_ALIGN(h->nlmsg_len);
}

static size_t neighbour(uint8_t *p, int type, uint32_t n)
{
	struct ndmsg m = { .ndm_family = AF_INET, .ndm_ifindex = (int)bridges[n / per_vni] };
	uint32_t ip = htonl(0x64000001 + n);
	struct nlmsghdr *h = (void *)p;
	uint8_t mac[6], proto = PROTO;

	mac_of(n, mac);
	if (type == RTM_NEWNEIGH) {
		m.ndm_state = NUD_NOARP;
		m.ndm_flags = NTF_EXT_LEARNED;
	}
	begin(p, type, &m);
	attr(h, NDA_DST, &ip, sizeof(ip));
	if (type == RTM_NEWNEIGH) {
		attr(h, NDA_LLADDR, mac, sizeof(mac));
		attr(h, NDA_PROTOCOL, &proto, sizeof(proto));
		h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len);
	}
	return NLMSG_ALIGN(h->nlmsg_len);
}

static void answer(uint32_t of)
{
	union {
		struct nlmsghdr h;
		char b[16384];
	} in;

	for (;;) {
		ssize_t n = recv(fd, in.b, sizeof(in.b), 0);
		const struct nlmsgerr *e = NLMSG_DATA(&in.h);

		if (n < 0)
			die("recv");
		if (in.h.nlmsg_type == NLMSG_ERROR && e->error) {
			errno = -e->error;
			die("the kernel refused");
		}
		if (in.h.nlmsg_type == NLMSG_ERROR && in.h.nlmsg_seq == of)
			return;
	}
}

/* Returns the seconds that sending took. */
static double all(size_t (*make)(uint8_t *, int, uint32_t), int type, unsigned routes)
{
	uint8_t *bytes = malloc((size_t)routes * MESSAGE), *p = bytes, *from = bytes;
	unsigned left = routes, in_ack = 0;
	double start;

	if (!bytes)
		die("memory");
	for (unsigned n = 0; n < routes; n++) {
		struct nlmsghdr *h = (void *)p;

		p += make(p, type, n);
		if (++in_ack == per_ack || n == routes - 1) {
			h->nlmsg_flags |= NLM_F_ACK;
			in_ack = 0;
		}
	}
	start = now_s();
	for (p = bytes; left;) {
		const struct nlmsghdr *h = NULL;
		unsigned n = 0;

		do {
			h = (void *)p;
			p += NLMSG_ALIGN(h->nlmsg_len);
			left--;
		} while (++n < per_send && left && !(h->nlmsg_flags & NLM_F_ACK));
		if (send(fd, from, (size_t)(p - from), 0) < 0)
			die("send");
		from = p;
		sched_yield(); /* for the worker who makes per-CPU memory */
		if (h->nlmsg_flags & NLM_F_ACK)
			answer(h->nlmsg_seq);
	}
	free(bytes);
	return now_s() - start;
}

static double timed(const char *name, size_t (*make)(uint8_t *, int, uint32_t), int type,
		unsigned routes)
{
	double cpu = cpu_s(), s = all(make, type, routes);

	printf(" %s_s=%.3f %s_cpu_s=%.3f", name, s, name, cpu_s() - cpu);
	return s;
}

int main(int argc, char **argv)
{
	int size = 16 << 20, on = 1;
	unsigned routes;
	double in, out;

	if (argc < 3) {
		fprintf(stderr, "usage: kernel_macs VNIS ROUTES [PER_SEND [PER_ACK]]\n");
		return 2;
	}
	vnis = (unsigned)atoi(argv[1]);
	routes = (unsigned)atoi(argv[2]);
	if (vnis == 0 || routes < vnis)
		return fprintf(stderr, "kernel_macs: fewer routes than VNIs\n"), 2;
	per_vni = (routes / vnis + GROUP - 1) / GROUP * GROUP; /* the last VNIs have fewer */
	per_send = argc > 3 ? (unsigned)atoi(argv[3]) : 128;
	per_ack = argc > 4 ? (unsigned)atoi(argv[4]) : 1024;
	bridges = calloc(vnis, sizeof(*bridges));
	vxlans = calloc(vnis, sizeof(*vxlans));
	for (unsigned i = 0; i < vnis; i++) {
		char name[32];

		snprintf(name, sizeof(name), "br%u", i + 1);
		bridges[i] = if_nametoindex(name);
		snprintf(name, sizeof(name), "vxlan%u", FIRST_VNI + i);
		vxlans[i] = if_nametoindex(name);
		if (!bridges[i] || !vxlans[i])
			die(name);
	}
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	printf("routes=%u", routes);
	in = timed("fdb", fdb, RTM_NEWNEIGH, routes);
	in += timed("flood", flooding, RTM_NEWNEIGH, routes / GROUP);
	in += timed("neigh", neighbour, RTM_NEWNEIGH, routes);
	out = timed("neigh_out", neighbour, RTM_DELNEIGH, routes);
	out += timed("flood_out", flooding, RTM_DELNEIGH, routes / GROUP);
	out += timed("fdb_out", fdb, RTM_DELNEIGH, routes);
	printf(" in_s=%.3f out_s=%.3f\n", in, out);
	return 0;
}
