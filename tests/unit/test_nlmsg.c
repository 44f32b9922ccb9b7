/* Tests of netlink batches as bytes (overlayd/core/nlmsg.c). */
#include <check.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "overlayd/core/nlmsg.h"

static bool put(struct nlw *w, uint32_t seq)
{
	uint32_t fixed = 7;

	nlw_begin(w, 24, 0, seq, &fixed, sizeof(fixed));
	nlw_u32(w, 1, seq);
	return nlw_end(w);
}

/* A batch that is full ends with a message that did not fit: the flag belongs to
 * the one before it, or the kernel never answers. */
START_TEST(the_last_complete_message_is_flagged)
{
	uint8_t buf[256];
	struct nlw w = nlw_init(buf, sizeof(buf) - (size_t)_i);
	struct nlmsghdr h;
	uint32_t n = 0;
	size_t at = 0;

	while (put(&w, n))
		n++;
	ck_assert_uint_gt(n, 0);
	nlw_flag_last(&w, NLM_F_ACK);
	for (uint32_t i = 0; i < n; i++, at += h.nlmsg_len) {
		memcpy(&h, buf + at, sizeof(h));
		ck_assert_uint_eq(h.nlmsg_seq, i);
		ck_assert_int_eq((h.nlmsg_flags & NLM_F_ACK) != 0, i == n - 1);
	}
	ck_assert_uint_eq(at, w.len);
}
END_TEST

START_TEST(an_empty_batch_is_left_alone)
{
	uint8_t buf[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct nlw w = nlw_init(buf, sizeof(buf));

	ck_assert(!put(&w, 1));
	nlw_flag_last(&w, NLM_F_ACK);
	ck_assert_uint_eq(w.len, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nlmsg");
	TCase *tc = tcase_create("batch");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, the_last_complete_message_is_flagged, 0, 64);
	tcase_add_test(tc, an_empty_batch_is_left_alone);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
