#include "connect/keep.h"

#include "base/clock.h"
#include "connect/pair.h"

#include <stddef.h>
#include <time.h>

#define KEEP_MS INT64_C(30000)
#define NAP_NS  50000000L

enum err keep_pair(const struct connect_context *x, const char *user, const struct oauth_tokens *t,
	int64_t now_ms, struct connection *c, int64_t version)
{
	int64_t end = clock_mono_ms() + KEEP_MS;
	for (;;) {
		enum err e = pair_seal(x->vault, user, t, now_ms, c);
		if (e == ERR_NONE)
			e = store_connection_put(x->store, user, c, version);
		if ((e != ERR_BUSY && e != ERR_NOMEM) || clock_mono_ms() >= end)
			return e;
		struct timespec nap = {0, NAP_NS};
		nanosleep(&nap, NULL);
	}
}

void signals_hold(sigset_t *before)
{
	sigset_t ends;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, before);
}

void signals_release(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}
