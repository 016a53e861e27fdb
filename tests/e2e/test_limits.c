/* What clicks and connections send counts for the limits that all processes share, and nothing about
 * these limits keeps a click back. */
#include "e2e/dialpad.h"
#include "limit/limit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static void setup(void)
{
	dialpad_ready(3600);
}

static struct limit_state look(enum limit what)
{
	struct config c = {.data_dir = e2e.data, .aircall_requests_per_minute = 60};
	struct limit_state state;
	struct limits *l;
	struct log log;
	log_init(&log, "test");
	ck_assert_int_eq(limits_open(&c, &log, &l), ERR_NONE);
	limits_look(l, what, &state);
	limits_close(l);
	return state;
}

static int sent(enum limit what)
{
	return (int)look(what).sent;
}

static const char *limits_file(void)
{
	return e2e_text("%s/limits", e2e.data);
}

START_TEST(every_request_counts)
{
	connected("alice");
	ck_assert_int_eq(sent(LIMIT_DIALPAD_OTHER), 2); /* the exchange and users/me */
	expect_dialpad(place_to("alice", "+15550000001"));
	ck_assert_int_eq(sent(LIMIT_DIALPAD_PLACE), 1);
	expect_aircall(place_to("bob", "+15550000002"));
	ck_assert_int_eq(sent(LIMIT_AIRCALL), 1);
	/* One after the other: both were asked. */
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":403");
	expect_status(place_to("alice", "+15550000003"), 200);
	ck_assert_int_eq(sent(LIMIT_DIALPAD_PLACE), 2);
	ck_assert_int_eq(sent(LIMIT_AIRCALL), 2);
	expect_status(http(.path = "/dialpad", .method = "DELETE", .token = token("alice")), 200);
	ck_assert_int_eq(sent(LIMIT_DIALPAD_OTHER), 3);
	ck_assert_int_eq(sent(LIMIT_DIALPAD_CALL) + sent(LIMIT_DIALPAD_LIST), 0);
}
END_TEST

START_TEST(refresh_counts)
{
	dialpad_ready(30);
	connected("alice");
	expect_dialpad(place_to("alice", "+15550000001"));
	expect_story("refresh 200, dialpad 200");
	ck_assert_int_eq(sent(LIMIT_DIALPAD_OTHER), 3);
}
END_TEST

START_TEST(clicks_go_on_beyond_the_limit)
{
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "2");
	for (int i = 0; i < 5; i++)
		expect_aircall(place_to("alice", e2e_text("+1555000000%d", i)));
	ck_assert_int_eq(sent(LIMIT_AIRCALL), 5);
}
END_TEST

START_TEST(too_many_requests_at_aircall_block_all_but_clicks)
{
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":429,\"times\":1");
	expect_status(place_to("alice", "+15550000001"), 200);
	expect_story("aircall 429");
	ck_assert_int_gt(look(LIMIT_AIRCALL).blocked_ms, 0);
	ck_assert_int_eq(look(LIMIT_DIALPAD_LIST).blocked_ms, 0);
	expect_aircall(place_to("alice", "+15550000002"));
	ck_assert_int_eq(sent(LIMIT_AIRCALL), 2);
}
END_TEST

START_TEST(too_many_calls_of_a_user_at_dialpad_block_nothing)
{
	connected("alice");
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":429,\"times\":1");
	expect_aircall(place_to("alice", "+15550000001"));
	for (int what = 0; what < LIMIT__MAX; what++)
		ck_assert_int_eq(look((enum limit)what).blocked_ms, 0);
	expect_dialpad(place_to("alice", "+15550000002"));
}
END_TEST

/* --- whatever is the matter with the file --- */

static int held = -1;

static void hold(void)
{
	expect_aircall(place_to("bob", "+15550009999"));
	held = open(limits_file(), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(held, 0);
	ck_assert_int_eq(flock(held, LOCK_EX), 0);
}

static void spoil(void)
{
	int fd = open(limits_file(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, 0666), 0);
	ck_assert_int_eq(write(fd, "garbage", 7), 7);
	close(fd);
}

static void put_directory(void)
{
	ck_assert_int_eq(mkdir(limits_file(), 0700), 0);
}

static void put_link(void)
{
	ck_assert_int_eq(symlink("/dev/full", limits_file()), 0);
}

static const struct {
	void (*obstruct)(void);
	const char *logged;
} obstacles[] = {
	{hold, "E8001"},
	{spoil, "E8002"},
	{put_directory, "E8001"},
	{put_link, "E8001"},
};

START_TEST(click_goes_whatever_is_with_the_file)
{
	obstacles[_i].obstruct();
	for (int i = 0; i < 2; i++)
		expect_aircall(place_to("alice", e2e_text("+1555000000%d", i)));
	ck_assert_ptr_nonnull(strstr(server_log(), obstacles[_i].logged));
	if (held != -1)
		close(held);
	held = -1;
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, every_request_counts);
	tcase_add_test(t, refresh_counts);
	tcase_add_test(t, clicks_go_on_beyond_the_limit);
	tcase_add_test(t, too_many_requests_at_aircall_block_all_but_clicks);
	tcase_add_test(t, too_many_calls_of_a_user_at_dialpad_block_nothing);
	tcase_add_loop_test(t, click_goes_whatever_is_with_the_file, 0, COUNT(obstacles));
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	e2e_log_may_hold = " outside E(4001|800[12]): ";
	return e2e_main(suite());
}
