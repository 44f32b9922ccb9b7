/* Changes of configuration, limits, clears and graceful restart: what they do
 * to sessions, and what they leave alone. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "lib/base/xalloc.h"
#include "tests/unit/door.h"

#define PEER 0x0a000002u
#define OTHER 0x0a000003u
#define PEER_AS 65001u
#define OTHER_AS 65002u

static struct door_test t;
static struct open_msg peer_open, other_open;

/* Two passive peers, of which the second one gets what the first one sends. */
static struct bgp_config *two_peers(void)
{
	struct bgp_config *c = door_config_new();

	door_config_peer(c, PEER, PEER_AS)->passive = true;
	door_config_peer(c, OTHER, OTHER_AS)->passive = true;
	return c;
}

static void setup(void)
{
	door_open(&t);
	peer_open = door_open_msg(PEER_AS, PEER);
	other_open = door_open_msg(OTHER_AS, OTHER);
}

static void both_up(struct bgp_config *c)
{
	door_configure(&t, c);
	door_establish(&t, 1, PEER, &peer_open);
	door_establish(&t, 2, OTHER, &other_open);
	door_announce(&t, 1, PEER_AS, 0, 10);
	door_end_of_rib(&t, 1);
	door_end_of_rib(&t, 2);
	door_wait(&t, MONO_SEC(1));
	while (door_next(&t, 1))
		continue;
	while (door_next(&t, 2))
		continue;
	ck_assert_uint_eq(door_paths(&t), 10);
	ck_assert_uint_eq(door_peer(&t, OTHER)->family[FAM_IPV4_UNICAST].advertised, 10);
}

static void teardown(void)
{
	door_close(&t);
}

static bool is_up(uint32_t addr)
{
	return peer_established(door_peer(&t, addr));
}

static struct peer_family_config *ipv4_of(struct bgp_config *c, unsigned peer)
{
	return peer_config_family(c, &c->instances.v[0].peers.v[peer], FAM_IPV4_UNICAST);
}

/* A prefix list that denies 10.n.0.0/16. */
static void add_list(struct bgp_config *c, const char *name, unsigned n)
{
	struct prefix_list_config *l = vec_push(&c->policy.prefix_lists);
	struct ip_addr a = ip4(0x0a000000u + (n << 16));
	struct prefix_list_entry deny = { .seq = 5, .prefix = prefix_make(&a, 16) },
				 rest = { .seq = 10, .permit = true, .any = true };

	l->name = xstrdup(name);
	l->family = 4;
	prefix_list_config_add(l, &deny);
	prefix_list_config_add(l, &rest);
}

START_TEST(same_again_does_nothing)
{
	both_up(two_peers());
	door_configure(&t, two_peers());
	door_wait(&t, MONO_SEC(5));
	ck_assert(is_up(PEER) && is_up(OTHER));
	ck_assert_ptr_null(door_next_news(&t, 1));
	ck_assert_ptr_null(door_next_news(&t, 2));
}
END_TEST

/* As many as a reload must not compare each with each. */
START_TEST(each_of_many_peers_is_found)
{
	enum { MANY = 3000, FIRST = 0x0b000000 };
	struct bgp_config *c = door_config_new();
	struct peer *before[MANY];

	for (uint32_t n = 0; n < MANY; n++)
		door_config_peer(c, FIRST + n, PEER_AS)->passive = true;
	door_configure(&t, c);
	for (uint32_t n = 0; n < MANY; n++)
		before[n] = door_peer(&t, FIRST + n);
	/* The first one goes, the others' pauses change, and one comes. */
	c = door_config_new();
	for (uint32_t n = 1; n <= MANY; n++) {
		struct peer_config *k = door_config_peer(c, FIRST + n, PEER_AS);

		k->passive = true;
		k->connect_retry = (uint16_t)n;
	}
	door_configure(&t, c);
	door_wait(&t, MONO_SEC(1));
	ck_assert_ptr_null(door_peer(&t, FIRST));
	for (uint32_t n = 1; n < MANY; n++) {
		ck_assert_ptr_eq(door_peer(&t, FIRST + n), before[n]);
		ck_assert_uint_eq(before[n]->config.connect_retry, n);
	}
	ck_assert_ptr_nonnull(door_peer(&t, FIRST + MANY));
}
END_TEST

