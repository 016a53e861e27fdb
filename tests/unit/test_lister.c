/* lib/sync/lister: all calls of all windows, in few requests, wherever it is cut off. */
#include "sync/lister.h"

#include "unit/box.h"
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND    INT64_C(1000)
#define MINUTE    (60 * SECOND)
#define T0        INT64_C(1790603050000)
#define PAGE      5
#define CAP       40
#define CALLS_MAX 400

/* --- a provider with these calls, in either order --- */

static int64_t starts[CALLS_MAX]; /* by the id of the call, less one */
static int call_count;
static bool reliable = true; /* else pages leave out every third element as senseless */

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

/* The page is computed here and carried in the body as it is. */
static struct {
	int64_t ids[PAGE];
	int count;
	bool more;
	char cursor[24];
} served;

static void serve(int from, int step, int64_t from_ms, int64_t to_ms, int skip)
{
	served.count = 0;
	served.more = false;
	for (int i = from; i >= 0 && i < call_count; i += step) {
		if (starts[i] < from_ms || starts[i] > to_ms || skip-- > 0)
			continue;
		if (served.count == PAGE) {
			served.more = true;
			return;
		}
		served.ids[served.count++] = i + 1;
	}
}

static enum err forward_request(
	const struct config *c, const struct list_query *q, struct http_request *r)
{
	(void)c;
	(void)r;
	if ((int64_t)q->page * PAGE > CAP)
		return ERR_TOO_LARGE;
	serve(0, 1, q->from_ms, q->to_ms, (q->page - 1) * PAGE);
	return ERR_NONE;
}

static enum err backward_request(
	const struct config *c, const struct list_query *q, struct http_request *r)
{
	(void)c;
	(void)r;
	serve(call_count - 1, -1, q->from_ms, q->to_ms,
		q->cursor != NULL ? (int)strtol(q->cursor, NULL, 10) : 0);
	(void)snprintf(served.cursor, sizeof(served.cursor), "%ld",
		(q->cursor != NULL ? strtol(q->cursor, NULL, 10) : 0) + PAGE);
	return ERR_NONE;
}

static enum err list_read(
	const struct http_answer *a, const struct list_query *q, struct list_page *p, int *skipped)
{
	(void)q;
	*p = (struct list_page){.total = -1, .more = served.more};
	*skipped = 0;
	if (a->status != 200)
		return ERR_INVALID;
	p->calls = calloc(PAGE, sizeof(*p->calls));
	for (int i = 0; i < served.count; i++) {
		if (!reliable && i % 3 == 2) {
			++*skipped;
			continue;
		}
		p->calls[p->count++] = (struct provider_call){
			.id = served.ids[i], .start_ms = starts[served.ids[i] - 1]};
	}
	if (served.more && served.cursor[0] != '\0')
		p->cursor = strdup(served.cursor);
	return ERR_NONE;
}

static const struct provider forward = {.id = PROVIDER_AIRCALL,
	.list_request = forward_request,
	.list_read = list_read,
	.list_cap = CAP,
	.list_page_size = PAGE};
static const struct provider backward = {.id = PROVIDER_DIALPAD,
	.list_request = backward_request,
	.list_read = list_read,
	.list_cap = INT64_MAX,
	.list_page_size = PAGE,
	.lists_ended_latest_first = true};
static const struct provider *const providers[] = {&forward, &backward};

static void setup(void)
{
	call_count = 0;
	reliable = true;
	memset(&served, 0, sizeof(served));
}

static void add_calls(int count, int64_t from_ms, int64_t step_ms)
{
	for (int i = 0; i < count; i++)
		starts[call_count++] = from_ms + i * step_ms;
	qsort(starts, (size_t)call_count, sizeof(*starts), ascending);
}

/* --- walking --- */

static struct lister walk(const struct provider *p, struct window *w, size_t count)
{
	return (struct lister){.provider = p, .windows = w, .window_count = count};
}

/* One request; false: nothing more to ask. */
static bool step(struct lister *l, int status)
{
	struct http_request r;
	struct http_answer a;
	http_request_init(&r, "GET");
	http_answer_init(&a);
	a.status = status;
	enum err e = lister_next(l, &r);
	if (e == ERR_NONE)
		ck_assert_int_eq(lister_feed(l, &a), status == 200 ? ERR_NONE : ERR_INVALID);
	else
		ck_assert_int_eq(e, ERR_NOT_FOUND);
	http_request_release(&r);
	http_answer_release(&a);
	return e == ERR_NONE;
}

