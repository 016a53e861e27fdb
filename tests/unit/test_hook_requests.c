/* What providers are asked about their webhooks, and what their answers are taken for. */
#include "provider/hooks.h"
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#define URL      "https://dialer.example/api/dialer/webhooks/x"
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static char id[] = "sim-id", token[] = "sim-token", key[] = "company-key", secret[] = "s\"e cret",
	    base[] = "http://127.0.0.1:1", none[] = "", public_url[200];

static struct config with_keys(void)
{
	return (struct config){.aircall_api_id = id,
		.aircall_api_token = token,
		.aircall_base_url = base,
		.dialpad_api_key = key,
		.dialpad_webhook_secret = secret,
		.dialpad_base_url = base,
		.public_url = public_url};
}

static const struct hook_kind *const kinds[] = {
	&aircall_hooks, &dialpad_hooks, &dialpad_subscriptions};

static const struct {
	const struct hook_kind *kind;
	const char *id, *target, *method, *path, *body;
} changes[] = {
	{&aircall_hooks, NULL, URL, "POST", "/v1/webhooks",
		"{\"custom_name\":\"dialer\",\"url\":\"" URL "\",\"events\":[\"call.created\","
		"\"call.answered\",\"call.hungup\",\"call.ended\"]}"},
	/* Without its events it would be told everything. */
	{&aircall_hooks, "c2501111-8a69", URL, "PUT", "/v1/webhooks/c2501111-8a69",
		"{\"custom_name\":\"dialer\",\"url\":\"" URL "\",\"events\":[\"call.created\","
		"\"call.answered\",\"call.hungup\",\"call.ended\"],\"active\":true}"},
	{&dialpad_hooks, NULL, URL, "POST", "/api/v2/webhooks",
		"{\"hook_url\":\"" URL "\",\"secret\":\"s\\\"e cret\"}"},
	{&dialpad_hooks, "7", URL, "PATCH", "/api/v2/webhooks/7",
		"{\"hook_url\":\"" URL "\",\"secret\":\"s\\\"e cret\"}"},
	{&dialpad_subscriptions, NULL, "9007199254740993", "POST", "/api/v2/subscriptions/call",
		"{\"endpoint_id\":9007199254740993,\"call_states\":[\"calling\",\"preanswer\","
		"\"queued\",\"ringing\",\"connected\",\"hangup\",\"missed\",\"blocked\"],"
		"\"enabled\":true,\"group_calls_only\":false}"},
	{&dialpad_subscriptions, "8", "7", "PATCH", "/api/v2/subscriptions/call/8",
		"{\"endpoint_id\":7,\"call_states\":[\"calling\",\"preanswer\",\"queued\","
		"\"ringing\","
		"\"connected\",\"hangup\",\"missed\",\"blocked\"],\"enabled\":true,"
		"\"group_calls_only\":false}"},
};

START_TEST(what_is_put_says_all_that_counts)
{
	struct config c = with_keys();
	struct http_request r;
	char url[200];

	http_request_init(&r, "GET");
	ck_assert_int_eq(changes[_i].kind->put_request(&c, changes[_i].id, changes[_i].target, &r),
		ERR_NONE);
	(void)snprintf(url, sizeof(url), "%s%s", base, changes[_i].path);
	ck_assert_str_eq(r.method, changes[_i].method);
	ck_assert_str_eq(r.url.s, url);
	ck_assert_str_eq(r.body.s, changes[_i].body);
	ck_assert(!r.places_call);
	http_request_release(&r);
}
END_TEST

/* An id comes from an answer, and must not lead elsewhere. */
START_TEST(an_id_that_is_none_is_never_asked_about)
{
	static const char *const bad[] = {"", "../users", "a/b", "a?b", "a b", "a%2Fb",
		"0123456789012345678901234567890123456789012345678901234567890"};
	struct config c = with_keys();
	const struct hook_kind *k = kinds[_i];

	for (int i = 0; i < COUNT(bad); i++) {
		struct http_request r;

		http_request_init(&r, "GET");
		ck_assert_int_eq(k->delete_request(&c, bad[i], &r), ERR_INVALID);
		http_request_release(&r);
		http_request_init(&r, "GET");
		ck_assert_int_eq(k->put_request(&c, bad[i], "7", &r), ERR_INVALID);
		http_request_release(&r);
	}
}
END_TEST

START_TEST(without_a_key_nothing_is_asked)
{
	struct config c = with_keys();
	const struct hook_kind *k = kinds[_i];
	struct http_request r;

	c.aircall_api_id = c.aircall_api_token = c.dialpad_api_key = none;
	http_request_init(&r, "GET");
	ck_assert_int_eq(k->list_request(&c, 1, NULL, &r), ERR_INVALID);
	http_request_release(&r);
	http_request_init(&r, "GET");
	ck_assert_int_eq(k->put_request(&c, NULL, "7", &r), ERR_INVALID);
	http_request_release(&r);
	http_request_init(&r, "GET");
	ck_assert_int_eq(k->delete_request(&c, "7", &r), ERR_INVALID);
	http_request_release(&r);
}
END_TEST

START_TEST(pages_are_asked_for_as_the_provider_counts_them)
{
	static const char *const want[] = {"/v1/webhooks?page=3&per_page=50",
		"/api/v2/webhooks?cursor=a%2Bb%26c", "/api/v2/subscriptions/call?cursor=a%2Bb%26c"};
	struct config c = with_keys();
	struct http_request r;

	http_request_init(&r, "GET");
	ck_assert_int_eq(kinds[_i]->list_request(&c, 3, "a+b&c", &r), ERR_NONE);
	ck_assert_str_eq(r.url.s + strlen(base), want[_i]);
	http_request_release(&r);
}
END_TEST

