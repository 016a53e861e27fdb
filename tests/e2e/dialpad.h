/* Calls through Dialpad: connected users, what both providers were asked, what answers say. */
#ifndef E2E_DIALPAD_H
#define E2E_DIALPAD_H

#include "e2e/calls.h"
#include "e2e/connection.h"

/* Users of the simulated Dialpad. */
#define AGENT       "5835806903417907"
#define OTHER_AGENT "9007199254740993" /* the first integer that a double cannot hold */

/* As dialpad_setup; besides, the simulator's limits are off, and the access tokens it gives live for
 * so many seconds (0: without end). */
void dialpad_ready(int expires_in);
/* Connects the user to this one of Dialpad, and has the simulator forget how. */
void connected_as(const char *user, const char *agent);
#define connected(user) connected_as(user, AGENT)

/* Moves the clocks of the product and of the simulator to so many seconds from the real time. */
void clocks(int seconds);

/*
 * What the providers were asked since the simulator last forgot, in order and with what they
 * answered: "refresh 200, dialpad 403, aircall 204". Words are exchange, refresh, deauthorize, me;
 * dialpad and aircall for requests that are to place a call; a status or the kind of failure
 * follows ("hang", "reset"), "?" while there is none.
 */
const char *story(void);
/* Waits a moment for it: what a client gave up is written down a little later. */
#define expect_story(want)                                                                         \
	do {                                                                                       \
		const char *story_ = story_awaited(want);                                          \
		ck_assert_msg(                                                                     \
			strcmp(story_, want) == 0, "wanted \"%s\", got \"%s\"", want, story_);     \
	} while (0)
const char *story_awaited(const char *want);
/* How often this stands in the story. */
int told(const char *what);
/* Waits until it stands there. */
void await_told(const char *what);
/* The latest request of this kind, such as "dialpad", as the simulator logged it. */
json_t *last_asked(const char *what);

/* A rule for requests to get tokens; `more` are members beside its outcome, each after a comma. */
void token_fault(const char *outcome, const char *more);
/* A script for calls through one provider only. */
void script_for(const char *provider, const char *more);

#define expect_placed_via(a, word, title)                                                          \
	do {                                                                                       \
		const struct answer *a_ = (a);                                                     \
		expect_status(a_, 200);                                                            \
		expect_text(a_, "message", "Call initiated successfully");                         \
		ck_assert_msg(strstr(text_at(a_->json, "notice.text"), " via " title) != NULL,     \
			"%s", answer_text(a_));                                                    \
		expect_call(a_, "call");                                                           \
		expect_text(a_, "call.provider", word);                                            \
		expect_text(a_, "call.status", "initiated");                                       \
		expect_absent(a_, "call.reason");                                                  \
		expect_absent(a_, "attempts");                                                     \
		expect_absent(a_, "fallback");                                                     \
	} while (0)
#define expect_dialpad(a) expect_placed_via(a, "dialpad", "Dialpad")
#define expect_aircall(a) expect_placed_via(a, "aircall", "Aircall")
/* Handed off, having attempted exactly these pairs of provider and reason. */
#define expect_attempts(a, ...)                                                                    \
	do {                                                                                       \
		const struct answer *a_ = (a);                                                     \
		expect_status(a_, 200);                                                            \
		expect_text(a_, "call.status", "handed-off");                                      \
		attempts_are(a_, "fallback.attempts", (const char *const[]){__VA_ARGS__, NULL});   \
	} while (0)
#define expect_failed(a, ...)                                                                      \
	do {                                                                                       \
		const struct answer *a_ = (a);                                                     \
		expect_status(a_, 502);                                                            \
		expect_text(a_, "call.status", "failed");                                          \
		attempts_are(a_, "attempts", (const char *const[]){__VA_ARGS__, NULL});            \
	} while (0)
/* Also: the call's reason is that of the last provider asked, and the history shows that call. */
void attempts_are(const struct answer *a, const char *path, const char *const *pairs);

/* The answer's call is what its user's history shows first. */
void expect_newest(const char *user, const struct answer *a);

/* GET /dialpad/status says so. */
void expect_needs_reconnect(const char *user);

/* build/bin/dialer --config FILE with these arguments and a fault point's setting (NULL: none). */
struct run dialer_with(const char *fault, const char *const *args);
#define dialer_faulty(f, ...) dialer_with(f, (const char *const[]){__VA_ARGS__, NULL})

/* Where below the data directory one of these texts (NULL at the end) stands, or NULL. */
const char *found_in_data(const char *const *texts);

#endif
