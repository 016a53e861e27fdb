/* What the parts of `dialer reconcile` share: our calls, theirs, and the report on both. */
#ifndef DIALER_RECONCILE_H
#define DIALER_RECONCILE_H

#include "app.h"
#include "progress.h"
#include "sync/compare.h"

struct reconcile_wish {
	int64_t from_ms, to_ms, now_ms;
	const char *user;          /* NULL: everybody */
	enum provider_id provider; /* PROVIDER_NONE: all */
};

/* Rows in order of their ids; owned. */
struct rows {
	struct call_list list;
	size_t room;
};

/* One provider's side, and ours to it. */
struct side {
	const struct provider *provider;
	struct rows rows; /* with the margins of the span */
	struct window window;
	struct lister lister;
	char why_not[200]; /* it could not be listed; "": it was */
	bool failed;       /* although it was asked */
	struct comparison comparison;
	struct compare_tally tally;
};

enum { SIDES = 2 };

struct reconciliation {
	struct reconcile_wish wish;
	struct side sides[SIDES]; /* those that are wished for */
	size_t side_count;
	struct rows rest; /* of no provider that lists calls, within the span */
	int64_t stored;   /* rows of the span, as storage counts them; -1: that is not comparable */
	struct progress progress;
};

/* Whether the row is of the span, and of the user. */
bool reconcile_wants(const struct reconcile_wish *w, const struct call *c);

/* --- reconcile_list.c --- */

/* Lists the provider's calls, however long the limits make it wait; it leaves others a part of them.
 * A status; a provider that cannot be asked is none: it stands in the side. */
int reconcile_list(struct app *a, struct reconciliation *r, struct side *s);

/* --- reconcile_rows.c --- */

/* Loads our calls, after theirs: a row stored meanwhile may have what was listed meanwhile. A
 * status. */
int reconcile_load(struct app *a, struct reconciliation *r);

/* --- reconcile_each.c --- */

typedef void reconcile_fn(void *arg, enum provider_id provider, const struct compared *one);

/* Finds out which is which, and counts. A status. */
int reconcile_compare(struct app *a, struct reconciliation *r, struct side *s);
/* Tells of each call of a side, in order of our ids, then of theirs. */
enum err reconcile_each(const struct reconciliation *r, const struct side *s, reconcile_fn *each,
	void *arg) must_check;
/* The same for rows of no side. */
void reconcile_each_rest(const struct reconciliation *r, reconcile_fn *each, void *arg);
/* Whether all sums balance. */
bool reconcile_balances(const struct reconciliation *r);

/* --- reconcile_text.c, reconcile_csv.c, reconcile_json.c: each a status --- */

int reconcile_as_text(const struct reconciliation *r);
int reconcile_as_csv(const struct reconciliation *r);
int reconcile_as_json(const struct reconciliation *r);

/* What they have in common. */
int64_t compared_start(const struct compared *one);
int64_t compared_external_id(const struct compared *one);            /* 0: unknown */
void compared_id(const struct compared *one, char out[CALLID_SIZE]); /* "": none of ours */
/* E.164; of a call that only they have as far as its digits are known. */
#define COMPARED_PHONE_SIZE 40
void compared_phone(const struct compared *one, char out[COMPARED_PHONE_SIZE]);
/* Our word for the state they tell, else their own. */
const char *compared_their_status(const struct provider_call *pc);
/* In what it differs, or why it cannot be compared; may be empty. */
void compared_why(const struct compared *one, struct buf *out);

#endif
