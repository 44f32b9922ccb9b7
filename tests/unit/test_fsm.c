/* The state machine of sessions, event by event: RFC 4271 sections 6 and 8. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/door.h"

#define PEER 0x0a000002u
#define PEER_AS 65001u

static struct door_test t;
static struct open_msg peer_open;

static void setup(void)
{
	door_open(&t);
	peer_open = door_open_msg(PEER_AS, PEER);
}

static void teardown(void)
{
	door_close(&t);
}

static struct peer_config *one_peer(struct bgp_config **ret)
{
	*ret = door_config_new();
	return door_config_peer(*ret, PEER, PEER_AS);
}

static void configure_passive(void)
{
	struct bgp_config *c;

	one_peer(&c)->passive = true;
	door_configure(&t, c);
}

static void configure_active(void)
{
	struct bgp_config *c;

	one_peer(&c);
	door_configure(&t, c);
}

static enum fsm_state state(void)
{
	return door_peer(&t, PEER)->state;
}

START_TEST(comes_up_passive)
{
	const struct door_msg *m;
	struct open_msg o;
	struct msg_error e;

	configure_passive();
	ck_assert_uint_eq(t.connects, 0);
	ck_assert_int_eq(state(), FSM_ACTIVE);
	door_accept(&t, 1, PEER);
	ck_assert_int_eq(state(), FSM_OPENSENT);
	m = door_next(&t, 1);
	ck_assert(m && m->type == MSG_OPEN);
	ck_assert_int_eq(open_decode(m->body, m->len, &o, &e), 0);
	ck_assert_uint_eq(o.as, OUR_AS);
	ck_assert_uint_eq(o.router_id, OUR_ID);
	ck_assert_uint_eq(o.hold, 180);
	ck_assert(o.caps.as4 && o.caps.refresh && o.caps.enhanced_refresh && o.caps.extended_message);
	ck_assert(o.caps.family[FAM_IPV4_UNICAST] && !o.caps.family[FAM_EVPN]);
	door_send_open(&t, 1, &peer_open);
	ck_assert_int_eq(state(), FSM_OPENCONFIRM);
	m = door_next(&t, 1);
	ck_assert(m && m->type == MSG_KEEPALIVE);
	door_keepalive(&t, 1);
	ck_assert_int_eq(state(), FSM_ESTABLISHED);
	ck_assert_uint_eq(door_peer(&t, PEER)->caps.hold, 90);
	ck_assert_uint_eq(door_peer(&t, PEER)->caps.keepalive, 30);
	ck_assert(door_logged(&t, "%ADJCHANGE: neighbor 10.0.0.2(Unknown) in vrf default Up"));
}
END_TEST

START_TEST(comes_up_active)
{
	conn_id id;

	configure_active();
	ck_assert_uint_eq(t.connects, 1);
	ck_assert_int_eq(state(), FSM_CONNECT);
	id = door_connected(&t);
	ck_assert_int_eq(state(), FSM_OPENSENT);
	door_send_open(&t, id, &peer_open);
	door_keepalive(&t, id);
	ck_assert_int_eq(state(), FSM_ESTABLISHED);
}
END_TEST

/* A connection that can't be made is tried again, less and less often. */
START_TEST(retries)
{
	unsigned before;

	configure_active();
	for (int i = 0; i < 12; i++) {
		struct bgp_event ev = { .type = BGP_EVENT_CONNECT_FAILED, .conn = t.connecting,
			.error = ECONNREFUSED };

		door_input(&t, &ev);
		ck_assert_int_eq(state(), FSM_ACTIVE);
		before = t.connects;
		door_wait(&t, MONO_SEC(i < 6 ? 1 << i : 120));
		ck_assert_uint_eq(t.connects, before + 1);
	}
	/* One that hangs is given up after ConnectRetry. */
	before = t.connects;
	door_wait(&t, MONO_SEC(120));
	ck_assert_uint_eq(t.connects, before + 1);
}
END_TEST

START_TEST(delays_open)
{
	struct bgp_config *c;

	one_peer(&c)->delay_open = 20;
	door_configure(&t, c);
	door_connected(&t);
	ck_assert_int_eq(state(), FSM_CONNECT);
	door_wait(&t, MONO_SEC(19));
	ck_assert_int_eq(state(), FSM_CONNECT);
	door_wait(&t, MONO_SEC(2));
	ck_assert_int_eq(state(), FSM_OPENSENT);
}
END_TEST

