/*
 * What the end-to-end tests stand on: the simulator of the provider, a real Apache with this
 * build's programs (bin/dialer-serve), and an HTTP client.
 *
 *   int main(void) { return e2e_main(suite()); }
 *
 * e2e_main starts one simulator and one server for the whole program. Every test case of the suite
 * takes the fixture e2e_case(tcase): before each test the settings go back to their defaults, the
 * data directory is a new, empty one, the clock is right, and the simulator has forgotten
 * everything. The programs read the settings at every request, so a test changes them at any time
 * with e2e_set. When a test fails, the part of the server's log that belongs to its test case is
 * printed. A line in that log which nobody expects fails the whole program.
 *
 * Functions that cannot do their work abort the test. Only http_send and raw_send may be called by
 * other threads than the test's own.
 *
 * Programs run from the top of the tree; those under test are found next to the test program.
 */
#ifndef E2E_HARNESS_H
#define E2E_HARNESS_H

#include <check.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#define E2E_PATH 512

/* --- the program --- */

/* Runs the suite with simulator and server; what main() returns. */
int e2e_main(Suite *s);
/* The same without a server, for programs that start their own. */
int e2e_main_without_server(Suite *s);
/* What else may stand in the server's log: an extended regular expression; NULL: nothing. Set before
 * e2e_main. */
extern const char *e2e_log_may_hold;
/* Gives a test case the fixture, and `seconds` for each of its tests. */
void e2e_case(TCase *t, double seconds);
/* Whether DIALER_TEST_LONG asks for the long form. */
bool e2e_long(void);
/* Whether the servers' programs stay and serve many requests (E2E_FASTCGI=1). */
bool e2e_fastcgi(void);
/* There everything takes three times as long. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZERS 1
#endif
#endif
#ifndef UNDER_SANITIZERS
#define UNDER_SANITIZERS 0
#endif

struct e2e {
	char build[E2E_PATH]; /* of this variant: cgi-bin/, bin/, cron/ */
	char dir[E2E_PATH];   /* everything made here; others may enter it */
	char config[E2E_PATH];
	char clock[E2E_PATH];
	char data[E2E_PATH]; /* the data directory of this test */
};
extern struct e2e e2e;

/* --- settings, clock, files --- */

/* Sets or, with NULL, removes one setting of the configuration file. */
void e2e_set(const char *key, const char *value);
/* Moves the clock of all programs to so many milliseconds from the real one. */
void e2e_clock(int64_t offset_ms);
/* The product's present time, and the real one. */
int64_t e2e_now_ms(void);
int64_t e2e_real_ms(void);
void e2e_sleep_ms(int ms);
/* Writes e2e.dir/name, readable for the programs; returns its path, valid until the test ends. */
const char *e2e_file(const char *name, const void *bytes, size_t len);
/* The bytes of a file as text that lives until the test ends. */
const char *e2e_read(const char *path);
/* Text that lives until the test ends. */
const char *e2e_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* n times the character; lives until the test ends. */
const char *e2e_repeat(char c, size_t n);

/* For tests that go on for hours: what came to be after e2e_kept() does not live until the test ends,
 * but until now. */
size_t e2e_kept(void);
void e2e_release(size_t kept_before);

/* --- processes --- */

/* Something that printed `ready URL`. */
struct daemon {
	pid_t pid; /* leads its process group */
	int out;   /* its standard output */
	int port;
	char url[64]; /* http://127.0.0.1:41234 */
	char log[E2E_PATH];
};
extern struct daemon server, sim;

struct daemon_options {
	const char *const *argv;
	const char *const *env; /* more "NAME=value", NULL at the end; may be NULL */
	const char *log;        /* name of the log file in e2e.dir */
	uid_t uid;              /* to run as; 0: as we are */
};
/* Starts it and waits until it is ready. False: it ended or said nothing in time; its status is in
 * *status (as of waitpid). */
