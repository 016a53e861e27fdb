/*
 * The provider simulator seen from outside: what other tests take for granted of it.
 *
 * The program is the one named by PROVIDER_SIM, otherwise that of the same build as this test.
 */
#include <arpa/inet.h>
#include <check.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "e2e/listener.h"

#define KEY   "sim-id:sim-token"
#define PLACE "/v1/users/1527216/calls"
#define WISH  "{\"number_id\":967647,\"to\":\"+12125550134\"}"
#define T0    1790603050
#define DAY   86400LL

static pid_t sim_pid = -1;
static char origin[200];

/* --- the simulator's process --- */

static const char *program(void)
{
	static char path[PATH_MAX];
	char self[PATH_MAX];
	const char *named = getenv("PROVIDER_SIM");
	ssize_t len;

	if (named)
		return named;
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len > 0) {
		self[len] = '\0';
		snprintf(path, sizeof(path), "%.3900s/../../bin/provider-sim", dirname(self));
		if (access(path, X_OK) == 0)
			return path;
	}
	return "build/bin/provider-sim";
}

/* Starts the program; what it prints can be read from *out. */
static pid_t spawn(const char *const argv[], int *out)
{
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(ends[1]);
	*out = ends[0];
	return pid;
}

static int end_of(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void start_with(
	const char *option, const char *value, const char *option2, const char *value2)
{
	const char *argv[] = {program(), "--port", "0", "--until-parent-ends", option, value,
		option2, value2, NULL};
	char line[200] = "";
	size_t len = 0;
	int out;

	sim_pid = spawn(argv, &out);
	while (len < sizeof(line) - 1 && !strchr(line, '\n')) {
		ssize_t n = read(out, line + len, sizeof(line) - 1 - len);

		ck_assert_msg(n > 0, "the simulator did not say that it is ready");
		len += (size_t)n;
		line[len] = '\0';
	}
	close(out);
	ck_assert_int_eq(strncmp(line, "ready ", 6), 0);
	snprintf(origin, sizeof(origin), "%.*s", (int)(strcspn(line, "\n") - 7), line + 6);
}

static void setup(void)
{
	start_with(NULL, NULL, NULL, NULL);
}

static void teardown(void)
{
	if (sim_pid > 0) {
		kill(sim_pid, SIGTERM);
		ck_assert_int_eq(end_of(sim_pid), 0);
	}
	sim_pid = -1;
}

/* --- requests --- */

struct text {
	char *data;
	size_t len;
};

struct reply {
	CURLcode code;
	long status;
	struct text head;
	struct text body;
};

static size_t take(char *data, size_t size, size_t count, void *to)
{
	struct text *text = to;
	size_t n = size * count;

	text->data = realloc(text->data, text->len + n + 1);
	if (!text->data)
		return 0;
	memcpy(text->data + text->len, data, n);
	text->len += n;
	text->data[text->len] = '\0';
	return n;
}

static void reply_free(struct reply *reply)
{
	free(reply->head.data);
	free(reply->body.data);
}

/* body: sent as JSON; key: "id:token" or NULL; curl: an open handle to keep the connection, or NULL */
static struct reply request_on(CURL *given, const char *method, const char *path, const char *body,
	const char *key, const char *type, long timeout_ms)
{
	struct reply reply = {0};
	CURL *curl = given ? given : curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, type);
	char url[600];

	snprintf(url, sizeof(url), "%s%s", origin, path);
	curl_easy_reset(curl);
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply.head);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	if (key)
		curl_easy_setopt(curl, CURLOPT_USERPWD, key);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	reply.code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
	curl_slist_free_all(headers);
	if (!given)
		curl_easy_cleanup(curl);
	return reply;
}

static struct reply request(const char *method, const char *path, const char *body, const char *key)
{
	return request_on(NULL, method, path, body, key, "Content-Type: application/json", 20000);
}

/* The answer's JSON; fails unless it has this status. */
static json_t *json_of(const char *method, const char *path, const char *body, long status)
{
	bool control = strncmp(path, "/control/", 9) == 0;
	struct reply reply = request(method, path, body, control ? NULL : KEY);
	json_t *json = json_loadb(
		reply.body.data ? reply.body.data : "", reply.body.len, JSON_DECODE_ANY, NULL);

	ck_assert_msg(reply.status == status, "%s %s: %ld %s, not %ld: %s", method, path,
		reply.status, curl_easy_strerror(reply.code), status,
		reply.body.data ? reply.body.data : "");
	ck_assert_msg(json || reply.body.len == 0, "%s %s: not JSON", method, path);
	reply_free(&reply);
	return json;
}

static json_t *get(const char *path)
{
	return json_of("GET", path, NULL, 200);
}

static void control(const char *path, const char *body)
{
	json_decref(json_of("POST", path, body, 200));
}

static void expect(const char *method, const char *path, const char *body, long status)
{
	json_decref(json_of(method, path, body, status));
}

/* "calls.0.user.id" */
static json_t *at(json_t *json, const char *path)
{
	char copy[200];
	char *rest = copy;
	char *name;

	snprintf(copy, sizeof(copy), "%s", path);
	while (json && (name = strsep(&rest, ".")))
		json = json_is_array(json) ? json_array_get(json, strtoul(name, NULL, 10))
					   : json_object_get(json, name);
	return json;
}

static long long number_at(json_t *json, const char *path)
{
	ck_assert_msg(json_is_integer(at(json, path)), "%s is not an integer", path);
	return json_integer_value(at(json, path));
}

static const char *text_at(json_t *json, const char *path)
{
	const char *text = json_string_value(at(json, path));

	ck_assert_msg(text, "%s is not a string", path);
	return text ? text : "";
}

static long long get_number(const char *path, const char *member)
{
	json_t *json = get(path);
	long long value = number_at(json, member);

	json_decref(json);
	return value;
}

static bool get_flag(const char *path, const char *member)
{
	json_t *json = get(path);
	bool value = json_is_true(at(json, member));

	json_decref(json);
	return value;
}

static void freeze_at(long long now)
{
	char body[80];

	snprintf(body, sizeof(body), "{\"now\":%lld,\"freeze\":true}", now);
	control("/control/clock", body);
}

static void advance(long long seconds)
{
	char body[80];

	snprintf(body, sizeof(body), "{\"advance\":%lld}", seconds);
	control("/control/clock", body);
}

static long long calls_so_far(void)
{
	return get_number("/control/stats", "calls");
}

static void place(void)
{
	expect("POST", PLACE, WISH, 204);
}