START_TEST(delayed_open_answers_at_once)
{
	struct bgp_config *c;
	conn_id id;

	one_peer(&c)->delay_open = 20;
	door_configure(&t, c);
	id = door_connected(&t);
	door_send_open(&t, id, &peer_open);
	ck_assert_int_eq(state(), FSM_OPENCONFIRM);
	ck_assert_uint_eq(door_next(&t, id)->type, MSG_OPEN);
	ck_assert_uint_eq(door_next(&t, id)->type, MSG_KEEPALIVE);
}
END_TEST

/* ---- OPENs that are refused ---- */

enum { BAD_VERSION, BAD_AS, BAD_AS4_ZERO, BAD_HOLD, BAD_ID, BAD_FAMILY, BAD_COUNT };

static const uint8_t bad_open_codes[BAD_COUNT] = { ERR_OPEN_VERSION, ERR_OPEN_AS, ERR_OPEN_AS,
	ERR_OPEN_HOLD, ERR_OPEN_ID, ERR_OPEN_CAPABILITY };

START_TEST(refuses_open)
{
	struct open_msg o = peer_open;

	configure_passive();
	door_accept(&t, 1, PEER);
	switch (_i) {
	case BAD_VERSION:
		o.version = 3;
		break;
	case BAD_AS:
		o = door_open_msg(65002, PEER);
		break;
	case BAD_AS4_ZERO:
		o.as = o.caps.as4_number = 0;
		break;
	case BAD_HOLD:
		o.hold = 2;
		break;
	case BAD_ID:
		o.router_id = 0;
		break;
	case BAD_FAMILY:
		o.caps.family[FAM_IPV4_UNICAST] = false;
		o.caps.family[FAM_IPV6_UNICAST] = true;
		break;
	}
	door_send_open(&t, 1, &o);
	ck_assert_msg(door_notified(&t, 1, ERR_OPEN, bad_open_codes[_i]), "case %d", _i);
	ck_assert_int_eq(state(), FSM_IDLE);
}
END_TEST

START_TEST(refuses_our_own_id_inside)
{
	struct bgp_config *c = door_config_new();
	struct open_msg o = door_open_msg(OUR_AS, OUR_ID);

	door_config_peer(c, PEER, OUR_AS)->passive = true;
	door_configure(&t, c);
	door_accept(&t, 1, PEER);
	door_send_open(&t, 1, &o);
	ck_assert(door_notified(&t, 1, ERR_OPEN, ERR_OPEN_ID));
}
END_TEST

START_TEST(takes_any_external_as)
{
	struct bgp_config *c;
	struct peer_config *k = one_peer(&c);
	struct open_msg o = door_open_msg(OUR_AS, PEER);

	k->remote_as_type = REMOTE_AS_EXTERNAL;
	k->remote_as = 0;
	k->passive = true;
	door_configure(&t, c);
	door_accept(&t, 1, PEER);
	door_send_open(&t, 1, &o);
	ck_assert(door_notified(&t, 1, ERR_OPEN, ERR_OPEN_AS));
	o = door_open_msg(4200000001u, PEER);
	door_establish(&t, 2, PEER, &o);
	ck_assert_int_eq(state(), FSM_ESTABLISHED);
	ck_assert_uint_eq(door_peer(&t, PEER)->remote_as, 4200000001u);
}
END_TEST

START_TEST(keeps_minimum_hold)
{
	struct bgp_config *c;

	one_peer(&c)->passive = true;
	c->instances.v[0].min_hold = 60;
	door_configure(&t, c);
	door_accept(&t, 1, PEER);
	peer_open.hold = 30;
	door_send_open(&t, 1, &peer_open);
	ck_assert(door_notified(&t, 1, ERR_OPEN, ERR_OPEN_HOLD));
}
END_TEST

START_TEST(falls_back_without_options)
{
	const struct door_msg *m;

	configure_passive();
	door_accept(&t, 1, PEER);
	m = door_next(&t, 1);
	ck_assert_uint_gt(m->len, 10);
	door_send(&t, 1, MSG_NOTIFICATION, "\2\4", 2);
	door_accept(&t, 2, PEER);
	m = door_next(&t, 2);
	ck_assert_uint_eq(m->type, MSG_OPEN);
	ck_assert_uint_eq(m->len, 10);
}
END_TEST

