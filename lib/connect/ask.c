#include "connect/ask.h"

#include "base/clock.h"
#include "base/fault.h"

#include <stdio.h>

struct asking {
	struct http_request request;
	struct http_answer answer;
};

static void asking_init(struct asking *k)
{
	http_request_init(&k->request, "POST");
	http_answer_init(&k->answer);
}

static void asking_release(struct asking *k)
{
	http_request_release(&k->request);
	http_answer_release(&k->answer);
}

/* `built`: what building the request came to. */
static void send(const struct connect_context *x, struct asking *k, enum err built)
{
	int64_t left = x->deadline - clock_mono_ms();
	if (built == ERR_NONE && left > 0) {
		limits_count(x->limits, LIMIT_DIALPAD_OTHER);
		http_client_perform(x->http, &k->request, left, &k->answer);
		limits_answered(x->limits, LIMIT_DIALPAD_OTHER, &k->answer);
	} else {
		snprintf(k->answer.error, sizeof(k->answer.error), "%s",
			built != ERR_NONE ? err_word(built) : "no time was left");
	}
}

static void log_failure(const struct connect_context *x, const char *code, const char *what,
	const struct http_answer *a, const char *detail)
{
	log_write(x->log, LOG_OUTSIDE, code, "%s: HTTP %d %s", what,
		a->fault == HTTP_ANSWERED ? a->status : 0, detail[0] != '\0' ? detail : a->error);
}

/* Answered for good, by an error or with what is no use: asking later would not help. */
static bool is_final(const struct http_answer *a)
{
	return a->fault == HTTP_ANSWERED && a->status <= 499 && a->status != 408 &&
	       a->status != 429;
}

static enum oauth_result or_final(enum oauth_result r, const struct http_answer *a)
{
	return r == OAUTH_UNREACHABLE && is_final(a) ? OAUTH_REFUSED : r;
}

enum oauth_result ask_exchange(const struct connect_context *x, const char *code,
	const char *verifier, struct oauth_tokens *t)
{
	struct asking k;
	char detail[OAUTH_DETAIL_SIZE];
	asking_init(&k);
	send(x, &k, oauth_exchange_request(x->config, code, verifier, &k.request));
	enum oauth_result r =
		or_final(oauth_tokens_read(&k.answer, t, detail, sizeof(detail)), &k.answer);
	if (r != OAUTH_OK)
		log_failure(x, "E6101", "exchange of a code", &k.answer, detail);
	asking_release(&k);
	return r;
}

enum oauth_result ask_refresh(
	const struct connect_context *x, const char *refresh_token, struct oauth_tokens *t)
{
	struct asking k;
	char detail[OAUTH_DETAIL_SIZE];
	asking_init(&k);
	enum err built = oauth_refresh_request(x->config, refresh_token, &k.request);
	FAULT_POINT("refresh-before-ask");
	send(x, &k, built);
	FAULT_POINT("refresh-after-ask");
	enum oauth_result r = oauth_tokens_read(&k.answer, t, detail, sizeof(detail));
	if (r != OAUTH_OK)
		log_failure(x, "E6004", "refresh", &k.answer, detail);
	asking_release(&k);
	return r;
}

enum oauth_result ask_me(
	const struct connect_context *x, const char *access_token, int64_t *user_id)
{
	struct asking k;
	asking_init(&k);
	send(x, &k, oauth_me_request(x->config, access_token, &k.request));
	enum oauth_result r = or_final(oauth_me_read(&k.answer, user_id), &k.answer);
	if (r != OAUTH_OK)
		log_failure(x, "E6102", "users/me", &k.answer, "");
	asking_release(&k);
	return r;
}

enum oauth_result ask_deauthorize(
	const struct connect_context *x, const char *access_token, bool *expired)
{
	struct asking k;
	asking_init(&k);
	send(x, &k, oauth_deauthorize_request(x->config, access_token, &k.request));
	bool answered = k.answer.fault == HTTP_ANSWERED;
	enum oauth_result r = OAUTH_UNREACHABLE;
	if (answered && k.answer.status >= 200 && k.answer.status <= 299)
		r = OAUTH_OK;
	*expired = answered && k.answer.status == 401;
	r = or_final(r, &k.answer);
	if (r != OAUTH_OK)
		log_failure(x, "E6103", "deauthorize", &k.answer, "");
	asking_release(&k);
	return r;
}
