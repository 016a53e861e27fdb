/* A call's row together with everything that points to it: inside a turn, one change always touches
 * all. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/connections.h"
#include "store/turn.h"

/* DB_KEYEXIST if the id is taken, TURN_INVALID if the user id is too long. */
int row_insert(struct turn *t, struct call *c) must_check;
/* DB_NOTFOUND. *c is initialised by the caller. */
int row_get(struct turn *t, const struct callid *id, struct call *c) must_check;
/* Writes a changed row back. `old_look_ms` is what the row read had: its entry among the followed
 * calls moves. */
int row_update(struct turn *t, const struct call *c, int64_t old_look_ms) must_check;

/* Deletes the row as it was read, and its entries in the indexes; not what else belongs to it. */
int row_delete(struct turn *t, const struct call *c) must_check;

/* Whether a provider's call belongs to another row than this. */
int row_claimed_by_other(struct turn *t, const struct callid *id, enum provider_id p,
	int64_t external_id, bool *other) must_check;
/* Notes that it belongs to this row; only after the question above. */
int row_claim(struct turn *t, const struct callid *id, enum provider_id p,
	int64_t external_id) must_check;

/* A user's settings; all defaults where nothing is set. */
int user_settings_get(struct turn *t, const char *user, struct user_settings *u) must_check;

/* As codec.h says; *c is initialised by the caller. */
enum err connection_read(const void *bytes, size_t len, struct connection *c) must_check;
enum err connection_state_read(
	const void *bytes, size_t len, struct connection_state *c) must_check;
/* DB_NOTFOUND. *c is initialised by the caller. */
int connection_row_get(struct turn *t, const char *user, struct connection *c) must_check;
/* Deletes the state the cursor stands on, whose value this is, if it was made before. */
int state_drop_old(DBC *cursor, const DBT *value, int64_t before_ms) must_check;

/* Adds an entry to the call's trail, dropping one from the middle when the trail is full. What the
 * latest entry says already is only counted there. */
int trail_add(struct turn *t, const struct callid *id, const struct trail_entry *e) must_check;
int trail_addf(struct turn *t, const struct callid *id, int64_t at_ms, enum trail_kind kind,
	const char *fmt, ...) __attribute__((format(printf, 5, 6))) must_check;

#endif
