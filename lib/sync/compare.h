/*
 * Both sides of a span of time, call by call: what a provider lists and what the history has. Pure
 * functions of what was listed, of the rows, and of which is which (recognise.h).
 *
 * A call of both sides belongs to the span by the start of its row; one of a single side by its own.
 * So the sums of both sides balance, whatever lies across the borders of the span:
 *   outbound = theirs + outside
 *   theirs = agree + differ + legs + only theirs
 *   ours   = agree + differ + only ours + not comparable
 */
#ifndef SYNC_COMPARE_H
#define SYNC_COMPARE_H

#include "store/store.h"
#include "sync/lister.h"
#include "sync/recognise.h"

/* So far beyond the span rows and calls may belong to something in it: a provider may be asked two
 * minutes after the row was stored, and dial two minutes later; clocks differ. */
#define COMPARE_MARGIN_MS (INT64_C(10) * 60 * 1000)

enum compare_verdict {
	COMPARE_AGREES,
	COMPARE_DIFFERS,
	COMPARE_ONLY_THEIRS,    /* dialled by hand, or lost by us */
	COMPARE_LEG,            /* theirs: one more leg of a call of ours */
	COMPARE_ONLY_OURS,      /* not in their list */
	COMPARE_NOT_COMPARABLE, /* ours: never at the provider, or it cannot be in the list */
	COMPARE__MAX
};

/* "agrees", "differs", "only-provider", "leg", "only-ours", "not-comparable" */
const char *compare_word(enum compare_verdict v);

/* In what a call of both sides differs, as bits. */
enum compare_difference {
	COMPARE_ID = 1, /* the row does not know the provider's id */
	COMPARE_STATUS = 2,
	COMPARE_ANSWERED = 4,
	COMPARE_ENDED = 8,
	COMPARE_DURATION = 16,
	COMPARE_TALK = 32
};

struct comparison {
	/* --- given; lists are borrowed --- */
	const struct provider *provider;
	const struct call_list *rows; /* of this provider, in order of their ids, with margins */
	const struct lister *listed;  /* tidied, with margins */
	int64_t from_ms, to_ms;       /* [from, to) */
	int64_t now_ms;               /* when it was listed */
	const char *user;             /* only his; NULL: everybody's */
	int64_t provider_user_id;     /* who he is at the provider; 0: nobody */
	/* --- found by compare_pair; arrays of the caller's, all zero --- */
	struct recognised *found; /* one for each row */
	bool *claimed;            /* one for each listed call: whether any row has claimed it */
};

/* One call. The texts are borrowed or static. */
struct compared {
	enum compare_verdict verdict;
	const struct call *ours;            /* NULL: none */
	const struct provider_call *theirs; /* NULL: none */
	unsigned differences;
	const char *why; /* not comparable: "handed-off"; else NULL */
};

struct compare_tally {
	int64_t verdicts[COMPARE__MAX];
	int64_t outbound; /* calls in their list, margins included */
	int64_t theirs;   /* of these, calls of the span */
	int64_t ours;     /* rows of the span */
	int64_t inbound;  /* of their list, not compared */
	int64_t outside;  /* listed in the margins, or another user's: of no interest */
};

/* Which listed call is which row's: by the provider's id, by ours, and by what was dialled, by whom
 * and when, for all rows that may have been placed. Errors of the store; ERR_NOMEM. */
enum err compare_pair(struct store *s, struct comparison *k) must_check;

/* Compares everything of the span, the rows in order of their ids, then what only they have in order
 * of its ids, and counts it. `each` is told of each; NULL: nobody. ERR_NOMEM. */
enum err compare_all(const struct comparison *k, struct compare_tally *tally,
	void (*each)(void *arg, const struct compared *one), void *arg) must_check;

/* Whether the sums balance. */
bool compare_balances(const struct compare_tally *t);

/* The names of the differences, with blanks between: "status duration". */
void compare_differences(unsigned differences, struct buf *out);

#endif