static void sleep_ms(long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

/* --- edge --- */

static void edge(const char *path, const char *key, long status, const char *body)
{
	struct reply reply = request("GET", path, NULL, key);

	ck_assert_int_eq(reply.status, status);
	ck_assert_str_eq(reply.body.data, body);
	reply_free(&reply);
}

START_TEST(edge_refuses_missing_and_wrong_credentials_and_unknown_routes)
{
	struct reply reply;

	edge("/v1/ping", NULL, 401, "{\"message\":\"Unauthorized\"}");
	edge("/v1/ping", "sim-id:wrong", 403, "{\"message\":\"Forbidden\"}");
	edge("/v1/ping", "sim-id:sim-token-and-more", 403, "{\"message\":\"Forbidden\"}");
	edge("/v1/nothing", KEY, 404, "{\"message\":\"Not Found\"}");
	edge("/v1/nothing", NULL, 404, "{\"message\":\"Not Found\"}");
	edge("/v1/calls/", KEY, 404, "{\"message\":\"Not Found\"}");
	edge("/v1/ping", KEY, 200, "{\"ping\":\"pong\"}");
	reply = request_on(NULL, "GET", "/v1/ping", NULL, NULL, "Authorization: Bearer x", 20000);
	ck_assert_int_eq(reply.status, 403);
	reply_free(&reply);
	expect("POST", "/v1/calls", WISH, 404);
}
END_TEST

START_TEST(log_of_requests_shows_what_came_but_no_credential)
{
	struct reply reply = request("GET", "/v1/ping?a=1", NULL, "sim-id:wrong");
	json_t *log;
	char *text;

	reply_free(&reply);
	reply = request("GET", "/v1/ping", NULL, NULL);
	reply_free(&reply);
	place();
	log = get("/control/requests");
	ck_assert_uint_eq(json_array_size(at(log, "requests")), 3);
	ck_assert_str_eq(text_at(log, "requests.0.authorization"), "wrong");
	ck_assert_str_eq(text_at(log, "requests.0.query"), "a=1");
	ck_assert_int_eq(number_at(log, "requests.0.status"), 403);
	ck_assert_str_eq(text_at(log, "requests.1.authorization"), "missing");
	ck_assert_str_eq(text_at(log, "requests.2.authorization"), "ok");
	ck_assert_str_eq(text_at(log, "requests.2.method"), "POST");
	ck_assert_str_eq(text_at(log, "requests.2.path"), PLACE);
	ck_assert_str_eq(text_at(log, "requests.2.body"), WISH);
	text = json_dumps(log, 0);
	ck_assert_ptr_null(strstr(text, "Basic"));
	free(text);
	json_decref(log);
	ck_assert_int_eq(get_number("/control/stats", "routes.GET /v1/ping.401"), 1);
	ck_assert_int_eq(get_number("/control/stats", "routes.POST /v1/users/:id/calls.204"), 1);
	log = get("/control/requests?since=2&method=POST&path=/v1/users");
	ck_assert_uint_eq(json_array_size(at(log, "requests")), 1);
	json_decref(log);
}
END_TEST

/* --- placing --- */

START_TEST(placing_answers_204_without_body_or_type)
{
	struct reply reply = request("POST", PLACE, WISH, KEY);

	ck_assert_int_eq(reply.status, 204);
	ck_assert_uint_eq(reply.body.len, 0);
	ck_assert_ptr_null(strcasestr(reply.head.data, "content-type"));
	ck_assert_ptr_null(strcasestr(reply.head.data, "x-aircallapi"));
	reply_free(&reply);
	ck_assert_int_eq(calls_so_far(), 1);
}
END_TEST

static const struct {
	const char *path;
	const char *body;
	long status;
} refusals[] = {
	{PLACE, "not json", 400},
	{PLACE, "[]", 400},
	{PLACE, "", 400},
	{PLACE, "{\"to\":\"+12125550134\"}", 400},
	{PLACE, "{\"number_id\":967647}", 400},
	{PLACE, "{\"number_id\":\"967647\",\"to\":\"+12125550134\"}", 400},
	{PLACE, "{\"number_id\":967647,\"to\":12125550134}", 400},
	{PLACE, "{\"number_id\":967647,\"to\":\"12125550134\"}", 400},
	{PLACE, "{\"number_id\":967647,\"to\":\"+1 212 555 0134\"}", 400},
	{PLACE, "{\"number_id\":967647,\"to\":\"+0212555013\"}", 400},
	{PLACE, "{\"number_id\":967647,\"to\":\"+1234567890123456\"}", 400},
	{PLACE, "{\"number_id\":1234,\"to\":\"+12125550134\"}", 400},
	{PLACE, "{\"number_id\":1,\"to\":\"+12125550134\"}", 400},
	{"/v1/users/456/calls", "{\"number_id\":1235,\"to\":\"+12125550134\"}", 400},
	{"/v1/users/999/calls", WISH, 404},
	{"/v1/users/x/calls", WISH, 404},
	{"/v1/users/457/calls", "{\"number_id\":1234,\"to\":\"+12125550134\"}", 405},
	{"/v1/users/458/calls", "{\"number_id\":1234,\"to\":\"+12125550134\"}", 405},
	{"/v1/users/459/calls", "{\"number_id\":1234,\"to\":\"+12125550134\"}", 405},
};

START_TEST(placing_refuses_what_the_service_refuses)
{
	json_t *body = json_of("POST", refusals[_i].path, refusals[_i].body, refusals[_i].status);

	ck_assert(*text_at(body, "error"));
	ck_assert(*text_at(body, "troubleshoot"));
	json_decref(body);
	ck_assert_int_eq(calls_so_far(), 0);
}
END_TEST

START_TEST(placing_needs_a_json_content_type)
{
	static const char *const types[] = {"Content-Type: text/plain",
		"Content-Type:", "Content-Type: application/jsonp",
		"Content-Type: application/x-www-form-urlencoded"};
	struct reply reply;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		reply = request_on(NULL, "POST", PLACE, WISH, KEY, types[i], 20000);
		ck_assert_int_eq(reply.status, 400);
		reply_free(&reply);
	}
	reply = request_on(NULL, "POST", PLACE, WISH, KEY,
		"Content-Type: application/json; charset=utf-8", 20000);
	ck_assert_int_eq(reply.status, 204);
	reply_free(&reply);
}
END_TEST

START_TEST(user_in_a_call_is_not_available_until_it_ends)
{
	json_t *body;

	freeze_at(T0);
	place();
	body = get("/v1/users/1527216/availability");
	ck_assert_str_eq(text_at(body, "availability"), "in_call");
	json_decref(body);
	body = json_of("POST", PLACE, WISH, 405);
	ck_assert_str_eq(text_at(body, "troubleshoot"), "User not available");
	json_decref(body);
	advance(25);
	place();
	control("/control/settings", "{\"busy_users\":false}");
	place();
	ck_assert_int_eq(calls_so_far(), 3);
}
END_TEST

START_TEST(dial_prefills_without_a_call)
{
	expect("POST", "/v1/users/1527216/dial", "{\"to\":\"+12125550134\"}", 204);
	expect("POST", "/v1/users/1527216/dial", "{\"to\":\"+12125550134\"}", 204);
	expect("POST", "/v1/users/457/dial", "{\"to\":\"+12125550134\"}", 405);
	expect("POST", "/v1/users/1527216/dial", "{\"to\":\"nobody\"}", 400);
	ck_assert_int_eq(calls_so_far(), 0);
	ck_assert_int_eq(get_number("/control/stats", "dials"), 2);
}
END_TEST

/* --- life of a call --- */

static void check_call(json_t *call, const char *status, long long answered, long long ended,
	long long duration, const char *cost)
{
	ck_assert_str_eq(text_at(call, "status"), status);
	ck_assert_int_eq(json_integer_value(at(call, "answered_at")), answered);
	ck_assert(answered || json_is_null(at(call, "answered_at")));
	ck_assert_int_eq(json_integer_value(at(call, "ended_at")), ended);
	ck_assert(ended || json_is_null(at(call, "ended_at")));
	ck_assert_int_eq(number_at(call, "duration"), duration);
	ck_assert_str_eq(text_at(call, "cost"), cost);
	ck_assert_int_eq(json_is_null(at(call, "pricing_type")), strcmp(cost, "0.0") == 0);
}

static void check_now(long long id, const char *status, long long answered, long long ended,
	long long duration, const char *cost)
{
	char path[80];
	json_t *body;

	snprintf(path, sizeof(path), "/v1/calls/%lld", id);
	body = get(path);
	ck_assert_int_eq(number_at(body, "call.id"), id);
	check_call(at(body, "call"), status, answered, ended, duration, cost);
	json_decref(body);
}