START_TEST(tries_both_local_ases)
{
	struct bgp_config *c;
	struct peer_config *k = one_peer(&c);
	static const uint32_t expected[] = { 64999, OUR_AS, 64999 };

	k->passive = true;
	k->local_as = 64999;
	k->local_as_dual = true;
	door_configure(&t, c);
	for (conn_id i = 0; i < 3; i++) {
		const struct door_msg *m;
		struct open_msg o;
		struct msg_error e;

		door_accept(&t, i + 1, PEER);
		m = door_next(&t, i + 1);
		ck_assert_int_eq(open_decode(m->body, m->len, &o, &e), 0);
		ck_assert_uint_eq(o.as, expected[i]);
		door_send(&t, i + 1, MSG_NOTIFICATION, "\2\2", 2);
	}
}
END_TEST

/* ---- errors ---- */

START_TEST(unexpected_in_open_sent)
{
	configure_passive();
	door_accept(&t, 1, PEER);
	door_keepalive(&t, 1);
	ck_assert(door_notified(&t, 1, ERR_FSM, ERR_FSM_OPENSENT));
}
END_TEST

START_TEST(unexpected_in_open_confirm)
{
	configure_passive();
	door_accept(&t, 1, PEER);
	door_send_open(&t, 1, &peer_open);
	door_end_of_rib(&t, 1);
	ck_assert(door_notified(&t, 1, ERR_FSM, ERR_FSM_OPENCONFIRM));
}
END_TEST

START_TEST(unexpected_in_established)
{
	configure_passive();
	door_establish(&t, 1, PEER, &peer_open);
	door_send_open(&t, 1, &peer_open);
	ck_assert(door_notified(&t, 1, ERR_FSM, ERR_FSM_ESTABLISHED));
	ck_assert(door_logged(&t, "%NOTIFICATION: sent to neighbor 10.0.0.2 5/3"));
}
END_TEST

START_TEST(bad_headers)
{
	uint8_t h[MSG_HEADER_SIZE];
	static const uint8_t subcode[] = { ERR_HEADER_SYNC, ERR_HEADER_LENGTH, ERR_HEADER_LENGTH,
		ERR_HEADER_TYPE };

	configure_passive();
	for (conn_id i = 0; i < 4; i++) {
		memset(h, 0xff, 16);
		wr_put16(h + 16, MSG_HEADER_SIZE);
		h[18] = MSG_KEEPALIVE;
		if (i == 0)
			h[3] = 0;
		else if (i == 1)
			wr_put16(h + 16, 18);
		else if (i == 2)
			wr_put16(h + 16, 4097);
		else
			h[18] = 77;
		door_accept(&t, i + 1, PEER);
		door_data(&t, i + 1, h, sizeof(h));
		ck_assert_msg(door_notified(&t, i + 1, ERR_HEADER, subcode[i]), "case %u", i);
	}
}
END_TEST

