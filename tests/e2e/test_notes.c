/* GET /call/:id and PUT /call/:id/notes. */
#include "e2e/calls.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *path_of(const char *id)
{
	return e2e_text("/call/%s", id);
}

static struct answer *put_notes(
	const char *t, const char *id, const char *if_match, const char *body)
{
	return http(.method = "PUT", .path = e2e_text("/call/%s/notes", id), .token = t,
		.body = body,
		.headers = {if_match != NULL ? e2e_text("If-Match: %s", if_match) : NULL});
}

static struct answer *write_as(const char *user, const char *id, const char *notes)
{
	return put_notes(token(user), id, NULL, e2e_text("{\"notes\":\"%s\"}", notes));
}

static void expect_saved(const struct answer *a)
{
	expect_status(a, 200);
	expect_true(a, "success");
	expect_text(a, "message", "Call notes updated successfully");
}

static const char *etag_of(const struct answer *a)
{
	const char *etag = header(a, "ETag");
	ck_assert_msg(etag != NULL && header_count(a, "ETag") == 1, "%s", a->headers);
	ck_assert_msg(
		etag[0] == '"' && strlen(etag) > 2 && etag[strlen(etag) - 1] == '"', "%s", etag);
	return etag;
}

static void expect_notes(const char *user, const char *id, const char *want)
{
	struct answer *a = get(user, path_of(id));
	expect_status(a, 200);
	if (want[0] != '\0')
		expect_text(a, "call.notes", want);
	else
		expect_absent(a, "call.notes");
}

/* --- showing --- */

START_TEST(call_is_shown_as_it_was_placed)
{
	struct answer *p = place_to("alice", NUMBER);
	struct answer *a = get("alice", path_of(text_at(p->json, "call.id")));
	expect_status(a, 200);
	expect_true(a, "success");
	ck_assert_uint_eq(json_object_size(a->json), 2);
	expect_call(a, "call");
	ck_assert_msg(json_equal(json_at(p->json, "call"), json_at(a->json, "call")), "%s",
		answer_text(a));
	etag_of(a);
}
END_TEST

START_TEST(call_of_somebody_else_does_not_exist)
{
	const char *id = placed("alice", NUMBER);
	expect_error(get("bob", path_of(id)), 404, "not_found", NULL);
	expect_error(get("alice2", path_of(id)), 404, "not_found", NULL);
	expect_error(write_as("bob", id, "x"), 404, "not_found", NULL);
	struct answer *a = http(.path = path_of(id), .token = admin_token("root"));
	expect_status(a, 200);
	expect_text(a, "call.userId", "alice");
	/* The very same words as for one that is nowhere. */
	struct answer *there = get("bob", path_of(id));
	struct answer *nowhere = get("bob", path_of("0123456789abcdef01234567"));
	ck_assert_str_eq(there->body, nowhere->body);
	ck_assert_int_eq(nowhere->status, 404);
}
END_TEST

START_TEST(call_shows_how_it_ended)
{
	const char *id = placed("alice", NUMBER);
	sim_post("/control/clock", "{\"advance\":60}");
	e2e_clock(60000);
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status == 0, "%s", r.err);
	struct answer *a = get("alice", path_of(id));
	expect_call(a, "call");
	expect_text(a, "call.status", "completed");
	ck_assert_ptr_nonnull(text_at(a->json, "call.answerTime"));
	ck_assert_ptr_nonnull(text_at(a->json, "call.endTime"));
	ck_assert_int_gt(int_at(a->json, "call.duration"), 0);
	ck_assert_int_gt(int_at(a->json, "call.talkTime"), 0);
	ck_assert_ptr_nonnull(text_at(a->json, "call.externalCallId"));
}
END_TEST

/* --- writing --- */