START_TEST(call_is_answered_ends_and_is_rewritten_later)
{
	json_t *body;

	freeze_at(T0);
	control("/control/settings", "{\"started_at_delay\":0,\"busy_users\":false}");
	place();
	place();
	body = get("/v1/calls");
	ck_assert_int_eq(number_at(body, "calls.0.id"), 4294967301);
	ck_assert_int_gt(number_at(body, "calls.0.id"), UINT32_MAX);
	ck_assert_int_eq(number_at(body, "calls.0.started_at"), T0);
	ck_assert_str_eq(text_at(body, "calls.0.raw_digits"), "+1 212-555-0134");
	ck_assert_str_eq(text_at(body, "calls.0.direction"), "outbound");
	ck_assert_int_eq(number_at(body, "calls.0.user.id"), 1527216);
	ck_assert_int_eq(number_at(body, "calls.0.number.id"), 967647);
	ck_assert(json_is_null(at(body, "calls.0.contact")));
	ck_assert(json_is_null(at(body, "calls.0.assigned_to")));
	json_decref(body);
	check_now(4294967301, "initial", 0, 0, 0, "0.0");
	advance(3);
	check_now(4294967301, "answered", T0 + 3, 0, 0, "0.0");
	advance(17);
	/* The second call is the one whose start moves, so its early duration is already right. */
	check_now(4294967301, "done", T0 + 3, T0 + 20, 21, "0.0");
	check_now(4294967302, "done", T0 + 3, T0 + 20, 20, "0.0");
	advance(599);
	check_now(4294967301, "done", T0 + 3, T0 + 20, 21, "0.0");
	advance(1);
	check_now(4294967301, "done", T0 + 3, T0 + 20, 20, "3.0");
	check_now(4294967302, "done", T0 + 3, T0 + 20, 19, "3.0");
	body = get("/v1/calls/4294967302");
	ck_assert_int_eq(number_at(body, "call.started_at"), T0 + 1);
	ck_assert_str_eq(text_at(body, "call.pricing_type"), "in_bundle");
	json_decref(body);
	expect("GET", "/v1/calls/4294967399", NULL, 404);
	expect("GET", "/v1/calls/x", NULL, 404);
}
END_TEST

START_TEST(starts_up_to_two_seconds_late_unless_told)
{
	bool seen[3] = {false};
	json_t *body;

	freeze_at(T0);
	control("/control/settings", "{\"busy_users\":false}");
	for (int i = 0; i < 3; i++)
		place();
	control("/control/script", "{\"outcome\":\"answered\",\"started_at_delay\":7}");
	place();
	body = get("/control/calls");
	for (int i = 0; i < 3; i++) {
		char path[40];
		long long late;

		snprintf(path, sizeof(path), "calls.%d.started_at", i);
		late = number_at(body, path) - T0;
		ck_assert(late >= 0 && late <= 2);
		seen[late] = true;
	}
	ck_assert(seen[0] && seen[1] && seen[2]);
	ck_assert_int_eq(number_at(body, "calls.3.started_at"), T0 + 7);
	json_decref(body);
}
END_TEST

START_TEST(somebody_picks_up_and_hangs_up)
{
	freeze_at(T0);
	control("/control/script", "{\"outcome\":\"answered\",\"started_at_delay\":0,"
				   "\"answer_after\":null,\"hangup_after\":null}");
	place();
	advance(100000);
	check_now(4294967301, "initial", 0, 0, 0, "0.0");
	control("/control/calls/4294967301", "{\"answer\":true}");
	check_now(4294967301, "answered", T0 + 100000, 0, 0, "0.0");
	advance(10);
	control("/control/calls/4294967301", "{\"hangup\":true}");
	check_now(4294967301, "done", T0 + 100000, T0 + 100010, 100011, "0.0");
	expect("POST", "/control/calls/4294967301", "{\"hangup\":true}", 409);
	expect("DELETE", "/control/calls/4294967301", NULL, 200);
	expect("GET", "/v1/calls/4294967301", NULL, 404);
}
END_TEST

/* --- scripts --- */

static const struct script {
	const char *json;
	long status; /* 0: no HTTP answer */
	bool cut;    /* the answer breaks off */
	int calls;
} scripts[] = {
	{"{\"outcome\":\"answered\"}", 204, false, 1},
	{"{\"outcome\":\"unanswered\"}", 204, false, 1},
	{"{\"outcome\":\"not_dialled\"}", 204, false, 0},
	{"{\"outcome\":\"fail\"}", 500, false, 1},
	{"{\"outcome\":\"fail\",\"status\":502,\"body\":\"<h1>\"}", 502, false, 1},
	{"{\"outcome\":\"refuse\",\"status\":400}", 400, false, 0},
	{"{\"outcome\":\"refuse\",\"status\":401}", 401, false, 0},
	{"{\"outcome\":\"refuse\",\"status\":403}", 403, false, 0},
	{"{\"outcome\":\"refuse\",\"status\":404}", 404, false, 0},
	{"{\"outcome\":\"refuse\",\"status\":405}", 405, false, 0},
	{"{\"outcome\":\"refuse\",\"status\":408}", 408, false, 0},
	{"{\"outcome\":\"refuse\"}", 422, false, 0},
	{"{\"outcome\":\"refuse\",\"status\":503}", 503, false, 0},
	{"{\"outcome\":\"rate_limited\"}", 429, false, 0},
	{"{\"outcome\":\"redirect\",\"location\":\"http://127.0.0.1:9/\"}", 302, false, 0},
	{"{\"outcome\":\"redirect\",\"status\":308,\"location\":\"/v1/ping\"}", 308, false, 0},
	{"{\"outcome\":\"garbage_json\"}", 200, false, 0},
	{"{\"outcome\":\"close\"}", 0, true, 0},
	{"{\"outcome\":\"close\",\"start\":true}", 0, true, 1},
	{"{\"outcome\":\"reset\"}", 0, true, 0},
	{"{\"outcome\":\"reset\",\"start\":true}", 0, true, 1},
	{"{\"outcome\":\"garbage\"}", 0, true, 0},
	{"{\"outcome\":\"cut\",\"start\":true}", 200, true, 1},
	{"{\"outcome\":\"oversized\",\"bytes\":3000000}", 200, false, 0},
	{"{\"outcome\":\"slow_body\",\"interval_ms\":20}", 200, true, 0},
	{"{\"outcome\":\"slow_head\",\"interval_ms\":20}", 200, true, 0},
	{"{\"outcome\":\"hang\"}", 0, true, 0},
	{"{\"outcome\":\"hang\",\"start\":true}", 0, true, 1},
	{"{\"outcome\":\"answered\",\"sleep_ms\":30000}", 0, true, 1},
};

START_TEST(script_decides_answer_and_whether_the_call_starts)
{
	const struct script *script = &scripts[_i];
	struct reply reply;

	control("/control/script", script->json);
	reply = request_on(NULL, "POST", PLACE, WISH, KEY, "Content-Type: application/json", 1000);
	ck_assert_int_eq(reply.status, script->status);
	ck_assert_msg((reply.code != CURLE_OK) == script->cut, "%s: %s", script->json,
		curl_easy_strerror(reply.code));
	reply_free(&reply);
	ck_assert_int_eq(calls_so_far(), script->calls);
}
END_TEST

START_TEST(a_204_can_carry_a_body_on_the_wire)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	char text[1000];
	size_t len = 0;
	ssize_t n;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	control("/control/script", "{\"outcome\":\"body_on_204\",\"body\":\"surprise\"}");
	address.sin_port = htons((uint16_t)strtoul(strrchr(origin, ':') + 1, NULL, 10));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	snprintf(text, sizeof(text),
		"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
		"Authorization: Basic c2ltLWlkOnNpbS10b2tlbg==\r\nContent-Length: %zu\r\n\r\n%s",
		PLACE, strlen(WISH), WISH);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd);
	ck_assert_int_eq(strncmp(text, "HTTP/1.1 204", 12), 0);
	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\nsurprise"));
	ck_assert_int_eq(calls_so_far(), 1);
}
END_TEST

START_TEST(scripts_are_chosen_by_destination_and_used_up)
{
	control("/control/settings", "{\"busy_users\":false}");
	control("/control/script",
		"[{\"to\":\"*\",\"outcome\":\"refuse\",\"status\":503},"
		"{\"to\":\"+1 (212) 555-0134\",\"outcome\":\"refuse\",\"status\":404},"
		"{\"to\":\"+12125550134\",\"outcome\":\"refuse\",\"status\":400,\"times\":2}]");
	expect("POST", PLACE, WISH, 400);
	expect("POST", PLACE, WISH, 400);
	expect("POST", PLACE, WISH, 404);
	expect("POST", PLACE, WISH, 404);
	expect("POST", PLACE, "{\"number_id\":967647,\"to\":\"+13035550100\"}", 503);
	control("/control/script", "{\"to\":\"+12125550134\",\"outcome\":\"answered\"}");
	place();
	control("/control/script", "{\"user\":456,\"outcome\":\"answered\"}");
	expect("POST", "/v1/users/456/calls", "{\"number_id\":1234,\"to\":\"+13035550100\"}", 204);
	expect("DELETE", "/control/script", NULL, 200);
	expect("POST", PLACE, "{\"number_id\":967647,\"to\":\"+13035550100\"}", 204);
}
END_TEST