static int walk_to_end(struct lister *l)
{
	int requests = 0;
	while (step(l, 200))
		ck_assert_int_lt(++requests, 1000);
	lister_tidy(l);
	return requests;
}

static bool within(const struct window *w, int64_t ms)
{
	return ms >= w->from_ms && ms <= w->to_ms;
}

static void assert_all_listed(const struct lister *l)
{
	for (size_t k = 0; k < l->window_count; k++) {
		const struct window *w = &l->windows[k];
		ck_assert(window_listed(w, w->from_ms, w->to_ms));
		ck_assert(w->listed_from_ms >= w->from_ms && w->listed_to_ms <= w->to_ms);
		for (int i = 0; i < call_count; i++)
			ck_assert(!within(w, starts[i]) || lister_find(l, i + 1) != NULL);
	}
}

START_TEST(all_pages_of_a_window_are_read)
{
	struct window w = {.from_ms = T0, .to_ms = T0 + 10 * MINUTE};
	add_calls(13, T0 + MINUTE, SECOND);
	add_calls(3, T0 - MINUTE, SECOND);
	add_calls(3, T0 + 11 * MINUTE, SECOND);
	struct lister l = walk(providers[_i], &w, 1);
	ck_assert_int_eq(walk_to_end(&l), 3);
	ck_assert_uint_eq(l.count, 13);
	assert_all_listed(&l);
	lister_release(&l);
}
END_TEST

/* Where pages are shared by windows no part of one is wasted. */
START_TEST(near_windows_share_pages)
{
	struct window w[8];
	for (int i = 0; i < 8; i++) {
		w[i] = (struct window){
			.from_ms = T0 + i * MINUTE, .to_ms = T0 + i * MINUTE + 30 * SECOND};
		add_calls(5, w[i].from_ms + SECOND, SECOND);
	}
	struct lister l = walk(providers[_i], w, 8);
	ck_assert_int_eq(walk_to_end(&l), 8);
	assert_all_listed(&l);
	lister_release(&l);
}
END_TEST

START_TEST(what_lies_between_windows_is_jumped_over)
{
	struct window w[] = {{.from_ms = T0, .to_ms = T0 + MINUTE},
		{.from_ms = T0 + 60 * MINUTE, .to_ms = T0 + 61 * MINUTE}};
	add_calls(3, T0 + SECOND, SECOND);
	add_calls(300, T0 + 5 * MINUTE, 10 * SECOND);
	add_calls(3, T0 + 60 * MINUTE + SECOND, SECOND);
	struct lister l = walk(providers[_i], w, 2);
	ck_assert_int_le(walk_to_end(&l), 3);
	assert_all_listed(&l);
	lister_release(&l);
}
END_TEST

START_TEST(nothing_at_all_costs_one_request)
{
	struct window w[] = {{.from_ms = T0, .to_ms = T0 + MINUTE},
		{.from_ms = T0 + 60 * MINUTE, .to_ms = T0 + 61 * MINUTE}};
	struct lister l = walk(providers[_i], w, 2);
	ck_assert_int_eq(walk_to_end(&l), 1);
	assert_all_listed(&l);
	lister_release(&l);
	l = walk(providers[_i], w, 0);
	ck_assert_int_eq(walk_to_end(&l), 0);
	lister_release(&l);
}
END_TEST

START_TEST(more_than_the_provider_pages_through_is_cut)
{
	struct window w = {.from_ms = T0, .to_ms = T0 + 60 * MINUTE};
	add_calls(3 * CAP + 7, T0 + SECOND, 2 * SECOND);
	struct lister l = walk(&forward, &w, 1);
	ck_assert_int_le(walk_to_end(&l), (3 * CAP + 7) / PAGE + 1 + 3);
	assert_all_listed(&l);
	lister_release(&l);
}
END_TEST

/* So many of one second cannot be listed; the walk ends all the same. */
START_TEST(a_second_fuller_than_that_does_not_hold_it_up)
{
	struct window w = {.from_ms = T0, .to_ms = T0 + 60 * MINUTE};
	add_calls(CAP + 20, T0 + 5 * SECOND, 0);
	add_calls(5, T0 + 9 * SECOND, SECOND);
	struct lister l = walk(&forward, &w, 1);
	ck_assert_int_le(walk_to_end(&l), 2 * CAP / PAGE + 5);
	ck_assert_ptr_nonnull(lister_find(&l, call_count));
	lister_release(&l);
}
END_TEST

