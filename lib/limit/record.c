#include "limit/record.h"

#include <stddef.h>
#include <string.h>

#define MAGIC     UINT64_C(0x31746d696c6c6164) /* "dallimt1" where the machine is like ours */
#define AGE_NEVER UINT32_MAX

_Static_assert(
	sizeof(struct record) == offsetof(struct record, sum) + sizeof(uint64_t) &&
		offsetof(struct record, sum) ==
			16 + sizeof(uint32_t) * (LIMIT__MAX * (RECORD_SECONDS + 1) + RECORD_BURST),
	"no byte of it is left open");

static bool is_dialpad(enum limit what)
{
	return what != LIMIT_AIRCALL;
}

void record_init(struct record *r, int64_t now_ms)
{
	memset(r, 0, sizeof(*r));
	r->magic = MAGIC;
	r->at_ms = now_ms;
	for (int i = 0; i < RECORD_BURST; i++)
		r->age_ms[i] = AGE_NEVER;
}

void record_init_unknown(struct record *r, int64_t now_ms)
{
	record_init(r, now_ms);
	for (int i = 0; i < LIMIT__MAX; i++)
		r->blocked_ms[i] = RECORD_MINUTE;
}

/* FNV-1a: against halves of a write, not against people. */
static uint64_t sum_of(const struct record *r)
{
	const unsigned char *bytes = (const unsigned char *)r;
	uint64_t sum = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < offsetof(struct record, sum); i++)
		sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
	return sum;
}

void record_seal(struct record *r)
{
	r->sum = sum_of(r);
}

bool record_valid(const struct record *r)
{
	if (r->magic != MAGIC || r->sum != sum_of(r) || r->at_ms < 0)
		return false;
	for (int i = 0; i < LIMIT__MAX; i++)
		if (r->blocked_ms[i] > RECORD_BLOCK_MAX_MS)
			return false;
	return true;
}

/* --- time --- */

static void grow_older(uint32_t *seconds, int64_t passed)
{
	size_t by = passed < RECORD_SECONDS ? (size_t)passed : RECORD_SECONDS;

	memmove(seconds + by, seconds, (RECORD_SECONDS - by) * sizeof(*seconds));
	memset(seconds, 0, by * sizeof(*seconds));
}

void record_advance(struct record *r, int64_t now_ms)
{
	int64_t passed;

	/* Nothing lies before the start of the machine. */
	if (now_ms < 0)
		now_ms = 0;
	if (now_ms < r->at_ms)
		r->at_ms = 0;
	passed = now_ms - r->at_ms;
	for (int i = 0; i < LIMIT__MAX; i++) {
		grow_older(r->sent[i], now_ms / 1000 - r->at_ms / 1000);
		r->blocked_ms[i] =
			r->blocked_ms[i] > passed ? r->blocked_ms[i] - (uint32_t)passed : 0;
	}
	for (int i = 0; i < RECORD_BURST; i++)
		r->age_ms[i] = passed < (int64_t)AGE_NEVER - r->age_ms[i]
				       ? r->age_ms[i] + (uint32_t)passed
				       : AGE_NEVER;
	r->at_ms = now_ms;
}

/* --- limits --- */

int64_t record_sent(const struct record *r, enum limit what)
{
	int64_t sent = 0;

	for (int i = 0; i < RECORD_SECONDS; i++)
		sent += r->sent[what][i];
	return sent;
}

/* Until so many of the oldest are forgotten that there is room for one more. */
static int64_t wait_minute(const struct record *r, enum limit what, int64_t per_minute)
{
	int64_t left = record_sent(r, what);
	int oldest = RECORD_SECONDS;

	if (per_minute == 0 || left < per_minute)
		return 0;
	while (oldest > 0 && left >= per_minute)
		left -= r->sent[what][--oldest];
	return (RECORD_SECONDS - oldest) * INT64_C(1000) - r->at_ms % 1000;
}

static int64_t wait_burst(const struct record *r, enum limit what)
{
	int64_t age = r->age_ms[RECORD_BURST - 1];

	return is_dialpad(what) && age < RECORD_BURST_MS ? RECORD_BURST_MS - age : 0;
}

int64_t record_wait(const struct record *r, enum limit what, int64_t per_minute)
{
	int64_t wait = r->blocked_ms[what];
	int64_t minute = wait_minute(r, what, per_minute), burst = wait_burst(r, what);

	if (wait < minute)
		wait = minute;
	return wait > burst ? wait : burst;
}

void record_count(struct record *r, enum limit what)
{
	if (r->sent[what][0] < UINT32_MAX)
		r->sent[what][0]++;
	if (!is_dialpad(what))
		return;
	memmove(r->age_ms + 1, r->age_ms, (RECORD_BURST - 1) * sizeof(r->age_ms[0]));
	r->age_ms[0] = 0;
}

void record_block(struct record *r, enum limit what, int64_t ms)
{
	if (ms > RECORD_BLOCK_MAX_MS)
		ms = RECORD_BLOCK_MAX_MS;
	if (r->blocked_ms[what] < ms)
		r->blocked_ms[what] = (uint32_t)ms;
}
