/*
 * Memory that runs out at the first, second, third … allocation: every function must say so, free what
 * it had and leave nothing half done. The program's own malloc does that; a sanitizer brings one of its
 * own, under which there is nothing to test here.
 */
#include "base/file.h"
#include "config/config.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "unit/unit.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_MALLOC 0
#endif
#endif
#ifndef OWN_MALLOC
#define OWN_MALLOC 1
#endif

static long fail_at; /* which allocation from now on fails; 0: none */
static bool failed;

#if OWN_MALLOC

static bool fails_now(void)
{
	if (fail_at == 0 || --fail_at > 0)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

/* ISO C has no conversion from an object pointer to a function pointer. */
static void find(void *function, size_t size, const char *name)
{
	void *address = dlsym(RTLD_NEXT, name);

	if (address == NULL)
		abort();
	memcpy(function, &address, size);
}

void *malloc(size_t size)
{
	static void *(*next)(size_t);

	if (next == NULL)
		find(&next, sizeof(next), "malloc");
	return fails_now() ? NULL : next(size);
}

void *calloc(size_t nmemb, size_t size)
{
	static void *(*next)(size_t, size_t);

	if (next == NULL)
		find(&next, sizeof(next), "calloc");
	return fails_now() ? NULL : next(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
	static void *(*next)(void *, size_t);

	if (next == NULL)
		find(&next, sizeof(next), "realloc");
	return fails_now() ? NULL : next(ptr, size);
}

#endif

/* Runs `works` with the n-th allocation failing, for every n, until it gets through. `works` says
 * whether it succeeded, and checks what it left behind where it did not. */
static void for_every_allocation(bool (*works)(void))
{
	long n = 0;
	bool worked;

	do {
		fail_at = ++n;
		failed = false;
		worked = works();
		fail_at = 0;
		ck_assert_msg(worked != failed, "allocation %ld", n);
	} while (failed && n < 10000);
	ck_assert(worked);
	ck_assert_int_gt(n, OWN_MALLOC ? 1 : 0);
}

static bool buf_works(void)
{
	struct buf b;
	char *s;

	buf_init(&b, 100000);
	for (int i = 0; i < 3000; i++)
		buf_addf(&b, "%d", i);
	s = buf_detach(&b, NULL);
	free(s);
	return s != NULL;
}

START_TEST(buffer_survives_want_of_memory)
{
	for_every_allocation(buf_works);
}
END_TEST

static bool secret_buf_works(void)
{
	struct buf b;
	bool ok;

	buf_init_secret(&b, 100000);
	for (int i = 0; i < 3000; i++)
		buf_addf(&b, "%d", i);
	ok = !b.failed;
	buf_release(&b);
	return ok;
}

START_TEST(secret_buffer_survives_want_of_memory)
{
	for_every_allocation(secret_buf_works);
}
END_TEST

static bool json_works(void)
{
	static const char text[] = "{\"a\":[1,2.5,{\"b\":\"\\u00e9\"}],\"c\":null}";
	struct json j;
	double d;
	enum err e = json_parse(&j, text, sizeof(text) - 1, 1000, NULL);
	bool ok = e == ERR_NONE && json_double(&j, json_next(&j, 2, 3), &d);

	if (e != ERR_NONE) {
		ck_assert_int_eq(e, ERR_NOMEM);
		ck_assert_int_eq(json_root(&j), JSON_NONE);
	}
	json_release(&j);
	return ok;
}

START_TEST(json_reader_survives_want_of_memory)
{
	for_every_allocation(json_works);
}
END_TEST

static bool jsonw_works(void)
{
	struct jsonw w;
	struct buf b;
	bool ok;

	buf_init(&b, 100000);
	jsonw_init(&w, &b);
	jsonw_array(&w);
	for (int i = 0; i < 1000; i++)
		jsonw_text(&w, "a\"b\n");
	jsonw_array_end(&w);
	ok = jsonw_ok(&w);
	buf_release(&b);
	return ok;
}

START_TEST(json_writer_survives_want_of_memory)
{
	for_every_allocation(jsonw_works);
}
END_TEST

static char path[UNIT_PATH_SIZE];

static bool file_works(void)
{
	struct buf b;
	enum err e;

	buf_init(&b, 1000);
	e = file_read(path, &b);
	fail_at = 0; /* check allocates, too */
	ck_assert(e == ERR_NONE || e == ERR_NOMEM);
	buf_release(&b);
	return e == ERR_NONE;
}

static bool config_works(void)
{
	struct config c;
	struct config_error error;
	enum err e = config_load(&c, path, NULL, &error);

	if (e != ERR_NONE) {
		ck_assert_int_eq(e, ERR_NOMEM);
		ck_assert_ptr_nonnull(strstr(error.text, "memory"));
		ck_assert_ptr_null(c.data_dir);
	}
	config_release(&c);
	return e == ERR_NONE;
}

START_TEST(configuration_survives_want_of_memory)
{
	static const char text[] = "AIRCALL_API_KEY=a:b\nDIALER_PUBLIC_URL=https://crm\n"
				   "DIALER_CORS_ORIGINS=https://a,https://b\nDIALER_ADMINS=\"x\"\n";

	unit_file(path, text, sizeof(text) - 1);
	for_every_allocation(file_works);
	for_every_allocation(config_works);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nomem");
	TCase *t = tcase_create("nomem");

	tcase_add_test(t, buffer_survives_want_of_memory);
	tcase_add_test(t, secret_buffer_survives_want_of_memory);
	tcase_add_test(t, json_reader_survives_want_of_memory);
	tcase_add_test(t, json_writer_survives_want_of_memory);
	tcase_add_test(t, configuration_survives_want_of_memory);
	suite_add_tcase(s, t);
	return unit_run(s);
}
