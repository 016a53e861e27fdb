/*
 * Events that wait for their row: in groups, which are those about one call of a provider or those
 * that name one row, and all of them in order of their coming. Internal to lib/store; inside a
 * turn.
 */
#ifndef STORE_KEPT_H
#define STORE_KEPT_H

#include "store/event_record.h"
#include "store/keys.h"
#include "store/turn.h"

#define KEPT_GROUP_MAX (1 + CALLID_BYTES)

struct kept_group {
	unsigned char key[KEPT_GROUP_MAX];
	size_t len;
};

/* The key of an event: its group and a number of two bytes. */
#define KEPT_KEY_MAX (KEPT_GROUP_MAX + 2)
bool kept_key_valid(const void *key, size_t len);
/* That of its entry in the order of their coming; returns its length. */
#define KEPT_TIME_KEY_MAX (KEY_TIME_BYTES + KEPT_KEY_MAX)
size_t kept_time_key(
	int64_t received_ms, const void *key, size_t len, unsigned char out[KEPT_TIME_KEY_MAX]);

struct kept_group kept_of_call(enum provider_id p, int64_t external_id);
struct kept_group kept_of_row(const struct callid *id);

/* Adds an event to the group. *added: false if it is there already, or there are EVENT_CALL_MAX. */
int kept_add(struct turn *t, const struct kept_group *g, const struct store_event *e,
	bool *added) must_check;

/* Hands out the events of the group, none of which is kept any more. */
typedef int kept_each(struct turn *t, const struct store_event *e, void *arg);
int kept_take(struct turn *t, const struct kept_group *g, kept_each *each, void *arg) must_check;

/* Shows those that came at or after since_ms, the latest first. *all: false if there are more than
 * limit. */
int kept_show(struct turn *t, int64_t since_ms, int64_t limit, kept_each *each, void *arg,
	bool *all) must_check;

/* How many are kept. */
int kept_count(struct turn *t, int64_t *count) must_check;
/* Drops the oldest ones until at most so many are left, and counts them as `crowded`. */
int kept_crowd(struct turn *t, int64_t most) must_check;
/* Drops those that came before, at most `limit` of them, and counts them as `expired`. *more: there
 * may be others. */
int kept_expire(struct turn *t, int64_t before_ms, int64_t limit, bool *more) must_check;

/*
 * Merges into the row what was kept for it: about its call of the provider if it has one, and what
 * names the row itself; claims the call for it where that is said by these alone. To be called when
 * a row has got its id, or is not being placed any more; the caller writes the row.
 */
int kept_fold(struct turn *t, struct call *c, int64_t now_ms) must_check;

/* --- what both ways of an event do (events.c) --- */

/* Merges it into a row which has that call or none; claims the call. The caller writes the row.
 * *changed: something that people see of it. `more`: for the trail, behind the head. */
int event_merge(struct turn *t, struct call *c, const struct store_event *e, int64_t now_ms,
	const char *more, bool *changed) must_check;
/* Notes in the trail of a row that an event came, unless it is there already. */
int event_note(struct turn *t, const struct callid *row, const struct store_event *e,
	int64_t now_ms, const char *what_came_of_it) must_check;
enum err event_counts_read(const void *bytes, size_t len, int64_t of[EVENT_COUNT__MAX]) must_check;
int event_count_add(
	struct turn *t, enum provider_id p, enum event_count which, int64_t n) must_check;

#endif