START_TEST(senseless_elements_do_not_hold_it_up)
{
	struct window w = {.from_ms = T0, .to_ms = T0 + 60 * MINUTE};
	reliable = false;
	add_calls(30, T0 + SECOND, SECOND);
	struct lister l = walk(providers[_i], &w, 1);
	ck_assert_int_le(walk_to_end(&l), 8);
	ck_assert_int_gt(l.skipped, 0);
	lister_release(&l);
}
END_TEST

START_TEST(an_answer_that_makes_no_sense_changes_nothing)
{
	struct window w = {.from_ms = T0, .to_ms = T0 + 60 * MINUTE};
	add_calls(30, T0 + SECOND, SECOND);
	struct lister l = walk(providers[_i], &w, 1);
	ck_assert(step(&l, 200));
	int64_t position = l.position_ms;
	ck_assert(step(&l, 500));
	ck_assert_int_eq(l.position_ms, position);
	ck_assert_uint_eq(l.count, PAGE);
	walk_to_end(&l);
	assert_all_listed(&l);
	lister_release(&l);
}
END_TEST

/* Windows and calls at random; each walk is cut off after some requests, and the next goes on. */
START_TEST(walks_that_are_cut_off_go_on_where_they_stopped)
{
	struct dice d = {(uint64_t)_i};
	const struct provider *p = providers[dice_below(&d, 2)];
	struct window whole[6];
	bool found[CALLS_MAX] = {false};
	size_t count = 1 + dice_below(&d, 6);
	int64_t position = 0;
	for (size_t i = 0; i < count; i++) {
		int64_t from = T0 + (int64_t)dice_below(&d, 100) * MINUTE;
		whole[i] = (struct window){.from_ms = from,
			.to_ms = from + (1 + (int64_t)dice_below(&d, 600)) * SECOND};
	}
	count = window_join(whole, count);
	/* Fewer in a second than a page holds, so that each run gets on. */
	for (int i = 0; i < 250; i++)
		add_calls(1, T0 + (int64_t)dice_below(&d, 7000) * SECOND, 0);
	bool ended = false;
	for (int run = 0; !ended; run++) {
		struct window w[6];
		ck_assert_int_lt(run, 500);
		memcpy(w, whole, sizeof(w));
		struct lister l = walk(p, w, count);
		l.position_ms = position;
		if (!lister_has_more(&l))
			break;
		for (uint64_t n = 1 + dice_below(&d, 4); n > 0 && !ended; n--)
			ended = !step(&l, 200);
		lister_tidy(&l);
		for (size_t k = 0; k < count; k++)
			for (int i = 0; i < call_count; i++) {
				bool got = lister_find(&l, i + 1) != NULL;
				found[i] = found[i] || got;
				ck_assert(got || w[k].listed_to_ms == 0 ||
					  !within(&whole[k], starts[i]) ||
					  !window_listed(&w[k], starts[i], starts[i]));
			}
		int64_t done, total;
		lister_progress(&l, &done, &total);
		ck_assert(done >= 0 && done <= total);
		position = l.position_ms;
		lister_release(&l);
	}
	for (size_t k = 0; k < count; k++)
		for (int i = 0; i < call_count; i++)
			ck_assert(found[i] || !within(&whole[k], starts[i]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lister");
	TCase *tc = tcase_create("lister");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, all_pages_of_a_window_are_read, 0, 2);
	tcase_add_loop_test(tc, near_windows_share_pages, 0, 2);
	tcase_add_loop_test(tc, what_lies_between_windows_is_jumped_over, 0, 2);
	tcase_add_loop_test(tc, nothing_at_all_costs_one_request, 0, 2);
	tcase_add_test(tc, more_than_the_provider_pages_through_is_cut);
	tcase_add_test(tc, a_second_fuller_than_that_does_not_hold_it_up);
	tcase_add_loop_test(tc, senseless_elements_do_not_hold_it_up, 0, 2);
	tcase_add_loop_test(tc, an_answer_that_makes_no_sense_changes_nothing, 0, 2);
	tcase_add_loop_test(tc, walks_that_are_cut_off_go_on_where_they_stopped, 0, 200);
	suite_add_tcase(s, tc);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
