/* How fast can the kernel itself take routes?  Reads prefixes (one a line) and
 * sends them to the main table of this network namespace: requests with a
 * next-hop object's id in 64 KB batches, one acknowledgement a batch, on one
 * thread, which is the fastest that was found.  Then takes them out again, in
 * the order that was found to be the fastest, and says how long each took.
 *
 *	bgpblast --print-prefixes --routes 1000000 | kernel_limit DEVICE GATEWAY
 *
 * kernel.py runs it beside the routers.  Trivial errors end it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 65536
#define MESSAGE 128 /* at most */
#define NEXTHOP_ID 1
#define METRIC 87
#define BLOCK 256

struct prefix {
	uint32_t addr; /* host order */
	uint32_t len;
};

static int fd;
static uint32_t seq;
static union {
	struct nlmsghdr align;
	char b[BATCH];
} out;
static size_t out_len;

static void die(const char *what)
{
	fprintf(stderr, "kernel_limit: %s: %s\n", what, strerror(errno));
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

static struct nlmsghdr *begin(int type, int flags, const void *fixed, size_t len)
{
	struct nlmsghdr *h = (void *)(out.b + out_len);

	*h = (struct nlmsghdr){ .nlmsg_len = NLMSG_LENGTH(len), .nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++seq };
	memcpy(NLMSG_DATA(h), fixed, len);
	return h;
}

static void attr_u32(struct nlmsghdr *h, int type, uint32_t v)
{
	struct rtattr *a = (void *)((char *)h + h->nlmsg_len);

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(4);
	memcpy(RTA_DATA(a), &v, 4);
	h->nlmsg_len += RTA_LENGTH(4);
}

/* Sends what is gathered and waits for the answer to its last message. */
static void flush_from(struct nlmsghdr *last)
{
	union {
		struct nlmsghdr h;
		char b[16384];
	} in;

	last->nlmsg_flags |= NLM_F_ACK;
	if (send(fd, out.b, out_len, 0) < 0)
		die("send");
	for (;;) {
		ssize_t n = recv(fd, in.b, sizeof(in.b), 0);
		const struct nlmsgerr *e = NLMSG_DATA(&in.h);

		if (n < 0)
			die("recv");
		if (in.h.nlmsg_type == NLMSG_ERROR && e->error) {
			errno = -e->error;
			die("the kernel refused");
		}
		if (in.h.nlmsg_type == NLMSG_ERROR && in.h.nlmsg_seq == last->nlmsg_seq)
			break;
	}
	out_len = 0;
}

static void nexthop(int type, int flags, const char *dev, const char *gateway)
{
	struct nhmsg m = { .nh_family = AF_INET };
	struct nlmsghdr *h = begin(type, flags, &m, sizeof(m));

	attr_u32(h, NHA_ID, NEXTHOP_ID);
	if (type == RTM_NEWNEXTHOP) {
		attr_u32(h, NHA_OIF, if_nametoindex(dev));
		attr_u32(h, NHA_GATEWAY, inet_addr(gateway));
	}
	out_len = h->nlmsg_len;
	flush_from(h);
}

static void routes(const char *name, int type, const struct prefix *p, size_t n)
{
	double start = now_s(), cpu = cpu_s();

	for (size_t i = 0; i < n; i++) {
		struct rtmsg m = { .rtm_family = AF_INET, .rtm_dst_len = p[i].len,
			.rtm_table = RT_TABLE_MAIN };
		struct nlmsghdr *h;

		if (type == RTM_NEWROUTE) {
			m.rtm_protocol = RTPROT_BGP;
			m.rtm_type = RTN_UNICAST;
		} else {
			m.rtm_scope = RT_SCOPE_NOWHERE;
		}
		h = begin(type, type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_REPLACE : 0, &m, sizeof(m));
		attr_u32(h, RTA_DST, htonl(p[i].addr));
		attr_u32(h, RTA_PRIORITY, METRIC);
		if (type == RTM_NEWROUTE)
			attr_u32(h, RTA_NH_ID, NEXTHOP_ID);
		out_len += h->nlmsg_len;
		if (out_len + MESSAGE > BATCH || i == n - 1)
			flush_from(h);
	}
	printf(" %s_s=%.3f %s_cpu_s=%.3f", name, now_s() - start, name, cpu_s() - cpu);
}

/* Blocks of neighbours in random order, the best for the kernel's tree. */
static void shuffle_blocks(struct prefix *p, size_t n)
{
	struct prefix t;

	for (size_t i = n / BLOCK; i-- > 1;) {
		size_t j = (size_t)random() % (i + 1);

		for (size_t k = 0; k < BLOCK; k++) {
			t = p[i * BLOCK + k];
			p[i * BLOCK + k] = p[j * BLOCK + k];
			p[j * BLOCK + k] = t;
		}
	}
}

int main(int argc, char **argv)
{
	int size = 16 << 20, on = 1;
	struct prefix *p = NULL;
	size_t n = 0, room = 0;
	char line[64];

	if (argc != 3) {
		fprintf(stderr, "usage: kernel_limit DEVICE GATEWAY <PREFIXES\n");
		return 2;
	}
	while (fgets(line, sizeof(line), stdin)) {
		char *slash = strchr(line, '/');

		if (n == room && !(p = realloc(p, sizeof(*p) * (room = room ? room * 2 : 65536))))
			die("memory");
		if (!slash)
			continue;
		*slash = 0;
		p[n++] = (struct prefix){ ntohl(inet_addr(line)), (uint32_t)atoi(slash + 1) };
	}
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	nexthop(RTM_NEWNEXTHOP, NLM_F_CREATE, argv[1], argv[2]);
	printf("routes=%zu", n);
	routes("in", RTM_NEWROUTE, p, n);
	shuffle_blocks(p, n);
	routes("out", RTM_DELROUTE, p, n);
	printf("\n");
	nexthop(RTM_DELNEXTHOP, 0, NULL, NULL);
	return 0;
}
