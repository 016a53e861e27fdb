#include "policy/policy.h"
#include "unit/unit.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOON INT64_C(1774785600000) /* 2026-03-29T12:00:00Z, a Sunday */
#define HOUR INT64_C(3600000)

static struct config config;
static struct policy policy;
static struct buf why;
static char list[UNIT_PATH_SIZE];

static void set(char **setting, const char *text)
{
	free(*setting);
	*setting = strdup(text);
	ck_assert_ptr_nonnull(*setting);
}

static char **const texts[] = {&config.allowed_prefixes, &config.blocked_prefixes,
	&config.blocked_prefixes_file, &config.quiet_hours, &config.quiet_hours_zone};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static void setup(void)
{
	memset(&config, 0, sizeof(config));
	for (size_t i = 0; i < TEXTS; i++)
		set(texts[i], "");
	buf_init(&why, 8192);
	list[0] = '\0';
}

static void teardown(void)
{
	policy_release(&policy);
	buf_release(&why);
	for (size_t i = 0; i < TEXTS; i++)
		free(*texts[i]);
	if (list[0] != '\0')
		unlink(list);
}

static enum err load_text(const void *bytes, size_t len)
{
	unit_file(list, bytes, len);
	set(&config.blocked_prefixes_file, list);
	return policy_load(&policy, &config, &why);
}

static enum err load(const char *text)
{
	return load_text(text, strlen(text));
}

static void expect(const char *phone, enum policy_verdict v, const char *prefix)
{
	char found[POLICY_PREFIX_SIZE];
	ck_assert_int_eq(policy_check(&policy, phone, NOON, found), v);
	ck_assert_str_eq(found, prefix);
}

START_TEST(without_a_policy_everything_is_allowed)
{
	ck_assert_int_eq(policy_load(&policy, &config, &why), ERR_NONE);
	expect("+19005551234", POLICY_ALLOWED, "");
}
END_TEST

START_TEST(blocked_wins_over_allowed)
{
	set(&config.allowed_prefixes, "+1,+44");
	set(&config.blocked_prefixes, "+1900, +4470");
	ck_assert_int_eq(load("+1976\n"), ERR_NONE);
	expect("+15551234567", POLICY_ALLOWED, "");
	expect("+19005551234", POLICY_BLOCKED, "+1900");
	expect("+447012345678", POLICY_BLOCKED, "+4470");
	expect("+19765551234", POLICY_BLOCKED_FILE, "+1976");
	expect("+4930123456", POLICY_NOT_LISTED, "");
}
END_TEST

START_TEST(the_file_is_read_to_its_end)
{
	ck_assert_int_eq(load("# premium\n\n  +1900  # North America\r\n\t+979\n+881"), ERR_NONE);
	expect("+19005551234", POLICY_BLOCKED_FILE, "+1900");
	expect("+979123456789", POLICY_BLOCKED_FILE, "+979");
	expect("+881612345678", POLICY_BLOCKED_FILE, "+881");
	expect("+15551234567", POLICY_ALLOWED, "");
}
END_TEST

static const char *const broken[] = {"1900\n", "+1900\n+19x\n", "+\n", "+0\n", "+1900,+1976\n",
	"+1900 +1976\n", "+12345678901234567\n", "premium\n", "+1900\n,"};

START_TEST(a_file_that_cannot_be_read_refuses_everything)
{
	ck_assert_int_eq(load(broken[_i]), ERR_INVALID);
	ck_assert(strstr(why.s, strchr(broken[_i], '\n')[1] == '\0' ? ":1: " : ":2: ") != NULL);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_refused)
{
	ck_assert_int_eq(load_text("+1900\n\0+979\n", 12), ERR_INVALID);
}
END_TEST

START_TEST(a_named_file_must_be_there)
{
	set(&config.blocked_prefixes_file, "/nonexistent/prefixes");
	ck_assert_int_eq(policy_load(&policy, &config, &why), ERR_INVALID);
	ck_assert(strstr(why.s, "/nonexistent/prefixes: ") != NULL);
	policy_release(&policy);
	set(&config.blocked_prefixes_file, "/tmp");
	ck_assert_int_eq(policy_load(&policy, &config, &why), ERR_INVALID);
}
END_TEST

START_TEST(the_list_that_is_shipped_can_be_read)
{
	set(&config.blocked_prefixes_file, "etc/blocked-prefixes");
	ck_assert_int_eq(policy_load(&policy, &config, &why), ERR_NONE);
	expect("+19005551234", POLICY_BLOCKED_FILE, "+1900");
	expect("+498912345678", POLICY_ALLOWED, "");
	expect("+15551234567", POLICY_ALLOWED, "");
	expect("+442079460958", POLICY_ALLOWED, "");
}
END_TEST

START_TEST(quiet_hours_are_those_of_their_zone)
{
	ck_assert_int_eq(policy_load(&policy, &config, &why), ERR_NONE);
	set(&config.quiet_hours, "sun 14:00-15:00");
	set(&config.quiet_hours_zone, "Europe/Berlin");
	expect("+15551234567", POLICY_QUIET, "");
	ck_assert_int_eq(policy_check(&policy, "+15551234567", NOON + HOUR, NULL), POLICY_ALLOWED);
	set(&config.quiet_hours_zone, "UTC");
	expect("+15551234567", POLICY_ALLOWED, "");
	ck_assert_int_eq(
		policy_check(&policy, "+15551234567", NOON + 2 * HOUR, NULL), POLICY_QUIET);
	set(&config.quiet_hours_zone, "Europe/Nowhere");
	expect("+15551234567", POLICY_QUIET, "");
}
END_TEST

START_TEST(every_refusal_has_its_reason)
{
	ck_assert_ptr_null(policy_reason(POLICY_ALLOWED));
	ck_assert_str_eq(policy_reason(POLICY_BLOCKED), "number_not_allowed");
	ck_assert_str_eq(policy_reason(POLICY_BLOCKED_FILE), "number_not_allowed");
	ck_assert_str_eq(policy_reason(POLICY_NOT_LISTED), "number_not_allowed");
	ck_assert_str_eq(policy_reason(POLICY_QUIET), "quiet_hours");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, without_a_policy_everything_is_allowed);
	tcase_add_test(t, blocked_wins_over_allowed);
	tcase_add_test(t, the_file_is_read_to_its_end);
	tcase_add_loop_test(t, a_file_that_cannot_be_read_refuses_everything, 0,
		(int)(sizeof(broken) / sizeof(broken[0])));
	tcase_add_test(t, bytes_that_are_no_text_are_refused);
	tcase_add_test(t, a_named_file_must_be_there);
	tcase_add_test(t, the_list_that_is_shipped_can_be_read);
	tcase_add_test(t, quiet_hours_are_those_of_their_zone);
	tcase_add_test(t, every_refusal_has_its_reason);
	suite_add_tcase(s, t);
	return unit_run(s);
}
