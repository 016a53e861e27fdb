#include "store/keys.h"
#include "unit/unit.h"
#include <stdlib.h>
#include <string.h>

static const struct callid low_id = {{0}};
static const struct callid high_id = {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};

static int compare(const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c != 0 ? c : (a_len > b_len) - (a_len < b_len);
}

static const int64_t times[] = {0, 1, 255, 256, 65535, 65536, 1795000000000, 1795000000001,
	(INT64_C(1) << 47), (INT64_C(1) << 48) - 2, (INT64_C(1) << 48) - 1};
#define TIMES (sizeof(times) / sizeof(times[0]))

START_TEST(keys_sort_as_their_times_do)
{
	unsigned char a[KEY_TIME_ID], b[KEY_TIME_ID];

	for (size_t i = 1; i < TIMES; i++) {
		key_time_id(times[i - 1], &high_id, a);
		key_time_id(times[i], &low_id, b);
		ck_assert_int_lt(memcmp(a, b, sizeof(a)), 0);
	}
}
END_TEST

START_TEST(equal_times_sort_by_id)
{
	unsigned char a[KEY_TIME_ID], b[KEY_TIME_ID];
	struct callid x = {{1, 2, 3}}, y = {{1, 2, 4}};

	key_time_id(times[6], &x, a);
	key_time_id(times[6], &y, b);
	ck_assert_int_lt(memcmp(a, b, sizeof(a)), 0);
}
END_TEST

START_TEST(a_time_is_the_least_of_its_keys)
{
	unsigned char a[KEY_TIME_BYTES], b[KEY_TIME_ID];

	for (size_t i = 0; i < TIMES; i++) {
		key_time(times[i], a);
		key_time_id(times[i], &low_id, b);
		ck_assert_int_lt(compare(a, sizeof(a), b, sizeof(b)), 0);
		if (i + 1 < TIMES) {
			key_time(times[i + 1], a);
			key_time_id(times[i], &high_id, b);
			ck_assert_int_gt(compare(a, sizeof(a), b, sizeof(b)), 0);
		}
	}
}
END_TEST

START_TEST(times_and_ids_come_back)
{
	unsigned char key[KEY_TIME_ID];
	int64_t ms;
	struct callid id;

	for (size_t i = 0; i < TIMES; i++) {
		key_time_id(times[i], &high_id, key);
		key_time_id_read(key, &ms, &id);
		ck_assert_int_eq(ms, times[i]);
		ck_assert(callid_equal(&id, &high_id));
	}
}
END_TEST

START_TEST(times_out_of_range_become_the_ends)
{
	unsigned char a[KEY_TIME_BYTES], b[KEY_TIME_BYTES];

	key_time(-1, a);
	key_time(0, b);
	ck_assert_mem_eq(a, b, sizeof(a));
	key_time(INT64_MIN, a);
	ck_assert_mem_eq(a, b, sizeof(a));
	key_time(INT64_MAX, a);
	key_time((INT64_C(1) << 48) - 1, b);
	ck_assert_mem_eq(a, b, sizeof(a));
}
END_TEST

/* All keys of a user lie together, and those of one whose id begins alike do not mix with them. */
START_TEST(users_do_not_mix)
{
	static const char *const users[] = {
		"a", "a b", "a!", "aa", "ab", "abc", "b", "\xc3\xa4", "\xc3\xa4!"};
	unsigned char last[KEY_USER_ENTRY], first[KEY_USER_ENTRY];

	for (size_t i = 1; i < sizeof(users) / sizeof(users[0]); i++) {
		size_t last_len = key_user_entry(users[i - 1], INT64_MAX, &high_id, last);
		size_t first_len = key_user_entry(users[i], 0, &low_id, first);

		ck_assert_int_lt(compare(last, last_len, first, first_len), 0);
	}
}
END_TEST

