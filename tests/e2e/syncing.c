#include "e2e/syncing.h"

#include <signal.h>
#include <string.h>

#define AWAIT_TRIES 2000
#define AWAIT_MS    10

void sync_quietly(void)
{
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status == 0 && r.out[0] == '\0' && r.err[0] == '\0', "status %d\n%s%s",
		r.status, r.out, r.err);
}

json_t *sync_json(void)
{
	static const char *const args[] = {"--json", NULL};
	struct run r = run_sync(args);
	ck_assert_msg(r.status == 0, "status %d\n%s%s", r.status, r.out, r.err);
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_msg(j != NULL, "%s", r.out);
	return j;
}

json_int_t summary(const char *path)
{
	json_t *j = sync_json();
	json_int_t n = int_at(j, path);
	json_decref(j);
	return n;
}

/* --- in the background --- */

struct begun sync_begin(void)
{
	const char *argv[] = {
		e2e_text("%s/cron/dialer-sync", e2e.build), "--config", e2e.config, NULL};
	return e2e_begin(argv, NULL);
}

struct run sync_kill(const struct begun *b)
{
	kill(b->pid, SIGKILL);
	struct run r = e2e_end(b);
	ck_assert_int_eq(r.status, 128 + SIGKILL);
	return r;
}

/* --- calls --- */

json_t *call_of(const char *user, const char *id)
{
	struct answer *a = get(user, e2e_text("/call/%s", id));
	expect_status(a, 200);
	expect_call(a, "call");
	return json_at(a->json, "call");
}

const char *status_of(const char *user, const char *id)
{
	return text_at(call_of(user, id), "status");
}

const char *external_id_of(const char *user, const char *id)
{
	const char *s = text_at(call_of(user, id), "externalCallId");
	return s != NULL ? s : "";
}

void await_call_status(const char *user, const char *id, const char *want)
{
	for (int i = 0; i < AWAIT_TRIES; i++) {
		if (strcmp(status_of(user, id), want) == 0)
			return;
		e2e_sleep_ms(AWAIT_MS);
	}
	ck_abort_msg("call %s is %s, not %s", id, status_of(user, id), want);
}
