/* A netlink socket: see netlink.h. */
#include "lib/sys/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/xalloc.h"

struct netlink {
	struct mnl_socket *s;
};

/* Beyond the system's limit if we may. */
static void set_buffer(int fd, size_t size)
{
	int v = (int)size;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &v, sizeof(v)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &v, sizeof(v));
}

struct netlink *netlink_open(const unsigned *groups, size_t recv_buffer, struct err *err)
{
	struct netlink *n = xcalloc(1, sizeof(*n));
	int on = 1;

	n->s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!n->s || mnl_socket_bind(n->s, 0, MNL_SOCKET_AUTOPID) < 0) {
		err_set(err, errno, "netlink socket: %s", strerror(errno));
		netlink_close(n);
		return NULL;
	}
	set_buffer(netlink_fd(n), recv_buffer);
	/* Older kernels know neither; answers are then longer and have no words. */
	mnl_socket_setsockopt(n->s, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(n->s, NETLINK_EXT_ACK, &on, sizeof(on));
	for (; groups && *groups; groups++) {
		unsigned group = *groups;

		if (mnl_socket_setsockopt(n->s, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0) {
			err_set(err, errno, "netlink group %u: %s", group, strerror(errno));
			netlink_close(n);
			return NULL;
		}
	}
	return n;
}

void netlink_close(struct netlink *n)
{
	if (!n)
		return;
	if (n->s)
		mnl_socket_close(n->s);
	free(n);
}

int netlink_fd(const struct netlink *n)
{
	return mnl_socket_get_fd(n->s);
}

int netlink_ignore_requests(struct netlink *n, const struct netlink *of, bool marked_deletions)
{
	/* Loads are in network order, the header is in the host's. */
	uint32_t portid = htonl(mnl_socket_get_portid(of->s));
#define TYPE(t, to_drop) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(t), (to_drop), 0)
#define BODY(type, field) (NLMSG_HDRLEN + offsetof(type, field))
	struct sock_filter code[] = {
#define FIRST 4 /* of those without marked_deletions */
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELNEIGH), 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, BODY(struct ndmsg, ndm_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NTF_EXT_LEARNED, 16, 0),
		/* Of forwarding entries the kernel does not say who asked: the mark does. */
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWNEIGH), 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, BODY(struct ndmsg, ndm_family)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_BRIDGE, 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, BODY(struct ndmsg, ndm_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NTF_EXT_LEARNED, 10, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, portid, 0, 7),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		TYPE(RTM_NEWROUTE, 6),
		TYPE(RTM_DELROUTE, 5),
		TYPE(RTM_NEWNEIGH, 4),
		TYPE(RTM_DELNEIGH, 3),
		TYPE(RTM_NEWNEXTHOP, 2),
		TYPE(RTM_DELNEXTHOP, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
#undef TYPE
#undef BODY
	unsigned first = marked_deletions ? 0 : FIRST;
	struct sock_fprog prog = { .len = (unsigned short)(sizeof(code) / sizeof(code[0]) - first),
		.filter = code + first };
#undef FIRST

	if (setsockopt(netlink_fd(n), SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0)
		return -errno;
	return 0;
}

int netlink_send(struct netlink *n, const void *buf, size_t len)
{
	return mnl_socket_sendto(n->s, buf, len) < 0 ? -errno : 0;
}

ssize_t netlink_recv(struct netlink *n, void *buf, size_t size)
{
	ssize_t got = mnl_socket_recvfrom(n->s, buf, size);

	if (got >= 0)
		return got;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}
