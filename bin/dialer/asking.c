#include "asking.h"

#include "base/clock.h"

#include <time.h>

#define REQUEST_MS  INT64_C(15000)
#define PATIENCE_MS INT64_C(120000)

bool asking_open(struct asking *k, struct app *a)
{
	*k = (struct asking){.patience_ms = PATIENCE_MS, .request_ms = REQUEST_MS};
	enum err e = http_client_open(&a->config, &k->http);
	if (e == ERR_NONE)
		e = limits_open(&a->config, &a->log, &k->limits);
	if (e == ERR_NONE)
		return true;
	complain("%s", e == ERR_NOMEM ? "out of memory" : "libcurl could not be started");
	asking_close(k);
	return false;
}

void asking_close(struct asking *k)
{
	limits_close(k->limits);
	http_client_close(k->http);
	*k = (struct asking){.http = NULL};
}

static void sleep_ms(int64_t ms)
{
	const struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
	(void)nanosleep(&t, NULL);
}

static bool wait_for_room(struct asking *k, const char *provider, enum limit limit)
{
	int64_t end = clock_mono_ms() + k->patience_ms, wait;
	while ((wait = limits_take(k->limits, limit)) > 0) {
		if (clock_mono_ms() + wait > end) {
			complain("%s must not be asked now; try again in %lld s", provider,
				(long long)(wait + 999) / 1000);
			return false;
		}
		sleep_ms(wait);
	}
	return true;
}

static bool is_good(const char *provider, const struct http_answer *a)
{
	if (a->fault != HTTP_ANSWERED)
		complain("%s cannot be reached: %s", provider, a->error);
	else if (a->status == 401 || a->status == 403)
		complain("%s refuses the key of the settings (HTTP %d)", provider, a->status);
	else if ((a->status < 200 || a->status > 299) && a->status != 404)
		complain("%s answers HTTP %d", provider, a->status);
	else
		return true;
	return false;
}

bool asking_send(struct asking *k, const char *provider, enum limit limit,
	const struct http_request *r, struct http_answer *answer)
{
	if (!wait_for_room(k, provider, limit))
		return false;
	http_client_perform(k->http, r, k->request_ms, answer);
	limits_answered(k->limits, limit, answer);
	return true;
}

bool asking_ask(struct asking *k, const char *provider, enum limit limit,
	const struct http_request *r, struct http_answer *answer)
{
	return asking_send(k, provider, limit, r, answer) && is_good(provider, answer);
}
