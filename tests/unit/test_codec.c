#include "store/codec.h"
#include "unit/box.h"
#include "unit/unit.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct callid some_id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};

static void assert_same_call(const struct call *a, const struct call *b)
{
	ck_assert(callid_equal(&a->id, &b->id));
	ck_assert_str_eq(a->user, b->user);
	ck_assert_int_eq(a->provider, b->provider);
	ck_assert_str_eq(a->phone, b->phone);
	ck_assert_int_eq(a->status, b->status);
	ck_assert_int_eq(a->before_lost, b->before_lost);
	ck_assert_int_eq(a->start_ms, b->start_ms);
	ck_assert_int_eq(a->answer_ms, b->answer_ms);
	ck_assert_int_eq(a->end_ms, b->end_ms);
	ck_assert_int_eq(a->duration_s, b->duration_s);
	ck_assert_int_eq(a->talk_s, b->talk_s);
	ck_assert_int_eq(a->external_id, b->external_id);
	ck_assert_str_eq(a->notes, b->notes);
	ck_assert_str_eq(a->client_id, b->client_id);
	ck_assert_str_eq(a->contact_id, b->contact_id);
	ck_assert_str_eq(a->deal_id, b->deal_id);
	ck_assert_str_eq(a->reason, b->reason);
	ck_assert_int_eq(a->provider_user_id, b->provider_user_id);
	ck_assert_int_eq(a->provider_number_id, b->provider_number_id);
	ck_assert_int_eq(a->asked_ms, b->asked_ms);
	ck_assert_int_eq(a->figures_ms, b->figures_ms);
	ck_assert_int_eq(a->final_ms, b->final_ms);
	ck_assert_int_eq(a->look_ms, b->look_ms);
	ck_assert_int_eq(a->notes_version, b->notes_version);
}

static void assert_call_comes_back(const struct call *c)
{
	struct call back;
	struct buf b;

	buf_init(&b, CODEC_RECORD_MAX);
	codec_call(&b, c);
	ck_assert(!b.failed);
	call_init(&back);
	ck_assert_int_eq(codec_call_read(b.s, b.len, &c->id, &back), ERR_NONE);
	assert_same_call(c, &back);
	call_release(&back);
	buf_release(&b);
}

