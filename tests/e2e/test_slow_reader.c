/*
 * A long history is streamed to somebody who reads slowly, while others place calls: the stream takes
 * many short turns at the gate, and stays outside while it writes.
 */
#include "e2e/calls.h"
#include "e2e/internal.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS      (e2e_long() ? 200000 : 12000)
#define ROWS_TURN 500 /* that a turn may look at, at most */
#define PIECE     16384
#define PIECES    120 /* naps of a reader, whatever there is to read */
#define NAP_MS    (e2e_long() ? 150 : 25)
#define WRITERS   2
#define WORDS_MAX 5

/* --- what there is --- */

static void import_calls(int count)
{
	const char *path = e2e_text("%s/calls.jsonl", e2e.dir);
	FILE *f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < count; i++)
		fprintf(f,
			"{\"id\":\"6740b1c2%016d\",\"userId\":\"alice\",\"provider\":\"aircall\","
			"\"phoneNumber\":\"+1555%07d\",\"status\":\"completed\","
			"\"startTime\":\"2024-11-22T16:00:00.123Z\",\"notes\":\"so it was\"}\n",
			i, i);
	ck_assert_int_eq(fclose(f), 0);
	expect_exit(dialer("import", path), 0);
}

static void start_recorded(struct daemon *own)
{
	const char *record = e2e_file("record", "", 0);
	const char *const env[] = {e2e_text("DIALER_TEST_RECORD=%s", record), NULL};
	ck_assert_int_eq(chmod(record, 0666), 0);
	server_start(own, "slow.log", env);
	ck_assert_int_eq(truncate(record, 0), 0);
}

/* --- the reader --- */

static int begin_reading(const struct daemon *own)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)own->port),
		.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), room = PIECE;
	const char *request = e2e_text("GET /api/dialer/history?format=csv HTTP/1.0\r\nHost: x\r\n"
				       "Authorization: Bearer %s\r\n\r\n",
		token("alice"));
	/* The kernel would take megabytes on behalf of a reader otherwise. */
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	return fd;
}

/* Returns how many lines came, those of the headers left out. */
static int read_slowly(int fd)
{
	size_t room = (size_t)ROWS * 200, len = 0, each = room / PIECES, next = each;
	char *text = malloc(room);
	ssize_t n;
	int lines = 0;
	ck_assert_ptr_nonnull(text);
	while ((n = read(fd, text + len, len + PIECE < room ? PIECE : room - len - 1)) > 0) {
		len += (size_t)n;
		if (len < next)
			continue;
		next += each;
		e2e_sleep_ms(NAP_MS);
	}
	text[len] = '\0';
	ck_assert_msg(strncmp(text + 8, " 200 ", 5) == 0, "%.300s", text);
	const char *at = strstr(text, "\r\n\r\n");
	ck_assert_ptr_nonnull(at);
	for (at += 4; (at = strstr(at, "\r\n")) != NULL; at += 2)
		lines++;
	free(text);
	return lines;
}

/* --- those who write meanwhile --- */

static struct writer {
	pthread_t thread;
	const struct daemon *to;
	const char *token;
	int number, placed;
	double longest;
	char fault[200];
} writers[WRITERS];
static atomic_bool read_to_end;

static void *write_on(void *arg)
{
	struct writer *w = arg;
	while (!read_to_end && w->fault[0] == '\0') {
		char body[64];
		snprintf(body, sizeof(body), "{\"phoneNumber\":\"+1556%d%06d\"}", w->number,
			w->placed);
		const struct http q = {
			.to = w->to, .path = "/call", .token = w->token, .body = body};
		const struct answer *a = http_send(&q);
		if (a->status != 200)
			snprintf(w->fault, sizeof(w->fault), "status %d: %.150s", a->status,
				a->body);
		w->placed++;
		w->longest = a->seconds > w->longest ? a->seconds : w->longest;
	}
	return NULL;
}

static void start_writers(const struct daemon *own)
{
	read_to_end = false;
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){.to = own, .number = i, .token = token("bob")};
		ck_assert_int_eq(
			pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
	}
}

static int end_writers(double *longest)
{
	int placed = 0;
	read_to_end = true;
	*longest = 0;
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		ck_assert_msg(writers[i].fault[0] == '\0', "%s", writers[i].fault);
		placed += writers[i].placed;
		*longest = writers[i].longest > *longest ? writers[i].longest : *longest;
	}
	return placed;
}

/* --- what the programs say of their turns --- */

struct turns {
	int64_t count, inside_ms, longest_ms, waited_ms; /* longest stay, longest wait */
};

static void add_turn(struct turns *t, int64_t waited, int64_t inside)
{
	t->count++;
	t->inside_ms += inside;
	t->longest_ms = inside > t->longest_ms ? inside : t->longest_ms;
	t->waited_ms = waited > t->waited_ms ? waited : t->waited_ms;
}

/* stay REQUEST PROGRAM WAITED INSIDE (lib/base/record.h) */
static void read_turns(struct turns *of_stream, struct turns *of_writers)
{
	char *text = read_whole(e2e_text("%s/record", e2e.dir), 0, NULL), *rest = text;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		const char *words[WORDS_MAX] = {"", "", "", "", ""};
		int n = 0;
		for (char *word; n < WORDS_MAX && (word = strsep(&line, " ")) != NULL;)
			words[n++] = word;
		bool stream = strcmp(words[2], "call-history") == 0;
		if (n == WORDS_MAX)
			add_turn(stream ? of_stream : of_writers, strtoll(words[3], NULL, 10),
				strtoll(words[4], NULL, 10));
	}
	free(text);
}

START_TEST(a_slow_reader_of_a_long_history_holds_up_nobody)
{
	struct daemon own;
	struct turns stream = {0}, others = {0};
	double longest;
	import_calls(ROWS);
	start_recorded(&own);
	int fd = begin_reading(&own);
	int64_t begin = e2e_real_ms();
	/* The newest are read first: what is stored from now on is not in it. */
	char first;
	ck_assert_int_eq(recv(fd, &first, 1, MSG_PEEK), 1);
	start_writers(&own);
	int lines = read_slowly(fd);
	int64_t ms = e2e_real_ms() - begin;
	close(fd);
	int placed = end_writers(&longest);
	ck_assert_int_eq(daemon_stop(&own), 0);
	read_turns(&stream, &others);
	printf("%d rows in %.1f s: %" PRId64 " turns, the longest %" PRId64 " ms, %" PRId64
	       " ms inside in all; meanwhile %d calls placed by others, whose longest wait was "
	       "%" PRId64 " ms, longest request %.2f s\n",
		lines - 1, (double)ms / 1000, stream.count, stream.longest_ms, stream.inside_ms,
		placed, others.waited_ms, longest);
	ck_assert_int_eq(lines, ROWS + 1);
	ck_assert_int_ge(stream.count, ROWS / ROWS_TURN);
	/* Most of the time it writes, or waits for its reader, and others get in. */
	ck_assert_int_lt(stream.inside_ms, ms / 2);
	ck_assert_int_gt(placed, WRITERS);
	ck_assert_int_lt(others.waited_ms, ms / 2);
	ck_assert_int_ge(others.count, 2 * (int64_t)placed);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("slow reader");
	TCase *t = tcase_create("slow reader");
	e2e_case(t, e2e_long() ? 600 : 120);
	tcase_add_test(t, a_slow_reader_of_a_long_history_holds_up_nobody);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