/* Every cut of a stream gives the same. */
START_TEST(any_pieces)
{
	uint8_t buf[2 * MSG_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	configure_passive();
	open_encode(&w, &peer_open, true);
	keepalive_encode(&w);
	keepalive_encode(&w);
	for (size_t step = 1; step < wr_len(&w); step++) {
		conn_id id = (conn_id)step;

		door_accept(&t, id, PEER);
		for (size_t at = 0; at < wr_len(&w); at += step) {
			size_t n = wr_len(&w) - at < step ? wr_len(&w) - at : step;

			ck_assert_uint_eq(door_data(&t, id, buf + at, n), n);
		}
		ck_assert_int_eq(state(), FSM_ESTABLISHED);
		door_lost(&t, id, ECONNRESET);
		door_wait(&t, MONO_SEC(5));
	}
}
END_TEST

/* ---- timers ---- */

START_TEST(hold_timer_expires)
{
	configure_passive();
	door_establish(&t, 1, PEER, &peer_open);
	for (int i = 0; i < 10; i++) {
		door_wait(&t, MONO_SEC(80));
		door_keepalive(&t, 1);
	}
	ck_assert_int_eq(state(), FSM_ESTABLISHED);
	door_wait(&t, MONO_SEC(89));
	ck_assert_int_eq(state(), FSM_ESTABLISHED);
	door_wait(&t, MONO_SEC(2));
	ck_assert(door_notified(&t, 1, ERR_HOLD, 0));
}
END_TEST

START_TEST(keepalives_come_in_time)
{
	unsigned n = 0;

	configure_passive();
	door_establish(&t, 1, PEER, &peer_open);
	while (door_next(&t, 1))
		continue;
	for (int i = 0; i < 90; i++) {
		door_wait(&t, MONO_SEC(1));
		door_keepalive(&t, 1);
	}
	while (door_next_news(&t, 1))
		continue;
	for (size_t i = 0; i < door_conn(&t, 1)->sent.n; i++)
		n += door_conn(&t, 1)->sent.v[i].type == MSG_KEEPALIVE;
	ck_assert_uint_ge(n, 3);
	ck_assert_uint_le(n, 7);
}
END_TEST

START_TEST(no_hold_time_no_keepalives)
{
	size_t n;

	configure_passive();
	peer_open.hold = 0;
	door_establish(&t, 1, PEER, &peer_open);
	n = door_conn(&t, 1)->sent.n;
	door_wait(&t, MONO_SEC(10000));
	ck_assert_int_eq(state(), FSM_ESTABLISHED);
	ck_assert_uint_eq(door_conn(&t, 1)->sent.n, n);
}
END_TEST

START_TEST(open_never_comes)
{
	configure_passive();
	door_accept(&t, 1, PEER);
	door_wait(&t, MONO_SEC(241));
	ck_assert(door_notified(&t, 1, ERR_HOLD, 0));
}
END_TEST

/* RFC 9687: a peer that does not read, though it talks. */
START_TEST(send_hold_timer)
{
	configure_passive();
	door_establish(&t, 1, PEER, &peer_open);
	t.no_pull = true;
	for (int i = 0; i < 440 && state() == FSM_ESTABLISHED; i++) {
		door_wait(&t, MONO_SEC(1));
		door_keepalive(&t, 1);
	}
	ck_assert_int_eq(state(), FSM_ESTABLISHED);
	for (int i = 0; i < 120 && state() == FSM_ESTABLISHED; i++) {
		door_wait(&t, MONO_SEC(1));
		door_keepalive(&t, 1);
	}
	ck_assert_int_eq(state(), FSM_IDLE);
	ck_assert(door_logged(&t, "Send Hold Timer Expired"));
}
END_TEST

/* ---- collisions, RFC 4271 section 6.8 ---- */

/* Both connections have got OPENs; ours is id 0x8...; who wins? */
static void collide(uint32_t peer_id, bool ours_first, bool *ret_ours, bool *ret_theirs)
{
	conn_id ours;

	configure_active();
	ours = door_connected(&t);
	door_accept(&t, 1, PEER);
	peer_open.router_id = peer_id;
	door_send_open(&t, ours_first ? ours : 1, &peer_open);
	door_send_open(&t, ours_first ? 1 : ours, &peer_open);
	*ret_ours = !door_conn(&t, ours)->closed;
	*ret_theirs = !door_conn(&t, 1)->closed;
	door_keepalive(&t, *ret_ours ? ours : 1);
	ck_assert_int_eq(state(), FSM_ESTABLISHED);
	ck_assert(door_notified(&t, *ret_ours ? 1 : ours, ERR_CEASE, CEASE_COLLISION));
}

START_TEST(collision)
{
	bool ours, theirs, higher = _i & 1;

	collide(higher ? OUR_ID + 5 : OUR_ID - 5, _i & 2, &ours, &theirs);
	ck_assert(ours != theirs);
	ck_assert(theirs == higher);
}
END_TEST

START_TEST(collision_with_established)
{
	configure_passive();
	door_establish(&t, 1, PEER, &peer_open);
	door_accept(&t, 2, PEER);
	ck_assert(door_notified(&t, 2, ERR_CEASE, CEASE_COLLISION));
	ck_assert_int_eq(state(), FSM_ESTABLISHED);
}
END_TEST

START_TEST(unknown_peer_is_refused)
{
	configure_passive();
	door_accept(&t, 1, 0x0a000077);
	ck_assert(door_conn(&t, 1)->closed);
	ck_assert_uint_eq(door_conn(&t, 1)->sent.n, 0);
}
END_TEST

START_TEST(damps)
{
	unsigned connects;

	configure_active();
	for (int i = 0; i < 8; i++) {
		conn_id id = door_connected(&t);

		door_send(&t, id, MSG_NOTIFICATION, "\6\5", 2);
		ck_assert_int_eq(state(), FSM_IDLE);
		connects = t.connects;
		door_wait(&t, MONO_SEC(1 << (i < 6 ? i : 6)) / 2);
		ck_assert_uint_eq(t.connects, connects);
		door_wait(&t, MONO_SEC(64));
		ck_assert_uint_eq(t.connects, connects + 1);
	}
}
END_TEST

START_TEST(shutdown_tells_all)
{
	struct bgp_event ev = { .type = BGP_EVENT_SHUTDOWN };

	configure_passive();
	door_establish(&t, 1, PEER, &peer_open);
	door_input(&t, &ev);
	ck_assert(door_notified(&t, 1, ERR_CEASE, CEASE_SHUTDOWN));
	ck_assert(t.finished);
}
END_TEST

START_TEST(status_tells_why)
{
	struct peer_status st;
	char text[80];

	configure_passive();
	door_establish(&t, 1, PEER, &peer_open);
	door_send(&t, 1, MSG_NOTIFICATION, "\6\2\4done", 7);
	peer_status_get(door_peer(&t, PEER), &st);
	ck_assert_int_eq(st.last_down, DOWN_NOTIFY_RECEIVED);
	ck_assert_str_eq(peer_down_text(st.last_down), "BGP Notification received");
	ck_assert(st.error.received && st.error.code == 6 && st.error.subcode == 2);
	ck_assert_str_eq(st.error.message, "done");
	session_error_text(6, 2, text, sizeof(text));
	ck_assert_str_eq(text, "Cease/Administrative Shutdown");
	ck_assert_uint_eq(door_peer(&t, PEER)->count.dropped, 1);
}
END_TEST

/* What a malformed UPDATE costs is in no table: the log names each prefix, in
 * as many lines as it takes, but not for ever. */
START_TEST(lost_prefixes_are_named)
{
	char text[64];

	configure_passive();
	door_establish(&t, 1, PEER, &peer_open);
	door_announce(&t, 1, 0, 0, 100);
	ck_assert(door_logged(&t, "AS_PATH (attribute 2, 9 bytes) has AS 0 in it: 10.0.0.0/16, "));
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), " 10.%u.0.0/16", i);
		ck_assert_msg(door_logged(&t, text), "%s is not named", text);
	}
	ck_assert_uint_eq(door_paths(&t), 0);
	ck_assert_uint_eq(door_peer(&t, PEER)->count.treated_as_withdraw, 1);
	for (unsigned i = 0; i < 1000; i++)
		door_announce(&t, 1, 0, 0, 100);
	ck_assert_uint_lt(t.log.n, 250);
	door_wait(&t, MONO_SEC(10));
	door_announce(&t, 1, 0, 0, 1);
	ck_assert(door_logged(&t, "lines about UPDATEs with errors left out"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state machine");
	TCase *tc = tcase_create("sessions");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, comes_up_passive);
	tcase_add_test(tc, comes_up_active);
	tcase_add_test(tc, retries);
	tcase_add_test(tc, delays_open);
	tcase_add_test(tc, delayed_open_answers_at_once);
	tcase_add_loop_test(tc, refuses_open, 0, BAD_COUNT);
	tcase_add_test(tc, refuses_our_own_id_inside);
	tcase_add_test(tc, takes_any_external_as);
	tcase_add_test(tc, keeps_minimum_hold);
	tcase_add_test(tc, falls_back_without_options);
	tcase_add_test(tc, tries_both_local_ases);
	tcase_add_test(tc, unexpected_in_open_sent);
	tcase_add_test(tc, unexpected_in_open_confirm);
	tcase_add_test(tc, unexpected_in_established);
	tcase_add_test(tc, bad_headers);
	tcase_add_test(tc, any_pieces);
	tcase_add_test(tc, hold_timer_expires);
	tcase_add_test(tc, keepalives_come_in_time);
	tcase_add_test(tc, no_hold_time_no_keepalives);
	tcase_add_test(tc, open_never_comes);
	tcase_add_test(tc, send_hold_timer);
	tcase_add_loop_test(tc, collision, 0, 4);
	tcase_add_test(tc, collision_with_established);
	tcase_add_test(tc, unknown_peer_is_refused);
	tcase_add_test(tc, damps);
	tcase_add_test(tc, shutdown_tells_all);
	tcase_add_test(tc, status_tells_why);
	tcase_add_test(tc, lost_prefixes_are_named);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