static int64_t *call_ints(struct call *c, size_t i)
{
	int64_t *const all[] = {&c->start_ms, &c->answer_ms, &c->end_ms, &c->duration_s, &c->talk_s,
		&c->external_id, &c->provider_user_id, &c->provider_number_id, &c->asked_ms,
		&c->figures_ms, &c->final_ms, &c->look_ms, &c->notes_version};

	return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

static char **call_texts(struct call *c, size_t i)
{
	char **const all[] = {&c->user, &c->notes, &c->client_id, &c->contact_id, &c->deal_id};

	return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

static void fill_call(struct call *c)
{
	call_init(c);
	c->id = some_id;
	for (size_t i = 0; call_texts(c, i) != NULL; i++)
		ck_assert_int_eq(call_set_text(call_texts(c, i), "t\xc3\xa4xt"), ERR_NONE);
	for (size_t i = 0; call_ints(c, i) != NULL; i++)
		*call_ints(c, i) = 1790000000000 + (int64_t)i;
	memcpy(c->phone, "+15551234567", sizeof("+15551234567"));
	memcpy(c->reason, "orphaned", sizeof("orphaned"));
	c->provider = PROVIDER_AIRCALL;
	c->status = CALL_LOST;
	c->before_lost = CALL_RINGING;
}

START_TEST(an_empty_call_comes_back)
{
	struct call c;

	call_init(&c);
	c.id = some_id;
	assert_call_comes_back(&c);
}
END_TEST

START_TEST(every_number_of_a_call_comes_back_at_its_extremes)
{
	static const int64_t values[] = {INT64_MIN, INT64_MIN + 1, -2, -1, 0, 1, 63, 64, 127, 128,
		8191, 8192, INT32_MAX, 1790000000000, INT64_MAX - 1, INT64_MAX};
	struct call c;

	fill_call(&c);
	for (size_t i = 0; call_ints(&c, i) != NULL; i++) {
		int64_t before = *call_ints(&c, i);

		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			*call_ints(&c, i) = values[v];
			assert_call_comes_back(&c);
		}
		*call_ints(&c, i) = before;
	}
	call_release(&c);
}
END_TEST

START_TEST(every_text_of_a_call_comes_back_empty_and_long)
{
	struct call c;
	char *longest = malloc(CALL_NOTES_MAX + 1);

	ck_assert_ptr_nonnull(longest);
	fill_call(&c);
	for (size_t i = 0; call_texts(&c, i) != NULL; i++) {
		size_t max = call_texts(&c, i) == &c.notes ? CALL_NOTES_MAX : CALL_REF_MAX;

		memset(longest, 0xc3, max);
		longest[max] = '\0';
		ck_assert_int_eq(call_set_text(call_texts(&c, i), longest), ERR_NONE);
		assert_call_comes_back(&c);
		ck_assert_int_eq(call_set_text(call_texts(&c, i), ""), ERR_NONE);
		assert_call_comes_back(&c);
	}
	memset(c.reason, 'r', sizeof(c.reason) - 1);
	c.reason[sizeof(c.reason) - 1] = '\0';
	memset(c.phone, '9', sizeof(c.phone) - 1);
	c.phone[sizeof(c.phone) - 1] = '\0';
	assert_call_comes_back(&c);
	c.reason[0] = c.phone[0] = '\0';
	assert_call_comes_back(&c);
	call_release(&c);
	free(longest);
}
END_TEST

START_TEST(every_status_and_provider_comes_back)
{
	struct call c;

	fill_call(&c);
	for (int p = 0; p < PROVIDER__MAX; p++) {
		c.provider = (enum provider_id)p;
		for (int s = 0; s < CALL_STATUS__MAX; s++) {
			c.status = (enum call_status)s;
			c.before_lost = s == CALL_LOST ? CALL_IN_PROGRESS : CALL_QUEUED;
			assert_call_comes_back(&c);
		}
	}
	call_release(&c);
}
END_TEST

START_TEST(user_settings_come_back)
{
	static const int64_t values[] = {0, 1, -1, INT64_MIN, INT64_MAX};
	struct buf b;

	buf_init(&b, CODEC_RECORD_MAX);
	for (size_t i = 0; i < 25; i++) {
		struct user_settings u = {.aircall_user_id = values[i / 5],
					     .aircall_number_id = values[i % 5]},
				     back = {.aircall_user_id = 3, .aircall_number_id = 4};

		buf_reset(&b);
		codec_user(&b, &u);
		ck_assert_int_eq(codec_user_read(b.s, b.len, &back), ERR_NONE);
		ck_assert_int_eq(back.aircall_user_id, u.aircall_user_id);
		ck_assert_int_eq(back.aircall_number_id, u.aircall_number_id);
	}
	buf_release(&b);
}
END_TEST

START_TEST(key_records_come_back)
{
	static const struct {
		int64_t made_ms;
		int http_status;
		const char *fingerprint, *attempts;
	} rows[] = {{0, 0, "", ""}, {INT64_MIN, 599, "f", ""}, {INT64_MAX, 200, "", "[]"},
		{1790000000000, 504, "+1555\x1f\x1f", "[{\"provider\":\"aircall\"}]"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct key_record k, back;
		struct buf b;

		buf_init(&b, CODEC_RECORD_MAX);
		key_record_init(&k);
		key_record_init(&back);
		k.call = some_id;
		k.made_ms = rows[i].made_ms;
		k.http_status = rows[i].http_status;
		buf_adds(&k.given, rows[i].attempts);
		buf_adds(&k.fingerprint, rows[i].fingerprint);
		buf_add(&k.fingerprint, "\0x", 2);
		buf_adds(&k.attempts, rows[i].attempts);
		codec_key(&b, &k);
		ck_assert_int_eq(codec_key_read(b.s, b.len, &back), ERR_NONE);
		ck_assert(callid_equal(&back.call, &some_id));
		ck_assert_int_eq(back.made_ms, k.made_ms);
		ck_assert_int_eq(back.http_status, k.http_status);
		ck_assert_str_eq(back.given.s, rows[i].attempts);
		ck_assert_uint_eq(back.fingerprint.len, k.fingerprint.len);
		ck_assert_mem_eq(back.fingerprint.s, k.fingerprint.s, k.fingerprint.len);
		ck_assert_str_eq(back.attempts.s, rows[i].attempts);
		key_record_release(&k);
		key_record_release(&back);
		buf_release(&b);
	}
}
END_TEST

START_TEST(trail_entries_come_back)
{
	struct buf b;

	buf_init(&b, CODEC_RECORD_MAX);
	for (int kind = TRAIL_REQUEST; kind < TRAIL_KIND__MAX; kind++) {
		for (size_t len = 0; len <= TRAIL_TEXT_MAX; len += 100) {
			struct trail_entry e = {.at_ms = len == 0 ? INT64_MIN : INT64_MAX,
				.kind = (enum trail_kind)kind,
				.times = kind == TRAIL_POLL ? INT64_MAX : 0,
				.last_ms = kind == TRAIL_POLL ? INT64_MIN : 0};
			struct trail_entry back;

			memset(e.text, 't', len);
			buf_reset(&b);
			codec_trail(&b, &e);
			ck_assert_int_eq(codec_trail_read(b.s, b.len, &back), ERR_NONE);
			ck_assert_int_eq(back.at_ms, e.at_ms);
			ck_assert_int_eq(back.kind, e.kind);
			ck_assert_str_eq(back.text, e.text);
			ck_assert_int_eq(back.times, e.times);
			ck_assert_int_eq(back.last_ms, e.last_ms);
		}
	}
	buf_release(&b);
}
END_TEST

/* --- what is not ours --- */

enum record { A_CALL, A_USER, A_KEY, A_TRAIL, RECORD__MAX };

/* Reads the bytes, which lie at the very end of their memory: a byte too far is seen by ASan. */
static enum err read_as(enum record kind, const void *bytes, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct call c;
	struct user_settings u;
	struct key_record k;
	struct trail_entry t;
	enum err e = ERR_NONE;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, len);
	switch (kind) {
	case A_CALL:
		call_init(&c);
		e = codec_call_read(copy, len, &some_id, &c);
		ck_assert(c.provider < PROVIDER__MAX && c.status < CALL_STATUS__MAX);
		call_release(&c);
		break;
	case A_USER:
		e = codec_user_read(copy, len, &u);
		break;
	case A_KEY:
		key_record_init(&k);
		e = codec_key_read(copy, len, &k);
		key_record_release(&k);
		break;
	default:
		e = codec_trail_read(copy, len, &t);
		ck_assert(t.kind < TRAIL_KIND__MAX);
		break;
	}
	free(copy);
	return e;
}

static void write_as(enum record kind, struct buf *b)
{
	struct call c;
	struct user_settings u = {.aircall_user_id = 1527216, .aircall_number_id = 967647};
	struct key_record k;
	struct trail_entry t = {.at_ms = 1790000000000, .kind = TRAIL_ASK, .text = "aircall"};

	switch (kind) {
	case A_CALL:
		fill_call(&c);
		codec_call(b, &c);
		call_release(&c);
		break;
	case A_USER:
		codec_user(b, &u);
		break;
	case A_KEY:
		key_record_init(&k);
		k.made_ms = 1790000000000;
		k.http_status = 200;
		buf_adds(&k.fingerprint, "fingerprint");
		buf_adds(&k.attempts, "[]");
		codec_key(b, &k);
		key_record_release(&k);
		break;
	default:
		codec_trail(b, &t);
		break;
	}
	ck_assert(!b->failed);
}

/* Where a record may end: after its version and after each field. */
static bool field_ends(const struct buf *b, size_t len)
{
	size_t at = 1;

	while (at < len) {
		uint64_t v[2] = {0, 0};

		for (int i = 0; i < 2; i++) {
			unsigned shift = 0;

			while (at < b->len && (b->s[at] & 0x80) != 0) {
				v[i] |= (uint64_t)(b->s[at++] & 0x7f) << shift;
				shift += 7;
			}
			v[i] |= (uint64_t)(b->s[at++] & 0x7f) << shift;
		}
		if ((v[0] & 1) != 0)
			at += v[1];
	}
	return at == len;
}

START_TEST(a_record_cut_anywhere_is_refused)
{
	struct buf b;

	buf_init(&b, CODEC_RECORD_MAX);
	write_as((enum record)_i, &b);
	ck_assert_int_eq(read_as((enum record)_i, b.s, b.len), ERR_NONE);
	ck_assert_int_eq(read_as((enum record)_i, b.s, 0), ERR_STORAGE);
	for (size_t len = 1; len < b.len; len++) {
		enum err want = field_ends(&b, len) ? ERR_NONE : ERR_STORAGE;

		ck_assert_int_eq(read_as((enum record)_i, b.s, len), want);
	}
	buf_release(&b);
}
END_TEST

START_TEST(another_version_is_refused)
{
	struct buf b;

	buf_init(&b, CODEC_RECORD_MAX);
	write_as((enum record)_i, &b);
	for (int v = 0; v < 256; v++) {
		b.s[0] = (char)v;
		ck_assert_int_eq(
			read_as((enum record)_i, b.s, b.len), v == 1 ? ERR_NONE : ERR_STORAGE);
	}
	buf_release(&b);
}
END_TEST

START_TEST(an_unknown_field_is_refused)
{
	static const char *const fields[] = {"\x7e\x01", "\x7f\x01x", "\x00\x01", "\x01\x01x"};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct buf b;

		buf_init(&b, CODEC_RECORD_MAX);
		write_as((enum record)_i, &b);
		buf_add(&b, fields[i], i % 2 == 0 ? 2 : 3);
		ck_assert_int_eq(read_as((enum record)_i, b.s, b.len), ERR_STORAGE);
		buf_release(&b);
	}
}
END_TEST