START_TEST(one_new_filter_touches_one_peer)
{
	struct bgp_config *c = two_peers();

	both_up(two_peers());
	add_list(c, "L", 3);
	ipv4_of(c, 1)->out.prefix_list = "L";
	door_configure(&t, c);
	door_wait(&t, MONO_SEC(5));
	ck_assert(is_up(PEER) && is_up(OTHER));
	ck_assert_ptr_null(door_next_news(&t, 1));
	/* One withdrawal, nothing else. */
	ck_assert_uint_eq(door_next_news(&t, 2)->type, MSG_UPDATE);
	ck_assert_ptr_null(door_next_news(&t, 2));
	ck_assert_uint_eq(door_peer(&t, OTHER)->family[FAM_IPV4_UNICAST].advertised, 9);
}
END_TEST

START_TEST(inbound_filter_comes_and_goes)
{
	struct bgp_config *c = two_peers();

	both_up(two_peers());
	add_list(c, "L", 3);
	ipv4_of(c, 0)->in.prefix_list = "L";
	door_configure(&t, c);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_peer(&t, PEER)->family[FAM_IPV4_UNICAST].accepted, 9);
	ck_assert_uint_eq(door_peer(&t, PEER)->family[FAM_IPV4_UNICAST].received, 10);
	ck_assert_uint_eq(door_peer(&t, OTHER)->family[FAM_IPV4_UNICAST].advertised, 9);
	/* The list changes, its name does not. */
	c = two_peers();
	add_list(c, "L", 200);
	ipv4_of(c, 0)->in.prefix_list = "L";
	door_configure(&t, c);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_peer(&t, PEER)->family[FAM_IPV4_UNICAST].accepted, 10);
	ck_assert_uint_eq(door_peer(&t, OTHER)->family[FAM_IPV4_UNICAST].advertised, 10);
	ck_assert(is_up(PEER) && is_up(OTHER));
}
END_TEST

START_TEST(check_tells_costs)
{
	struct bgp_config *c = two_peers();
	struct strbuf costs = { 0 };
	struct err e = { "" };

	both_up(two_peers());
	ck_assert_int_eq(bgp_core_check(t.core, c, &costs, &e), 0);
	ck_assert_str_eq(sb_str(&costs), "");
	c->instances.v[0].peers.v[0].remote_as = 65009;
	add_list(c, "L", 3);
	ipv4_of(c, 1)->out.prefix_list = "L";
	ck_assert_int_eq(bgp_core_check(t.core, c, &costs, &e), 0);
	ck_assert_str_eq(sb_str(&costs),
			"neighbor 10.0.0.2 vrf default: session reset (Remote AS changed)\n"
			"neighbor 10.0.0.3 vrf default: IPv4 Unicast routes are announced again\n");
	sb_free(&costs);
	bgp_config_unref(c);
	ck_assert(is_up(PEER) && is_up(OTHER));
}
END_TEST

START_TEST(removed_peer_goes)
{
	struct bgp_config *c = door_config_new();

	both_up(two_peers());
	door_config_peer(c, OTHER, OTHER_AS)->passive = true;
	door_configure(&t, c);
	ck_assert(door_notified(&t, 1, ERR_CEASE, CEASE_DECONFIGURED));
	door_wait(&t, MONO_SEC(1));
	ck_assert_ptr_null(door_peer(&t, PEER));
	ck_assert_uint_eq(door_paths(&t), 0);
	ck_assert(is_up(OTHER));
	ck_assert_uint_eq(core_instance_find(t.core, "default")->peers.n, 1);
}
END_TEST

