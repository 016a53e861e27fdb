/* A data directory for the tests of the store, and what they do in it. */
#ifndef UNIT_BOX_H
#define UNIT_BOX_H

#include "store/store.h"
#include "store/turn.h"
#include "unit/unit.h"

#define BOX_NOW INT64_C(1795000000000) /* when most of it happens, UNIX milliseconds */

struct box {
	char dir[UNIT_PATH_SIZE];
	char log_path[UNIT_PATH_SIZE];
	struct log log;
	struct store *s;
};

/* Makes an empty directory below TMPDIR and opens a store on it. */
void box_make(struct box *b);
/* The same in an existing, empty directory. */
void box_make_at(struct box *b, const char *dir);
void box_remove(struct box *b);
/* Another store on the directory; store_close it. */
struct store *box_store(const struct box *b, int wait_seconds, int work_seconds);
/* Whether the log holds the text, e.g. a code. */
bool box_logged(const struct box *b, const char *text);
/* The path of a file in the directory; good until the next call. */
const char *box_file(const struct box *b, const char *name);
/* Replaces the file with these bytes. */
void box_write(const struct box *b, const char *name, const void *bytes, size_t len);
/* The first byte of the gate's marker: 'c' or 'd'; 0: there is none. */
char box_marker(const struct box *b);

/* Asks for a call. */
struct placing {
	/* --- given --- */
	const char *user, *phone, *key, *fingerprint, *client_id, *contact_id, *deal_id;
	const char *given; /* NULL: as the fingerprint */
	bool forbidden;
	struct buf given_text;
	int64_t now_ms, calls_per_minute, calls_per_day, dead_after_ms;
	bool guard, refuse, allowed;
	int decided; /* what `resolve` returns */
	enum call_status status;
	enum provider_id provider;
	const char *reason, *attempts;
	/* --- found --- */
	struct callid id;
	struct intent intent;
	struct buf attempts_given;
	struct call call;
	int resolved; /* how often */
};
/* alice calls +15551234567 by Aircall at BOX_NOW, without a key, guarded, without a brake. */
void placing_init(struct placing *p);
void placing_release(struct placing *p);
/* Makes p->intent, a new call in it, from the other members; may be called again and again. */
void placing_ready(struct placing *p);
/* The same, and asks for it. */
enum err placing_try(struct placing *p, struct store *s);
/* The same; it must work out. */
enum intent_result placing_do(struct placing *p, struct store *s);
/* Stores a call of the user without more ado. */
struct callid box_call(struct store *s, const char *user, int64_t now_ms);

/* The row names this provider as the next to be asked. */
enum err box_name_provider(struct store *s, const struct callid *id, enum provider_id p,
	int64_t user_id, int64_t number_id, int64_t now_ms);

/* A settlement or an update that says this status of the provider. */
struct store_update box_update(
	const struct callid *id, enum call_status status, int64_t at_ms, int64_t external_id);

/* Everything that must be true of the databases: each row has exactly its entries in all indexes,
 * each claim, trail entry and key its row. Empty: all is well; else what is wrong. */
void box_check(struct box *b, char text[300]);
/* Verifies all database files. 0: all is well. */
int box_verify(struct box *b, char text[300]);
#define box_assert_sound(b)                                                                        \
	do {                                                                                       \
		char problem_[300];                                                                \
		box_check(b, problem_);                                                            \
		ck_assert_str_eq(problem_, "");                                                    \
		ck_assert_msg(box_verify(b, problem_) == 0, "%s", problem_);                       \
	} while (0)

/* A generator of numbers that are the same in each run. */
struct dice {
	uint64_t state;
};
uint64_t dice_next(struct dice *d);
uint64_t dice_below(struct dice *d, uint64_t n);

#endif
