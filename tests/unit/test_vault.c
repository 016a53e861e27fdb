#include "unit/unit.h"
#include "vault/vault.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_A  "0123456789abcdef0123456789abcdef"
#define KEY_B  "fedcba9876543210fedcba9876543210"
#define SECRET "{\"access\":\"the-token\"}"

static char path[UNIT_PATH_SIZE];
static struct vault *v, *other;
static struct buf sealed, plain, why;

static void setup(void)
{
	path[0] = '\0';
	buf_init(&sealed, 100000);
	buf_init_secret(&plain, 100000);
	buf_init(&why, 1024);
}

static void teardown(void)
{
	vault_close(v);
	vault_close(other);
	v = NULL;
	other = NULL;
	buf_release(&sealed);
	buf_release(&plain);
	buf_release(&why);
}

static enum err open_bytes(const void *bytes, size_t len, struct vault **out)
{
	enum err e;

	unit_file(path, bytes, len);
	e = vault_open(path, out, &why);
	unlink(path);
	return e;
}

static struct vault *vault_of(const char *text)
{
	struct vault *out;

	ck_assert_int_eq(open_bytes(text, strlen(text), &out), ERR_NONE);
	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(why.len, 0);
	return out;
}

static void seal(const struct vault *with, const char *context)
{
	ck_assert_int_eq(vault_seal(with, context, SECRET, strlen(SECRET), &sealed), ERR_NONE);
}

static enum err unseal(const struct vault *with, const char *context)
{
	return vault_unseal(with, context, sealed.s, sealed.len, &plain);
}

static void opens(const struct vault *with)
{
	ck_assert_int_eq(unseal(with, "alice"), ERR_NONE);
	ck_assert_str_eq(plain.s, SECRET);
}

/* --- sealing --- */

static const size_t lengths[] = {0, 1, 15, 16, 17, 64, 65, 1000, 16448};

START_TEST(what_is_sealed_comes_back)
{
	static char bytes[16448];
	size_t len = lengths[_i];

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 7);
	v = vault_of(KEY_A "\n");
	buf_adds(&sealed, "what was there before");
	buf_adds(&plain, "what was there before");
	ck_assert_int_eq(vault_seal(v, "alice", bytes, len, &sealed), ERR_NONE);
	ck_assert_uint_gt(sealed.len, len);
	ck_assert_uint_le(sealed.len, len + VAULT_OVERHEAD_MAX);
	ck_assert_int_eq(unseal(v, "alice"), ERR_NONE);
	ck_assert_uint_eq(plain.len, len);
	ck_assert_mem_eq(plain.s, bytes, len);
	ck_assert(vault_is_current(v, sealed.s, sealed.len));
}
END_TEST

START_TEST(sealed_bytes_show_nothing)
{
	struct buf again;

	v = vault_of(KEY_A);
	seal(v, "alice");
	ck_assert_ptr_null(memmem(sealed.s, sealed.len, "the-token", 9));
	ck_assert_ptr_null(memmem(sealed.s, sealed.len, "alice", 5));
	ck_assert_ptr_null(memmem(sealed.s, sealed.len, KEY_A, 8));
	/* The same secret twice does not look the same: not its nonce, nor what follows. */
	buf_init(&again, 1000);
	ck_assert_int_eq(vault_seal(v, "alice", SECRET, strlen(SECRET), &again), ERR_NONE);
	ck_assert_uint_eq(again.len, sealed.len);
	ck_assert_mem_eq(again.s, sealed.s, 8);
	ck_assert_mem_ne(again.s + 8, sealed.s + 8, 24);
	ck_assert_mem_ne(again.s + 32, sealed.s + 32, strlen(SECRET));
	buf_release(&again);
}
END_TEST

START_TEST(secret_of_another_context_does_not_open)
{
	static const char *const others[] = {"", "bob", "Alice", "alice ", "alic", "alicf"};

	v = vault_of(KEY_A);
	seal(v, "alice");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ck_assert_int_eq(unseal(v, others[i]), ERR_INVALID);
		ck_assert_uint_eq(plain.len, 0);
	}
	opens(v);
}
END_TEST

START_TEST(secret_of_another_key_does_not_open)
{
	v = vault_of(KEY_A);
	other = vault_of(KEY_B);
	seal(v, "alice");
	ck_assert_int_eq(unseal(other, "alice"), ERR_NOT_FOUND);
	ck_assert_uint_eq(plain.len, 0);
	ck_assert(!vault_is_current(other, sealed.s, sealed.len));
}
END_TEST

START_TEST(every_flipped_bit_is_found)
{
	v = vault_of(KEY_A);
	seal(v, "alice");
	for (size_t i = 0; i < sealed.len * 8; i++) {
		sealed.s[i / 8] = (char)(sealed.s[i / 8] ^ (1 << i % 8));
		/* The first 8 bytes name the key. */
		ck_assert_int_eq(unseal(v, "alice"), i < 64 ? ERR_NOT_FOUND : ERR_INVALID);
		ck_assert_uint_eq(plain.len, 0);
		sealed.s[i / 8] = (char)(sealed.s[i / 8] ^ (1 << i % 8));
	}
	opens(v);
}
END_TEST