static enum err read_list(const struct hook_kind *k, const char *body, struct hook_page *p)
{
	struct http_answer a;
	enum err e;

	http_answer_init(&a);
	a.fault = HTTP_ANSWERED;
	a.status = 200;
	a.body_complete = true;
	buf_adds(&a.body, body);
	e = k->list_read(&a, p);
	http_answer_release(&a);
	return e;
}

static const struct {
	const char *events;
	bool right;
} told[] = {
	{"[\"call.created\",\"call.answered\",\"call.hungup\",\"call.ended\"]", true},
	{"[\"call.ended\",\"call.hungup\",\"call.created\",\"call.answered\"]", true},
	{"[\"call.created\",\"call.answered\",\"call.hungup\"]", false},
	{"[\"call.created\",\"call.created\",\"call.hungup\",\"call.ended\"]", false},
	{"[\"call.created\",\"call.answered\",\"call.hungup\",\"call.ended\",\"call.tagged\"]",
		false},
	{"[\"call.created\",\"call.answered\",\"call.hungup\",\"call.ended\",7]", false},
	{"[]", false},
	{"null", false},
	{"\"call.created call.answered call.hungup call.ended\"", false},
};

START_TEST(only_exactly_the_needed_events_are_right)
{
	char body[1000];
	struct hook_page p;

	(void)snprintf(body, sizeof(body),
		"{\"webhooks\":[{\"webhook_id\":\"c2501111-8a69\",\"id\":7,\"url\":\"" URL "\","
		"\"active\":true,\"token\":\"t\",\"events\":%s}]}",
		told[_i].events);
	ck_assert_int_eq(read_list(&aircall_hooks, body, &p), ERR_NONE);
	ck_assert_uint_eq(p.count, 1);
	ck_assert_str_eq(p.hooks[0].id, "c2501111-8a69");
	ck_assert_str_eq(p.hooks[0].url, URL);
	ck_assert_str_eq(p.hooks[0].proof, "t");
	ck_assert_int_eq(p.hooks[0].right, told[_i].right);
	hook_page_release(&p);
}
END_TEST

static const struct {
	const char *more; /* members beside the states */
	bool active, right;
} subscriptions[] = {
	{"", true, true},
	{",\"enabled\":true,\"group_calls_only\":false,\"target_id\":null", true, true},
	{",\"enabled\":false", false, true},
	{",\"group_calls_only\":true", true, false},
	{",\"target_type\":\"user\",\"target_id\":\"5\"", true, false},
};

START_TEST(a_subscription_to_less_than_all_calls_is_not_right)
{
	char body[1000];
	struct hook_page p;

	(void)snprintf(body, sizeof(body),
		"{\"items\":[{\"id\":\"1001\",\"call_states\":[\"calling\",\"preanswer\","
		"\"queued\","
		"\"ringing\",\"connected\",\"hangup\",\"missed\",\"blocked\"],"
		"\"webhook\":{\"id\":1000}%s},{\"id\":null},7],\"cursor\":\"next\"}",
		subscriptions[_i].more);
	ck_assert_int_eq(read_list(&dialpad_subscriptions, body, &p), ERR_NONE);
	ck_assert_uint_eq(p.count, 1);
	ck_assert_str_eq(p.hooks[0].id, "1001");
	ck_assert_str_eq(p.hooks[0].of, "1000");
	ck_assert_int_eq(p.hooks[0].active, subscriptions[_i].active);
	ck_assert_int_eq(p.hooks[0].right, subscriptions[_i].right);
	ck_assert(p.more);
	ck_assert_str_eq(p.cursor, "next");
	hook_page_release(&p);
}
END_TEST

static const struct {
	const char *url;
	bool good;
} addresses[] = {
	{"https://dialer.example", true},
	{"https://dialer.example:8443/crm", true},
	{"http://127.0.0.1:8080", true},
	{"http://localhost", true},
	{"http://dialer.example", false},
	{"", false},
};

START_TEST(providers_are_given_an_address_that_they_can_use)
{
	struct config c = with_keys();
	const char *why = NULL;
	char want[300];
	struct buf out;

	(void)snprintf(public_url, sizeof(public_url), "%s", addresses[_i].url);
	(void)snprintf(want, sizeof(want), "%s/api/dialer/webhooks/dialpad", public_url);
	buf_init(&out, 1000);
	ck_assert_int_eq(hook_address(&c, PROVIDER_DIALPAD, &out, &why), addresses[_i].good);
	if (addresses[_i].good)
		ck_assert_str_eq(out.s, want);
	else
		ck_assert_ptr_nonnull(strstr(why, "DIALER_PUBLIC_URL"));
	buf_release(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hook_requests");
	TCase *t = tcase_create("hook requests");

	tcase_add_loop_test(t, what_is_put_says_all_that_counts, 0, COUNT(changes));
	tcase_add_loop_test(t, an_id_that_is_none_is_never_asked_about, 0, COUNT(kinds));
	tcase_add_loop_test(t, without_a_key_nothing_is_asked, 0, COUNT(kinds));
	tcase_add_loop_test(t, pages_are_asked_for_as_the_provider_counts_them, 0, COUNT(kinds));
	tcase_add_loop_test(t, only_exactly_the_needed_events_are_right, 0, COUNT(told));
	tcase_add_loop_test(
		t, a_subscription_to_less_than_all_calls_is_not_right, 0, COUNT(subscriptions));
	tcase_add_loop_test(
		t, providers_are_given_an_address_that_they_can_use, 0, COUNT(addresses));
	suite_add_tcase(s, t);
	return unit_run(s);
}
