/* Listening sockets: one per address of -l (or one per IP version) in the
 * default VRF, and the same bound to the device of each VRF that has an
 * instance.  They carry the MD5 keys of their VRF's peers, as the kernel checks
 * a SYN's signature before anybody has accepted it. */
#include <config.h>

#include "bgpd/listeners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bgpd/core/instance.h"
#include "bgpd/socket_options.h"
#include "bgpd/sockets_private.h"
#include "lib/base/xalloc.h"
#include "lib/sys/log.h"

#define BACKLOG 512
#define RETRY MONO_SEC(1)
#define ACCEPTS_PER_TURN 64

struct md5_key {
	struct prefix peers; /* one, or a listen range */
	const char *key;     /* its own once it is a listener's */
	uint32_t rank; /* of several for one prefix the first counts */
	bool refused;  /* the kernel had no room for it */
};
typedef VEC(struct md5_key) md5_keys;

struct listener {
	struct listeners *all;
	char vrf[16];
	struct ip_addr addr;
	int fd;
	struct loop_fd *watch;
	md5_keys keys; /* in the kernel's hands, but those that it refused; by prefix */
};

struct listeners {
	struct sockets *sockets;
	VEC(struct ip_addr) addrs;
	VEC(struct listener *) list;
	struct loop_timer *retry; /* for VRFs whose device is not there */
	bool opened;
};

static void retry_fire(void *arg)
{
	listeners_sync(arg);
}

struct listeners *listeners_new(struct sockets *s)
{
	const struct daemon_options *o = s->bgpd->options;
	struct listeners *l = xcalloc(1, sizeof(*l));

	l->sockets = s;
	for (size_t i = 0; i < o->listen.n; i++)
		*vec_push(&l->addrs) = o->listen.v[i];
	if (!o->listen.n) {
		vec_push(&l->addrs)->family = 4;
		vec_push(&l->addrs)->family = 6;
	}
	l->retry = loop_timer_new(s->bgpd->loop, retry_fire, l);
	return l;
}

static void keys_free(struct listener *x)
{
	struct md5_key *k;

	vec_foreach(k, &x->keys)
		free((char *)k->key);
	vec_free(&x->keys);
}

static void listener_free(struct listener *x)
{
	keys_free(x);
	loop_fd_free(x->watch);
	close(x->fd);
	free(x);
}

void listeners_free(struct listeners *l)
{
	for (size_t i = 0; i < l->list.n; i++)
		listener_free(l->list.v[i]);
	vec_free(&l->list);
	vec_free(&l->addrs);
	loop_timer_free(l->retry);
	free(l);
}

/* With net.ipv4.tcp_l3mdev_accept, the default VRF's listener gets the others'
 * connections too; the kernel has bound them to the VRF's device. */
static const char *accepted_vrf(const struct listener *x, int fd, char device[16])
{
	struct bgp_core *core = x->all->sockets->bgpd->core;
	socklen_t len = 16;

	device[0] = '\0';
	if (strcmp(x->vrf, "default") == 0 &&
			getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len) == 0 &&
			device[0] && core_instance_find(core, device))
		return device;
	return x->vrf;
}

static void listener_ready(void *arg, int fd, unsigned ready)
{
	struct listener *x = arg;
	struct sockets *s = x->all->sockets;
	char device[16];

	(void)ready;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (conn < 0) {
			if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
				log_warning("accept: %s", strerror(errno));
			return;
		}
		sockets_accepted(s, conn, accepted_vrf(x, conn, device));
	}
}

static int listener_open(struct listeners *l, const char *vrf, const struct ip_addr *a)
{
	uint16_t port = l->sockets->bgpd->options->port;
	struct sockaddr_storage ss;
	struct listener *x;
	socklen_t len = socket_addr(a, port, 0, &ss);
	int fd = socket_new(a->family), on = 1, r = 0;

	if (fd < 0)
		return fd;
	if (strcmp(vrf, "default") != 0)
		r = socket_device(fd, vrf);
	if (!r && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
			  bind(fd, (struct sockaddr *)&ss, len) < 0 || listen(fd, BACKLOG) < 0))
		r = -errno;
	if (r) {
		close(fd);
		return r;
	}
	x = xcalloc(1, sizeof(*x));
	x->all = l;
	strcpy(x->vrf, vrf);
	x->addr = *a;
	x->fd = fd;
	x->watch = loop_fd_new(l->sockets->bgpd->loop, fd, listener_ready, x);
	loop_fd_want(x->watch, LOOP_READ);
	*vec_push(&l->list) = x;
	return 0;
}

static bool listening(const struct listeners *l, const char *vrf, const struct ip_addr *a)
{
	for (size_t i = 0; i < l->list.n; i++)
		if (strcmp(l->list.v[i]->vrf, vrf) == 0 && ip_equal(&l->list.v[i]->addr, a))
			return true;
	return false;
}

int listeners_open(struct listeners *l, struct err *e)
{
	char text[IP_TEXT_MAX];
	int r;

	if (!l->sockets->bgpd->options->port)
		return 0;
	l->opened = true;
	for (size_t i = 0; i < l->addrs.n; i++) {
		r = listener_open(l, "default", &l->addrs.v[i]);
		/* A kernel without IPv6 is no reason not to start. */
		if (r == -EAFNOSUPPORT && !l->sockets->bgpd->options->listen.n)
			continue;
		if (r)
			return err_set(e, -r, "can't listen on %s port %u: %s",
					ip_text(&l->addrs.v[i], text),
					l->sockets->bgpd->options->port, strerror(-r));
	}
	return 0;
}