START_TEST(every_truncation_is_found)
{
	v = vault_of(KEY_A);
	seal(v, "alice");
	for (size_t len = 0; len < sealed.len; len++) {
		/* In memory of just that size, where a sanitizer sees every byte read too far. */
		char *cut = malloc(len > 0 ? len : 1);

		ck_assert_ptr_nonnull(cut);
		memcpy(cut, sealed.s, len);
		ck_assert_int_eq(vault_unseal(v, "alice", cut, len, &plain), ERR_INVALID);
		ck_assert_uint_eq(plain.len, 0);
		(void)vault_is_current(v, cut, len);
		free(cut);
	}
	ck_assert(!vault_is_current(v, sealed.s, 8));
	buf_addc(&sealed, '\0');
	ck_assert_int_eq(unseal(v, "alice"), ERR_INVALID);
}
END_TEST

START_TEST(room_that_is_too_small_is_said)
{
	struct buf small;

	v = vault_of(KEY_A);
	buf_init(&small, 40);
	ck_assert_int_eq(vault_seal(v, "alice", SECRET, strlen(SECRET), &small), ERR_NOMEM);
	buf_release(&small);
	seal(v, "alice");
	buf_init(&small, strlen(SECRET) - 1);
	ck_assert_int_eq(vault_unseal(v, "alice", sealed.s, sealed.len, &small), ERR_NOMEM);
	buf_release(&small);
}
END_TEST

/* --- keys --- */

START_TEST(keys_can_be_changed_while_programs_run)
{
	struct vault *old = vault_of(KEY_A "\n");

	seal(old, "alice");
	/* The new key goes first: it seals, and both open. */
	v = vault_of(KEY_B "\n" KEY_A "\n");
	opens(v);
	ck_assert(!vault_is_current(v, sealed.s, sealed.len));
	seal(v, "alice");
	ck_assert(vault_is_current(v, sealed.s, sealed.len));
	opens(v);
	/* A program that has not read the new file yet. */
	ck_assert_int_eq(unseal(old, "alice"), ERR_NOT_FOUND);
	/* The old one goes when nothing is sealed with it any more. */
	other = vault_of(KEY_B "\n");
	opens(other);
	vault_close(old);
}
END_TEST

START_TEST(raw_bytes_without_controls_are_one_key_too)
{
	char raw[40];

	memset(raw, '\xff', sizeof(raw));
	raw[10] = '\n';
	ck_assert_int_eq(open_bytes(raw, sizeof(raw), &v), ERR_NONE);
	seal(v, "alice");
	raw[5] = '\xfe';
	ck_assert_int_eq(open_bytes(raw, sizeof(raw), &other), ERR_NONE);
	ck_assert_int_eq(unseal(other, "alice"), ERR_NOT_FOUND);
}
END_TEST

/* The same key whatever an editor makes of the line. */
static const char *const writings[] = {KEY_A "\n", KEY_A "\r\n", KEY_A " \t\n", "\n\n" KEY_A "\n\n",
	KEY_A "\n" KEY_B, KEY_A "\n \n" KEY_B "\n", KEY_B "\n" KEY_A};

START_TEST(line_ends_and_blanks_are_no_part_of_a_key)
{
	v = vault_of(KEY_A);
	other = vault_of(writings[_i]);
	seal(v, "alice");
	opens(other);
}
END_TEST

START_TEST(blanks_within_are_part_of_a_key)
{
	v = vault_of(KEY_A);
	seal(v, "alice");
	other = vault_of(" " KEY_A);
	ck_assert_int_eq(unseal(other, "alice"), ERR_NOT_FOUND);
}
END_TEST

START_TEST(words_in_any_alphabet_are_a_line)
{
	v = vault_of("gr\xc3\xbc\xc3\x9f"
		     "e aus k\xc3\xb6ln am rhein und mehr\n");
	seal(v, "alice");
	other = vault_of(KEY_B "\ngr\xc3\xbc\xc3\x9f"
			       "e aus k\xc3\xb6ln am rhein und mehr\n");
	opens(other);
}
END_TEST

START_TEST(raw_bytes_are_one_key)
{
	unsigned char raw[64];

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (unsigned char)(i * 5 + 200);
	raw[10] = '\n';
	raw[20] = '\0';
	ck_assert_int_eq(open_bytes(raw, sizeof(raw), &v), ERR_NONE);
	seal(v, "alice");
	opens(v);
	/* All of them count, also what stands behind a NUL and at the end. */
	raw[63] ^= 1;
	ck_assert_int_eq(open_bytes(raw, sizeof(raw), &other), ERR_NONE);
	ck_assert_int_eq(unseal(other, "alice"), ERR_NOT_FOUND);
	vault_close(other);
	raw[63] ^= 1;
	ck_assert_int_eq(open_bytes(raw, 32, &other), ERR_NONE);
	ck_assert_int_eq(unseal(other, "alice"), ERR_NOT_FOUND);
	vault_close(other);
	ck_assert_int_eq(open_bytes(raw, 31, &other), ERR_INVALID);
	ck_assert_ptr_null(other);
}
END_TEST

