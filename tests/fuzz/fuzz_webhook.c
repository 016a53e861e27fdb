/* What comes to the webhooks, and what providers say about them: the first byte says which reader gets
 * the rest. */
#include "auth/signed.h"
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "provider/event.h"
#include "provider/hooks.h"
#include "store/event_record.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define SECRET   "test_secret"
#define BODY_MAX ((size_t)64 * 1024)

/* Nobody makes a good signature by chance. */
static void forged(const uint8_t *data, size_t size)
{
	const char *why = NULL;
	char *text = text_of(data, size);
	struct buf payload;
	buf_init(&payload, BODY_MAX);
	must(signed_body(SECRET, text, size, &payload, &why) == ERR_INVALID);
	must(payload.len == 0 && why != NULL);
	buf_release(&payload);
	free(text);
}

static size_t encode(const uint8_t *data, size_t size, char *out)
{
	size_t len = (size_t)EVP_EncodeBlock((unsigned char *)out, data, (int)size);
	while (len > 0 && out[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++)
		out[i] = (char)(out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i]);
	out[len] = '\0';
	return len;
}

/* Any header over a good payload, with the right signature: only HS256 is taken. */
static void any_header(const uint8_t *data, size_t size)
{
	unsigned char mac[32];
	unsigned int mac_len = sizeof(mac);
	const char *why = NULL;
	char *body = malloc(size * 2 + 200);
	struct buf payload;
	must(body != NULL);
	size_t len = encode(data, size, body);
	memcpy(body + len, ".e30", 5);
	len += 4;
	must(HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (unsigned char *)body, len, mac,
		     &mac_len) != NULL);
	body[len++] = '.';
	len += encode(mac, mac_len, body + len);
	buf_init(&payload, BODY_MAX);
	if (signed_body(SECRET, body, len, &payload, &why) == ERR_NONE) {
		must(strcmp(payload.s, "{}") == 0);
		must(memmem(data, size, "HS256", 5) != NULL ||
			memmem(data, size, "\\u", 2) != NULL);
	}
	buf_release(&payload);
	free(body);
}

static void event(const uint8_t *data, size_t size, bool aircall)
{
	struct provider_event e;
	struct json j;
	char *text = text_of(data, size);
	if (json_parse_lenient(&j, text, size, BODY_MAX, NULL) == ERR_NONE) {
		if ((aircall ? aircall_event_read(&j, &e) : dialpad_event_read(&j, &e)) ==
			ERR_NONE) {
			must(e.call.id > 0 && e.at_ms >= 0);
			must(text_is_utf8(e.what, strlen(e.what)));
			must(!text_has_control(e.what, strlen(e.what)));
		}
		json_release(&j);
	}
	free(text);
}

static void hooks(const uint8_t *data, size_t size, const struct hook_kind *k, bool one)
{
	struct http_answer a;
	struct hook_page p;
	http_answer_init(&a);
	a.fault = HTTP_ANSWERED;
	a.status = 200;
	a.body_complete = true;
	buf_add(&a.body, (const char *)data, size);
	if ((one ? k->put_read(&a, &p) : k->list_read(&a, &p)) == ERR_NONE)
		for (size_t i = 0; i < p.count; i++)
			must(p.hooks[i].id[0] != '\0' && p.hooks[i].url != NULL &&
				p.hooks[i].proof != NULL && p.hooks[i].events != NULL);
	hook_page_release(&p);
	http_answer_release(&a);
}

static void record(const uint8_t *data, size_t size)
{
	struct store_event e, again;
	struct buf one, two;
	buf_init(&one, BODY_MAX);
	buf_init(&two, BODY_MAX);
	if (event_record_read(data, size, &e) == ERR_NONE) {
		event_record(&one, &e);
		must(!one.failed && event_record_read(one.s, one.len, &again) == ERR_NONE);
		event_record(&two, &again);
		must(one.len == two.len && memcmp(one.s, two.s, one.len) == 0);
	}
	buf_release(&one);
	buf_release(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > BODY_MAX / 4)
		return 0;
	const uint8_t *rest = data + 1;
	size--;
	switch (data[0] % 8) {
	case 0:
		forged(rest, size);
		break;
	case 1:
		any_header(rest, size);
		break;
	case 2:
	case 3:
		event(rest, size, data[0] % 8 == 2);
		break;
	case 4:
		hooks(rest, size, &aircall_hooks, (data[0] & 8) != 0);
		break;
	case 5:
		hooks(rest, size, &dialpad_hooks, (data[0] & 8) != 0);
		break;
	case 6:
		hooks(rest, size, &dialpad_subscriptions, (data[0] & 8) != 0);
		break;
	default:
		record(rest, size);
		break;
	}
	return 0;
}