START_TEST(notes_are_stored_as_given)
{
	static const char *const texts[] = {"plain", " two  blanks ", "line\nline\r\n\ttab",
		"\"quoted\" \\ /", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x93\x9e", "<b>&amp;</b>",
		"=1+1", "\x01\x1f\x7f"};
	const char *id = placed("alice", NUMBER);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *body = json_pack("{s:s}", "notes", texts[i]);
		char *text = json_dumps(body, i % 2 == 0 ? JSON_ENSURE_ASCII : 0);
		struct answer *a = put_notes(token("alice"), id, NULL, text);
		expect_saved(a);
		expect_notes("alice", id, texts[i]);
		free(text);
		json_decref(body);
	}
	struct answer *h = get("alice", "/history");
	expect_text(h, "calls.0.notes", texts[7]);
}
END_TEST

/* However a browser comes to an answer, it is none to it. */
static void expect_no_document(struct answer *a, const char *type)
{
	const char *is = header(a, "Content-Type");
	expect_status(a, 200);
	ck_assert_msg(is != NULL && strncmp(is, type, strlen(type)) == 0, "%s", a->headers);
	expect_header(a, "X-Content-Type-Options", "nosniff");
}

START_TEST(markup_makes_no_document_of_an_answer)
{
#define MARKUP "<!DOCTYPE html><script>alert(1)</script><img src=x onerror=alert(1)>"
	struct answer *p = http(.method = "POST", .path = "/call", .token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\",\"clientId\":\"" MARKUP "\"}");
	expect_status(p, 200);
	const char *id = text_at(p->json, "call.id");
	expect_saved(write_as("alice", id, MARKUP));
	struct answer *one = get("alice", path_of(id)), *all = get("alice", "/history"),
		      *table = get("alice", "/history?format=csv");
	expect_no_document(p, "application/json");
	expect_no_document(one, "application/json");
	expect_no_document(all, "application/json");
	expect_no_document(table, "text/csv");
	expect_text(one, "call.notes", MARKUP);
	expect_text(all, "calls.0.clientId", MARKUP);
	/* Nor does it come back in what is refused. */
	struct answer *refused = get("alice", "/call/%3Cscript%3Ealert(1)");
	expect_error(refused, 404, "not_found", NULL);
	ck_assert_ptr_null(strstr(refused->body, "script"));
	expect_header(refused, "X-Content-Type-Options", "nosniff");
}
END_TEST

START_TEST(empty_notes_clear)
{
	const char *id = placed("alice", NUMBER);
	expect_saved(write_as("alice", id, "something"));
	expect_notes("alice", id, "something");
	expect_saved(write_as("alice", id, ""));
	expect_notes("alice", id, "");
}
END_TEST

START_TEST(notes_may_have_10000_bytes)
{
	const char *id = placed("alice", NUMBER);
	const char *full = e2e_repeat('n', 10000);
	expect_saved(write_as("alice", id, full));
	expect_notes("alice", id, full);
	expect_error(
		write_as("alice", id, e2e_repeat('m', 10001)), 400, "invalid_parameter", "notes");
	/* Bytes, not characters, and not as they are written in JSON. */
	const char *wide = "", *escaped = "";
	for (int i = 0; i < 1000; i++) {
		wide = e2e_text("%s\xe2\x82\xac", wide);
		escaped = e2e_text("%s\\u20ac", escaped);
	}
	const char *fits = e2e_text("%s%s%s%s", escaped, escaped, escaped, e2e_repeat('x', 1000));
	expect_saved(write_as("alice", id, fits));
	expect_notes("alice", id, e2e_text("%s%s%s%s", wide, wide, wide, e2e_repeat('x', 1000)));
	expect_error(
		write_as("alice", id, e2e_text("%sx", fits)), 400, "invalid_parameter", "notes");
	expect_notes("alice", id, e2e_text("%s%s%s%s", wide, wide, wide, e2e_repeat('x', 1000)));
}
END_TEST

