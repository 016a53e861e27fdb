/*
 * What people do in a week. Only what can be told apart is planned: where the provider's list itself
 * could not say which call is whose (a click that was never dialled, and the same number dialled by
 * hand a moment later), no program can.
 */
#include "e2e/week.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const week_steps[] = {
	"place-after-intent", "place-before-ask", "place-after-ask", "place-after-outcome"};

/* Behind the list and the clocks of the others, a call is certainly told from another by this. */
#define APART_S 20

int week_roll(uint64_t *dice, int sides)
{
	*dice = *dice * 6364136223846793005U + 1442695040888963407U;
	return (int)((*dice >> 33) % (unsigned int)sides);
}

struct planner {
	struct plan *plan;
	const struct week_form *form;
	uint64_t dice;
	int fresh; /* numbers that nobody called before */
};

static int roll(struct planner *p, int from, int to)
{
	return from + week_roll(&p->dice, to - from + 1);
}

static bool chance(struct planner *p, int percent)
{
	return week_roll(&p->dice, 100) < percent;
}

static struct deed *add(struct planner *p, enum deed_kind kind, int user, int64_t at_s)
{
	struct plan *plan = p->plan;
	if (plan->count == plan->room) {
		plan->room = plan->room * 2 + 64;
		struct deed *more = realloc(plan->deeds, plan->room * sizeof(*more));
		ck_assert_ptr_nonnull(more);
		plan->deeds = more;
	}
	struct deed *d = &plan->deeds[plan->count++];
	*d = (struct deed){.at_s = at_s, .kind = kind, .user = user, .delay = -1, .lag = -1};
	return d;
}

/* --- numbers --- */

/* One of those whom this user calls again and again. */
static void contact(struct planner *p, struct deed *d)
{
	snprintf(d->number, sizeof(d->number), "+1555%03d%04d", d->user, roll(p, 0, 7));
}

static void stranger(struct planner *p, struct deed *d)
{
	snprintf(d->number, sizeof(d->number), "+1556%07d", p->fresh++);
}

/* --- lives --- */

static void answered(struct deed *d, int ring, int talk)
{
	d->answer_after = ring;
	d->hangup_after = ring + talk;
}

static void unanswered(struct deed *d, int ring)
{
	d->answer_after = -1;
	d->hangup_after = ring;
}

static void usual_life(struct planner *p, struct deed *d)
{
	int most = (int)p->form->longest_s, ring = roll(p, 2, 15);
	if (chance(p, 25))
		unanswered(d, roll(p, 8, 45));
	else if (chance(p, 60))
		answered(d, ring, roll(p, 4, 90));
	else if (chance(p, 80))
		answered(d, ring, roll(p, 90, most / 6));
	else
		answered(d, ring, roll(p, most / 6, most));
}

static void short_life(struct planner *p, struct deed *d)
{
	if (chance(p, 50))
		unanswered(d, roll(p, 3, 4));
	else
		answered(d, 1, roll(p, 1, 3));
}

/* --- patterns: each returns until when its user is on the telephone --- */

static enum fate odd_fate(struct planner *p)
{
	static const enum fate fates[] = {FATE_GHOST, FATE_UNCLEAR, FATE_UNCLEAR_GHOST, FATE_RESET,
		FATE_GARBLED, FATE_REFUSED, FATE_BLOCKED};
	/* This one costs real time. */
	return chance(p, 5) ? FATE_SLOW : fates[roll(p, 0, 6)];
}

/* The number is a new one wherever the row might end up without its call. */
static int64_t single(struct planner *p, int user, int64_t at_s)
{
	struct deed *d = add(p, DEED_CLICK, user, at_s);
	usual_life(p, d);
	if (chance(p, p->form->kill_percent / 2)) {
		d->fate = FATE_KILLED;
		d->step = roll(p, 0, WEEK_STEPS - 1);
	} else if (chance(p, 15)) {
		d->fate = odd_fate(p);
	} else if (chance(p, 5)) {
		d->delay = roll(p, 5, 90); /* a device slow to dial */
	}
	if (d->fate == FATE_PLACED && d->delay == -1)
		contact(p, d);
	else
		stranger(p, d);
	return at_s + d->hangup_after + (d->delay > 0 ? d->delay : 2);
}

/* The same again and again, as one does when it is engaged. */
static int64_t redial(struct planner *p, int user, int64_t at_s)
{
	int times = roll(p, 2, 4);
	struct deed *first = NULL;
	char number[sizeof(first->number)];
	for (int i = 0; i < times; i++) {
		struct deed *d = add(p, DEED_CLICK, user, at_s);
		if (i == 0)
			contact(p, d);
		else
			memcpy(d->number, number, sizeof(number));
		memcpy(number, d->number, sizeof(number));
		short_life(p, d);
		at_s += roll(p, 8, 14);
	}
	return at_s;
}

/* What is not dialled must not take what is near it: dialled by hand outside its window, or coming in.
 */
static int64_t ghost_alone(struct planner *p, int user, int64_t at_s)
{
	int which = roll(p, 0, 2);
	int64_t other = which == 0   ? at_s + roll(p, 130, 230)
			: which == 1 ? at_s - roll(p, APART_S, 60)
				     : at_s + roll(p, 5, 100);
	struct deed *d = add(p, DEED_CLICK, user, at_s);
	char number[sizeof(d->number)];
	d->fate = chance(p, 50) ? FATE_GHOST : FATE_UNCLEAR_GHOST;
	stranger(p, d);
	usual_life(p, d);
	memcpy(number, d->number, sizeof(number));
	d = add(p, which == 2 ? DEED_INBOUND : DEED_HAND_DIALLED, user, other);
	memcpy(d->number, number, sizeof(number));
	answered(d, 2, roll(p, 4, 12));
	return (other > at_s ? other : at_s) + 20;
}