START_TEST(the_longest_user_and_key_fit)
{
	char user[AUTH_USER_MAX + 2], idem[130];
	unsigned char key[KEY_USER_ENTRY], idem_key[KEY_IDEM_MAX];

	memset(user, 'u', sizeof(user));
	user[AUTH_USER_MAX] = '\0';
	memset(idem, 'k', sizeof(idem));
	idem[128] = '\0';
	ck_assert_uint_eq(key_user_entry(user, 1, &low_id, key), KEY_USER_ENTRY);
	ck_assert_uint_eq(key_idempotency(user, idem, idem_key), KEY_IDEM_MAX);
	ck_assert_int_eq(idem_key[KEY_IDEM_MAX - 1], 'k');
}
END_TEST

/* Cut, it would be the id of somebody else. */
START_TEST(too_long_a_user_has_no_keys)
{
	char user[AUTH_USER_MAX + 2];
	unsigned char key[KEY_USER_ENTRY], idem_key[KEY_IDEM_MAX];

	memset(user, 'u', sizeof(user));
	user[AUTH_USER_MAX + 1] = '\0';
	ck_assert_uint_eq(key_user(user, key), 0);
	ck_assert_uint_eq(key_user_entry(user, 1, &low_id, key), 0);
	ck_assert_uint_eq(key_idempotency(user, "k", idem_key), 0);
}
END_TEST

START_TEST(too_long_an_idempotency_key_has_no_key)
{
	char idem[130];
	unsigned char key[KEY_IDEM_MAX];

	memset(idem, 'k', sizeof(idem));
	idem[129] = '\0';
	ck_assert_uint_eq(key_idempotency("a", idem, key), 0);
}
END_TEST

START_TEST(user_and_idempotency_key_do_not_run_together)
{
	unsigned char a[KEY_IDEM_MAX], b[KEY_IDEM_MAX];
	size_t a_len = key_idempotency("al", "ice", a), b_len = key_idempotency("alice", "", b);

	ck_assert_int_ne(compare(a, a_len, b, b_len), 0);
}
END_TEST

START_TEST(claims_of_providers_and_ids_differ)
{
	static const int64_t ids[] = {0, 1, 255, 256, 5712345678901248, INT64_MAX};
	unsigned char a[KEY_CLAIM], b[KEY_CLAIM];

	for (size_t i = 1; i < sizeof(ids) / sizeof(ids[0]); i++) {
		key_claim(PROVIDER_AIRCALL, ids[i - 1], a);
		key_claim(PROVIDER_AIRCALL, ids[i], b);
		ck_assert_int_lt(memcmp(a, b, sizeof(a)), 0);
		key_claim(PROVIDER_DIALPAD, ids[i], a);
		ck_assert_int_ne(memcmp(a, b, sizeof(a)), 0);
	}
}
END_TEST

START_TEST(a_trail_sorts_by_number_within_its_call)
{
	unsigned char a[KEY_TRAIL], b[KEY_TRAIL];
	struct callid next = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

	key_trail(&low_id, 255, a);
	key_trail(&low_id, 256, b);
	ck_assert_int_lt(memcmp(a, b, sizeof(a)), 0);
	key_trail(&low_id, 0xffff, a);
	key_trail(&next, 0, b);
	ck_assert_int_lt(memcmp(a, b, sizeof(a)), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keys");
	TCase *t = tcase_create("keys");

	tcase_add_test(t, keys_sort_as_their_times_do);
	tcase_add_test(t, equal_times_sort_by_id);
	tcase_add_test(t, a_time_is_the_least_of_its_keys);
	tcase_add_test(t, times_and_ids_come_back);
	tcase_add_test(t, times_out_of_range_become_the_ends);
	tcase_add_test(t, users_do_not_mix);
	tcase_add_test(t, the_longest_user_and_key_fit);
	tcase_add_test(t, too_long_a_user_has_no_keys);
	tcase_add_test(t, too_long_an_idempotency_key_has_no_key);
	tcase_add_test(t, user_and_idempotency_key_do_not_run_together);
	tcase_add_test(t, claims_of_providers_and_ids_differ);
	tcase_add_test(t, a_trail_sorts_by_number_within_its_call);
	suite_add_tcase(s, t);
	return unit_run(s);
}