START_TEST(shutdown_with_message)
{
	struct bgp_config *c = two_peers();
	const struct door_conn *conn;
	const struct door_msg *m;

	both_up(two_peers());
	c->instances.v[0].peers.v[0].shutdown = true;
	c->instances.v[0].peers.v[0].shutdown_message = "back at nine";
	door_configure(&t, c);
	ck_assert(door_notified(&t, 1, ERR_CEASE, CEASE_SHUTDOWN));
	conn = door_conn(&t, 1);
	m = &conn->sent.v[conn->sent.n - 1];
	ck_assert_uint_eq(m->len, 2 + 1 + 12);
	ck_assert_int_eq(memcmp(m->body + 3, "back at nine", 12), 0);
	door_accept(&t, 5, PEER);
	ck_assert(door_notified(&t, 5, ERR_CEASE, CEASE_REJECTED));
	/* And on again. */
	door_configure(&t, two_peers());
	door_establish(&t, 6, PEER, &peer_open);
	ck_assert(is_up(PEER) && is_up(OTHER));
}
END_TEST

START_TEST(router_id_resets_all)
{
	struct bgp_config *c = two_peers();

	both_up(two_peers());
	c->instances.v[0].router_id = 0x0a0000ff;
	door_configure(&t, c);
	ck_assert(door_notified(&t, 1, ERR_CEASE, CEASE_CONFIG));
	ck_assert(door_notified(&t, 2, ERR_CEASE, CEASE_CONFIG));
	ck_assert(door_logged(&t, "Down Router ID changed"));
}
END_TEST

START_TEST(bad_policy_changes_nothing)
{
	struct bgp_config *c = two_peers();
	struct list_config *l = vec_push(&c->policy.lists);
	struct list_entry *e = vec_push(&l->entries);

	both_up(two_peers());
	l->name = xstrdup("A");
	l->kind = LIST_AS_PATH;
	e->text = xstrdup("(((");
	c->instances.v[0].as = 65099;
	door_configure(&t, c);
	ck_assert(is_up(PEER) && is_up(OTHER));
	ck_assert(door_logged(&t, "the new configuration is not used"));
}
END_TEST

/* ---- limits ---- */

START_TEST(maximum_prefix)
{
	struct bgp_config *c = two_peers();
	struct peer_family_config *f = ipv4_of(c, 0);
	const struct door_conn *conn;

	f->max_prefix = 10;
	f->max_prefix_restart = 2;
	both_up(c);
	ck_assert(door_logged(&t, "%MAXPFX: No. of IPv4 Unicast prefix received from 10.0.0.2 reaches"));
	door_announce(&t, 1, PEER_AS, 50, 1);
	ck_assert(door_notified(&t, 1, ERR_CEASE, CEASE_MAX_PREFIX));
	conn = door_conn(&t, 1);
	ck_assert_int_eq(memcmp(conn->sent.v[conn->sent.n - 1].body, "\6\1\0\1\1\0\0\0\12", 9), 0);
	door_wait(&t, MONO_SEC(119));
	ck_assert_uint_eq(door_paths(&t), 0);
	door_accept(&t, 5, PEER);
	ck_assert(door_notified(&t, 5, ERR_CEASE, CEASE_REJECTED));
	door_wait(&t, MONO_SEC(2));
	door_establish(&t, 6, PEER, &peer_open);
	ck_assert(is_up(PEER));
}
END_TEST

START_TEST(maximum_prefix_warns_only)
{
	struct bgp_config *c = two_peers();

	ipv4_of(c, 0)->max_prefix = 5;
	ipv4_of(c, 0)->max_prefix_warning_only = true;
	both_up(c);
	ck_assert(is_up(PEER));
	ck_assert(door_logged(&t, "exceed, limit 5"));
}
END_TEST

START_TEST(lower_limit_acts_at_once)
{
	struct bgp_config *c = two_peers();

	both_up(two_peers());
	ipv4_of(c, 0)->max_prefix = 5;
	door_configure(&t, c);
	ck_assert(door_notified(&t, 1, ERR_CEASE, CEASE_MAX_PREFIX));
	/* Taking the limit away lets it come back. */
	door_configure(&t, two_peers());
	door_wait(&t, MONO_SEC(3));
	door_establish(&t, 5, PEER, &peer_open);
	ck_assert(is_up(PEER));
}
END_TEST

/* ---- clear, route refresh ---- */

