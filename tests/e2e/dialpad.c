#include "e2e/dialpad.h"
#include "e2e/internal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define AWAIT_TRIES 300
#define AWAIT_MS    10

void dialpad_ready(int expires_in)
{
	dialpad_setup();
	sim_post("/control/settings",
		e2e_text("{\"dialpad_calls_per_minute\":0,\"dialpad_requests_per_minute\":0,"
			 "\"dialpad_requests_per_second\":0,\"dialpad_expires_in\":%d}",
			expires_in));
}

void connected_as(const char *user, const char *agent)
{
	sim_post("/control/settings", e2e_text("{\"dialpad_consent_user\":\"%s\"}", agent));
	connect_user(user);
	sim_delete("/control/requests");
}

void clocks(int seconds)
{
	static int now;
	sim_post("/control/clock", e2e_text("{\"advance\":%d}", seconds - now));
	e2e_clock((int64_t)seconds * 1000);
	now = seconds;
}

/* --- what was asked --- */

static bool ends(const char *s, const char *with)
{
	size_t len = strlen(s), n = strlen(with);
	return len >= n && strcmp(s + len - n, with) == 0;
}

static bool places_call(const char *path)
{
	return strcmp(path, "/api/v2/call") == 0 || strcmp(path, "/api/v2/calls") == 0 ||
	       ends(path, "/initiate_call");
}

static const char *kind_of(json_t *request)
{
	const char *method = text_at(request, "method"), *path = text_at(request, "path"),
		   *body = text_at(request, "body");
	bool post = strcmp(method, "POST") == 0;
	if (post && strcmp(path, "/oauth2/token") == 0)
		return strstr(body, "grant_type=refresh_token") != NULL ||
				       strstr(body, "\"grant_type\":\"refresh_token\"") != NULL
			       ? "refresh"
			       : "exchange";
	if (post && strcmp(path, "/oauth2/deauthorize") == 0)
		return "deauthorize";
	if (strcmp(path, "/api/v2/users/me") == 0)
		return "me";
	if (post && places_call(path))
		return "dialpad";
	if (post && strncmp(path, "/v1/users/", 10) == 0 && ends(path, "/calls"))
		return "aircall";
	return e2e_text("%s %s", method, path);
}

static json_t *asked(void)
{
	return json_at(sim_get("/control/requests"), "requests");
}

const char *story(void)
{
	json_t *requests = asked();
	const char *text = "";
	for (size_t i = 0; i < json_array_size(requests); i++) {
		json_t *r = json_array_get(requests, i);
		const char *end = text_at(r, "answered");
		if (int_at(r, "status") > 0)
			end = e2e_text("%d", (int)int_at(r, "status"));
		text = e2e_text(
			"%s%s%s %s", text, i > 0 ? ", " : "", kind_of(r), end != NULL ? end : "?");
	}
	return text;
}

const char *story_awaited(const char *want)
{
	const char *text = story();
	for (int i = 0; i < AWAIT_TRIES && strcmp(text, want) != 0; i++) {
		e2e_sleep_ms(AWAIT_MS);
		text = story();
	}
	return text;
}

int told(const char *what)
{
	int n = 0;
	for (const char *at = story(); (at = strstr(at, what)) != NULL; at += strlen(what))
		n++;
	return n;
}

void await_told(const char *what)
{
	for (int i = 0; i < AWAIT_TRIES; i++) {
		if (told(what) > 0)
			return;
		e2e_sleep_ms(AWAIT_MS);
	}
	ck_abort_msg("there was no %s: %s", what, story());
}

json_t *last_asked(const char *what)
{
	json_t *requests = asked();
	for (size_t i = json_array_size(requests); i > 0; i--)
		if (strcmp(kind_of(json_array_get(requests, i - 1)), what) == 0)
			return json_array_get(requests, i - 1);
	ck_abort_msg("there was no %s: %s", what, story());
}

