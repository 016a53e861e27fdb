#include "e2e/connection.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dialpad_setup(void)
{
	e2e_set("DIALPAD_BASE_URL", sim.url);
	e2e_set("DIALPAD_CLIENT_ID", "sim-client");
	e2e_set("DIALPAD_CLIENT_SECRET", "sim-secret");
	if (server.port != 0)
		e2e_set("DIALER_PUBLIC_URL", server.url);
	sim_post("/control/settings", "{\"dialpad_auto_consent\":\"allow\"}");
}

/* --- addresses --- */

static const char *decode(const char *s, size_t len)
{
	char *out = strdup(e2e_repeat(' ', len)), *to = out;
	for (size_t i = 0; i < len; i++) {
		char hex[3] = "";
		if (s[i] == '%' && i + 2 < len && isxdigit((unsigned char)s[i + 1]) &&
			isxdigit((unsigned char)s[i + 2])) {
			memcpy(hex, s + i + 1, 2);
			*to++ = (char)strtol(hex, NULL, 16);
			i += 2;
		} else {
			*to++ = s[i];
		}
	}
	*to = '\0';
	const char *text = e2e_text("%s", out);
	free(out);
	return text;
}

const char *url_param(const char *url, const char *name)
{
	const char *found = NULL, *at = strchr(url, '?');
	size_t name_len = strlen(name);
	while (at != NULL) {
		const char *end = strchr(++at, '&');
		size_t len = end != NULL ? (size_t)(end - at) : strlen(at);
		if (len > name_len && at[name_len] == '=' && memcmp(at, name, name_len) == 0) {
			if (found != NULL)
				return NULL;
			found = decode(at + name_len + 1, len - name_len - 1);
		}
		at = end;
	}
	return found;
}

/* The part of an address behind the server's name. */
static const char *path_at(const struct daemon *d, const char *url)
{
	size_t len = strlen(d->url);
	ck_assert_msg(url != NULL && strncmp(url, d->url, len) == 0 && url[len] == '/',
		"%s is not at %s", url, d->url);
	return url + len;
}

/* --- the way of the browser --- */

struct answer *flow_request(const char *user, const char *body)
{
	return http(.method = "POST", .path = "/dialpad/connect", .token = token(user),
		.body = body);
}

static const char *cookie_of(const struct answer *a)
{
	const char *line = header(a, "Set-Cookie");
	ck_assert_msg(line != NULL && strncmp(line, "dialer_oauth=", 13) == 0, "%s", a->headers);
	return e2e_text("%.*s", (int)strcspn(line + 13, ";"), line + 13);
}

struct flow flow_begin(const char *user, const char *body)
{
	struct flow f;
	struct answer *a = flow_request(user, body);
	expect_status(a, 200);
	f.url = text_at(a->json, "authorizeUrl");
	ck_assert_msg(f.url != NULL, "%s", answer_text(a));
	f.state = url_param(f.url, "state");
	ck_assert_msg(f.state != NULL, "%s", f.url);
	f.cookie = cookie_of(a);
	return f;
}

const char *flow_consent(const struct flow *f)
{
	struct answer *a = http(.to = &sim, .url = path_at(&sim, f->url));
	expect_status(a, 302);
	return path_at(&server, header(a, "Location"));
}

struct answer *flow_return(const char *url, const char *cookie)
{
	return http(.url = url,
		.headers = {cookie != NULL ? e2e_text("Cookie: dialer_oauth=%s", cookie) : NULL});
}

void connect_user(const char *user)
{
	struct flow f = flow_begin(user, NULL);
	expect_location(flow_return(flow_consent(&f), f.cookie), "/?dialpad=connected");
}

/* --- what came of it --- */

struct answer *dialpad_status(const char *user)
{
	struct answer *a = http(.path = "/dialpad/status", .token = token(user));
	expect_status(a, 200);
	return a;
}

void expect_connected(const char *user)
{
	struct answer *a = dialpad_status(user);
	expect_true(a, "connected");
	ck_assert_msg(json_is_false(json_at(a->json, "needsReconnect")), "%s", answer_text(a));
}

void expect_never_connected(const char *user)
{
	struct answer *a = dialpad_status(user);
	ck_assert_str_eq(a->body, "{\"success\":true,\"connected\":false,\"scopes\":[],"
				  "\"needsReconnect\":false}");
}

int sim_requests(const char *path)
{
	json_t *j = sim_get(e2e_text("/control/requests?path=%s", path));
	return (int)json_array_size(json_at(j, "requests"));
}
