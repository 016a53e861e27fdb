/*
 * The Aircall side: https://developer.aircall.io, as far as click-to-call needs it.
 *
 * Everything here is called with the simulator's lock held.
 */
#ifndef SIM_AIRCALL_H
#define SIM_AIRCALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "calls.h"
#include "directory.h"
#include "route.h"
#include "server.h"
#include "sim.h"

/* Answers a request to this service; a path it does not know gets the edge's 404. */
void aircall_handle(struct sim *sim, struct request *request, struct answer *answer);

/* Gives an answer that a rule determined, but for its body, what the service would send. */
void aircall_usual_answer(struct sim *sim, json_t *rule, struct answer *answer);

/* The application's form of an error: {"error":…,"troubleshoot":…}. */
void aircall_refuse(struct answer *answer, int status, const char *hint);

/* The edge's form of an error: {"message":…}. */
void aircall_edge(struct answer *answer, int status);

/* The JSON object a POST or PUT carries; NULL after having answered 400. The caller's own. */
json_t *aircall_body(struct request *request, struct answer *answer);

/* --- lists (aircall_page.c) --- */

struct aircall_page {
	int64_t page;
	int64_t per_page;
	size_t first; /* index of the first item */
	size_t end;   /* index after the last item */
};

/* Reads page and per_page. False: answered 400. */
bool aircall_page_read(struct request *request, struct answer *answer, struct aircall_page *page);

/* Sets first and end for this many items and returns the "meta" object. */
json_t *aircall_page_meta(struct sim *sim, struct request *request, struct aircall_page *page,
	size_t total, bool links);

/* --- objects (aircall_json.c) --- */

/* A user as embedded in calls and in v1 lists, and as in v2 lists. */
json_t *aircall_user_json(const struct user *user);
json_t *aircall_user_v2_json(const struct user *user);
json_t *aircall_number_json(const struct number *number);

enum aircall_call_flags {
	AIRCALL_CONTACT = 1,
	AIRCALL_SHORT_URLS = 2,
	AIRCALL_TIMELINE = 4,
	AIRCALL_AI = 8,
	AIRCALL_WEBHOOK = 16, /* the shape of webhooks, not of the REST API */
};

/* The last user and number shown: neighbours in a list mostly share them. Zeroed to begin with. */
struct aircall_embed {
	int64_t user_id;
	json_t *user;
	int64_t number_id;
	json_t *number;
};

void aircall_embed_release(struct aircall_embed *embed);

/* A call at time `now`. */
json_t *aircall_call_json(struct sim *sim, struct aircall_embed *embed, const struct call *call,
	int64_t now, unsigned flags);

/* --- endpoints --- */

/* aircall_calls.c */
service_endpoint aircall_place;
service_endpoint aircall_dial;
service_endpoint aircall_calls_list;
service_endpoint aircall_calls_search;
service_endpoint aircall_call_get;

/* aircall_users.c */
service_endpoint aircall_ping;
service_endpoint aircall_company;
service_endpoint aircall_users_v1_list;
service_endpoint aircall_users_v1_get;
service_endpoint aircall_users_v2_list;
service_endpoint aircall_users_v2_get;
service_endpoint aircall_user_numbers;
service_endpoint aircall_availability;
service_endpoint aircall_availabilities;
service_endpoint aircall_numbers_list;
service_endpoint aircall_number_get;

/* The live state: a user who is available by his own setting is in_call during a call. */
const char *aircall_user_state(struct sim *sim, const struct user *user);

/* aircall_hooks.c */
service_endpoint aircall_hooks_list;
service_endpoint aircall_hook_create;
service_endpoint aircall_hook_get;
service_endpoint aircall_hook_put;
service_endpoint aircall_hook_delete;

/* Sees to it that the events of a call are delivered when their time has come. */
void aircall_events_schedule(struct sim *sim, const struct call *call);

extern const struct courier aircall_courier;

/*
 * Subscribes an address. events: an array of names, NULL or empty for all; token: NULL for a random
 * one. NULL with the reason in error if it is not acceptable.
 */
struct hook *aircall_hook_add(struct sim *sim, const char *url, const char *name, json_t *events,
	const char *token, char *error, size_t size);
json_t *aircall_hook_json(const struct hook *hook);

#endif
