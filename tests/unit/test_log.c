#include "base/log.h"
#include "unit/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends[2];
static struct log l;
static char line[4 * LOG_LINE_MAX];
static ssize_t line_len;

static void setup(void)
{
	/* O_DIRECT: each read returns what one write wrote. */
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_DIRECT), 0);
	log_init(&l, "unit");
	ck_assert_int_eq(l.fd, 2);
	l.fd = ends[1];
}

static void teardown(void)
{
	close(ends[0]);
	close(ends[1]);
}

/* Reads what one write(2) wrote. */
static void take(void)
{
	line_len = read(ends[0], line, sizeof(line) - 1);
	ck_assert_int_gt(line_len, 0);
	line[line_len] = '\0';
}

/* The text behind "code: ", without the newline. */
static const char *text(void)
{
	char *t = strstr(line, ": ");

	ck_assert_ptr_nonnull(t);
	ck_assert_int_eq(line[line_len - 1], '\n');
	line[line_len - 1] = '\0';
	return t + 2;
}

START_TEST(line_has_all_its_parts)
{
	char head[100];

	memcpy(l.request_id, "9f86d081884c7d65", 17);
	log_write(&l, LOG_OUTSIDE, "E2204", "aircall: %d", 503);
	take();
	ck_assert_int_eq(line[4], '-');
	ck_assert_int_eq(line[10], 'T');
	ck_assert_int_eq(line[23], 'Z');
	ck_assert_int_lt(snprintf(head, sizeof(head),
				 " unit[%ld] 9f86d081884c7d65 outside E2204: aircall: 503\n",
				 (long)getpid()),
		(int)sizeof(head));
	ck_assert_str_eq(line + 24, head);
}
END_TEST

START_TEST(missing_request_id_is_a_dash)
{
	log_write(&l, LOG_NOTE, "N1", "x");
	take();
	ck_assert_ptr_nonnull(strstr(line, "] - note N1: x\n"));
}
END_TEST

START_TEST(classes_have_their_words)
{
	static const char *const words[] = {
		" note ", " client ", " outside ", " internal ", " internal "};

	for (int c = LOG_NOTE; c <= LOG_CLASS__MAX; c++) {
		log_write(&l, (enum log_class)c, "E1", "x");
		take();
		ck_assert_ptr_nonnull(strstr(line, words[c]));
	}
}
END_TEST

START_TEST(nothing_from_outside_can_forge_a_line)
{
	memcpy(l.request_id, "a\nb\x1b", 5);
	log_write(&l, LOG_CLIENT, "E1", "%s",
		"x\r\n2026-11-20T00:00:00.000Z forged\x7f\t\x1b[2J\xc2\x9b");
	take();
	ck_assert_int_eq(strcspn(line, "\n"), line_len - 1);
	for (ssize_t i = 0; i < line_len - 1; i++)
		ck_assert(line[i] >= 0x20 && line[i] < 0x7f);
	ck_assert_ptr_nonnull(strstr(line, "a\\x0ab\\x1b"));
	ck_assert_str_eq(
		text(), "x\\x0d\\x0a2026-11-20T00:00:00.000Z forged\\x7f\\x09\\x1b[2J\\xc2\\x9b");
}
END_TEST

START_TEST(malformed_utf8_is_escaped_and_good_utf8_stays)
{
	log_write(&l, LOG_NOTE, "E1", "%s", "\xc3\xa9\xff\xe2\x82\xac\xe2\x82");
	take();
	ck_assert_str_eq(text(), "\xc3\xa9\\xff\xe2\x82\xac\\xe2\\x82");
}
END_TEST

START_TEST(long_text_is_cut_at_a_whole_character)
{
	static char big[3 * LOG_LINE_MAX];

	for (int shift = 0; shift < 8; shift++) {
		const char *t;

		memset(big, 'x', (size_t)shift);
		for (size_t i = (size_t)shift; i + 4 < sizeof(big); i += 2)
			memcpy(big + i, "\xc3\xa9", 3);
		log_write(&l, LOG_NOTE, "E1", "%s", big);
		take();
		ck_assert_int_le(line_len, LOG_LINE_MAX);
		ck_assert_int_gt(line_len, LOG_LINE_MAX - 8);
		t = text();
		ck_assert_str_eq(t + strlen(t) - 3, "...");
		ck_assert_mem_eq(t + strlen(t) - 5, "\xc3\xa9", 2);
	}
}
END_TEST

START_TEST(text_that_grows_by_escaping_stays_within_a_line)
{
	static char big[LOG_LINE_MAX];

	for (size_t len = 0; len < sizeof(big); len++) {
		memset(big, '\n', len);
		big[len] = '\0';
		log_write(&l, LOG_NOTE, "E1", "%s", big);
		take();
		ck_assert_int_le(line_len, LOG_LINE_MAX);
		ck_assert_int_eq(line[line_len - 1], '\n');
		ck_assert_int_eq(strcspn(line, "\n"), line_len - 1);
	}
}
END_TEST

START_TEST(errno_is_shown_and_kept)
{
	errno = ENOSPC;
	log_write(&l, LOG_OUTSIDE, "E1", "%m");
	ck_assert_int_eq(errno, ENOSPC);
	take();
	ck_assert_str_eq(text(), "No space left on device");
	close(ends[0]);
	ends[0] = -1;
	errno = EEXIST;
	ck_assert_ptr_ne(signal(SIGPIPE, SIG_IGN), SIG_ERR);
	log_write(&l, LOG_OUTSIDE, "E1", "nobody reads");
	ck_assert_int_eq(errno, EEXIST);
}
END_TEST

START_TEST(lines_of_several_processes_do_not_mix)
{
	const int64_t writers = 4, lines_each = 300;
	char path[UNIT_PATH_SIZE];
	static char word[1500];
	int lines = 0;
	FILE *f;

	unit_file(path, "", 0);
	l.fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	ck_assert_int_ne(l.fd, -1);
	for (int i = 0; i < writers; i++) {
		pid_t pid = fork();

		ck_assert_int_ne(pid, -1);
		if (pid != 0)
			continue;
		memset(word, 'a' + i, sizeof(word) - 1);
		for (int n = 0; n < lines_each; n++)
			log_write(&l, LOG_NOTE, "E1", "%s", word);
		_exit(0);
	}
	for (int i = 0; i < writers; i++)
		wait(NULL);
	close(l.fd);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	for (; fgets(line, sizeof(line), f) != NULL; lines++) {
		const char *t;

		line_len = (ssize_t)strlen(line);
		t = text();
		ck_assert_uint_eq(strlen(t), sizeof(word) - 1);
		ck_assert_uint_eq(strspn(t, (char[]){t[0], '\0'}), sizeof(word) - 1);
	}
	ck_assert_int_eq(lines, writers * lines_each);
	(void)fclose(f);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, line_has_all_its_parts);
	tcase_add_test(t, missing_request_id_is_a_dash);
	tcase_add_test(t, classes_have_their_words);
	tcase_add_test(t, nothing_from_outside_can_forge_a_line);
	tcase_add_test(t, malformed_utf8_is_escaped_and_good_utf8_stays);
	tcase_add_test(t, long_text_is_cut_at_a_whole_character);
	tcase_add_test(t, text_that_grows_by_escaping_stays_within_a_line);
	tcase_add_test(t, errno_is_shown_and_kept);
	tcase_add_test(t, lines_of_several_processes_do_not_mix);
	suite_add_tcase(s, t);
	return unit_run(s);
}