START_TEST(bad_notes_change_nothing)
{
	static const struct {
		const char *body, *code, *field;
	} bodies[] = {
		{"{}", "invalid_parameter", "notes"},
		{"{\"notes\":null}", "invalid_parameter", "notes"},
		{"{\"notes\":5}", "invalid_parameter", "notes"},
		{"{\"notes\":[\"x\"]}", "invalid_parameter", "notes"},
		{"{\"Notes\":\"x\"}", "invalid_parameter", "notes"},
		{"{\"notes\":\"a\",\"notes\":\"b\"}", "invalid_json", NULL},
		{"{\"notes\":\"\\u0000\"}", "invalid_json", NULL},
		{"{\"notes\":\"\\udc00\"}", "invalid_json", NULL},
		{"{\"notes\":\"\xe2\x82\"}", "invalid_json", NULL},
		{"{\"notes\":\"x\"", "invalid_json", NULL},
		{"\"x\"", "invalid_json", NULL},
		{"", "invalid_json", NULL},
	};
	const char *id = placed("alice", NUMBER);
	expect_saved(write_as("alice", id, "kept"));
	const char *etag = etag_of(get("alice", path_of(id)));
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		expect_error(put_notes(token("alice"), id, NULL, bodies[i].body), 400,
			bodies[i].code, bodies[i].field);
	struct answer *a = http(.method = "PUT", .path = e2e_text("/call/%s/notes", id),
		.token = token("alice"), .body = "{\"notes\":\"x\"}", .type = "text/plain");
	expect_error(a, 415, "unsupported_media_type", NULL);
	a = put_notes(
		token("alice"), id, NULL, e2e_text("{\"notes\":\"x\"%s}", e2e_repeat(' ', 65536)));
	expect_error(a, 413, "too_large", NULL);
	expect_notes("alice", id, "kept");
	ck_assert_str_eq(etag_of(get("alice", path_of(id))), etag);
}
END_TEST

START_TEST(administrators_read_but_do_not_write)
{
	const char *id = placed("alice", NUMBER);
	expect_saved(write_as("alice", id, "hers"));
	struct answer *a = put_notes(admin_token("root"), id, NULL, "{\"notes\":\"his\"}");
	expect_error(a, 403, "forbidden", NULL);
	expect_notes("alice", id, "hers");
	/* His own he may. */
	const char *own = placed("root", NUMBER);
	expect_saved(put_notes(admin_token("root"), own, NULL, "{\"notes\":\"mine\"}"));
	expect_error(put_notes(admin_token("root"), "0123456789abcdef01234567", NULL,
			     "{\"notes\":\"x\"}"),
		404, "not_found", NULL);
}
END_TEST

/* --- ETag and If-Match --- */

START_TEST(etag_is_of_the_notes_alone)
{
	const char *id = placed("alice", NUMBER);
	const char *before = etag_of(get("alice", path_of(id)));
	struct answer *a = write_as("alice", id, "one");
	const char *one = etag_of(a);
	ck_assert_str_ne(before, one);
	ck_assert_str_eq(etag_of(get("alice", path_of(id))), one);
	/* The call goes on; its notes do not. */
	sim_post("/control/clock", "{\"advance\":60}");
	e2e_clock(60000);
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status == 0, "%s", r.err);
	a = get("alice", path_of(id));
	expect_text(a, "call.status", "completed");
	expect_text(a, "call.notes", "one");
	ck_assert_str_eq(etag_of(a), one);
	expect_saved(put_notes(token("alice"), id, one, "{\"notes\":\"two\"}"));
	/* What was there before is another version, even if it reads the same. */
	const char *two = etag_of(get("alice", path_of(id)));
	ck_assert_str_ne(two, one);
	expect_saved(write_as("alice", id, "one"));
	a = put_notes(token("alice"), id, two, "{\"notes\":\"three\"}");
	expect_status(a, 412);
	/* Nor is it that of another call. */
	const char *other = placed("alice", "+15550000001");
	ck_assert_str_ne(before, etag_of(get("alice", path_of(other))));
}
END_TEST

START_TEST(stale_notes_are_refused_and_shown)
{
	const char *id = placed("alice", NUMBER);
	const char *stale = etag_of(get("alice", path_of(id)));
	expect_saved(write_as("alice", id, "from the other window"));
	struct answer *a = put_notes(token("alice"), id, stale, "{\"notes\":\"from here\"}");
	expect_error(a, 412, "stale_notes", NULL);
	expect_call(a, "call");
	expect_text(a, "call.id", id);
	expect_text(a, "call.notes", "from the other window");
	expect_notes("alice", id, "from the other window");
	/* With the tag of what was shown it goes through. */
	a = put_notes(token("alice"), id, etag_of(a), "{\"notes\":\"both\"}");
	expect_saved(a);
	expect_notes("alice", id, "both");
}
END_TEST

