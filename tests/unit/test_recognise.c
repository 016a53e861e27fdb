/* lib/sync/recognise: which listed call is which row, by ids. (What has none: test_match.) */
#include "sync/recognise.h"

#include "sync/rows.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1790603050000)
#define MAX 8

static struct call calls[MAX];
static struct call_list rows;
static struct provider_call shown[MAX];
static struct lister lister;
static struct recognised found[MAX];

static void setup(void)
{
	rows = (struct call_list){calls, 0};
	lister = (struct lister){.calls = shown};
	memset(found, 0, sizeof(found));
}

static struct callid id_of(unsigned char n)
{
	return (struct callid){{n}};
}

/* In order of their ids. */
static void add_row(unsigned char id, int64_t external_id)
{
	struct call *c = &calls[rows.count++];
	call_init(c);
	c->id = id_of(id);
	c->external_id = external_id;
	(void)snprintf(c->phone, sizeof(c->phone), "+15551234567");
}

/* Likewise; `of` 0: it does not carry our id. */
static struct provider_call *show(int64_t id, unsigned char of)
{
	struct provider_call *pc = &shown[lister.count++];
	*pc = (struct provider_call){.id = id,
		.outbound = true,
		.start_ms = NOW,
		.call = id_of(of),
		.has_call = of != 0};
	(void)snprintf(pc->digits, sizeof(pc->digits), "15551234567");
	return pc;
}

static void recognise(void)
{
	recognise_by_id(&rows, &lister, found);
	recognise_by_our_id(&rows, &lister, found);
}

START_TEST(rows_are_found_by_the_providers_id_and_by_ours)
{
	add_row(1, 100);
	add_row(2, 0);
	add_row(3, 0);
	show(100, 0);
	show(101, 2);
	show(102, 9);
	recognise();
	ck_assert_ptr_eq(found[0].call, &shown[0]);
	ck_assert_ptr_eq(found[1].call, &shown[1]);
	ck_assert_ptr_null(found[2].call);
	ck_assert_ptr_null(found[0].leg);
	ck_assert_ptr_null(found[1].leg);
}
END_TEST

START_TEST(row_with_an_id_is_that_leg_and_no_other)
{
	add_row(1, 100);
	add_row(2, 200);
	show(100, 1);
	show(101, 1);
	show(201, 2);
	recognise();
	ck_assert_ptr_eq(found[0].call, &shown[0]);
	ck_assert_ptr_eq(found[0].leg, &shown[1]);
	ck_assert_ptr_null(found[1].call);
	ck_assert_ptr_eq(found[1].leg, &shown[2]);
}
END_TEST

/* The first of two fits better; whatever the order in which they are listed. */
static void assert_first_wins(struct provider_call first, struct provider_call second)
{
	for (int turned = 0; turned < 2; turned++) {
		setup();
		add_row(1, 0);
		*show(first.id, 1) = turned ? second : first;
		*show(second.id, 1) = turned ? first : second;
		recognise();
		ck_assert_ptr_nonnull(found[0].call);
		ck_assert_int_eq(found[0].call->id, first.id);
	}
}

START_TEST(of_several_legs_the_one_that_fits_best_is_the_call)
{
	struct provider_call own = *show(100, 1), other = own;
	other.id = 99;
	(void)snprintf(other.digits, sizeof(other.digits), "15559999999");
	other.start_ms = NOW - 1;
	assert_first_wins(own, other);
	other = own;
	other.id = 99;
	other.outbound = false;
	other.start_ms = NOW - 1;
	assert_first_wins(own, other);
	other = own;
	other.id = 99;
	other.start_ms = NOW + 1;
	assert_first_wins(own, other);
	other = own;
	other.id = 101;
	assert_first_wins(own, other);
}
END_TEST

START_TEST(nothing_of_nothing)
{
	recognise();
	add_row(1, 100);
	recognise();
	ck_assert_ptr_null(found[0].call);
	ck_assert_ptr_null(found[0].leg);
	ck_assert_ptr_null(rows_find(&rows, &(struct callid){{7}}));
	ck_assert_ptr_eq(rows_find(&rows, &calls[0].id), &calls[0]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recognise");
	TCase *tc = tcase_create("recognise");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, rows_are_found_by_the_providers_id_and_by_ours);
	tcase_add_test(tc, row_with_an_id_is_that_leg_and_no_other);
	tcase_add_test(tc, of_several_legs_the_one_that_fits_best_is_the_call);
	tcase_add_test(tc, nothing_of_nothing);
	suite_add_tcase(s, tc);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
