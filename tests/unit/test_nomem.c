/*
 * Memory that runs out at the first, second, third … allocation: every function must say so, free what
 * it had and leave nothing half done. The program's own malloc does that; a sanitizer brings one of its
 * own, under which there is nothing to test here.
 */
#include "base/file.h"
#include "call/call_record.h"
#include "config/config.h"
#include "connect/pair.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "oauth/oauth.h"
#include "provider/provider.h"
#include "unit/unit.h"
#include "vault/vault.h"
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

/* A call as a line of an export, there and back. */
static bool record_works(void)
{
	static const char line[] =
		"{\"id\":\"6740b1c20011223344556677\",\"_id\":\"6740b1c20011223344556677\","
		"\"userId\":\"alice\",\"direction\":\"outbound\","
		"\"phoneNumber\":\"+15551234567\",\"status\":\"failed\","
		"\"startTime\":\"2023-05-15T12:34:56.789Z\",\"notes\":\"n\",\"clientId\":\"c\","
		"\"contactId\":\"k\",\"dealId\":\"d\",\"trail\":[{\"time\":"
		"\"2023-05-15T12:34:56.789Z\",\"kind\":\"request\",\"text\":\"one\"},"
		"{\"time\":\"2023-05-15T12:34:57.789Z\",\"kind\":\"ask\",\"text\":\"two\"}]}";
	struct call_records l = {.records = NULL};
	char why[CALL_RECORD_WHY];
	struct json j;
	struct jsonw w;
	struct buf out;
	bool ok;

	if (json_parse(&j, line, strlen(line), sizeof(line), NULL) != ERR_NONE)
		return false;
	struct call_record *r = call_records_add(&l);
	enum err e = r != NULL ? call_record_read(&j, json_root(&j), r, why) : ERR_NOMEM;
	json_release(&j);
	buf_init(&out, 10000);
	jsonw_init(&w, &out);
	if (e == ERR_NONE)
		call_record_json(&w, r);
	ok = e == ERR_NONE && jsonw_ok(&w);
	fail_at = 0; /* check needs memory, too */
	ck_assert(e == ERR_NONE || e == ERR_NOMEM);
	if (ok)
		ck_assert_str_eq(out.s, line);
	buf_release(&out);
	call_records_release(&l);
	return ok;
}