START_TEST(if_match_is_read_as_http_says)
{
	const char *id = placed("alice", NUMBER);
	const char *now = etag_of(write_as("alice", id, "0"));
	static const struct {
		const char *before, *after; /* round the right tag; after NULL: without it */
		int status;
	} cases[] = {
		{"", "", 200},
		{"*", NULL, 200},
		{"\"x\", ", "", 200},
		{"", " , \"y\"", 200},
		{"W/", "", 412},
		{"\"x\"", NULL, 412},
		{"x", NULL, 412},
		{"\"\"", NULL, 412},
		{"\"*\"", NULL, 412},
		{"x", "", 412},
		{",", NULL, 412},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *value =
			e2e_text("%s%s%s", cases[i].before, cases[i].after != NULL ? now : "",
				cases[i].after != NULL ? cases[i].after : "");
		struct answer *a = put_notes(
			token("alice"), id, value, e2e_text("{\"notes\":\"%zu\"}", i + 1));
		ck_assert_msg(
			a->status == cases[i].status, "If-Match: %s: %s", value, answer_text(a));
		now = etag_of(a);
	}
	expect_notes("alice", id, "4");
}
END_TEST

/* Many windows with the same tag: one wins, the others are told. */
START_TEST(of_many_writers_with_one_tag_one_wins)
{
	enum { MANY = 20 };
	struct http q[MANY];
	struct answer *answers[MANY];
	const char *winner = NULL;
	const char *id = placed("alice", NUMBER);
	const char *line = e2e_text("If-Match: %s", etag_of(get("alice", path_of(id))));
	for (int i = 0; i < MANY; i++)
		q[i] = (struct http){.method = "PUT",
			.path = e2e_text("/call/%s/notes", id),
			.token = token("alice"),
			.body = e2e_text("{\"notes\":\"writer %d\"}", i),
			.headers = {line}};
	http_all(q, MANY, answers);
	for (int i = 0; i < MANY; i++) {
		if (answers[i]->status == 200) {
			ck_assert_msg(winner == NULL, "two writers won");
			winner = e2e_text("writer %d", i);
		} else {
			expect_error(answers[i], 412, "stale_notes", NULL);
		}
	}
	ck_assert_ptr_nonnull(winner);
	expect_notes("alice", id, winner);
	for (int i = 0; i < MANY; i++)
		if (answers[i]->status == 412)
			expect_text(answers[i], "call.notes", winner);
}
END_TEST

#define FIND_STOPPED                                                                               \
	"for s in /proc/[0-9]*/stat; do p=${s%/stat}; "                                            \
	"grep -qs ' (call-notes.cgi) T ' $s && grep -qsz \"^DIALER_CONFIG=$0\" $p/environ && "     \
	"echo ${p#/proc/}; done; exit 0"

/* The program under our configuration that stopped itself; waits until there is one. */
static pid_t stopped_program(void)
{
	const char *const find[] = {"/bin/sh", "-c", (FIND_STOPPED), e2e.config, NULL};
	for (int tries = 0; tries < 300; tries++) {
		pid_t pid = (pid_t)strtol(e2e_run(find, NULL).out, NULL, 10);
		if (pid > 0)
			return pid;
		e2e_sleep_ms(20);
	}
	ck_abort_msg("no program stopped");
	return 0;
}

/* The same at the worst moment: between the look at the tag and the writing. */
START_TEST(tag_counts_until_the_moment_of_writing)
{
	struct daemon own;
	const char *const env[] = {"DIALER_TEST_FAULT=notes-before-write:stop", NULL};
	const char *id = placed("alice", NUMBER);
	const char *etag = etag_of(get("alice", path_of(id)));
	server_start(&own, "stopping.log", env);
	struct later *slow = http_later(&(struct http){.to = &own,
		.method = "PUT",
		.path = e2e_text("/call/%s/notes", id),
		.token = token("alice"),
		.body = "{\"notes\":\"slow\"}",
		.headers = {e2e_text("If-Match: %s", etag)}});
	pid_t stopped = stopped_program();
	expect_saved(put_notes(token("alice"), id, etag, "{\"notes\":\"quick\"}"));
	ck_assert_int_eq(kill(stopped, SIGCONT), 0);
	struct answer *a = http_wait(slow);
	expect_error(a, 412, "stale_notes", NULL);
	expect_text(a, "call.notes", "quick");
	expect_notes("alice", id, "quick");
	ck_assert_int_eq(daemon_stop(&own), 0);
}
END_TEST