bool daemon_start(struct daemon *d, const struct daemon_options *o, int *status);
/* SIGTERM, then SIGKILL to the group. Returns its status as of waitpid, or -1 if it had to be
 * killed. */
int daemon_stop(struct daemon *d);
/* The same without SIGTERM, for a daemon that is about to end. */
int daemon_wait(struct daemon *d);

/* A server of one's own on a free port with more environment, for example
 * DIALER_TEST_FAULT=place-before-ask:kill. */
void server_start(struct daemon *d, const char *log, const char *const *env);

/* How a program ended. Output lives until the test ends. */
struct run {
	int status; /* exit status, or 128 + signal */
	long cpu_ms, peak_kb;
	char *out, *err;
};

/* A port of 127.0.0.1 that nobody has now. */
int e2e_free_port(void);

/* Runs a program to its end. */
struct run e2e_run(const char *const *argv, const char *const *env);
/* The same in the background: it may be killed by its pid, and must be waited for. */
struct begun {
	pid_t pid;
	int out, err;
};
struct begun e2e_begin(const char *const *argv, const char *const *env);
struct begin_options {
	const char *const *argv;
	const char *const *env;
	const char *input; /* NULL: none */
	int input_fd;      /* this instead; 0: not */
	uid_t uid;         /* to run as; 0: as we are */
	bool outlives;     /* it is not ended with us */
};
struct begun e2e_begin_with(const struct begin_options *o);
bool e2e_is_running(const struct begun *b);
struct run e2e_end(const struct begun *b);
/* build/cron/dialer-sync with these arguments (NULL: none). */
struct run run_sync(const char *const *args);
/* build/bin/dialer --config FILE with these arguments. */
struct run run_dialer(const char *const *args);

/* What the server has logged since the test began; lives until the test ends. Waits a moment for
 * lines on their way. */
const char *server_log(void);

/* --- tokens --- */

/* A good token of a day. */
const char *token(const char *user);
const char *admin_token(const char *user);
/* Signed with the server's secret, whatever the two texts say. */
const char *token_of(const char *header, const char *payload);
/* Signed with another key; len 0: its length. */
const char *token_by(const char *header, const char *payload, const void *key, size_t len);
/* The server's secret. */
extern const char *const e2e_secret;

/* --- HTTP --- */

/* A request; what is left out is usual. */
struct http {
	const char *method; /* GET, or POST if there is a body */
	const char *path;   /* behind /api/dialer */
	const char *url;    /* path from / instead */
	const char *token;  /* goes into Authorization: Bearer */
	const char *body;
	size_t len;       /* of the body; 0: its length */
	const char *type; /* Content-Type; NULL: application/json if there is a body; "": none */
	bool chunked;     /* body without Content-Length */
	const char *headers[6];  /* more lines "Name: value" */
	const struct daemon *to; /* NULL: server */
	int patience;            /* seconds; 0: 30 */
};

struct answer {
	int status;    /* 0: there was no answer */
	char *headers; /* all lines */
	char *body;
	size_t len;
	json_t *json;   /* NULL if the body is no JSON */
	double seconds; /* until the last byte */
	char error[128];
};

/* Answers live until the test ends. */
struct answer *http_send(const struct http *q);
#define http(...) http_send(&(struct http){__VA_ARGS__})
/* All at the same moment, each on a connection of its own. */
void http_all(const struct http *q, int count, struct answer **answers);
/* In the background; http_wait returns the answer. */
struct later;
struct later *http_later(const struct http *q);
struct answer *http_wait(struct later *l);
/* These bytes as they are; the answer is what comes until the connection ends. */
struct answer *raw_send(const char *bytes, size_t len);
/* The same from a client that leaves without waiting for an answer. */
void raw_send_and_leave(const char *bytes, size_t len);

/* The value of a header, or NULL; lives until the test ends. */
const char *header(const struct answer *a, const char *name);
int header_count(const struct answer *a, const char *name);
/* As a number; -1 if it is none. */
long header_number(const struct answer *a, const char *name);

