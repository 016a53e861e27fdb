/* What providers answer: the first byte says which reader gets the rest. */
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "oauth/oauth.h"
#include "provider/provider.h"

static void answer_of(struct http_answer *a, const uint8_t *data, size_t size, int status)
{
	http_answer_init(a);
	a->fault = HTTP_ANSWERED;
	a->status = status;
	a->body_complete = true;
	if (size > 0)
		buf_add(&a->body, (const char *)data, size);
}

static void check_call(const struct provider_call *pc)
{
	struct statement s;
	struct call c;
	must(pc->id > 0);
	must(pc->digits[strspn(pc->digits, "0123456789")] == '\0');
	must(text_is_utf8(pc->word, strlen(pc->word)));
	must(!pc->has_status || (pc->status >= CALL_INITIATED && pc->status <= CALL_FAILED));
	must(pc->start_ms >= 0 && pc->answer_ms >= 0 && pc->end_ms >= 0);
	must(pc->duration_s >= -1 && pc->talk_s >= -1);
	provider_call_statement(pc, 1, &s);
	call_init(&c);
	(void)merge(&c, &s);
	call_release(&c);
}

static void place(const struct provider *p, const struct http_answer *a)
{
	struct place_outcome o = {.reason = ""};
	p->place_outcome(a, &o);
	bool good = a->status >= 200 && a->status < 300;
	must(good == (o.result == PLACE_ACCEPTED));
	must(o.result != PLACE_REFUSED || (a->status >= 400 && a->status < 500));
	must(text_is_utf8(o.detail, strlen(o.detail)));
	must(!text_has_control(o.detail, strlen(o.detail)));
	must(o.external_id >= 0);
}

static void list(const struct provider *p, const struct http_answer *a)
{
	const struct list_query q = {.from_ms = 0, .to_ms = INT64_C(1774785600000), .page = 1};
	struct list_page page = {.calls = NULL};
	int skipped = 0;
	if (p->list_read != NULL && p->list_read(a, &q, &page, &skipped) == ERR_NONE)
		for (size_t i = 0; i < page.count; i++)
			check_call(&page.calls[i]);
	list_page_release(&page);
}

static void get(const struct provider *p, const struct http_answer *a)
{
	struct provider_call pc;
	if (p->get_read(a, &pc) == ERR_NONE)
		check_call(&pc);
}

static void tokens(const struct http_answer *a)
{
	struct oauth_tokens t;
	char detail[OAUTH_DETAIL_SIZE] = "";
	int64_t id = 0;
	oauth_tokens_init(&t);
	enum oauth_result r = oauth_tokens_read(a, &t, detail, sizeof(detail));
	must((r == OAUTH_OK) == (t.access.len > 0));
	must(text_is_utf8(detail, strlen(detail)));
	oauth_tokens_release(&t);
	must(oauth_me_read(a, &id) != OAUTH_OK || id > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 204, 400, 401, 403, 404, 409, 429, 500, 302};
	struct http_answer a;
	if (size < 2)
		return 0;
	const struct provider *p = data[0] & 1 ? &provider_aircall : &provider_dialpad;
	answer_of(&a, data + 2, size - 2, statuses[data[1] % (sizeof(statuses) / sizeof(int))]);
	switch (data[0] >> 1 & 3) {
	case 0:
		place(p, &a);
		break;
	case 1:
		list(p, &a);
		break;
	case 2:
		get(p, &a);
		break;
	default:
		tokens(&a);
		break;
	}
	http_answer_release(&a);
	return 0;
}