/* ---- MD5 keys ---- */

static const struct instance_config *instance_of(const struct bgp_core *core, const char *vrf)
{
	const struct bgp_instance *i = core_instance_find(core, vrf);

	return i && !i->removed ? i->config : NULL;
}

static struct prefix peer_prefix(const struct ip_addr *a)
{
	return prefix_make(a, (uint8_t)family_bits(a->family));
}

static void key_want(md5_keys *keys, const struct listener *x, const struct prefix *peers,
		const char *key)
{
	uint32_t rank = (uint32_t)keys->n;

	if (key && peers->family == x->addr.family)
		*vec_push(keys) = (struct md5_key){ .peers = *peers, .key = key, .rank = rank };
}

static int key_order(const void *a, const void *b)
{
	const struct md5_key *x = a, *y = b;
	int order = prefix_compare(&x->peers, &y->peers);

	return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

/* The configuration's keys by prefix, each prefix once; the strings stay its own. */
static void keys_wanted(const struct listener *x, const struct instance_config *c, md5_keys *ret)
{
	const struct peer_config *p;
	const struct listen_config *l;
	struct prefix peers;
	size_t n = 0;

	if (!c)
		return;
	vec_foreach(p, &c->peers) {
		peers = peer_prefix(&p->addr);
		key_want(ret, x, &peers, p->password);
	}
	vec_foreach(l, &c->listen)
		key_want(ret, x, &l->range, l->peer.password);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), key_order);
	for (size_t i = 0; i < ret->n; i++)
		if (!n || !prefix_equal(&ret->v[n - 1].peers, &ret->v[i].peers))
			ret->v[n++] = ret->v[i];
	ret->n = n;
}

/* The first key at or after *at whose prefix is not below that one's; NULL: its
 * prefix is another. */
static struct md5_key *key_seek(const md5_keys *keys, size_t *at, const struct prefix *peers)
{
	while (*at < keys->n && prefix_compare(&keys->v[*at].peers, peers) < 0)
		++*at;
	return *at < keys->n && prefix_equal(&keys->v[*at].peers, peers) ? &keys->v[*at] : NULL;
}

/* The kernel keeps a socket's keys in memory that is bounded for all of them:
 * false if there is no more. */
static bool key_set(const struct listener *x, const struct prefix *peers, const char *key)
{
	char text[PREFIX_TEXT_MAX];
	int r = socket_md5(x->fd, peers, key);

	if (r == -ENOMEM)
		return false;
	if (r && key)
		log_error("can't set the MD5 key of %s: %s", prefix_text(peers, text), strerror(-r));
	return true;
}

static void keys_sync(struct listener *x, const struct instance_config *c)
{
	md5_keys wanted = { 0 };
	unsigned refused = 0;
	struct md5_key *k, *old;
	size_t at = 0;

	keys_wanted(x, c, &wanted);
	vec_foreach(k, &x->keys) /* first, as what goes makes room */
		if (!key_seek(&wanted, &at, &k->peers))
			key_set(x, &k->peers, NULL);
	at = 0;
	vec_foreach(k, &wanted) {
		old = key_seek(&x->keys, &at, &k->peers);
		/* What goes, or a larger limit, may have made room. */
		if (!old || old->refused || strcmp(old->key, k->key) != 0)
			k->refused = !key_set(x, &k->peers, k->key);
		refused += k->refused;
		k->key = xstrdup(k->key);
	}
	if (refused)
		log_error("no room for the MD5 keys of %u of %zu peers on a listening socket: "
			  "net.core.optmem_max is too small", refused, wanted.n);
	keys_free(x);
	x->keys = wanted;
}

void listeners_sync(struct listeners *l)
{
	struct bgp_core *core = l->sockets->bgpd->core;
	bool missing = false;

	/* With net.ipv4.tcp_l3mdev_accept the default VRF's listener and another's exclude each
	 * other: the default's, which then hears all, must come first. */
	if (!l->opened)
		return;
	for (size_t i = 0; i < l->list.n;) {
		struct listener *x = l->list.v[i];

		if (strcmp(x->vrf, "default") != 0 && !instance_of(core, x->vrf)) {
			vec_remove(&l->list, i);
			listener_free(x);
			continue;
		}
		keys_sync(x, instance_of(core, x->vrf));
		i++;
	}
	for (size_t i = 0; i < core->instances.n; i++) {
		const struct bgp_instance *in = core->instances.v[i];
		int r;

		if (!in || in->removed || strcmp(in->name, "default") == 0 ||
				!in->config || (!in->config->peers.n && !in->config->listen.n))
			continue;
		for (size_t k = 0; k < l->addrs.n; k++) {
			if (listening(l, in->name, &l->addrs.v[k]))
				continue;
			r = listener_open(l, in->name, &l->addrs.v[k]);
			if (r == 0)
				keys_sync(l->list.v[l->list.n - 1], in->config);
			else if (r != -EADDRINUSE)
				missing = true;
		}
	}
	loop_timer_set(l->retry, missing ? mono_now() + RETRY : MONO_NEVER);
}