/* --- JSON: paths such as "calls.0.id" --- */

/* Borrowed; NULL if there is no such thing. */
json_t *json_at(json_t *j, const char *path);
/* NULL if there is no such text. */
const char *text_at(json_t *j, const char *path);
/* -1 if there is no such number. */
json_int_t int_at(json_t *j, const char *path);

/* --- expectations, failing at the place where they stand --- */

/* "METHOD … status 200: body", for messages. */
const char *answer_text(const struct answer *a);

#define expect_status(a, want)                                                                     \
	ck_assert_msg((a)->status == (want), "wanted %d, got %s", (want), answer_text(a))
#define expect_text(a, path, want)                                                                 \
	ck_assert_msg(text_is((a)->json, path, want), "wanted %s \"%s\", got %s", path, want,      \
		answer_text(a))
#define expect_int(a, path, want)                                                                  \
	ck_assert_msg(int_is((a)->json, path, want), "wanted %s %lld, got %s", path,               \
		(long long)(want), answer_text(a))
#define expect_true(a, path)                                                                       \
	ck_assert_msg(json_is_true(json_at((a)->json, path)), "wanted %s true, got %s", path,      \
		answer_text(a))
#define expect_absent(a, path)                                                                     \
	ck_assert_msg(is_absent((a)->json, path), "wanted no %s, got %s", path, answer_text(a))
#define expect_header(a, name, want)                                                               \
	ck_assert_msg(header_is(a, name, want), "wanted header %s: %s, got %s", name, want,        \
		answer_text(a))
/* An error answer with this status and code; `field` may be NULL. */
#define expect_error(a, want, code, field)                                                         \
	ck_assert_msg(error_is(a, want, code, field), "wanted %d %s (%s), got %s", (want), code,   \
		(const char *)(field) != NULL ? (const char *)(field) : "no field",                \
		answer_text(a))
/* dialer --config FILE with these arguments. */
#define dialer(...) run_dialer((const char *const[]){__VA_ARGS__, NULL})
/* Each with the program's output, should it fail. Arguments are evaluated once. */
#define expect_exit(r, want)                                                                       \
	do {                                                                                       \
		const struct run r_ = (r);                                                         \
		ck_assert_msg(r_.status == (want), "wanted %d, got %d: %s%s", (want), r_.status,   \
			r_.out, r_.err);                                                           \
	} while (0)
#define expect_says(text, want)                                                                    \
	do {                                                                                       \
		const char *text_ = (text), *want_ = (want);                                       \
		ck_assert_msg(                                                                     \
			strstr(text_, want_) != NULL, "wanted \"%s\", got: %s", want_, text_);     \
	} while (0)
#define expect_silent_about(text, bad)                                                             \
	do {                                                                                       \
		const char *text_ = (text), *bad_ = (bad);                                         \
		ck_assert_msg(strstr(text_, bad_) == NULL, "\"%s\" is in: %s", bad_, text_);       \
	} while (0)

bool text_is(json_t *j, const char *path, const char *want);
bool int_is(json_t *j, const char *path, json_int_t want);
bool is_absent(json_t *j, const char *path);
bool header_is(const struct answer *a, const char *name, const char *want);
bool error_is(const struct answer *a, int status, const char *code, const char *field);

/* --- the simulator (bin/provider-sim/README.md) --- */

/* GET of a control address; lives until the test ends. */
json_t *sim_get(const char *path);
void sim_post(const char *path, const char *json);
void sim_delete(const char *path);
/* How the next calls go, such as "{\"to\":\"*\",\"outcome\":\"fail\"}". */
void sim_script(const char *json);
/* Requests that were to place a call, to this number or (NULL) any. */
int sim_placings(const char *to);
/* Calls that came into being, to this number or (NULL) any. */
int sim_calls(const char *to);

#endif
