/* What is remembered of tokens: who may put it there, what it says, and what becomes of a bad file. */
#include "auth/verified.h"
#include "unit/unit.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define OTHER  "0123456789abcdef0123456789abcdeF"
#define TOKEN  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
#define SIZE   ((size_t)VERIFIED_ROWS * VERIFIED_ROW * VERIFIED_HASH)

static char dir[] = "/tmp/test_verified.XXXXXX";
static char file[PATH_MAX], secret_file[PATH_MAX];

static void write_file(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/" VERIFIED_FILE, dir);
	(void)snprintf(secret_file, sizeof(secret_file), "%s/token.key", dir);
}

static void teardown(void)
{
	(void)chmod(dir, 0700);
	unlink(file);
	rmdir(file);
	unlink(secret_file);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void open_as(struct verified *v, enum signature_alg alg, const char *key)
{
	struct buf k;

	buf_init(&k, 1024);
	buf_adds(&k, key);
	verified_init(v, dir, alg, &k, secret_file);
	buf_release(&k);
}

static bool holds(const struct verified *v, const char *token)
{
	return verified_holds(v, STATEMENT_TOKEN, token, strlen(token));
}

static void add(const struct verified *v, const char *token)
{
	verified_add(v, STATEMENT_TOKEN, token, strlen(token));
}

/* With one token remembered. */
static void begin(struct verified *v)
{
	open_as(v, SIGNATURE_HS256, SECRET);
	ck_assert(!holds(v, TOKEN));
	add(v, TOKEN);
	ck_assert(holds(v, TOKEN));
}

/* All of the file; what is beyond its end is 0. */
static void read_whole(unsigned char bytes[SIZE])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	memset(bytes, 0, SIZE);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_gt(read(fd, bytes, SIZE), 0);
	close(fd);
}

static size_t find_hash(const unsigned char bytes[SIZE])
{
	static const unsigned char nothing[VERIFIED_HASH];
	size_t at = 0;

	while (at < SIZE && memcmp(bytes + at, nothing, VERIFIED_HASH) == 0)
		at += VERIFIED_HASH;
	ck_assert_uint_lt(at, SIZE);
	return at;
}

START_TEST(only_the_whole_token_is_known)
{
	static const char *const others[] = {
		"",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJk",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJ",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlA",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYWxsb3J5In0.c2lnbmF0dXJl",
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl",
	};
	struct verified v;

	begin(&v);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!holds(&v, others[i]), "%s", others[i]);
	for (size_t i = 0; i < strlen(TOKEN); i++) {
		char changed[] = TOKEN;

		changed[i] ^= 1;
		ck_assert_msg(!holds(&v, changed), "%s", changed);
	}
	/* What was said of a token says nothing of the key. */
	ck_assert(!verified_holds(&v, STATEMENT_KEY, TOKEN, strlen(TOKEN)));
	verified_release(&v);
}
END_TEST

START_TEST(another_key_or_algorithm_knows_nothing)
{
	struct verified v, w;

	write_file(secret_file, SECRET, strlen(SECRET));
	begin(&v);
	verified_release(&v);
	open_as(&w, SIGNATURE_HS256, OTHER);
	ck_assert(!holds(&w, TOKEN));
	verified_release(&w);
	open_as(&w, SIGNATURE_RS256, SECRET);
	ck_assert(!holds(&w, TOKEN));
	verified_release(&w);
	open_as(&w, SIGNATURE_ES256, SECRET);
	ck_assert(!holds(&w, TOKEN));
	verified_release(&w);
	/* And the right one still does. */
	open_as(&w, SIGNATURE_HS256, SECRET);
	ck_assert(holds(&w, TOKEN));
	verified_release(&w);
}
END_TEST

START_TEST(a_public_key_is_no_secret)
{
	struct verified v, w;

	/* None, one too short: nothing is remembered. */
	open_as(&v, SIGNATURE_RS256, "public");
	add(&v, TOKEN);
	ck_assert(!holds(&v, TOKEN));
	verified_release(&v);
	write_file(secret_file, "short", 5);
	open_as(&v, SIGNATURE_RS256, "public");
	add(&v, TOKEN);
	ck_assert(!holds(&v, TOKEN));
	verified_release(&v);
	ck_assert_int_eq(access(file, F_OK), -1);

	write_file(secret_file, SECRET, strlen(SECRET));
	open_as(&v, SIGNATURE_RS256, "public");
	add(&v, TOKEN);
	ck_assert(holds(&v, TOKEN));
	write_file(secret_file, OTHER, strlen(OTHER));
	open_as(&w, SIGNATURE_RS256, "public");
	ck_assert(!holds(&w, TOKEN));
	verified_release(&w);
	write_file(secret_file, SECRET, strlen(SECRET));
	open_as(&w, SIGNATURE_RS256, "publik");
	ck_assert(!holds(&w, TOKEN));
	verified_release(&w);
	verified_release(&v);
}
END_TEST

