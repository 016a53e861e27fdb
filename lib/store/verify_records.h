/* What must be true of single records, for verify.c. Internal to lib/store. */
#ifndef STORE_VERIFY_RECORDS_H
#define STORE_VERIFY_RECORDS_H

#include "store/turn.h"
#include "store/verify.h"

struct verifying {
	struct turn t; /* of offline.h */
	const char *dir;
	struct verify_report *report;
	enum db_name now;              /* being looked at */
	int64_t told[DB_NAME__MAX];    /* problems of each database */
	int64_t entries[DB_NAME__MAX]; /* what it holds */
	int64_t wanted[DB_NAME__MAX]; /* of an index: the entries that records elsewhere call for */
	struct callid last;           /* of the trail: the call of the entry before */
	bool last_known;
	int64_t last_count;
};

/* One thing that is wrong with a database. */
void verify_problem(struct verifying *v, enum db_name n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Looks at one record. What is wrong is told; returns what made it impossible to go on. */
typedef int verify_each(struct verifying *v, const DBT *key, const DBT *value);

/* For each database how its records are looked at; NULL: they say nothing of their own. What
 * another database must have because of them is looked for there. */
verify_each *verify_record(enum db_name n);
/* For an index: whether its entry leads to something that calls for it. NULL: it is none. Needed
 * only where the index does not hold as many entries as are wanted. */
verify_each *verify_entry(enum db_name n);

/* --- what the checks have in common --- */

/* What may be anything, fit to be shown. */
struct verify_shown {
	char s[80];
};
struct verify_shown verify_show(const void *text, size_t len);
int verify_there(struct verifying *v, enum db_name n, const void *key, size_t len, bool *there);
/* Tells of the key of an index if it is not good; returns that. */
bool verify_is_entry(struct verifying *v, const DBT *key, bool good);

/* --- verify_calls.c --- */

verify_each verify_call, verify_trail, verify_key;
verify_each verify_by_user, verify_by_time, verify_due, verify_claim;

#endif