START_TEST(a_record_survives_want_of_memory)
{
	for_every_allocation(record_works);
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

static bool refresh_works(enum dialpad_encoding encoding)
{
	static char base[] = "https://dialpad.example", text[] = "text";
	struct config c = {.dialpad_base_url = base,
		.dialpad_client_id = text,
		.dialpad_client_secret = text,
		.dialpad_token_encoding = encoding};
	struct http_request r;
	enum err e;

	http_request_init(&r, "POST");
	e = oauth_refresh_request(&c, "r", &r);
	fail_at = 0;
	ck_assert(e == ERR_NONE || e == ERR_NOMEM);
	http_request_release(&r);
	return e == ERR_NONE;
}

static bool form_refresh_works(void)
{
	return refresh_works(DIALPAD_FORM);
}

static bool json_refresh_works(void)
{
	return refresh_works(DIALPAD_JSON);
}

/* An answer as it is there already, when memory runs out while it is read. */
static struct http_answer answered(int status, const char *body)
{
	struct http_answer a;
	long then = fail_at;

	fail_at = 0;
	http_answer_init(&a);
	a.fault = HTTP_ANSWERED;
	a.status = status;
	a.body_complete = true;
	buf_adds(&a.body, body);
	fail_at = then;
	return a;
}

static bool tokens_work(void)
{
	struct http_answer a = answered(200, "{\"access_token\":\"a\",\"refresh_token\":\"r\"}");
	struct oauth_tokens t;
	char detail[OAUTH_DETAIL_SIZE];
	enum oauth_result r;

	oauth_tokens_init(&t);
	r = oauth_tokens_read(&a, &t, detail, sizeof(detail));
	fail_at = 0;
	/* Half a pair is none. */
	ck_assert_uint_eq(t.access.len, r == OAUTH_OK ? 1 : 0);
	ck_assert_uint_eq(t.refresh.len, r == OAUTH_OK ? 1 : 0);
	ck_assert_int_ne(r, OAUTH_REFUSED);
	oauth_tokens_release(&t);
	http_answer_release(&a);
	return r == OAUTH_OK;
}

static bool blame_works(void)
{
	struct http_answer a = answered(401, "{\"error\":\"invalid_client\"}");
	struct oauth_tokens t;
	char detail[OAUTH_DETAIL_SIZE];

	oauth_tokens_init(&t);
	enum oauth_result r = oauth_tokens_read(&a, &t, detail, sizeof(detail));
	fail_at = 0;
	/* Want of memory must not cost a user his tokens. */
	ck_assert_int_eq(r, OAUTH_UNREACHABLE);
	oauth_tokens_release(&t);
	http_answer_release(&a);
	return strstr(detail, "invalid_client") != NULL;
}

START_TEST(oauth_survives_want_of_memory)
{
	for_every_allocation(form_refresh_works);
	for_every_allocation(json_refresh_works);
	for_every_allocation(tokens_work);
	for_every_allocation(blame_works);
}
END_TEST

static bool outcome_works(void)
{
	struct http_answer a = answered(200, "{\"call_id\":\"7\"}");
	struct place_outcome o;

	provider_dialpad.place_outcome(&a, &o);
	fail_at = 0;
	/* It is placed, whatever can be read of it. */
	ck_assert_int_eq(o.result, PLACE_ACCEPTED);
	http_answer_release(&a);
	return o.external_id == 7;
}

static bool call_works(void)
{
	struct http_answer a = answered(200, "{\"call_id\":\"7\"}");
	struct provider_call pc;
	enum err e = provider_dialpad.get_read(&a, &pc);

	fail_at = 0;
	ck_assert(e == ERR_NONE || e == ERR_NOMEM);
	http_answer_release(&a);
	return e == ERR_NONE;
}

START_TEST(dialpad_survives_want_of_memory)
{
	for_every_allocation(outcome_works);
	for_every_allocation(call_works);
}
END_TEST

static bool vault_works(void)
{
	struct vault *v;
	struct buf sealed, plain, why;
	enum err e;

	buf_init(&sealed, 1000);
	buf_init_secret(&plain, 1000);
	buf_init(&why, 1000);
	e = vault_open(path, &v, &why);
	bool opened = e == ERR_NONE;
	if (e == ERR_NONE)
		e = vault_seal(v, "alice", "secret", 6, &sealed);
	if (e == ERR_NONE)
		e = vault_unseal(v, "alice", sealed.s, sealed.len, &plain);
	fail_at = 0;
	ck_assert(e == ERR_NONE || e == ERR_NOMEM);
	ck_assert_int_eq(opened, v != NULL);
	vault_close(v);
	buf_release(&sealed);
	buf_release(&plain);
	buf_release(&why);
	return e == ERR_NONE;
}

static struct vault *vault;
static struct connection row;

static bool unsealing_works(void)
{
	struct oauth_tokens t;

	oauth_tokens_init(&t);
	enum err e = pair_unseal(vault, "alice", &row, &t);
	fail_at = 0;
	ck_assert(e == ERR_NONE || e == ERR_NOMEM);
	/* Half a pair is none. */
	if (e == ERR_NONE) {
		ck_assert_str_eq(t.access.s, "a");
		ck_assert_str_eq(t.refresh.s, "r");
	}
	oauth_tokens_release(&t);
	return e == ERR_NONE;
}

START_TEST(pair_survives_want_of_memory)
{
	static const char text[] = "0123456789abcdef0123456789abcdef\n";
	struct buf why;
	struct oauth_tokens t;

	unit_file(path, text, sizeof(text) - 1);
	buf_init(&why, 1000);
	ck_assert_int_eq(vault_open(path, &vault, &why), ERR_NONE);
	connection_init(&row);
	oauth_tokens_init(&t);
	buf_adds(&t.access, "a");
	buf_adds(&t.refresh, "r");
	ck_assert_int_eq(pair_seal(vault, "alice", &t, 0, &row), ERR_NONE);
	for_every_allocation(unsealing_works);
	oauth_tokens_release(&t);
	connection_release(&row);
	vault_close(vault);
	buf_release(&why);
	unlink(path);
}
END_TEST

START_TEST(vault_survives_want_of_memory)
{
	static const char key[] = "0123456789abcdef0123456789abcdef\n";

	unit_file(path, key, sizeof(key) - 1);
	for_every_allocation(vault_works);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nomem");
	TCase *t = tcase_create("nomem");

	tcase_add_test(t, buffer_survives_want_of_memory);
	tcase_add_test(t, a_record_survives_want_of_memory);
	tcase_add_test(t, secret_buffer_survives_want_of_memory);
	tcase_add_test(t, json_reader_survives_want_of_memory);
	tcase_add_test(t, json_writer_survives_want_of_memory);
	tcase_add_test(t, configuration_survives_want_of_memory);
	tcase_add_test(t, oauth_survives_want_of_memory);
	tcase_add_test(t, dialpad_survives_want_of_memory);
	tcase_add_test(t, vault_survives_want_of_memory);
	tcase_add_test(t, pair_survives_want_of_memory);
	suite_add_tcase(s, t);
	return unit_run(s);
}
