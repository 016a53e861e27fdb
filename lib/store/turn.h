/*
 * A turn: one stay inside the gate with the environment open and, for a change, one transaction.
 *
 * turn_run enters the gate, opens the environment (with recovery where the gate says so), runs the
 * function, commits or aborts, closes everything (or keeps it, handles.h) and leaves. The function may run again: after a
 * deadlock, or after the environment had to be recovered; it must build its results anew each time.
 * It returns 0, or a Berkeley DB or errno value.
 */
#ifndef STORE_TURN_H
#define STORE_TURN_H

#include "store/gate.h"
#include "store/store.h"
#include <db.h>
#include <errno.h>

/* The databases. A file each. */
enum db_name {
	DB_CALLS,   /* id -> call */
	DB_BY_USER, /* user, NUL, time, id -> nothing; numbered */
	DB_BY_TIME, /* time, id -> nothing; numbered: everybody's calls */
	DB_CLAIMS,  /* provider, provider's call id -> id */
	DB_DUE,     /* time of the next look, id -> nothing: the calls still followed; numbered */
	DB_KEYS,    /* user, NUL, idempotency key -> key record */
	DB_TRAIL,   /* id, number -> trail entry */
	DB_USERS,   /* user -> settings */
	DB_CONNECTIONS,  /* user -> connection to Dialpad */
	DB_STATES,       /* hash of a state -> connection being made */
	DB_EVENTS,       /* provider's call or row, number -> event that waits for its row */
	DB_EVENT_TIMES,  /* when it came, its key above -> nothing; numbered */
	DB_EVENT_COUNTS, /* provider -> what became of its events */
	DB_NAME__MAX
};

enum turn_kind { TURN_READ, TURN_WRITE };

/* Handles between two turns; see handles.h. */
struct kept_handles {
	DB_ENV *env; /* NULL: there are none */
	DB *db[DB_NAME__MAX];
	char marker[GATE_MARKER_SIZE]; /* of their environment */
};

struct store {
	char *dir;
	const struct log *log;
	struct store_options o;
	bool hold;                 /* a stuck process waits to be ended */
	bool checked;              /* the directory was looked at */
	bool new_directory;        /* it says no format yet */
	char boot[GATE_BOOT_SIZE]; /* for the gate */
	struct kept_handles kept;
	bool given_up; /* handles are open that nothing may be done with any more */
};

struct turn {
	struct store *store;
	DB_ENV *env;
	DB_TXN *txn; /* NULL in TURN_READ */
	/* Set by the function if a power cut may take what it wrote: nobody waits for the disk. */
	bool may_be_lost;
	bool read_only; /* the files are opened for reading alone; not so in turn_run */
	DB *db[DB_NAME__MAX];
	bool db_in_txn[DB_NAME__MAX]; /* opened in the transaction that is under way */
};

typedef int turn_fn(struct turn *t, void *arg);

/* Work that can be divided goes on in another turn after this time: the next in the queue is let
 * in, and however slow the disk is the allowance is never used up. */
#define STAY_MS 200

enum err turn_run(struct store *s, enum turn_kind kind, turn_fn *fn, void *arg) must_check;

/* The handle of a database, opened on first use; it is good until the end of the turn. */
int turn_db(struct turn *t, enum db_name n, DB **out) must_check;

/* Its file, in the data directory. Every database has one, which may not be there yet. */
const char *turn_db_file(enum db_name n);
/* Closes those that are open, as turn_run does at its end. False: one could not be closed well. */
bool turn_close_databases(struct turn *t);

/* The usual accesses. Keys and values are plain bytes. */
int turn_put(struct turn *t, enum db_name n, const void *key, size_t key_len, const void *value,
	size_t value_len) must_check;
/* DB_KEYEXIST if it is there already. */
int turn_insert(struct turn *t, enum db_name n, const void *key, size_t key_len, const void *value,
	size_t value_len) must_check;
/* DB_NOTFOUND if it is not there. */
int turn_delete(struct turn *t, enum db_name n, const void *key, size_t key_len) must_check;
/* Replaces out with the value; DB_NOTFOUND. */
int turn_get(struct turn *t, enum db_name n, const void *key, size_t key_len,
	struct buf *out) must_check;

/* Writes a checkpoint when enough was logged since the last; `removal` also drops log files no
 * longer needed. */
int turn_checkpoint(struct turn *t, bool force, bool removal) must_check;

/* Any failure that is not the database's own, as the value a turn function returns. */
#define TURN_NOMEM   ENOMEM
#define TURN_DAMAGED (-31999) /* a record does not decode: newer program, or damage */
#define TURN_BUSY    (-31997) /* the gate was not free */
#define TURN_FORMAT  (-31996) /* the directory is of another format */
#define TURN_INVALID (-31995) /* what was given can be nobody's */
int turn_error(enum err e);

#endif