/* --- ids --- */

static const char *const bad_ids[] = {
	"0123456789abcdef0123456",
	"0123456789abcdef012345678",
	"0123456789ABCDEF01234567",
	"0123456789abcdef0123456g",
	"0x23456789abcdef01234567",
	"-123456789abcdef01234567",
	"%20123456789abcdef01234567",
	"0123456789abcdef01234567%20",
	"0123456789abcdef01234567%00",
	"0123456789abcdef01234567%0a",
	"0123456789abcdef01234567%0d%0aX-Evil:%201",
	"0123456789abcdef01234567%2F",
	"0123456789abcdef01234567;x=1",
	"0123456789abcdef01234567%3b",
	"%2e%2e",
	"..;",
	"%2e%2e%2fhealth",
	"..%2f..%2fetc%2fpasswd",
	"%ff%fe",
	"%c3%a9",
	"*",
	"'%20or%20''='",
	"null",
	"{}",
	"%25s%25n",
};

START_TEST(malformed_id_is_not_found)
{
	const char *const suffixes[] = {"", "/notes"};
	for (int i = 0; i < 2; i++) {
		struct answer *a = http(.method = i == 0 ? "GET" : "PUT",
			.path = e2e_text("/call/%s%s", bad_ids[_i], suffixes[i]),
			.token = token("alice"), .body = i == 0 ? NULL : "{\"notes\":\"x\"}");
		expect_error(a, 404, "not_found", NULL);
		ck_assert_ptr_null(header(a, "X-Evil"));
	}
}
END_TEST

START_TEST(id_must_be_the_right_one_to_the_last_digit)
{
	char id[32];
	snprintf(id, sizeof(id), "%s", placed("alice", NUMBER));
	expect_status(get("alice", path_of(id)), 200);
	for (int i = 0; i < 24; i++) {
		char was = id[i];
		id[i] = was == '0' ? '1' : '0';
		expect_error(get("alice", path_of(id)), 404, "not_found", NULL);
		id[i] = was;
	}
	for (int i = 0; i < 24; i++)
		if (id[i] >= 'a')
			id[i] = (char)(id[i] - 'a' + 'A');
	expect_error(get("alice", path_of(id)), 404, "not_found", NULL);
}
END_TEST

/* --- the suite --- */

#define COUNT_OF(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("notes");
	TCase *t = new_case(s, "show");
	tcase_add_test(t, call_is_shown_as_it_was_placed);
	tcase_add_test(t, call_of_somebody_else_does_not_exist);
	tcase_add_test(t, call_shows_how_it_ended);

	t = new_case(s, "write");
	tcase_add_test(t, notes_are_stored_as_given);
	tcase_add_test(t, markup_makes_no_document_of_an_answer);
	tcase_add_test(t, empty_notes_clear);
	tcase_add_test(t, notes_may_have_10000_bytes);
	tcase_add_test(t, bad_notes_change_nothing);
	tcase_add_test(t, administrators_read_but_do_not_write);

	t = new_case(s, "etag");
	tcase_add_test(t, etag_is_of_the_notes_alone);
	tcase_add_test(t, stale_notes_are_refused_and_shown);
	tcase_add_test(t, if_match_is_read_as_http_says);
	tcase_add_test(t, of_many_writers_with_one_tag_one_wins);
	tcase_add_test(t, tag_counts_until_the_moment_of_writing);

	t = new_case(s, "ids");
	tcase_add_loop_test(t, malformed_id_is_not_found, 0, COUNT_OF(bad_ids));
	tcase_add_test(t, id_must_be_the_right_one_to_the_last_digit);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