START_TEST(any_bit_turned_is_not_found)
{
	unsigned char bytes[SIZE];
	struct verified v;

	begin(&v);
	read_whole(bytes);
	size_t at = find_hash(bytes);
	for (size_t bit = 0; bit < (size_t)VERIFIED_HASH * 8; bit++) {
		bytes[at + bit / 8] ^= (unsigned char)(1u << bit % 8);
		write_file(file, bytes, SIZE);
		ck_assert_msg(!holds(&v, TOKEN), "bit %zu", bit);
		bytes[at + bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	write_file(file, bytes, SIZE);
	ck_assert(holds(&v, TOKEN));
	verified_release(&v);
}
END_TEST

START_TEST(half_written_is_not_found)
{
	unsigned char bytes[SIZE];
	struct verified v;

	begin(&v);
	read_whole(bytes);
	size_t at = find_hash(bytes);
	for (size_t len = 0; len < VERIFIED_HASH; len++) {
		write_file(file, bytes, at + len);
		ck_assert_msg(!holds(&v, TOKEN), "%zu bytes", len);
	}
	/* And mended by the next. */
	add(&v, TOKEN);
	ck_assert(holds(&v, TOKEN));
	verified_release(&v);
}
END_TEST

/* Who can write, but knows no secret. */
START_TEST(what_others_write_is_not_found)
{
	unsigned char bytes[SIZE];
	struct verified v, theirs;

	open_as(&v, SIGNATURE_HS256, SECRET);
	/* Made with a key of theirs, and put everywhere. */
	open_as(&theirs, SIGNATURE_HS256, OTHER);
	add(&theirs, "forged.forged.forged");
	read_whole(bytes);
	size_t at = find_hash(bytes);
	for (size_t to = 0; to < SIZE; to += VERIFIED_HASH)
		memmove(bytes + to, bytes + at, VERIFIED_HASH);
	write_file(file, bytes, SIZE);
	ck_assert(!holds(&v, "forged.forged.forged"));
	/* All of one byte, zeros too. */
	for (int byte = 0; byte < 256; byte += 51) {
		memset(bytes, byte, SIZE);
		write_file(file, bytes, SIZE);
		ck_assert(!holds(&v, TOKEN));
		ck_assert(!holds(&v, "forged.forged.forged"));
	}
	verified_release(&theirs);
	verified_release(&v);
}
END_TEST

START_TEST(what_is_no_file_of_ours_is_left_alone)
{
	char elsewhere[PATH_MAX], text[16] = "";
	struct verified v;

	open_as(&v, SIGNATURE_HS256, SECRET);
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", dir);
	write_file(elsewhere, "precious", 8);
	ck_assert_int_eq(symlink(elsewhere, file), 0);
	add(&v, TOKEN);
	ck_assert(!holds(&v, TOKEN));
	int fd = open(elsewhere, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, text, sizeof(text)), 8);
	ck_assert_str_eq(text, "precious");
	close(fd);
	unlink(file);
	unlink(elsewhere);
	/* Nobody reads it or writes into it: this must not wait. */
	ck_assert_int_eq(mkfifo(file, 0600), 0);
	add(&v, TOKEN);
	ck_assert(!holds(&v, TOKEN));
	unlink(file);
	ck_assert_int_eq(mkdir(file, 0700), 0);
	add(&v, TOKEN);
	ck_assert(!holds(&v, TOKEN));
	rmdir(file);
	verified_release(&v);
}
END_TEST

START_TEST(no_file_is_made_in_somebody_elses_directory)
{
	struct verified v;

	if (geteuid() == 0)
		ck_assert_int_eq(chown(dir, 65534, 65534), 0);
	else
		ck_assert_int_eq(chmod(dir, 0500), 0);
	open_as(&v, SIGNATURE_HS256, SECRET);
	add(&v, TOKEN);
	ck_assert(!holds(&v, TOKEN));
	ck_assert_int_eq(access(file, F_OK), -1);
	verified_release(&v);
}
END_TEST

START_TEST(without_a_directory_nothing_is_remembered)
{
	struct verified v;
	struct buf key;

	buf_init(&key, 64);
	buf_adds(&key, SECRET);
	verified_init(&v, "/nonexistent/dir", SIGNATURE_HS256, &key, NULL);
	add(&v, TOKEN);
	ck_assert(!holds(&v, TOKEN));
	verified_release(&v);
	verified_init(&v, NULL, SIGNATURE_HS256, &key, NULL);
	add(&v, TOKEN);
	ck_assert(!holds(&v, TOKEN));
	verified_release(&v);
	buf_release(&key);
}
END_TEST

/* Also where somebody made it larger. */
START_TEST(the_file_never_grows)
{
	struct verified v;
	struct stat st;
	char token[64];
	int lately = 0;

	open_as(&v, SIGNATURE_HS256, SECRET);
	for (int i = 0; i < 3 * VERIFIED_ROWS * VERIFIED_ROW; i++) {
		(void)snprintf(token, sizeof(token), "token.of.%d", i);
		add(&v, token);
		ck_assert(holds(&v, token));
	}
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_eq(st.st_size, (off_t)SIZE);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	/* Old ones went, most of the latest are there. */
	for (int i = 1; i <= 1000; i++) {
		(void)snprintf(
			token, sizeof(token), "token.of.%d", 3 * VERIFIED_ROWS * VERIFIED_ROW - i);
		lately += holds(&v, token);
	}
	ck_assert_int_gt(lately, 800);
	ck_assert_int_eq(truncate(file, (off_t)SIZE * 1000), 0);
	add(&v, TOKEN);
	ck_assert(holds(&v, TOKEN));
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_eq(st.st_size, (off_t)SIZE * 1000);
	verified_release(&v);
}
END_TEST

START_TEST(the_same_is_kept_once)
{
	unsigned char bytes[SIZE];
	struct verified v;

	begin(&v);
	add(&v, TOKEN);
	add(&v, TOKEN);
	read_whole(bytes);
	size_t at = find_hash(bytes);
	memset(bytes + at, 0, VERIFIED_HASH);
	for (size_t i = 0; i < SIZE; i++)
		ck_assert_uint_eq(bytes[i], 0);
	verified_release(&v);
}
END_TEST

/* Writers side by side, each killed at some moment: whatever they leave, nothing untrue is in it. */
START_TEST(nothing_untrue_is_left_by_killed_writers)
{
	struct verified v, theirs;
	char token[64];

	open_as(&v, SIGNATURE_HS256, SECRET);
	open_as(&theirs, SIGNATURE_HS256, OTHER);
	for (int round = 0; round < 20; round++) {
		pid_t pids[4];

		for (int p = 0; p < 4; p++) {
			pids[p] = fork();
			ck_assert_int_ne(pids[p], -1);
			for (int i = 0; pids[p] == 0; i++) {
				(void)snprintf(token, sizeof(token), "a.token.%d", i % 5000);
				add(p % 2 ? &theirs : &v, token);
			}
		}
		usleep(3000);
		for (int p = 0; p < 4; p++) {
			kill(pids[p], SIGKILL);
			waitpid(pids[p], NULL, 0);
		}
	}
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(token, sizeof(token), "no.token.%d", i);
		ck_assert(!holds(&v, token));
	}
	add(&v, TOKEN);
	ck_assert(holds(&v, TOKEN));
	verified_release(&theirs);
	verified_release(&v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verified");
	TCase *t = tcase_create("verified");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, only_the_whole_token_is_known);
	tcase_add_test(t, another_key_or_algorithm_knows_nothing);
	tcase_add_test(t, a_public_key_is_no_secret);
	tcase_add_test(t, any_bit_turned_is_not_found);
	tcase_add_test(t, half_written_is_not_found);
	tcase_add_test(t, what_others_write_is_not_found);
	tcase_add_test(t, what_is_no_file_of_ours_is_left_alone);
	tcase_add_test(t, no_file_is_made_in_somebody_elses_directory);
	tcase_add_test(t, without_a_directory_nothing_is_remembered);
	tcase_add_test(t, the_file_never_grows);
	tcase_add_test(t, the_same_is_kept_once);
	tcase_add_test(t, nothing_untrue_is_left_by_killed_writers);
	suite_add_tcase(s, t);
	return unit_run(s);
}