static int64_t ghost_then_real(struct planner *p, int user, int64_t at_s)
{
	struct deed *d = add(p, DEED_CLICK, user, at_s);
	char number[sizeof(d->number)];
	d->fate = FATE_GHOST;
	stranger(p, d);
	usual_life(p, d);
	memcpy(number, d->number, sizeof(number));
	at_s += roll(p, APART_S, 90);
	d = add(p, DEED_CLICK, user, at_s);
	memcpy(d->number, number, sizeof(number));
	usual_life(p, d);
	return at_s + d->hangup_after + 2;
}

/* Through the API, and once more by hand, or the other way round: inside its window or outside. */
static int64_t also_by_hand(struct planner *p, int user, int64_t at_s)
{
	bool before = chance(p, 40);
	struct deed *d;
	char number[sizeof(d->number)];
	int64_t by_hand = before ? at_s : at_s + roll(p, 30, 170);
	int64_t click = before ? at_s + roll(p, APART_S, 130) : at_s;
	d = add(p, DEED_CLICK, user, click);
	stranger(p, d);
	if (chance(p, 50))
		unanswered(d, roll(p, 5, 15));
	else
		answered(d, roll(p, 2, 8), roll(p, 4, 10));
	memcpy(number, d->number, sizeof(number));
	d = add(p, DEED_HAND_DIALLED, user, by_hand);
	memcpy(d->number, number, sizeof(number));
	answered(d, 2, roll(p, 3, 8));
	return (before ? click : by_hand) + 25;
}

static int64_t called_back(struct planner *p, int user, int64_t at_s)
{
	struct deed *d = add(p, DEED_CLICK, user, at_s);
	char number[sizeof(d->number)];
	contact(p, d);
	unanswered(d, roll(p, 5, 20));
	memcpy(number, d->number, sizeof(number));
	d = add(p, DEED_INBOUND, user, at_s + 25 + roll(p, 0, 60));
	memcpy(d->number, number, sizeof(number));
	answered(d, 3, roll(p, 5, 60));
	return d->at_s + d->hangup_after;
}

/* While he is on the telephone: refused there, or taken by the next provider. */
static int64_t impatient(struct planner *p, int user, int64_t at_s)
{
	struct deed *d = add(p, DEED_CLICK, user, at_s);
	contact(p, d);
	answered(d, 3, 60);
	d = add(p, DEED_CLICK, user, at_s + roll(p, 6, 40));
	stranger(p, d);
	usual_life(p, d);
	return at_s + 65 + d->hangup_after;
}

static int64_t one_pattern(struct planner *p, int user, int64_t at_s)
{
	int dice = roll(p, 0, 99);
	if (dice < 10)
		return redial(p, user, at_s);
	if (dice < 14)
		return ghost_then_real(p, user, at_s);
	if (dice < 20)
		return ghost_alone(p, user, at_s);
	if (dice < 30)
		return also_by_hand(p, user, at_s);
	if (dice < 34)
		return called_back(p, user, at_s);
	if (dice < 37)
		return impatient(p, user, at_s);
	return single(p, user, at_s);
}

/* Several who share one telephone at Aircall call the same number one after the other. */
static void together(struct planner *p, int64_t at_s)
{
	int first = p->form->dialpad + p->form->own;
	struct deed *d = NULL;
	char number[sizeof(d->number)];
	for (int i = 0; i < p->form->shared; i++) {
		d = add(p, DEED_CLICK, first + i, at_s);
		if (i == 0)
			stranger(p, d);
		else
			memcpy(d->number, number, sizeof(number));
		memcpy(number, d->number, sizeof(number));
		short_life(p, d);
		at_s += roll(p, 8, 14);
	}
}

/* Two of them within the seconds that clocks may differ by, right before a minute, and the list shows
 * the second one first. */
static void out_of_order(struct planner *p, int64_t at_s)
{
	int first = week_users(p->form) - WEEK_DESK;
	struct deed *d = add(p, DEED_CLICK, first, at_s - at_s % WEEK_MINUTE - 5);
	char number[sizeof(d->number)];
	int64_t next_s = d->at_s + 3;
	stranger(p, d);
	memcpy(number, d->number, sizeof(number));
	answered(d, 0, 1);
	d->delay = 0;
	d->lag = 12;
	d = add(p, DEED_CLICK, first + 1, next_s);
	memcpy(d->number, number, sizeof(number));
	unanswered(d, 5);
	d->lag = 0;
}

static int by_time(const void *a, const void *b)
{
	const struct deed *x = a, *y = b;
	if (x->at_s != y->at_s)
		return x->at_s < y->at_s ? -1 : 1;
	return x->user != y->user ? x->user - y->user : strcmp(x->number, y->number);
}

void plan_make(struct plan *p, const struct week_form *f)
{
	struct planner planner = {.plan = p, .form = f, .dice = f->seed};
	int users = week_users(f) - WEEK_DESK;
	*p = (struct plan){NULL, 0, 0};
	for (int day = 0; day < f->days; day++) {
		int64_t begin = day * WEEK_DAY + 120, end = begin + f->day_s;
		for (int u = 0; u < users; u++)
			for (int64_t at = begin + roll(&planner, 0, f->gap_s); at < end;)
				at = one_pattern(&planner, u, at) + roll(&planner, 3, 2 * f->gap_s);
		for (int64_t at = begin + 400; at < end && f->shared > 1; at += 1200)
			together(&planner, at);
		for (int64_t at = begin + 180; at < end; at += 360)
			out_of_order(&planner, at);
	}
	qsort(p->deeds, p->count, sizeof(*p->deeds), by_time);
}

void plan_release(struct plan *p)
{
	free(p->deeds);
}
