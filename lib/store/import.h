/*
 * Calls that come from elsewhere: an export, or another system's history. They are stored as they
 * are; nothing is dialled for them, and the sync follows those that are not final.
 */
#ifndef STORE_IMPORT_H
#define STORE_IMPORT_H

#include "call/call_record.h"
#include "store/pace.h"
#include "store/store.h"

enum import_result {
	IMPORT_ADDED,
	IMPORT_KNOWN,   /* there is a call of that id: it stays as it is */
	IMPORT_CLAIMED, /* the provider's call belongs to another row: not stored */
	IMPORT_USER     /* nobody's id is like that: not stored */
};

/* So many in a turn at most: each keeps some pages locked until the end of the transaction. */
#define IMPORT_TURN 1000

/* Stores them, many in one transaction and in short turns; `pace`, at first pace_of(IMPORT_TURN), is
 * kept from one call to the next. `results` has room for all. `looked`: of how many, from the first,
 * the result is decided and durable; all of them if it returns ERR_NONE. `now_ms` decides when what
 * is not final is looked at. */
enum err store_import(struct store *s, struct call_records *l, int64_t now_ms, struct pace *pace,
	enum import_result *results, size_t *looked) must_check;

#endif