static const struct {
	const char *text, *says;
} bad_files[] = {
	{"", "no key"},
	{"\n", "no key"},
	{" \t\r\n\n", "no key"},
	{"0123456789abcdef0123456789abcde", "shorter than 32"},
	{"0123456789abcdef0123456789abcde \n", "shorter than 32"},
	{KEY_A "\nshort\n", "shorter than 32"},
	{"short\n" KEY_A "\n", "shorter than 32"},
	{KEY_A "1\n" KEY_A "2\n" KEY_A "3\n" KEY_A "4\n" KEY_A "5\n" KEY_A "6\n" KEY_A "7\n" KEY_A
	       "8\n" KEY_A "9\n",
		"more than 8"},
};

START_TEST(bad_key_file_is_refused_and_named)
{
	const char *text = bad_files[_i].text;

	v = (struct vault *)&why; /* must not stay */
	ck_assert_int_eq(open_bytes(text, strlen(text), &v), ERR_INVALID);
	ck_assert_ptr_null(v);
	ck_assert_msg(strstr(why.s, bad_files[_i].says) != NULL, "%s", why.s);
	ck_assert_ptr_nonnull(strstr(why.s, path));
	ck_assert_ptr_null(strstr(why.s, "0123456789"));
}
END_TEST

START_TEST(eight_keys_are_all_used)
{
	char text[VAULT_KEYS_MAX * 64] = "";

	for (int i = VAULT_KEYS_MAX; i > 0; i--) {
		char one[64];

		snprintf(one, sizeof(one), "%d" KEY_A "\n", i);
		memcpy(text + strlen(text), one, strlen(one) + 1);
	}
	v = vault_of(text);
	for (int i = 1; i <= VAULT_KEYS_MAX; i++) {
		char one[64];

		snprintf(one, sizeof(one), "%d" KEY_A "\n", i);
		other = vault_of(one);
		seal(other, "alice");
		opens(v);
		ck_assert_int_eq(vault_is_current(v, sealed.s, sealed.len), i == VAULT_KEYS_MAX);
		vault_close(other);
		other = NULL;
	}
}
END_TEST

START_TEST(missing_file_is_not_found)
{
	ck_assert_int_eq(vault_open("/nonexistent/token.key", &v, &why), ERR_NOT_FOUND);
	ck_assert_ptr_null(v);
	ck_assert_ptr_nonnull(strstr(why.s, "/nonexistent/token.key"));
	ck_assert_ptr_nonnull(strstr(why.s, "No such file"));
	buf_reset(&why);
	ck_assert_int_eq(vault_open("/", &v, &why), ERR_IO);
	ck_assert_ptr_null(v);
	ck_assert_uint_gt(why.len, 0);
}
END_TEST

START_TEST(endless_file_is_no_key_file)
{
	static char big[16 * 1024 + 1];

	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(open_bytes(big, sizeof(big), &v), ERR_INVALID);
	ck_assert_ptr_null(v);
	ck_assert_ptr_nonnull(strstr(why.s, "too large"));
	buf_reset(&why);
	ck_assert_int_eq(open_bytes(big, sizeof(big) - 1, &v), ERR_NONE);
}
END_TEST

START_TEST(closing_nothing_is_fine)
{
	vault_close(NULL);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	Suite *s = suite_create("vault");
	TCase *t = tcase_create("vault");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_is_sealed_comes_back, 0, COUNT(lengths));
	tcase_add_test(t, sealed_bytes_show_nothing);
	tcase_add_test(t, secret_of_another_context_does_not_open);
	tcase_add_test(t, secret_of_another_key_does_not_open);
	tcase_add_test(t, every_flipped_bit_is_found);
	tcase_add_test(t, every_truncation_is_found);
	tcase_add_test(t, room_that_is_too_small_is_said);
	tcase_add_test(t, keys_can_be_changed_while_programs_run);
	tcase_add_loop_test(t, line_ends_and_blanks_are_no_part_of_a_key, 0, COUNT(writings));
	tcase_add_test(t, blanks_within_are_part_of_a_key);
	tcase_add_test(t, words_in_any_alphabet_are_a_line);
	tcase_add_test(t, raw_bytes_are_one_key);
	tcase_add_test(t, raw_bytes_without_controls_are_one_key_too);
	tcase_add_loop_test(t, bad_key_file_is_refused_and_named, 0, COUNT(bad_files));
	tcase_add_test(t, eight_keys_are_all_used);
	tcase_add_test(t, missing_file_is_not_found);
	tcase_add_test(t, endless_file_is_no_key_file);
	tcase_add_test(t, closing_nothing_is_fine);
	suite_add_tcase(s, t);
	return unit_run(s);
}