START_TEST(wrong_control_input_is_refused)
{
	static const char *const wrong[][2] = {
		{"/control/script", "{\"outcome\":\"explode\"}"},
		{"/control/script", "{}"},
		{"/control/script", "{\"outcome\":\"answered\",\"answer_afer\":3}"},
		{"/control/script",
			"{\"outcome\":\"answered\",\"answer_after\":9,\"hangup_after\":9}"},
		{"/control/script", "{\"outcome\":\"refuse\",\"status\":99}"},
		{"/control/script", "{\"outcome\":\"redirect\"}"},
		{"/control/script", "{\"outcome\":\"pass\"}"},
		{"/control/script", "nonsense"},
		{"/control/faults", "{\"outcome\":\"answered\"}"},
		{"/control/faults", "{\"outcome\":\"refuse\",\"to\":\"+1\"}"},
		{"/control/settings", "{\"rate_limt\":1}"},
		{"/control/settings", "{\"rate_limit\":\"1\"}"},
		{"/control/settings", "{\"omit_user\":\"maybe\"}"},
		{"/control/users", "{\"numbers\":[1]}"},
		{"/control/users", "{\"id\":5,\"state\":\"asleep\"}"},
		{"/control/numbers", "{\"id\":0}"},
		{"/control/clock", "{}"},
		{"/control/calls", "{\"hangup_after\":\"later\"}"},
		{"/control/webhooks", "{\"url\":\"ftp://x\"}"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *body = json_of("POST", wrong[i][0], wrong[i][1], 400);

		ck_assert(*text_at(body, "error"));
		json_decref(body);
	}
	expect("GET", "/control/nothing", NULL, 404);
	expect("PUT", "/control/script", "{}", 404);
}
END_TEST

START_TEST(a_kept_connection_can_fail_where_a_new_one_works)
{
	CURL *curl = curl_easy_init();
	const char *type = "Content-Type: application/json";
	struct reply reply;
	json_t *log;

	control("/control/script",
		"{\"outcome\":\"close\",\"start\":true,\"reused_only\":true,\"times\":1}");
	reply = request_on(curl, "GET", "/v1/ping", NULL, KEY, type, 20000);
	ck_assert_int_eq(reply.status, 200);
	reply_free(&reply);
	/* libcurl repeats the request on its own here, which is what a client must prevent. */
	reply = request_on(curl, "POST", PLACE, WISH, KEY, type, 20000);
	reply_free(&reply);
	log = get("/control/requests?method=POST");
	ck_assert_uint_eq(json_array_size(at(log, "requests")), 2);
	ck_assert_int_eq(number_at(log, "requests.0.nth_on_connection"), 2);
	ck_assert_str_eq(text_at(log, "requests.0.answered"), "close");
	ck_assert_int_eq(number_at(log, "requests.1.nth_on_connection"), 1);
	ck_assert_int_ne(
		number_at(log, "requests.0.connection"), number_at(log, "requests.1.connection"));
	json_decref(log);
	curl_easy_cleanup(curl);
}
END_TEST

static void *place_in_thread(void *unused)
{
	struct reply reply = request("POST", PLACE, WISH, KEY);

	reply_free(&reply);
	return unused;
}

START_TEST(slow_answers_hold_up_nobody)
{
	pthread_t thread;
	struct timespec begun;
	struct timespec ended;
	json_t *log;

	control("/control/script", "{\"outcome\":\"answered\",\"sleep_ms\":20000}");
	ck_assert_int_eq(pthread_create(&thread, NULL, place_in_thread, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	while (calls_so_far() == 0)
		sleep_ms(10);
	log = get("/control/requests");
	ck_assert(json_is_null(at(log, "requests.0.status")));
	ck_assert(json_is_null(at(log, "requests.0.answered")));
	json_decref(log);
	json_decref(get("/v1/calls"));
	/* The end of the simulator does not wait for it either. */
	kill(sim_pid, SIGTERM);
	ck_assert_int_eq(end_of(sim_pid), 0);
	sim_pid = -1;
	clock_gettime(CLOCK_MONOTONIC, &ended);
	ck_assert_int_lt(ended.tv_sec - begun.tv_sec, 19);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(call_begins_after_the_client_has_given_up)
{
	struct reply reply;

	control("/control/script", "{\"outcome\":\"answered\",\"before_ms\":600}");
	reply = request_on(NULL, "POST", PLACE, WISH, KEY, "Content-Type: application/json", 200);
	ck_assert_int_eq(reply.code, CURLE_OPERATION_TIMEDOUT);
	reply_free(&reply);
	ck_assert_int_eq(calls_so_far(), 0);
	while (calls_so_far() == 0)
		sleep_ms(20);
}
END_TEST

START_TEST(parallel_calls_of_many_users)
{
	enum { USERS = 50 };
	CURLM *multi = curl_multi_init();
	CURL *handles[USERS];
	struct text bodies[USERS] = {0};
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	int running = 1;

	control("/control/users", "{\"count\":50,\"first_id\":9001,\"numbers\":[967647]}");
	control("/control/script", "{\"outcome\":\"answered\",\"sleep_ms\":200}");
	for (int i = 0; i < USERS; i++) {
		char url[300];

		snprintf(url, sizeof(url), "%s/v1/users/%d/calls", origin, 9001 + i);
		handles[i] = curl_easy_init();
		curl_easy_setopt(handles[i], CURLOPT_URL, url);
		curl_easy_setopt(handles[i], CURLOPT_PROXY, "");
		curl_easy_setopt(handles[i], CURLOPT_USERPWD, KEY);
		curl_easy_setopt(handles[i], CURLOPT_POSTFIELDS, WISH);
		curl_easy_setopt(handles[i], CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(handles[i], CURLOPT_WRITEFUNCTION, take);
		curl_easy_setopt(handles[i], CURLOPT_WRITEDATA, &bodies[i]);
		curl_multi_add_handle(multi, handles[i]);
	}
	while (running > 0) {
		curl_multi_perform(multi, &running);
		curl_multi_poll(multi, NULL, 0, 100, NULL);
	}
	for (int i = 0; i < USERS; i++) {
		long status = 0;

		curl_easy_getinfo(handles[i], CURLINFO_RESPONSE_CODE, &status);
		ck_assert_int_eq(status, 204);
		curl_multi_remove_handle(multi, handles[i]);
		curl_easy_cleanup(handles[i]);
		free(bodies[i].data);
	}
	curl_multi_cleanup(multi);
	curl_slist_free_all(headers);
	ck_assert_int_eq(calls_so_far(), USERS);
}
END_TEST

/* --- lists --- */

static long long total(const char *path)
{
	return get_number(path, "meta.total");
}

START_TEST(list_excludes_from_and_includes_to)
{
	char path[200];

	freeze_at(T0 + 1000);
	control("/control/settings", "{\"shift_started_at\":false}");
	control("/control/settings", "{\"started_at_delay\":0}");
	control("/control/calls", "{\"started_at\":1790603050,\"count\":3,\"spacing\":10}");
	snprintf(path, sizeof(path), "/v1/calls?from=%d&to=%d", T0, T0 + 20);
	ck_assert_int_eq(total(path), 2);
	snprintf(path, sizeof(path), "/v1/calls?from=%d&to=%d", T0 - 1, T0 + 19);
	ck_assert_int_eq(total(path), 2);
	snprintf(path, sizeof(path), "/v1/calls?from=%d", T0 + 20);
	ck_assert_int_eq(total(path), 0);
	ck_assert_int_eq(total("/v1/calls?from=2026-09-28"), 0);
	ck_assert_int_eq(total("/v1/calls"), 3);
}
END_TEST

START_TEST(list_follows_a_start_that_was_rewritten)
{
	char path[200];
	json_t *body;

	freeze_at(T0 + 100);
	control("/control/settings", "{\"started_at_delay\":0}");
	/* The second call is rewritten to start with the third; order is then by id. */
	control("/control/calls", "{\"started_at\":1790603050,\"count\":3,\"spacing\":1}");
	snprintf(path, sizeof(path), "/v1/calls?from=%d&to=%d", T0, T0 + 1);
	ck_assert_int_eq(total(path), 1);
	advance(3600);
	ck_assert_int_eq(total(path), 0);
	body = get("/v1/calls");
	for (int i = 0; i < 3; i++) {
		char member[40];

		snprintf(member, sizeof(member), "calls.%d.id", i);
		ck_assert_int_eq(number_at(body, member), 4294967301 + i);
	}
	ck_assert_int_eq(number_at(body, "calls.1.started_at"), T0 + 2);
	json_decref(body);
}
END_TEST

START_TEST(list_pages_both_ways)
{
	json_t *body;
	char link[300];

	control("/control/calls", "{\"started_at\":1790603050,\"count\":120}");
	control("/control/settings", "{\"shift_started_at\":false}");
	body = get("/v1/calls?per_page=100&order=desc&fetch_contact=true&from=5");
	ck_assert_int_eq(number_at(body, "meta.per_page"), 50);
	ck_assert_int_eq(number_at(body, "meta.count"), 50);
	ck_assert_int_eq(number_at(body, "meta.total"), 120);
	ck_assert_int_eq(number_at(body, "meta.current_page"), 1);
	ck_assert(json_is_null(at(body, "meta.previous_page_link")));
	ck_assert_int_gt(
		number_at(body, "calls.0.started_at"), number_at(body, "calls.49.started_at"));
	ck_assert(json_is_object(at(body, "calls.0.contact")));
	snprintf(link, sizeof(link), "%s", text_at(body, "meta.next_page_link"));
	json_decref(body);
	ck_assert_int_eq(strncmp(link, origin, strlen(origin)), 0);
	ck_assert_ptr_nonnull(strstr(link, "order=desc"));
	ck_assert_ptr_nonnull(strstr(link, "from=5"));
	ck_assert_ptr_null(strstr(link, "fetch_"));
	body = get(link + strlen(origin));
	ck_assert_int_eq(number_at(body, "meta.current_page"), 2);
	ck_assert(json_is_string(at(body, "meta.previous_page_link")));
	json_decref(body);
	body = get("/v1/calls?page=3&per_page=50");
	ck_assert_int_eq(number_at(body, "meta.count"), 20);
	ck_assert(json_is_null(at(body, "meta.next_page_link")));
	json_decref(body);
	body = get("/v1/calls");
	ck_assert_int_eq(number_at(body, "meta.per_page"), 20);
	ck_assert_int_lt(
		number_at(body, "calls.0.started_at"), number_at(body, "calls.1.started_at"));
	json_decref(body);
	expect("GET", "/v1/calls?page=0", NULL, 400);
	expect("GET", "/v1/calls?per_page=x", NULL, 400);
}
END_TEST

START_TEST(list_ends_at_ten_thousand)
{
	json_t *body;

	freeze_at(T0 + 20000);
	control("/control/calls", "{\"started_at\":1790603050,\"count\":12000,\"vary_to\":true}");
	body = get("/v1/calls?per_page=50&page=200");
	ck_assert_int_eq(number_at(body, "meta.count"), 50);
	ck_assert_int_eq(number_at(body, "meta.total"), 12000);
	json_decref(body);
	body = json_of("GET", "/v1/calls?per_page=50&page=201", NULL, 400);
	ck_assert_str_eq(text_at(body, "message"), "BAD_REQUEST");
	ck_assert(json_is_null(at(body, "data")));
	ck_assert(json_is_false(at(body, "success")));
	ck_assert(*text_at(body, "errors"));
	json_decref(body);
	expect("GET", "/v1/calls?per_page=20&page=501", NULL, 400);
	expect("GET", "/v1/numbers?per_page=50&page=201", NULL, 400);
	ck_assert_int_eq(total("/v1/calls/search?phone_number=%2B12125562133"), 1);
}
END_TEST

START_TEST(nothing_older_than_six_months_is_served)
{
	char path[80];
	char body[120];
	long long now = 1795190000;

	freeze_at(now);
	snprintf(body, sizeof(body), "{\"started_at\":%lld,\"id\":5000000001}", now - 184 * DAY);
	control("/control/calls", body);
	snprintf(body, sizeof(body), "{\"started_at\":%lld}", now - 182 * DAY);
	control("/control/calls", body);
	ck_assert_int_eq(total("/v1/calls"), 1);
	snprintf(path, sizeof(path), "/v1/calls?to=%lld", now - 183 * DAY);
	ck_assert_int_eq(total(path), 0);
	expect("GET", "/v1/calls/5000000001", NULL, 404);
	control("/control/settings", "{\"horizon_days\":0}");
	ck_assert_int_eq(total("/v1/calls"), 2);
}
END_TEST

START_TEST(search_narrows)
{
	freeze_at(T0);
	control("/control/calls",
		"[{\"to\":\"+12125550134\",\"user\":456,\"number\":1234},"
		"{\"to\":\"+436601234567\"},"
		"{\"to\":\"+12125550134\",\"direction\":\"inbound\",\"answer_after\":null}]");
	ck_assert_int_eq(total("/v1/calls/search"), 3);
	ck_assert_int_eq(total("/v1/calls/search?user_id=456"), 1);
	ck_assert_int_eq(total("/v1/calls/search?direction=inbound"), 1);
	ck_assert_int_eq(total("/v1/calls/search?direction=outbound"), 2);
	ck_assert_int_eq(total("/v1/calls/search?phone_number=%2B12125550134"), 2);
	ck_assert_int_eq(total("/v1/calls/search?phone_number=436601234567"), 1);
	ck_assert_int_eq(total("/v1/calls/search?tags[]=1"), 0);
	ck_assert_int_eq(total("/v1/calls?user_id=456"), 3);
}
END_TEST

START_TEST(reads_can_lag_and_leave_out)
{
	json_t *body;

	freeze_at(T0);
	control("/control/script", "{\"outcome\":\"answered\",\"list_after\":60,\"times\":1,"
				   "\"answer_after\":5,\"hangup_after\":300}");
	place();
	advance(59);
	ck_assert_int_eq(total("/v1/calls"), 0);
	expect("GET", "/v1/calls/4294967301", NULL, 404);
	advance(1);
	ck_assert_int_eq(total("/v1/calls"), 1);
	control("/control/settings", "{\"list_ringing\":false,\"busy_users\":false}");
	place();
	ck_assert_int_eq(total("/v1/calls"), 1);
	advance(10);
	ck_assert_int_eq(total("/v1/calls"), 2);
	control("/control/settings", "{\"omit_user\":\"null\"}");
	body = get("/v1/calls");
	ck_assert(json_is_null(at(body, "calls.0.user")));
	json_decref(body);
	control("/control/settings", "{\"omit_user\":\"absent\"}");
	body = get("/v1/calls");
	ck_assert_ptr_null(at(body, "calls.0.user"));
	json_decref(body);
}
END_TEST

/* --- faults --- */

START_TEST(faults_strike_reads_as_often_as_told)
{
	struct reply reply;
	int struck = 0;

	control("/control/settings", "{\"rate_limit\":0}");
	control("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":503,\"times\":2}");
	expect("GET", "/v1/ping", NULL, 200);
	expect("GET", "/v1/calls", NULL, 503);
	place();
	expect("GET", "/v1/calls/4294967301", NULL, 503);
	expect("GET", "/v1/calls", NULL, 200);
	control("/control/faults", "{\"outcome\":\"garbage_json\",\"times\":1}");
	reply = request("GET", "/v1/calls", NULL, KEY);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_ptr_null(json_loads(reply.body.data, 0, NULL));
	reply_free(&reply);
	control("/control/faults", "{\"outcome\":\"cut\",\"times\":1}");
	reply = request("GET", "/v1/calls", NULL, KEY);
	ck_assert_int_eq(reply.code, CURLE_PARTIAL_FILE);
	reply_free(&reply);
	control("/control/faults", "{\"outcome\":\"refuse\",\"status\":500,\"percent\":30}");
	for (int i = 0; i < 200; i++) {
		reply = request("GET", "/v1/ping", NULL, KEY);
		struck += reply.status == 500;
		reply_free(&reply);
	}
	ck_assert_int_gt(struck, 30);
	ck_assert_int_lt(struck, 90);
	expect("DELETE", "/control/faults", NULL, 200);
	control("/control/faults", "{\"outcome\":\"pass\",\"sleep_ms\":300,\"method\":\"*\"}");
	reply = request_on(
		NULL, "GET", "/v1/ping", NULL, KEY, "Content-Type: application/json", 100);
	ck_assert_int_eq(reply.code, CURLE_OPERATION_TIMEDOUT);
	reply_free(&reply);
	expect("GET", "/v1/ping", NULL, 200);
}
END_TEST

/* --- rate limit --- */

static bool says(const struct reply *reply, const char *header, long long value)
{
	char line[100];

	snprintf(line, sizeof(line), "\r\n%s: %lld\r\n", header, value);
	return strcasestr(reply->head.data, line) != NULL;
}

START_TEST(limit_is_120_a_minute_and_then_a_minute_of_429)
{
	struct reply reply;

	freeze_at(T0);
	for (int i = 0; i < 120; i++)
		expect("GET", "/v1/ping", NULL, 200);
	reply = request("GET", "/v1/ping", NULL, KEY);
	ck_assert_int_eq(reply.status, 429);
	ck_assert(says(&reply, "X-AircallApi-Limit", 120));
	ck_assert(says(&reply, "X-AircallApi-Remaining", 0));
	ck_assert(says(&reply, "X-AircallApi-Reset", T0 + 60));
	reply_free(&reply);
	advance(59);
	control("/control/settings", "{\"headers_on_429\":false,\"retry_after_on_429\":true}");
	reply = request("POST", PLACE, WISH, KEY);
	ck_assert_int_eq(reply.status, 429);
	ck_assert_ptr_null(strcasestr(reply.head.data, "x-aircallapi"));
	ck_assert(says(&reply, "Retry-After", 1));
	reply_free(&reply);
	advance(1);
	expect("GET", "/v1/ping", NULL, 200);
	control("/control/settings", "{\"rate_limit\":1}");
	expect("GET", "/v1/ping", NULL, 200);
	expect("GET", "/v1/ping", NULL, 429);
	control("/control/settings", "{\"rate_limit\":0}");
	expect("GET", "/v1/ping", NULL, 200);
	ck_assert_int_eq(calls_so_far(), 0);
}
END_TEST

START_TEST(limit_counts_anew_each_minute)
{
	freeze_at(T0);
	control("/control/settings", "{\"rate_limit\":2}");
	for (int i = 0; i < 6; i++) {
		expect("GET", "/v1/ping", NULL, 200);
		advance(30);
	}
}
END_TEST

/* --- users and numbers --- */

START_TEST(users_and_numbers_can_be_looked_up)
{
	json_t *body = get("/v2/users?per_page=50");

	ck_assert_int_eq(number_at(body, "meta.total"), 6);
	ck_assert_int_eq(number_at(body, "users.0.id"), 456);
	ck_assert_int_eq(number_at(body, "users.0.default_number_id"), 1234);
	ck_assert_ptr_nonnull(at(body, "users.0.substatus"));
	json_decref(body);
	body = get("/v2/users/agent456%40example.com");
	ck_assert_int_eq(number_at(body, "user.id"), 456);
	json_decref(body);
	body = get("/v2/users/456/numbers");
	ck_assert_int_eq(number_at(body, "meta.total"), 3);
	ck_assert_int_eq(number_at(body, "numbers.1.id"), 967647);
	json_decref(body);
	body = get("/v1/numbers/967647");
	ck_assert_uint_eq(json_array_size(at(body, "number.users")), 2);
	json_decref(body);
	ck_assert_int_eq(total("/v1/numbers"), 4);
	body = get("/v1/users/availabilities?per_page=50");
	ck_assert_str_eq(text_at(body, "users.0.availability"), "available");
	ck_assert_str_eq(text_at(body, "users.1.availability"), "offline");
	json_decref(body);
	ck_assert_int_eq(get_number("/v1/company", "company.users_count"), 6);
	expect("GET", "/v2/users/999", NULL, 404);
	expect("GET", "/v1/numbers/999", NULL, 404);
	expect("GET", "/v1/users/999/availability", NULL, 404);
}
END_TEST

START_TEST(old_user_reads_are_gone_unless_switched_on)
{
	json_t *body;

	expect("GET", "/v1/users", NULL, 404);
	expect("GET", "/v1/users/456", NULL, 404);
	expect("GET", "/v1/users/456/availability", NULL, 200);
	control("/control/settings", "{\"v1_users\":true}");
	body = get("/v1/users");
	ck_assert_ptr_null(at(body, "users.0.default_number_id"));
	ck_assert_str_eq(
		text_at(body, "users.0.direct_link"), "https://api.aircall.io/v1/users/456");
	json_decref(body);
	expect("GET", "/v1/users/456", NULL, 200);
}
END_TEST

START_TEST(users_can_be_made_changed_and_removed)
{
	json_t *body;

	control("/control/users", "{\"id\":7,\"numbers\":[31,32],\"email\":\"a@b.c\"}");
	body = get("/v2/users/a@b.c");
	ck_assert_int_eq(number_at(body, "user.default_number_id"), 31);
	json_decref(body);
	expect("POST", "/v1/users/7/calls", "{\"number_id\":32,\"to\":\"+12125550134\"}", 204);
	control("/control/numbers", "{\"id\":32,\"active\":false}");
	expect("POST", "/v1/users/7/calls", "{\"number_id\":32,\"to\":\"+12125550134\"}", 400);
	control("/control/users", "{\"id\":7,\"state\":\"offline\"}");
	expect("POST", "/v1/users/7/calls", "{\"number_id\":31,\"to\":\"+12125550134\"}", 405);
	control("/control/users", "{\"id\":7,\"remove\":true}");
	expect("GET", "/v2/users/7", NULL, 404);
}
END_TEST

/* --- webhooks --- */

/* Receives one event and answers with this status line, after a while. The body of the event. */
static json_t *receive(int listener, const char *status, long wait_ms, char head[LISTENER_HEAD])
{
	char *body = listener_receive(listener, status, wait_ms, head);
	json_t *json = json_loads(body, 0, NULL);

	free(body);
	ck_assert_ptr_nonnull(json);
	return json;
}

static void receive_event(int listener, const char *event, long long timestamp, const char *status)
{
	json_t *json = receive(listener, "200 OK", 0, NULL);

	ck_assert_str_eq(text_at(json, "event"), event);
	ck_assert_int_eq(number_at(json, "timestamp"), timestamp);
	ck_assert_str_eq(text_at(json, "data.status"), status);
	ck_assert_str_eq(text_at(json, "token"), "secret");
	ck_assert_str_eq(text_at(json, "resource"), "call");
	json_decref(json);
}

static int subscribe(const char *settings)
{
	char url[80];
	char body[200];
	int listener = listener_open(url);

	freeze_at(T0);
	control("/control/settings", "{\"started_at_delay\":0,\"busy_users\":false}");
	control("/control/settings", settings);
	snprintf(body, sizeof(body), "{\"url\":\"%s\",\"token\":\"secret\"}", url);
	control("/control/webhooks", body);
	return listener;
}

START_TEST(events_come_in_their_time)
{
	int listener = subscribe("{}");
	char head[LISTENER_HEAD];
	json_t *json;

	place();
	ck_assert(!listener_arrives(listener, 300));
	advance(2);
	json = receive(listener, "200 OK", 0, head);
	ck_assert_str_eq(text_at(json, "event"), "call.created");
	ck_assert_int_eq(number_at(json, "data.id"), 4294967301);
	ck_assert_ptr_nonnull(at(json, "data.call_uuid"));
	ck_assert_ptr_nonnull(at(json, "data.participants"));
	ck_assert_ptr_null(at(json, "data.assigned_to"));
	ck_assert_ptr_null(at(json, "data.sid"));
	json_decref(json);
	ck_assert_ptr_nonnull(strcasestr(head, "aircall-origin: webhooks"));
	ck_assert_int_eq(strncmp(head, "POST /hook ", 11), 0);
	advance(1);
	receive_event(listener, "call.answered", T0 + 3, "answered");
	/* A jump over both: each tells of its own moment. */
	advance(100);
	receive_event(listener, "call.hungup", T0 + 20, "done");
	receive_event(listener, "call.ended", T0 + 50, "done");
	close(listener);
}
END_TEST

START_TEST(events_can_be_doubled_and_swapped)
{
	int listener = subscribe("{\"webhook_swap\":true,\"webhook_duplicates\":true}");

	place();
	advance(100);
	for (int i = 0; i < 2; i++)
		receive_event(listener, "call.answered", T0 + 3, "answered");
	for (int i = 0; i < 2; i++)
		receive_event(listener, "call.created", T0 + 2, "initial");
	for (int i = 0; i < 2; i++)
		receive_event(listener, "call.ended", T0 + 50, "done");
	for (int i = 0; i < 2; i++)
		receive_event(listener, "call.hungup", T0 + 20, "done");
	close(listener);
}
END_TEST

START_TEST(refused_and_late_deliveries_are_repeated)
{
	int listener = subscribe(
		"{\"webhook_timeout_ms\":200,\"webhook_attempts\":2,\"webhook_retry_seconds\":30}");
	json_t *state;

	control("/control/script",
		"{\"outcome\":\"answered\",\"answer_after\":null,\"hangup_after\":null}");
	place();
	advance(2);
	json_decref(receive(listener, "500 No", 0, NULL));
	ck_assert(!listener_arrives(listener, 300));
	advance(30);
	json_decref(receive(listener, "200 OK", 600, NULL));
	state = get("/control/webhooks");
	ck_assert_int_eq(number_at(state, "deliveries.0.attempts"), 2);
	ck_assert_int_eq(number_at(state, "deliveries.0.status"), -1);
	ck_assert(json_is_false(at(state, "webhooks.0.active")));
	json_decref(state);
	/* A success brings a disabled webhook back. */
	advance(30);
	receive_event(listener, "call.created", T0 + 2, "initial");
	while (!get_flag("/control/webhooks", "webhooks.0.active"))
		sleep_ms(20);
	close(listener);
}
END_TEST

START_TEST(no_user_in_an_event_when_told)
{
	int listener = subscribe("{\"omit_user\":\"absent\"}");
	json_t *json;

	place();
	advance(2);
	json = receive(listener, "200 OK", 0, NULL);
	ck_assert_ptr_null(at(json, "data.user"));
	json_decref(json);
	close(listener);
}
END_TEST

START_TEST(webhooks_are_managed)
{
	json_t *made = json_of("POST", "/v1/webhooks",
		"{\"custom_name\":\"dialer\",\"url\":\"https://dialer.example/hook\","
		"\"events\":[\"call.created\",\"call.ended\"]}",
		201);
	char path[100];
	json_t *body;

	ck_assert_uint_ge(strlen(text_at(made, "webhook.token")), 16);
	ck_assert(json_is_true(at(made, "webhook.active")));
	ck_assert_uint_eq(json_array_size(at(made, "webhook.events")), 2);
	snprintf(path, sizeof(path), "/v1/webhooks/%s", text_at(made, "webhook.webhook_id"));
	body = get(path);
	ck_assert_str_eq(text_at(body, "webhook.token"), text_at(made, "webhook.token"));
	json_decref(body);
	json_decref(made);
	body = get("/v1/webhooks");
	ck_assert_int_eq(number_at(body, "meta.total"), 1);
	ck_assert_ptr_null(at(body, "meta.next_page_link"));
	ck_assert_int_ge(number_at(body, "webhooks.0.id"), 1);
	json_decref(body);
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "?events_action=add");
	body = json_of("PUT", path, "{\"events\":[\"call.answered\"]}", 200);
	ck_assert_uint_eq(json_array_size(at(body, "webhook.events")), 3);
	json_decref(body);
	*strchr(path, '?') = '\0';
	/* No events means all of them, on an update as well. */
	body = json_of("PUT", path, "{\"active\":false}", 200);
	ck_assert_uint_gt(json_array_size(at(body, "webhook.events")), 19);
	ck_assert(json_is_false(at(body, "webhook.active")));
	json_decref(body);
	expect("PUT", path, "{\"events\":[\"call.exploded\"]}", 400);
	expect("POST", "/v1/webhooks", "{\"events\":[\"call.ended\"]}", 400);
	expect("POST", "/v1/webhooks", "{\"url\":\"http://dialer.example/\"}", 400);
	expect("DELETE", path, NULL, 204);
	expect("DELETE", path, NULL, 404);
	expect("GET", path, NULL, 404);
}
END_TEST

START_TEST(a_hundred_webhooks_and_no_more)
{
	for (int i = 0; i < 100; i++)
		expect("POST", "/v1/webhooks", "{\"url\":\"https://dialer.example/hook\"}", 201);
	expect("POST", "/v1/webhooks", "{\"url\":\"https://dialer.example/hook\"}", 400);
}
END_TEST

/* --- the program --- */

START_TEST(clock_runs_on_or_stands_still)
{
	long long real = (long long)time(NULL);
	long long now;

	control("/control/clock", "{\"now\":1000000}");
	now = get_number("/control/clock", "now_ms");
	ck_assert_int_ge(now, 1000000000);
	ck_assert_int_lt(now, 1000600000);
	sleep_ms(30);
	ck_assert_int_gt(get_number("/control/clock", "now_ms"), now);
	control("/control/clock", "{\"freeze\":true}");
	now = get_number("/control/clock", "now_ms");
	sleep_ms(30);
	ck_assert_int_eq(get_number("/control/clock", "now_ms"), now);
	control("/control/clock", "{\"advance\":0.5}");
	ck_assert_int_eq(get_number("/control/clock", "now_ms"), now + 500);
	control("/control/clock", "{\"real\":true}");
	ck_assert_int_ge(get_number("/control/clock", "now"), real);
}
END_TEST

START_TEST(reset_forgets_everything)
{
	freeze_at(T0);
	control("/control/script", "{\"outcome\":\"fail\"}");
	control("/control/faults", "{\"outcome\":\"refuse\"}");
	control("/control/settings", "{\"api_key\":\"a:b\"}");
	control("/control/users", "{\"id\":1527216,\"state\":\"offline\"}");
	control("/control/calls", "{}");
	control("/control/webhooks", "{\"url\":\"https://dialer.example/hook\"}");
	control("/control/reset", "");
	ck_assert_int_eq(get_number("/control/stats", "requests"), 0);
	ck_assert_int_eq(total("/v1/calls"), 0);
	ck_assert_int_eq(total("/v1/webhooks"), 0);
	place();
	ck_assert_int_ge(get_number("/control/calls", "calls.0.created_at"), time(NULL) - 600);
	ck_assert_int_eq(get_number("/control/calls", "calls.0.id"), 4294967301);
}
END_TEST

START_TEST(truth_tells_what_lists_do_not)
{
	json_t *body;

	freeze_at(T0);
	control("/control/settings", "{\"started_at_delay\":0,\"list_after\":1000}");
	place();
	control("/control/calls", "{\"to\":\"+13035550100\",\"user\":456,\"number\":0}");
	body = get("/control/calls");
	ck_assert_str_eq(text_at(body, "calls.0.to"), "12125550134");
	ck_assert(json_is_false(at(body, "calls.0.hand_dialled")));
	ck_assert_int_eq(number_at(body, "calls.0.ended_at"), T0 + 20);
	ck_assert_str_eq(text_at(body, "calls.0.status"), "initial");
	ck_assert(json_is_true(at(body, "calls.1.hand_dialled")));
	json_decref(body);
	body = get("/control/calls?to=%2B1-303-555-0100");
	ck_assert_uint_eq(json_array_size(at(body, "calls")), 1);
	json_decref(body);
	ck_assert_int_eq(get_number("/control/stats", "calls_by_api"), 1);
	ck_assert_int_eq(get_number("/control/stats", "calls_hand_dialled"), 1);
	ck_assert_int_eq(total("/v1/calls"), 1);
	body = get("/v1/calls");
	ck_assert(json_is_null(at(body, "calls.0.number")));
	json_decref(body);
}
END_TEST

static int run(const char *option, const char *value)
{
	const char *argv[] = {program(), option, value, NULL};
	char text[4000];
	int out;
	pid_t pid = spawn(argv, &out);

	while (read(out, text, sizeof(text)) > 0)
		;
	close(out);
	return end_of(pid);
}

START_TEST(wrong_command_lines_are_refused)
{
	ck_assert_int_eq(run("--help", NULL), 0);
	ck_assert_int_eq(run(NULL, NULL), 2);
	ck_assert_int_eq(run("--port", "x"), 2);
	ck_assert_int_eq(run("--port", "65536"), 2);
	ck_assert_int_eq(run("--prot", "0"), 2);
	ck_assert_int_eq(run("--port=0", "extra"), 2);
	ck_assert_int_eq(run("--port=0", "--set=rate_limt=1"), 2);
	ck_assert_int_eq(run("--port=0", "--user=7"), 2);
	ck_assert_int_eq(run("--port=0", "--tls-key=/nonexistent"), 2);
	/* Never on an address that others can reach. */
	ck_assert_int_eq(run("--port=0", "--bind=0.0.0.0"), 1);
}
END_TEST

START_TEST(options_set_the_state_to_begin_with)
{
	struct reply reply;

	start_with("--api-key", "me:secret", "--user", "7:31,32:offline");
	reply = request("GET", "/v1/users/7/availability", NULL, "me:secret");
	ck_assert_int_eq(reply.status, 200);
	ck_assert_ptr_nonnull(strstr(reply.body.data, "offline"));
	reply_free(&reply);
	edge("/v1/ping", KEY, 403, "{\"message\":\"Forbidden\"}");
	control("/control/reset", "");
	edge("/v1/ping", "me:secret", 200, "{\"ping\":\"pong\"}");
	teardown();
	start_with("--set", "rate_limit=1", "--bind", "127.0.0.2");
	expect("GET", "/v1/ping", NULL, 200);
	expect("GET", "/v1/ping", NULL, 429);
	teardown();
}
END_TEST

START_TEST(serves_tls)
{
	char folder[] = "/tmp/provider-sim-XXXXXX";
	char cert[100];
	char key[100];
	const char *argv[] = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-days", "1",
		"-keyout", key, "-out", cert, NULL};
	int out;
	struct reply reply;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
	snprintf(key, sizeof(key), "%s/key.pem", folder);
	ck_assert_int_eq(end_of(spawn(argv, &out)), 0);
	close(out);
	start_with("--tls-cert", cert, "--tls-key", key);
	ck_assert_int_eq(strncmp(origin, "https://127.0.0.1:", 18), 0);
	place();
	control("/control/settings", "{\"busy_users\":false}");
	control("/control/script", "{\"outcome\":\"cut\",\"times\":1}");
	reply = request("POST", PLACE, WISH, KEY);
	ck_assert_int_ne(reply.code, CURLE_OK);
	reply_free(&reply);
	control("/control/script", "{\"outcome\":\"close\",\"times\":1}");
	reply = request("POST", PLACE, WISH, KEY);
	ck_assert_int_ne(reply.code, CURLE_OK);
	reply_free(&reply);
	place();
	teardown();
	unlink(cert);
	unlink(key);
	rmdir(folder);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("provider_sim");
	TCase *sim = tcase_create("running");
	TCase *own = tcase_create("program");

	tcase_add_checked_fixture(sim, setup, teardown);
	tcase_set_timeout(sim, 60);
	tcase_set_timeout(own, 60);
	tcase_add_test(sim, edge_refuses_missing_and_wrong_credentials_and_unknown_routes);
	tcase_add_test(sim, log_of_requests_shows_what_came_but_no_credential);
	tcase_add_test(sim, placing_answers_204_without_body_or_type);
	tcase_add_loop_test(sim, placing_refuses_what_the_service_refuses, 0,
		(int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(sim, placing_needs_a_json_content_type);
	tcase_add_test(sim, user_in_a_call_is_not_available_until_it_ends);
	tcase_add_test(sim, dial_prefills_without_a_call);
	tcase_add_test(sim, call_is_answered_ends_and_is_rewritten_later);
	tcase_add_test(sim, starts_up_to_two_seconds_late_unless_told);
	tcase_add_test(sim, somebody_picks_up_and_hangs_up);
	tcase_add_loop_test(sim, script_decides_answer_and_whether_the_call_starts, 0,
		(int)(sizeof(scripts) / sizeof(scripts[0])));
	tcase_add_test(sim, a_204_can_carry_a_body_on_the_wire);
	tcase_add_test(sim, scripts_are_chosen_by_destination_and_used_up);
	tcase_add_test(sim, wrong_control_input_is_refused);
	tcase_add_test(sim, a_kept_connection_can_fail_where_a_new_one_works);
	tcase_add_test(sim, slow_answers_hold_up_nobody);
	tcase_add_test(sim, call_begins_after_the_client_has_given_up);
	tcase_add_test(sim, parallel_calls_of_many_users);
	tcase_add_test(sim, list_excludes_from_and_includes_to);
	tcase_add_test(sim, list_follows_a_start_that_was_rewritten);
	tcase_add_test(sim, list_pages_both_ways);
	tcase_add_test(sim, list_ends_at_ten_thousand);
	tcase_add_test(sim, nothing_older_than_six_months_is_served);
	tcase_add_test(sim, search_narrows);
	tcase_add_test(sim, reads_can_lag_and_leave_out);
	tcase_add_test(sim, faults_strike_reads_as_often_as_told);
	tcase_add_test(sim, limit_is_120_a_minute_and_then_a_minute_of_429);
	tcase_add_test(sim, limit_counts_anew_each_minute);
	tcase_add_test(sim, users_and_numbers_can_be_looked_up);
	tcase_add_test(sim, old_user_reads_are_gone_unless_switched_on);
	tcase_add_test(sim, users_can_be_made_changed_and_removed);
	tcase_add_test(sim, events_come_in_their_time);
	tcase_add_test(sim, events_can_be_doubled_and_swapped);
	tcase_add_test(sim, refused_and_late_deliveries_are_repeated);
	tcase_add_test(sim, no_user_in_an_event_when_told);
	tcase_add_test(sim, webhooks_are_managed);
	tcase_add_test(sim, a_hundred_webhooks_and_no_more);
	tcase_add_test(sim, clock_runs_on_or_stands_still);
	tcase_add_test(sim, reset_forgets_everything);
	tcase_add_test(sim, truth_tells_what_lists_do_not);
	tcase_add_test(own, wrong_command_lines_are_refused);
	tcase_add_test(own, options_set_the_state_to_begin_with);
	tcase_add_test(own, serves_tls);
	suite_add_tcase(suite, sim);
	suite_add_tcase(suite, own);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	curl_global_cleanup();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
