/*
 * What is kept, in the words of the domain. Berkeley DB is behind this header and nowhere else.
 *
 * Each operation is atomic and durable when it returns ERR_NONE (unless it says otherwise), and
 * enters the gate of the data directory by itself: exclusively, for a short time, never across
 * network or client I/O. Operations return ERR_NONE, and
 *
 *   ERR_NOT_FOUND, ERR_CONFLICT   where they say so
 *   ERR_BUSY      the gate could not be entered in time: try again (503, Retry-After)
 *   ERR_STORAGE   the database failed; the log says what. Nothing was changed, unless the disk
 *                 failed at the very end of the change: then it may be there
 *   ERR_NOMEM     nothing was changed
 *   ERR_INVALID   to write for a user whose id is empty or longer than AUTH_USER_MAX
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "call/call.h"
#include "call/merge.h"
#include "call/trail.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

struct store_options {
	const char *data_dir;  /* borrowed; must exist, belong to us and be a local file system */
	const struct log *log; /* borrowed */
	int wait_seconds;      /* for the gate; 0: 4 */
	int work_seconds;      /* inside it, before the process ends itself; 0: 2 */
	/* What a stuck process writes before it ends itself, so that its client is not left
	 * waiting; len 0: nothing. */
	int emergency_fd;
	const char *emergency; /* borrowed */
	size_t emergency_len;
	/* For a process that serves one request after the other: environment and databases stay
	 * open between operations, and hold up nobody. What others do is seen as ever. */
	bool keep;
	/* The end of the process cuts off the answer of its client: see store_set_emergency. */
	bool end_cuts;
};

/* Remembers the options; touches nothing on disk. */
enum err store_open(struct store **out, const struct store_options *o) must_check;
/* Closes what was kept, for which it waits at the gate as an operation does. NULL is fine. */
void store_close(struct store *s);
const char *store_data_dir(const struct store *s);
/* Between two requests: as if it had been opened for the next one, with its emergency. */
void store_renew(struct store *s, int emergency_fd, const char *emergency, size_t len);
/* Whether what was kept had to be given up, because somebody else had recovered the environment
 * meanwhile. Nothing is wrong with that and it works on, but memory, disk space and files come back only
 * with the end of the process, which had better serve no more requests. */
bool store_is_spent(const struct store *s);
/* Whether that would happen with the next operation; looks without waiting. */
bool store_is_outdated(const struct store *s);
/* From now on a stuck process writes these bytes (borrowed) instead: once a provider was asked, its
 * client must not hear that nothing happened. NULL: the answer has begun already; the process lets
 * the others in and waits until the server ends it, so that the client sees an answer cut off (with
 * `end_cuts` it ends itself). */
void store_set_emergency(struct store *s, const char *bytes, size_t len);

/* Makes the environment, its databases and the format file in an existing, empty or already
 * initialised directory. */
enum err store_create(struct store *s) must_check;
/* Whether storage answers: enters the gate and reads. */
enum err store_ping(struct store *s) must_check;
/* Brings an older format up to date. *from is the format found. */
enum err store_upgrade(struct store *s, int *from) must_check;
#define STORE_FORMAT 1

/* --- per-user settings --- */

struct user_settings {
	int64_t aircall_user_id, aircall_number_id; /* 0: the configured default */
	/* Told to an intent's `resolve` only; not set by store_user_set. */
	bool dialpad_connected;
	int64_t dialpad_user_id;
};

/* All members 0 where nothing is set for the user. */
enum err store_user_get(struct store *s, const char *user, struct user_settings *u) must_check;
enum err store_user_set(
	struct store *s, const char *user, const struct user_settings *u) must_check;
enum err store_user_unset(struct store *s, const char *user) must_check;
/* All of them in order of the user id. */
enum err store_user_list(struct store *s,
	bool (*each)(void *arg, const char *user, const struct user_settings *u),
	void *arg) must_check;

/* --- placing a call --- */

enum intent_result {
	INTENT_STORED,       /* the row is durable: go on */
	INTENT_REPLAY,       /* the key was used and answered: `found`, `http_status`, `attempts` */
	INTENT_KEY_CONFLICT, /* the key was used for something else */
	INTENT_IN_PROGRESS,  /* the key's first request is still under way: `found` */
	INTENT_ORPHANED,     /* the key's first process died: `found`, still unsettled */
	INTENT_FORBIDDEN,    /* it asks for what the settings do not let */
	INTENT_NOT_ALLOWED,  /* the policy refuses it */
	INTENT_DUPLICATE,    /* the same call is running or was just made: `found` */
	INTENT_RATE_LIMITED  /* too many calls in the last minute or day: `retry_after_s` */
};

struct intent {
	/* --- given --- */
	struct call *call; /* to be stored; `resolve` completes it */
	int64_t now_ms;
	/* Completes the call from the user's settings (whom to ask first), adds to `fingerprint`
	 * the text by which requests with the same key are compared, and returns the HTTP status if
	 * all is decided already (handed off, or failed), else 0. Pure: it may run more than once.
	 */
	int (*resolve)(void *arg, const struct user_settings *u, struct call *call,
		struct buf *fingerprint);
	void *arg;
	const char *key; /* Idempotency-Key; NULL: none */
	const struct buf
		*given; /* the request as it was written, normalised: the same text with the
				  * same key is a repetition even if defaults have changed since */
	const struct buf *attempts; /* JSON array as `resolve` left it; kept with the key */
	const char
		*note; /* how it was asked for, as `resolve` left it: for the trail; NULL: none */
	bool forbidden;
	const char *policy; /* static: the reason why the policy refuses it; NULL: it does not */
	bool guard;         /* refuse what looks like a double click */
	bool refuse; /* policy and brake refuse; else they only set the call's reason, if that */
	int64_t calls_per_minute, calls_per_day; /* 0: no brake */
	int64_t dead_after_ms;                   /* a request older than this is known to be dead */
	/* --- found --- */
	enum intent_result result;
	struct call found; /* initialised by the caller */
	int http_status;
	struct buf attempts_found;
	int64_t retry_after_s;
};