START_TEST(values_out_of_range_are_refused)
{
	static const struct {
		enum record kind;
		const char *bytes;
		size_t len;
	} rows[] = {
		{A_CALL, "\x01\x04\x14", 3},                      /* provider 10 */
		{A_CALL, "\x01\x04\x01", 3},                      /* provider -1 */
		{A_CALL, "\x01\x08\x18", 3},                      /* status 12 */
		{A_CALL, "\x01\x08\x01", 3},                      /* status -1 */
		{A_CALL, "\x01\x2a\x18", 3},                      /* before lost: 12 */
		{A_CALL, "\x01\x02\x02", 3},                      /* user as a number */
		{A_CALL, "\x01\x0b\x01x", 4},                     /* start as a text */
		{A_CALL, "\x01\x07\x12+1234567890123456789", 21}, /* phone too long */
		{A_KEY, "\x01\x03\x01x", 4},                      /* time as a text */
		{A_KEY, "\x01\x06\x01", 3},                       /* HTTP status -1 */
		{A_KEY, "\x01\x06\xb0\x09", 4},                   /* HTTP status 600 */
		{A_KEY,
			"\x01\x03\x0b"
			"12345678901",
			14},                   /* id of 11 bytes */
		{A_KEY, "\x01\x0a\x02", 3},    /* attempts as a number */
		{A_TRAIL, "\x01\x04\x00", 3},  /* kind 0 */
		{A_TRAIL, "\x01\x04\x14", 3},  /* kind 10 */
		{A_TRAIL, "\x01\x05\x01x", 4}, /* kind as a text */
		{A_TRAIL, "\x01\x08\x02", 3},  /* once, said so */
		{A_TRAIL, "\x01\x08\x01", 3},  /* -1 times */
		{A_USER, "\x01\x03\x01x", 4},  /* number as a text */
		{A_USER, "\x01\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
			14}, /* 12 bytes */
		{A_CALL, "\x01\x15\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x",
			13},                                     /* 2^64-1 bytes */
		{A_CALL, "\x01\x80\x80\x80\x80\x80\x01\x02", 8}, /* field 2^34 */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(
			read_as(rows[i].kind, rows[i].bytes, rows[i].len) == ERR_STORAGE, "%zu", i);
}
END_TEST

/* Half of them begin like a good record, so that more than the first byte is read. */
START_TEST(random_bytes_never_crash)
{
	struct dice d = {(uint64_t)_i + 4711};
	struct buf good;
	unsigned char bytes[300];

	buf_init(&good, CODEC_RECORD_MAX);
	write_as((enum record)_i, &good);
	for (int n = 0; n < 25000; n++) {
		size_t len = dice_below(&d, sizeof(bytes));

		for (size_t i = 0; i < len; i++)
			bytes[i] = (unsigned char)dice_next(&d);
		if (n % 2 == 0) {
			size_t keep = dice_below(&d, good.len + 1);

			memcpy(bytes, good.s, keep < len ? keep : len);
		} else if (len > 0) {
			bytes[0] = 1;
		}
		(void)!read_as((enum record)_i, bytes, len);
	}
	buf_release(&good);
}
END_TEST

/* A record longer than its buffer fails as a whole, and says so. */
START_TEST(a_record_that_does_not_fit_fails)
{
	struct buf b;

	buf_init(&b, 10);
	struct call c;
	fill_call(&c);
	codec_call(&b, &c);
	ck_assert(b.failed);
	call_release(&c);
	buf_release(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec");
	TCase *t = tcase_create("codec");

	tcase_add_test(t, an_empty_call_comes_back);
	tcase_add_test(t, every_number_of_a_call_comes_back_at_its_extremes);
	tcase_add_test(t, every_text_of_a_call_comes_back_empty_and_long);
	tcase_add_test(t, every_status_and_provider_comes_back);
	tcase_add_test(t, user_settings_come_back);
	tcase_add_test(t, key_records_come_back);
	tcase_add_test(t, trail_entries_come_back);
	tcase_add_loop_test(t, a_record_cut_anywhere_is_refused, 0, RECORD__MAX);
	tcase_add_loop_test(t, another_version_is_refused, 0, RECORD__MAX);
	tcase_add_loop_test(t, an_unknown_field_is_refused, 0, RECORD__MAX);
	tcase_add_test(t, values_out_of_range_are_refused);
	tcase_add_loop_test(t, random_bytes_never_crash, 0, RECORD__MAX);
	tcase_add_test(t, a_record_that_does_not_fit_fails);
	suite_add_tcase(s, t);
	return unit_run(s);
}
