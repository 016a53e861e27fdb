/*
 * A provider of telephone calls, as pure functions: builders make the HTTP request, readers turn
 * the HTTP answer into values. They do no I/O, so one client drives them one by one (a click) or
 * side by side (the sync), and they can be tested and fuzzed alone.
 */
#ifndef PROVIDER_PROVIDER_H
#define PROVIDER_PROVIDER_H

#include "base/err.h"
#include "call/merge.h"
#include "config/config.h"
#include "provider/http_message.h"

/* --- placing a call --- */

struct place_order {
	struct callid call;         /* ours; travels along where the provider lets it */
	char phone[PHONE_SIZE];     /* E.164 */
	int64_t user_id, number_id; /* the provider's; 0 where it has none */
	const char *token; /* borrowed; the user's own, where he is asked for by it; else NULL */
};

enum place_result {
	PLACE_ACCEPTED, /* any 2xx, whatever its body */
	PLACE_REFUSED,  /* clearly not placed: the next provider may be asked */
	PLACE_UNCLEAR   /* it may be ringing: nothing else may be dialled */
};

#define PLACE_DETAIL_MAX 200 /* characters */

struct place_outcome {
	enum place_result result;
	const char *reason; /* static: "aircall_user_unavailable"; "" when accepted or unclear */
	char detail[PLACE_DETAIL_MAX * 4 + 1]; /* the provider's own words, cleaned; "" if none */
	int64_t external_id;                   /* 0: not told */
};

/* --- following calls --- */

/* What a provider shows of one call. Unknown: 0, -1, "". */
struct provider_call {
	int64_t id;
	bool outbound;
	int64_t user_id, number_id;
	char digits[32];    /* the outside party, decimal digits only */
	struct callid call; /* ours, where it travelled along */
	bool has_call;
	char word[32]; /* the provider's own word for the state */
	bool has_status;
	enum call_status status; /* our word for it */
	const char *reason;      /* static; why it failed; NULL: not told */
	int64_t start_ms, answer_ms, end_ms;
	int64_t duration_s, talk_s;
};

/* What a provider's call says about our row, as of at_ms. Its times and durations count only
 * together with a word for its state that is known. */
void provider_call_statement(const struct provider_call *pc, int64_t at_ms, struct statement *s);

struct list_query {
	int64_t from_ms,
		to_ms; /* calls started in [from, to], both included (whole seconds are enough) */
	int page;      /* 1, 2, … */
	const char *cursor; /* of the page before, where the provider pages so; else NULL */
};

struct list_page {
	struct provider_call *calls; /* owned */
	size_t count;
	int64_t total; /* calls in the window, -1 if not told */
	bool more;     /* there is a further page */
	char *cursor;  /* that leads to it; owned; NULL where the provider counts pages */
};
void list_page_release(struct list_page *p);

struct provider {
	enum provider_id id;
	/* Whether it is set up at all. */
	bool (*configured)(const struct config *c);

	/* The builders fill an initialised request, which the caller releases whatever they return.
	 * ERR_INVALID: the provider is not set up or the order lacks something; ERR_TOO_LARGE: a
	 * page beyond list_cap; ERR_NOMEM. */
	enum err (*place_request)(
		const struct config *c, const struct place_order *o, struct http_request *r);
	void (*place_outcome)(const struct http_answer *a, struct place_outcome *o);

	enum err (*list_request)(
		const struct config *c, const struct list_query *q, struct http_request *r);
	/* ERR_INVALID: the answer makes no sense, or the page leads to itself. Elements that make no
	 * sense are left out and counted; of the page, only `more` tells whether it was the last. A
	 * list that leads round in longer circles ends at the limits of who asks. */
	enum err (*list_read)(const struct http_answer *a, const struct list_query *q,
		struct list_page *p, int *skipped);
	/* Calls of one window that can be paged through; a fuller window must be cut. */
	int64_t list_cap;
	int list_page_size;
	/* It lists the latest start first, and only calls that have ended. Otherwise the earliest first,
	 * and running ones too. */
	bool lists_ended_latest_first;
	/* Whether the settings let its calls be listed. */
	bool (*listed)(const struct config *c);

	/* `token`: the user's own or the company's, where the provider is asked with one; else
	 * ignored, and may be NULL. */
	enum err (*get_request)(
		const struct config *c, const char *token, int64_t id, struct http_request *r);
	/* The same errors, and ERR_NOT_FOUND: the provider knows no such call. */
	enum err (*get_read)(const struct http_answer *a, struct provider_call *pc);
};

extern const struct provider provider_aircall;
/* Needs the user's token to place a call. */
extern const struct provider provider_dialpad;

/* The provider of that id; NULL where calls cannot be placed through it by the server. */
const struct provider *provider_find(enum provider_id id);

#endif