static void clear(bool soft_in, bool soft_out, uint32_t addr)
{
	struct bgp_event ev = { .type = BGP_EVENT_CLEAR, .clear = { .vrf = "default",
		.family = FAM_NONE, .soft_in = soft_in, .soft_out = soft_out, .all = !addr } };

	if (addr)
		ev.clear.peer = ip4(addr);
	door_input(&t, &ev);
}

START_TEST(clears)
{
	const struct door_msg *m;

	both_up(two_peers());
	clear(true, false, PEER);
	m = door_next_news(&t, 1);
	ck_assert(m && m->type == MSG_REFRESH && memcmp(m->body, "\0\1\0\1", 4) == 0);
	clear(false, true, OTHER);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_next_news(&t, 2)->type, MSG_UPDATE);
	ck_assert_ptr_null(door_next_news(&t, 1));
	clear(false, false, PEER);
	ck_assert(door_notified(&t, 1, ERR_CEASE, CEASE_RESET));
	ck_assert(is_up(OTHER));
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 0);
	clear(false, false, 0);
	ck_assert(door_notified(&t, 2, ERR_CEASE, CEASE_RESET));
}
END_TEST

START_TEST(refresh_sends_all_again)
{
	both_up(two_peers());
	door_send(&t, 2, MSG_REFRESH, "\0\1\0\1", 4);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_next_news(&t, 2)->type, MSG_UPDATE);
	ck_assert_ptr_null(door_next_news(&t, 1));
	/* A family that was not agreed on, a length that is wrong. */
	door_send(&t, 2, MSG_REFRESH, "\0\2\0\1", 4);
	ck_assert(is_up(OTHER));
}
END_TEST

START_TEST(refresh_between_marks)
{
	const struct door_msg *m;

	other_open.caps.enhanced_refresh = true;
	both_up(two_peers());
	door_send(&t, 2, MSG_REFRESH, "\0\1\0\1", 4);
	door_wait(&t, MONO_SEC(1));
	m = door_next_news(&t, 2);
	ck_assert(m->type == MSG_REFRESH && m->body[2] == REFRESH_BEGIN);
	ck_assert_uint_eq(door_next_news(&t, 2)->type, MSG_UPDATE);
	do
		m = door_next_news(&t, 2);
	while (m && m->type == MSG_UPDATE);
	ck_assert(m && m->type == MSG_REFRESH && m->body[2] == REFRESH_END);
}
END_TEST

START_TEST(refreshed_peer_drops_the_rest)
{
	peer_open.caps.enhanced_refresh = true;
	both_up(two_peers());
	door_send(&t, 1, MSG_REFRESH, "\0\1\1\1", 4);
	door_announce(&t, 1, PEER_AS, 0, 4);
	door_send(&t, 1, MSG_REFRESH, "\0\1\2\1", 4);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 4);
}
END_TEST

static uint8_t *put_message(uint8_t *p, enum msg_type type, const void *body, size_t len)
{
	struct wr w = wr_init(p, MSG_MAX);

	msg_begin(&w, type);
	wr_bytes(&w, body, len);
	msg_end(&w, p);
	return p + wr_len(&w);
}

/* Each pair of marks may cost a walk through the table: the others have their turn after one. */
START_TEST(refresh_marks_by_the_thousand)
{
	enum { N = 1000 };
	uint8_t route[] = { 0, 0, 0, 20, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, PEER_AS >> 8,
		PEER_AS & 0xff, 0x40, 3, 4, 10, 0, 0, 9, 16, 10, 200 };
	uint8_t *buf = malloc(N * 100u + MSG_MAX), *p = buf;
	size_t total, taken = 0;
	unsigned calls = 0;

	peer_open.caps.enhanced_refresh = true;
	both_up(two_peers());
	for (unsigned i = 0; i < N; i++) {
		route[sizeof(route) - 1] = (uint8_t)(100 + i % 3); /* the one before stays stale */
		p = put_message(p, MSG_UPDATE, route, sizeof(route));
		p = put_message(p, MSG_REFRESH, "\0\1\1\1", 4);
		p = put_message(p, MSG_REFRESH, "\0\1\2\1", 4);
	}
	total = (size_t)(p - buf);
	for (; taken < total; calls++) {
		taken += door_data(&t, 1, buf + taken, total - taken);
		door_wait(&t, 0);
	}
	ck_assert_uint_ge(calls, N / 4);
	ck_assert(is_up(PEER));
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 0);
	free(buf);
}
END_TEST

