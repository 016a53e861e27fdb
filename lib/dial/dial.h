/*
 * Placing a call, in the one order that neither loses a call nor dials twice:
 *
 *   - Replay, policy, guard, brake and the durable row are one transaction.
 *   - The providers are asked in order, each named in the row before it is asked.
 *   - A clear refusal goes on to the next, an unclear outcome ends the chain.
 *   - The outcome is merged into the row.
 *
 * A process killed at any moment leaves a row which the sync settles.
 */
#ifndef DIAL_DIAL_H
#define DIAL_DIAL_H

#include "base/log.h"
#include "base/retained.h"
#include "call/call.h"
#include "config/config.h"
#include "store/store.h"

#define DIAL_KEY_MAX 128 /* visible ASCII characters of an Idempotency-Key */

/* What placing a call needs around it. */
struct dial_context {
	const struct config *config;
	struct store *store;
	const struct log *log;
	/* What a client must hear should this process get stuck in storage after a provider was
	 * asked; may be empty. */
	const char *unclear_answer;
	size_t unclear_answer_len;
	struct retained *clients; /* keeps the HTTP client for the next call; NULL: it is closed */
};

/* A validated request. Texts are borrowed and never NULL, but for `key`. */
struct dial_request {
	const char *user;
	const char *phone; /* E.164 */
	const char *client_id, *contact_id, *deal_id;
	enum provider_id only; /* PROVIDER_NONE: the configured ones in order */
	int64_t aircall_user_id, aircall_number_id; /* 0: the user's, else the configured default */
	bool fallback; /* hand over to the device when nobody takes it */
	enum provider_id
		placed_by; /* PROVIDER_CTI: the page is about to; PROVIDER_TEL: it has; else NONE */
	const char *key;   /* NULL: none */
	int64_t now_ms;
};

enum dial_answer {
	DIAL_PLACED,      /* a provider accepted it, or the page dials by itself */
	DIAL_HANDED_OFF,  /* nobody took it: the device is to dial */
	DIAL_LOGGED,      /* the device has dialled; it is in the history */
	DIAL_FAILED,      /* nobody took it, and the device is not wanted */
	DIAL_UNCONFIRMED, /* it may be ringing */
	DIAL_KEY_CONFLICT,
	DIAL_IN_PROGRESS,
	DIAL_FORBIDDEN,   /* it names an Aircall user or number, which the settings do not let */
	DIAL_NOT_ALLOWED, /* the number, by the policy */
	DIAL_QUIET,       /* the hour, by the policy */
	DIAL_NO_POLICY,   /* the policy cannot be read; it has been logged */
	DIAL_DUPLICATE,
	DIAL_RATE_LIMITED
};

struct dial_result {
	enum dial_answer answer;
	struct call call;    /* empty where none is to be shown */
	struct buf attempts; /* JSON array: every provider of the chain that did not take it, in
				order */
	int64_t retry_after_s;
	bool no_token_key; /* Dialpad was not asked as the key of its tokens cannot be used: a
			      matter for the administrator, not told to users */
};
void dial_result_init(struct dial_result *r);
void dial_result_release(struct dial_result *r);

/* ERR_BUSY, ERR_STORAGE, ERR_NOMEM: no provider has been asked, or each one asked refused clearly.
 */
enum err dial_call(const struct dial_context *x, const struct dial_request *q,
	struct dial_result *r) must_check;

/* Whether the text can be an Idempotency-Key. */
bool dial_key_valid(const char *key);

#endif