void token_fault(const char *outcome, const char *more)
{
	sim_post("/control/faults", e2e_text("{\"method\":\"POST\",\"path\":\"/oauth2/token\","
					     "\"outcome\":\"%s\"%s}",
					    outcome, more));
}

void script_for(const char *provider, const char *more)
{
	sim_script(e2e_text("{\"provider\":\"%s\",%s}", provider, more));
}

/* --- what was answered --- */

static bool stands_alone(const char *reason)
{
	return strcmp(reason, "not_configured") == 0 || strcmp(reason, "not_connected") == 0;
}

void attempts_are(const struct answer *a, const char *path, const char *const *pairs)
{
	json_t *attempts = json_at(a->json, path);
	const char *reason = NULL;
	size_t n = 0;
	for (; pairs[2 * n] != NULL; n++) {
		json_t *one = json_array_get(attempts, n);
		ck_assert_msg(
			text_is(one, "provider", pairs[2 * n]) &&
				text_is(one, "reason", pairs[2 * n + 1]) &&
				json_object_size(one) == (json_at(one, "detail") != NULL ? 3 : 2),
			"attempt %zu: %s", n, answer_text(a));
		if (stands_alone(pairs[2 * n + 1]))
			ck_assert_ptr_null(json_at(one, "detail"));
		if (reason == NULL || !stands_alone(pairs[2 * n + 1]) || stands_alone(reason))
			reason = pairs[2 * n + 1];
	}
	ck_assert_msg(json_array_size(attempts) == n, "%s", answer_text(a));
	expect_text(a, "call.reason", reason);
	if (a->status != 200)
		expect_text(a, "error.code", reason);
	expect_call(a, "call");
	expect_newest(text_at(a->json, "call.userId"), a);
}

void expect_newest(const char *user, const struct answer *a)
{
	struct answer *h = get(user, "/history?limit=1");
	ck_assert_msg(json_equal(json_at(a->json, "call"), json_at(h->json, "calls.0")),
		"%s\nis not the newest: %s", answer_text(a), answer_text(h));
}

void expect_needs_reconnect(const char *user)
{
	struct answer *a = dialpad_status(user);
	expect_true(a, "needsReconnect");
	ck_assert_msg(json_is_false(json_at(a->json, "connected")), "%s", answer_text(a));
	expect_absent(a, "expiresAt");
}

/* --- programs --- */

struct run dialer_with(const char *fault, const char *const *args)
{
	const char *const env[] = {
		fault != NULL ? e2e_text("DIALER_TEST_FAULT=%s", fault) : NULL, NULL};
	const char *argv[32] = {e2e_text("%s/bin/dialer", e2e.build), "--config", e2e.config};
	for (size_t n = 3; *args != NULL && n < 31; n++)
		argv[n] = *args++;
	return e2e_run(argv, env);
}

/* --- what must not be on the disk --- */

static const char *found_in(const char *path, const char *const *texts)
{
	size_t len;
	char *bytes = read_whole(path, 0, &len);
	const char *found = NULL;
	for (; *texts != NULL && found == NULL; texts++)
		if (memmem(bytes, len, *texts, strlen(*texts)) != NULL)
			found = e2e_text("%s has %s", path, *texts);
	free(bytes);
	return found;
}

const char *found_in_data(const char *const *texts)
{
	const char *found = NULL;
	DIR *dir = opendir(e2e.data);
	ck_assert_msg(dir != NULL, "%s", e2e.data);
	int files = 0;
	for (struct dirent *d; found == NULL && (d = readdir(dir)) != NULL;) {
		struct stat st;
		const char *path = e2e_text("%s/%s", e2e.data, d->d_name);
		if (stat(path, &st) == -1 || !S_ISREG(st.st_mode))
			continue;
		files++;
		found = found_in(path, texts);
	}
	closedir(dir);
	ck_assert_msg(found != NULL || files > 5, "%d files in %s", files, e2e.data);
	return found;
}