/* ---- graceful restart, as helper ---- */

static void restartable(void)
{
	peer_open.caps.graceful_restart = true;
	peer_open.caps.gr_time = 60;
	peer_open.caps.gr_family[FAM_IPV4_UNICAST] = true;
	peer_open.caps.gr_forwarding[FAM_IPV4_UNICAST] = true;
	both_up(two_peers());
	door_lost(&t, 1, ECONNRESET);
	door_wait(&t, MONO_SEC(10));
}

START_TEST(restart_keeps_routes)
{
	restartable();
	ck_assert_uint_eq(door_paths(&t), 10);
	ck_assert_ptr_null(door_next_news(&t, 2));
	door_establish(&t, 5, PEER, &peer_open);
	door_announce(&t, 5, PEER_AS, 0, 7);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 10);
	door_end_of_rib(&t, 5);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 7);
}
END_TEST

/* Lost again before it has told all: what it did not repeat the first time goes
 * (RFC 4724 section 4.2). */
START_TEST(restart_again)
{
	restartable();
	door_establish(&t, 5, PEER, &peer_open);
	door_announce(&t, 5, PEER_AS, 0, 7);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 10);
	door_lost(&t, 5, ECONNRESET);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 7);
	door_establish(&t, 6, PEER, &peer_open);
	door_announce(&t, 6, PEER_AS, 0, 3);
	door_end_of_rib(&t, 6);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 3);
}
END_TEST

/* Before End-of-RIB the marks of a refresh mean nothing: what has just been repeated
 * would be taken for stale (RFC 7313 section 4). */
START_TEST(refresh_before_end_of_rib)
{
	peer_open.caps.enhanced_refresh = true;
	restartable();
	door_establish(&t, 5, PEER, &peer_open);
	door_announce(&t, 5, PEER_AS, 0, 7);
	door_send(&t, 5, MSG_REFRESH, "\0\1\1\1", 4);
	ck_assert(door_logged(&t, "before its End-of-RIB"));
	door_announce(&t, 5, PEER_AS, 0, 3);
	door_send(&t, 5, MSG_REFRESH, "\0\1\2\1", 4); /* the end of nothing */
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 10);
	door_end_of_rib(&t, 5);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 7);
	door_send(&t, 5, MSG_REFRESH, "\0\1\1\1", 4);
	door_announce(&t, 5, PEER_AS, 0, 3);
	door_send(&t, 5, MSG_REFRESH, "\0\1\2\1", 4);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 3);
}
END_TEST

/* With another router id its routes win no more, though they come again as they were. */
START_TEST(restart_with_another_router_id)
{
	struct bgp_config *c = two_peers();
	const struct rib *rib;
	uint32_t d = 0;

	c->instances.v[0].decision.compare_router_id = true;
	peer_open.caps.graceful_restart = true;
	peer_open.caps.gr_time = 60;
	peer_open.caps.gr_family[FAM_IPV4_UNICAST] = true;
	peer_open.caps.gr_forwarding[FAM_IPV4_UNICAST] = true;
	both_up(c);
	door_announce(&t, 2, OTHER_AS, 0, 10);
	rib = core_instance_find(t.core, "default")->rib[FAM_IPV4_UNICAST];
	while ((d = rib_walk(rib, d)))
		ck_assert_uint_eq(rib_best(rib, d)->source, door_peer(&t, PEER)->source);
	door_lost(&t, 1, ECONNRESET);
	door_wait(&t, MONO_SEC(10));
	peer_open.router_id = OTHER + 1;
	door_establish(&t, 5, PEER, &peer_open);
	door_announce(&t, 5, PEER_AS, 0, 10);
	door_end_of_rib(&t, 5);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 20);
	while ((d = rib_walk(rib, d)))
		ck_assert_uint_eq(rib_best(rib, d)->source, door_peer(&t, OTHER)->source);
}
END_TEST