#define STORE_KEY_HOURS 24 /* an idempotency key is remembered this long */

/* Checks replay, policy, guard and brake in this order and stores the call, all in one transaction.
 */
enum err store_intent(struct store *s, struct intent *i) must_check;

/* Names in the row, durably, the provider about to be asked next. */
struct next_provider {
	struct callid id;
	int64_t now_ms;
	enum provider_id provider;
	int64_t user_id, number_id;
	const struct trail_entry *trail; /* what came of the one before */
	size_t trail_count;
};
enum err store_name_provider(struct store *s, const struct next_provider *n) must_check;

/* The end of placing a call: what came out, for the row and for the key. */
struct settlement {
	struct callid id;
	int64_t now_ms;
	enum provider_id provider; /* PROVIDER_NONE: as the row has it */
	struct statement outcome;
	const char *key; /* NULL: none */
	int http_status;
	const char *attempts; /* JSON array; NULL: none */
	const struct trail_entry *trail;
	size_t trail_count;
};
enum err store_settle(struct store *s, const struct settlement *t, struct call *out) must_check;

/* --- reading --- */

/* ERR_NOT_FOUND. *c is initialised by the caller. */
enum err store_call_get(struct store *s, const struct callid *id, struct call *c) must_check;

/* Sets the notes. `version`: -1, or what the call's notes_version must be, else ERR_CONFLICT; *c is
 * the call as it is afterwards, or as it is now in case of conflict. ERR_NOT_FOUND also for another
 * user's call. */
enum err store_notes_set(struct store *s, const struct callid *id, const char *user,
	const char *notes, int64_t version, int64_t now_ms, struct call *c) must_check;

/* What is kept of the call's trail, in order of its numbers. */
enum err store_trail(struct store *s, const struct callid *id, struct trail_entry out[TRAIL_MAX],
	size_t *count) must_check;

/* Which calls. Texts are borrowed; NULL: any. */
struct history_filter {
	const char *user;          /* NULL: everybody's */
	int64_t from_ms, to_ms;    /* start in [from, to); to 0: open */
	enum call_status status;   /* CALL_STATUS__MAX: any */
	enum provider_id provider; /* PROVIDER_NONE: any */
	const char *phone, *client_id, *contact_id, *deal_id;
};
void history_filter_init(struct history_filter *f);

struct call_list {
	struct call *calls; /* owned */
	size_t count;
};
void call_list_release(struct call_list *l);

/* One page, newest first, and the exact total. Without filters other than user, from and to every
 * page costs the same; with them it costs the rows of that user in that time, taken in short turns.
 */
enum err store_history_page(struct store *s, const struct history_filter *f, int64_t page,
	int64_t limit, struct call_list *out, int64_t *total) must_check;

/* Walks all matching calls, newest first, in short turns: rows stored meanwhile are not seen twice.
 */
struct history_walk {
	unsigned char key[18]; /* time and id of the last one seen */
	bool started, ended;
};
/* Appends up to `rows` more calls to an empty list; walk->ended tells that there are no more. */
enum err store_history_walk(struct store *s, const struct history_filter *f,
	struct history_walk *walk, size_t rows, struct call_list *out) must_check;

/* --- following calls --- */

/* Calls whose next look is due at now_ms, in order of that time, at most `limit` after the walk's
 * position. */
struct due_walk {
	unsigned char key[18];
	bool started;
};
enum err store_due(struct store *s, int64_t now_ms, struct due_walk *walk, size_t limit,
	struct call_list *out) must_check;
/* How many calls are to be looked at now or later. */
enum err store_open_count(struct store *s, int64_t *count) must_check;

struct store_update {
	struct callid id;
	struct statement said;     /* merged into the row; its external id is claimed for it */
	enum provider_id provider; /* whose id it is */
	int64_t next_look_ms;      /* -1, or the row is final: as follow_next_look says */
	/* What was seen or done, in words (borrowed; NULL: none). It goes into the trail with what
	 * came of it if the row shows a change, does not agree with what was said, or was merely
	 * looked for; an event always. */
	enum trail_kind trail_kind;
	const char *trail;
	/* --- found --- */
	bool changed; /* status, times, figures or id */
	bool became_final;
	bool conflict; /* the provider's call belongs to another row, or the row to another call or
			  provider */
	enum call_status status; /* as it is now */
};

/* Applies the updates, many in one transaction: what is applied when it fails stays so, and doing
 * it again changes nothing. A row that is gone counts as conflict. */
#define STORE_UPDATES_MAX 500 /* so many at once are a good measure */
enum err store_apply(
	struct store *s, struct store_update *updates, size_t count, int64_t now_ms) must_check;

/* For each provider call id: the call that claimed it, or none (claimed[i] false). */
enum err store_claims(struct store *s, enum provider_id p, const int64_t *ids, size_t count,
	struct callid *calls, bool *claimed) must_check;

/* --- house-keeping --- */

/* Drops idempotency keys older than a day, states of connections that were never made and events
 * for which no row came, writes a checkpoint and removes log files no longer needed. */
enum err store_housekeep(struct store *s, int64_t now_ms) must_check;

#endif
