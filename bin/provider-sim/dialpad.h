/*
 * The Dialpad side: https://developers.dialpad.com, as far as click-to-call needs it. Where the
 * service's behaviour is not known, a setting decides.
 *
 * Everything here is called with the simulator's lock held.
 */
#ifndef SIM_DIALPAD_H
#define SIM_DIALPAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "calls.h"
#include "people.h"
#include "route.h"
#include "server.h"
#include "sim.h"

/* Whether a path belongs to this service: below /api/v2/ or /oauth2/. */
bool dialpad_owns(const char *path);

/* Answers a request to this service. */
void dialpad_handle(struct sim *sim, struct request *request, struct answer *answer);

/* Gives an answer that a rule determined, but for its body, what the service would send. */
void dialpad_usual_answer(struct sim *sim, struct request *request, struct answer *answer);

/* {"error":{"code":…,"message":…}} */
void dialpad_refuse(struct answer *answer, int status, const char *message);

/* The error of RFC 6749, 5.2: {"error":…,"error_description":…}. */
void dialpad_oauth_refuse(
	struct answer *answer, int status, const char *word, const char *description);

/* Body and query of a request without anything secret; NULL: as they are. The caller frees. */
char *dialpad_masked_body(const struct request *request);
char *dialpad_masked_query(const struct request *request);

/* The JSON object a POST, PUT or PATCH carries; NULL after having answered 400. The caller's own. */
json_t *dialpad_body(struct request *request, struct answer *answer);

/* An int64 that came as a number or as a text of digits. */
bool dialpad_int64(const json_t *json, int64_t *out);

/* False: over this limit, and answered 429. what: a constant. */
bool dialpad_admit(
	struct sim *sim, const char *what, int64_t who, int64_t per_minute, struct answer *answer);

/* --- who asks (dialpad.c) --- */

/* Zero: the company's key was sent. */
int64_t dialpad_actor(const struct request *request);

/* Whether the credential has this scope. */
bool dialpad_may(struct sim *sim, const struct request *request, const char *scope);

/* Whether it may act for, or see the calls of, this user. */
bool dialpad_may_act_for(struct sim *sim, const struct request *request, int64_t user);

/* --- lists (dialpad_page.c) --- */

/* An opaque cursor that holds two numbers, and back (false: it is none of ours). */
char *dialpad_cursor_make(int64_t a, int64_t b);
bool dialpad_cursor_read(const char *text, int64_t *a, int64_t *b);

/* The part of a list of `total` items that the cursor in the query asks for. False: answered. */
struct dialpad_page {
	size_t first;
	size_t end;
};
bool dialpad_page_read(struct sim *sim, struct request *request, size_t total,
	struct dialpad_page *page, struct answer *answer);

/* {"items":…,"cursor":…}: null on the last page. Takes over items. */
void dialpad_page_answer(
	struct answer *answer, const struct dialpad_page *page, size_t total, json_t *items);

/* --- objects (dialpad_json.c) --- */

/* An int64 as the REST interface writes it: text. */
json_t *dialpad_id(int64_t id);

/* 2026-01-01T00:00:00: dates of users and devices have no zone. */
json_t *dialpad_user_json(struct sim *sim, const struct person *person);
json_t *dialpad_device_json(const struct person *person, const char *type);

/* The state of a call at a time in milliseconds. */
const char *dialpad_call_state(struct sim *sim, const struct call *call, int64_t now_ms);

/*
 * A call at a time in milliseconds. numbers: as webhooks show it, with int64 as numbers and more
 * members; state: NULL for the one at that time.
 */
json_t *dialpad_call_json(
	struct sim *sim, const struct call *call, int64_t now_ms, bool numbers, const char *state);

/* --- endpoints --- */

/* dialpad_oauth.c */
service_endpoint dialpad_authorize_page;
service_endpoint dialpad_authorize_decision;
service_endpoint dialpad_token;
service_endpoint dialpad_deauthorize;

/* dialpad_place.c */
service_endpoint dialpad_call_place;
service_endpoint dialpad_call_initiate;
service_endpoint dialpad_call_legacy;

/* dialpad_calls.c */
service_endpoint dialpad_call_get;
service_endpoint dialpad_call_list;
service_endpoint dialpad_call_hangup;

/* dialpad_users.c */
service_endpoint dialpad_users_list;
service_endpoint dialpad_user_get;
service_endpoint dialpad_devices_list;
service_endpoint dialpad_device_get;

/* dialpad_hooks.c */
service_endpoint dialpad_hooks_list;
service_endpoint dialpad_hook_create;
service_endpoint dialpad_hook_get;
service_endpoint dialpad_hook_patch;
service_endpoint dialpad_hook_delete;
service_endpoint dialpad_subscriptions_list;
service_endpoint dialpad_subscription_create;
service_endpoint dialpad_subscription_get;
service_endpoint dialpad_subscription_patch;
service_endpoint dialpad_subscription_delete;

/*
 * Makes (a pointer to NULL) or changes a webhook or a subscription after the body of such a request. Returns
 * what is wrong with it, NULL: nothing.
 */
const char *dialpad_webhook_put(struct sim *sim, json_t *spec, struct webhook **webhook);
const char *dialpad_subscription_put(
	struct sim *sim, json_t *spec, struct subscription **subscription);

json_t *dialpad_webhook_json(const struct webhook *webhook);
json_t *dialpad_subscription_json(struct sim *sim, const struct subscription *subscription);

/* --- events (dialpad_events.c) --- */

void dialpad_events_schedule(struct sim *sim, const struct call *call);
void dialpad_event_hold(struct sim *sim, const struct call *call);

extern const struct courier dialpad_courier;

#endif
