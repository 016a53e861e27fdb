/* Placing calls, as tests do it again and again. */
#ifndef E2E_CALLS_H
#define E2E_CALLS_H

#include "e2e/harness.h"

#define NUMBER "+15551234567"

/* POST /call with this body. */
struct answer *place(const char *user, const char *body);
/* The same with an Idempotency-Key. */
struct answer *place_with_key(const char *user, const char *key, const char *body);
/* POST /call to a number, nothing else said. */
struct answer *place_to(const char *user, const char *number);
/* The same; returns the call's id and expects that the provider took it. */
const char *placed(const char *user, const char *number);

/* GET of a path as this user. */
struct answer *get(const char *user, const char *path);
/* How many calls this user has. */
int history_total(const char *user);

/* Says what is wrong with a call object, or NULL: members, their form, ids and times. */
const char *call_object_fault(json_t *call);
#define expect_call(a, path)                                                                       \
	ck_assert_msg(call_object_fault(json_at((a)->json, path)) == NULL, "%s: %s",               \
		answer_text(a), call_object_fault(json_at((a)->json, path)))

#endif
