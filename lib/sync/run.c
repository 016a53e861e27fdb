#include "sync/run.h"

#include <stdarg.h>
#include <stdio.h>

#define CLOCK_STEP_MS INT64_C(60000)

void run_tell(const struct run *r, const char *fmt, ...)
{
	char line[600];
	if (r->o->tell == NULL)
		return;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	r->o->tell(r->o->arg, line);
}

int64_t run_window_end(const struct run *r, const struct call *c)
{
	return c->start_ms + r->o->config->reconcile_hours * INT64_C(3600000);
}

bool run_is_due(const struct run *r, const struct call *c)
{
	if (c->look_ms <= r->now_ms)
		return true;
	/* A running call is looked at in every run: the clock was set back since. */
	return c->external_id != 0 && !call_status_final(c->status) &&
	       c->look_ms > r->now_ms + CLOCK_STEP_MS;
}

bool run_is_expired(const struct run *r, const struct call *c)
{
	return !call_status_final(c->status) && r->now_ms >= run_window_end(r, c);
}

const struct provider *run_provider(const struct call *c)
{
	return provider_find(provider_owning(c->provider));
}

bool run_can_follow(const struct run *r, const struct call *c)
{
	const struct provider *p = run_provider(c);
	if (p == NULL)
		return false;
	return p->listed(r->o->config) || (p->configured(r->o->config) && c->external_id != 0);
}

void run_report(struct run *r, const struct track *t, enum provider_id p)
{
	r->s->requests[p] += t->requests;
	r->s->limited[p] = r->s->limited[p] || t->end == TRACK_LIMITED;
	r->s->failed[p] = r->s->failed[p] || t->end == TRACK_FAILED;
	if (t->end == TRACK_FAILED)
		log_write(r->o->log, LOG_OUTSIDE, "E5002", "%s", t->why);
	if (t->why[0] != '\0')
		run_tell(r, "%s", t->why);
}