START_TEST(restart_takes_too_long)
{
	restartable();
	door_wait(&t, MONO_SEC(51));
	ck_assert_uint_eq(door_paths(&t), 0);
}
END_TEST

START_TEST(restart_without_forwarding)
{
	restartable();
	peer_open.caps.gr_forwarding[FAM_IPV4_UNICAST] = false;
	door_establish(&t, 5, PEER, &peer_open);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 0);
}
END_TEST

START_TEST(restart_over_a_session_that_looks_alive)
{
	peer_open.caps.graceful_restart = true;
	peer_open.caps.gr_time = 60;
	peer_open.caps.gr_family[FAM_IPV4_UNICAST] = true;
	peer_open.caps.gr_forwarding[FAM_IPV4_UNICAST] = true;
	both_up(two_peers());
	door_establish(&t, 5, PEER, &peer_open);
	ck_assert(is_up(PEER));
	ck_assert(door_conn(&t, 1)->closed);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 10);
}
END_TEST

START_TEST(notification_ends_for_good)
{
	peer_open.caps.graceful_restart = true;
	peer_open.caps.gr_time = 60;
	peer_open.caps.gr_family[FAM_IPV4_UNICAST] = true;
	both_up(two_peers());
	door_send(&t, 1, MSG_NOTIFICATION, "\6\4", 2);
	door_wait(&t, MONO_SEC(1));
	ck_assert_uint_eq(door_paths(&t), 0);
}
END_TEST

/* ---- back-pressure ---- */

START_TEST(takes_data_in_slices)
{
	enum { N = 300 };
	uint8_t *buf = malloc(N * 1100u), *p = buf;
	size_t total, taken = 0;
	unsigned calls = 0;

	both_up(two_peers());
	for (unsigned i = 0; i < N; i++) {
		struct wr w = wr_init(p, 1100);

		msg_begin(&w, MSG_UPDATE);
		wr_u16(&w, 1000);
		for (unsigned k = 0; k < 250; k++)
			wr_u32(&w, 24u << 24 | (i & 0xff) << 16 | k << 8);
		wr_u16(&w, 0);
		msg_end(&w, p);
		p += wr_len(&w);
	}
	total = (size_t)(p - buf);
	while (taken < total) {
		size_t n = door_data(&t, 1, buf + taken, total - taken);

		ck_assert_uint_gt(n, 0);
		ck_assert(n == total - taken || bgp_core_deadline(t.core) <= t.now);
		taken += n;
		calls++;
		door_wait(&t, 0);
	}
	ck_assert_uint_gt(calls, 1);
	ck_assert(is_up(PEER));
	free(buf);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reload");
	TCase *tc = tcase_create("reload");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, same_again_does_nothing);
	tcase_add_test(tc, each_of_many_peers_is_found);
	tcase_add_test(tc, one_new_filter_touches_one_peer);
	tcase_add_test(tc, inbound_filter_comes_and_goes);
	tcase_add_test(tc, check_tells_costs);
	tcase_add_test(tc, removed_peer_goes);
	tcase_add_test(tc, shutdown_with_message);
	tcase_add_test(tc, router_id_resets_all);
	tcase_add_test(tc, bad_policy_changes_nothing);
	tcase_add_test(tc, maximum_prefix);
	tcase_add_test(tc, maximum_prefix_warns_only);
	tcase_add_test(tc, lower_limit_acts_at_once);
	tcase_add_test(tc, clears);
	tcase_add_test(tc, refresh_sends_all_again);
	tcase_add_test(tc, refresh_between_marks);
	tcase_add_test(tc, refreshed_peer_drops_the_rest);
	tcase_add_test(tc, refresh_marks_by_the_thousand);
	tcase_add_test(tc, restart_keeps_routes);
	tcase_add_test(tc, restart_again);
	tcase_add_test(tc, refresh_before_end_of_rib);
	tcase_add_test(tc, restart_with_another_router_id);
	tcase_add_test(tc, restart_takes_too_long);
	tcase_add_test(tc, restart_without_forwarding);
	tcase_add_test(tc, restart_over_a_session_that_looks_alive);
	tcase_add_test(tc, notification_ends_for_good);
	tcase_add_test(tc, takes_data_in_slices);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
