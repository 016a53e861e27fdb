/* The simulator's control interface. */
#include "e2e/harness.h"
#include "e2e/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static struct answer *control(const char *method, const char *path, const char *json)
{
	struct answer *a = http(.to = &sim, .method = method, .url = path, .body = json);
	if (a->status != 200)
		e2e_die("simulator: %s %s %s: %s", method, path, json != NULL ? json : "",
			answer_text(a));
	return a;
}

json_t *sim_get(const char *path)
{
	return control("GET", path, NULL)->json;
}

void sim_post(const char *path, const char *json)
{
	control("POST", path, json);
}

void sim_delete(const char *path)
{
	control("DELETE", path, NULL);
}

void sim_script(const char *json)
{
	sim_post("/control/script", json);
}

/* Whether the request's body asks for a call to that number. */
static bool asks_for(json_t *request, const char *to)
{
	const char *body = text_at(request, "body");
	json_t *j = body != NULL ? json_loads(body, 0, NULL) : NULL;
	bool it_does = text_is(j, "to", to);
	json_decref(j);
	return it_does;
}

int sim_placings(const char *to)
{
	json_t *requests = json_at(sim_get("/control/requests?method=POST"), "requests");
	int n = 0;
	for (size_t i = 0; i < json_array_size(requests); i++) {
		json_t *r = json_array_get(requests, i);
		const char *path = text_at(r, "path");
		size_t len = path != NULL ? strlen(path) : 0;
		if (len > 6 && strcmp(path + len - 6, "/calls") == 0 &&
			(to == NULL || asks_for(r, to)))
			n++;
	}
	return n;
}

int sim_calls(const char *to)
{
	const char *path = to != NULL ? e2e_text("/control/calls?to=%s", to + 1) : "/control/calls";
	return (int)json_array_size(json_at(sim_get(path), "calls"));
}
