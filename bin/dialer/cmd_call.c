/* dialer call: places a real call, as POST /call does, and says in words what happened. */
#include "app.h"
#include "base/clock.h"
#include "base/text.h"
#include "dial/dial.h"
#include "json/json.h"
#include "reasons.h"

#include <inttypes.h>
#include <string.h>

#define REPORT_MAX ((size_t)64 * 1024)
#define DETAIL_MAX 1024

static const char unclear_and_stuck[] =
	"No clear answer came: the call may be ringing. Look at the "
	"phone before dialling again.\n";

/* --- reading the command line --- */

static bool read_provider(const struct args *args, enum provider_id *p)
{
	const char *v = args_value(args, "provider");
	*p = v != NULL ? provider_from_word(v) : PROVIDER_NONE;
	if (v == NULL || *p == PROVIDER_AIRCALL || *p == PROVIDER_DIALPAD)
		return true;
	complain("--provider must be aircall or dialpad");
	return false;
}

static bool read_ref(const struct args *args, const char *option, const char **out)
{
	const char *v = args_value(args, option);
	*out = v != NULL ? v : "";
	if (strlen(*out) <= CALL_REF_MAX && text_is_utf8(*out, strlen(*out)))
		return true;
	complain("--%s must be UTF-8 of at most %d bytes", option, CALL_REF_MAX);
	return false;
}

static bool read_phone(const struct app *a, char phone[PHONE_SIZE])
{
	const char *v = app_operand(a), *why;
	if (phone_normalise(&a->config.phone, v, strlen(v), phone, &why))
		return true;
	complain("%s: %s", v, why);
	return false;
}

static bool read_key(const struct args *args, const char **key)
{
	*key = args_value(args, "key");
	if (*key == NULL || dial_key_valid(*key))
		return true;
	complain("--key must be 1 to %d visible ASCII characters", DIAL_KEY_MAX);
	return false;
}

static bool read_request(const struct app *a, struct dial_request *q, char phone[PHONE_SIZE])
{
	const struct args *args = &a->args;
	memset(q, 0, sizeof(*q));
	q->user = args_value(args, "user");
	q->phone = phone;
	q->fallback = !args_has(args, "no-fallback");
	if (q->user == NULL) {
		complain("call: --user is missing (dialer help call)");
		return false;
	}
	return app_user_valid(q->user) && read_provider(args, &q->only) &&
	       read_ref(args, "client", &q->client_id) &&
	       read_ref(args, "contact", &q->contact_id) && read_ref(args, "deal", &q->deal_id) &&
	       app_int(a, "aircall-user", 1, INT64_MAX, &q->aircall_user_id) &&
	       app_int(a, "aircall-number", 1, INT64_MAX, &q->aircall_number_id) &&
	       read_key(args, &q->key) && read_phone(a, phone);
}

/* --- the report --- */

/* `placed`: then it is no news that another provider is not set up. */
static void add_attempt(struct buf *out, const struct json *j, json_node n, bool placed)
{
	char provider[16] = "", reason[CALL_REASON_MAX] = "", detail[DETAIL_MAX] = "";
	(void)json_string_fixed(j, json_member(j, n, "provider"), provider, sizeof(provider));
	(void)json_string_fixed(j, json_member(j, n, "reason"), reason, sizeof(reason));
	(void)json_string_fixed(j, json_member(j, n, "detail"), detail, sizeof(detail));
	if (placed && strcmp(reason, "not_configured") == 0)
		return;
	const char *title = provider_title(provider_from_word(provider));
	const char *sentence = reason_sentence(provider, reason);
	buf_addf(out, "%s: %s%s(%s)\n", title, sentence != NULL ? sentence : "",
		sentence != NULL ? " " : "", reason);
	if (detail[0] != '\0')
		buf_addf(out, "    %s says: %s\n", title, detail);
}

/* Whether the chain was gone through, now or when the key was first used. */
static bool chain_was_tried(enum dial_answer a)
{
	return a == DIAL_PLACED || a == DIAL_HANDED_OFF || a == DIAL_FAILED ||
	       a == DIAL_UNCONFIRMED;
}

static void add_attempts(struct buf *out, const struct dial_result *r)
{
	struct json j;
	if (!chain_was_tried(r->answer) ||
		json_parse(&j, r->attempts.s, r->attempts.len, r->attempts.max, NULL) != ERR_NONE)
		return;
	for (json_node n = json_first(&j, json_root(&j)); n != JSON_NONE;
		n = json_next(&j, json_root(&j), n))
		add_attempt(out, &j, n, r->answer == DIAL_PLACED);
	json_release(&j);
}

static void add_call(struct buf *out, const struct call *c)
{
	char id[CALLID_SIZE];
	callid_format(&c->id, id);
	buf_addf(out, "Call %s of user %s: %s\n", id, c->user, call_status_word(c->status));
}

static void add_placed(struct buf *out, const struct call *c)
{
	buf_addf(out, "%s took the call to %s", provider_title(c->provider), c->phone);
	if (c->provider == PROVIDER_AIRCALL)
		buf_addf(out, ": the phone of its user %" PRId64 " rings (number %" PRId64 ")",
			c->provider_user_id, c->provider_number_id);
	buf_adds(out, ".\n");
}

static void add_outcome(struct buf *out, const struct dial_result *r, const char *phone)
{
	switch (r->answer) {
	case DIAL_PLACED:
		add_placed(out, &r->call);
		break;
	case DIAL_HANDED_OFF:
	case DIAL_LOGGED:
		buf_addf(out, "No provider took the call to %s. It is left to the device: tel:%s\n",
			phone, phone);
		break;
	case DIAL_FAILED:
		buf_addf(out, "No provider took the call to %s.\n", phone);
		break;
	case DIAL_UNCONFIRMED:
		buf_addf(out,
			"%s gave no clear answer: the call to %s may be ringing. Look at the phone "
			"before dialling again.\n",
			provider_title(r->call.provider), phone);
		break;
	case DIAL_KEY_CONFLICT:
		buf_adds(out, "The key was used for another request. Nothing was dialled.\n");
		break;
	case DIAL_IN_PROGRESS:
		buf_adds(out, "The first request with this key is under way. Nothing else was "
			      "dialled.\n");
		break;
	case DIAL_FORBIDDEN:
		buf_adds(out,
			"AIRCALL_ALLOW_OVERRIDE=no fixes the Aircall user and number. Nothing was "
			"dialled.\n");
		break;
	case DIAL_NOT_ALLOWED:
		buf_addf(out,
			"Calls to %s are not allowed (dialer policy test says why). Nothing was "
			"dialled.\n",
			phone);
		break;
	case DIAL_QUIET:
		buf_adds(out,
			"Calls are not allowed at this hour (DIALER_QUIET_HOURS). Nothing was "
			"dialled.\n");
		break;
	case DIAL_NO_POLICY:
		buf_adds(out,
			"The policy cannot be read (DIALER_BLOCKED_PREFIXES_FILE). Nothing was "
			"dialled.\n");
		break;
	case DIAL_DUPLICATE:
		buf_addf(out, "%s is being called already. Nothing else was dialled.\n", phone);
		break;
	case DIAL_RATE_LIMITED:
		buf_addf(out,
			"Too many calls of this user (DIALER_CALLS_PER_MINUTE, "
			"DIALER_CALLS_PER_DAY): try again in %" PRId64 " s. Nothing was dialled.\n",
			r->retry_after_s);
		break;
	}
}

static int report(const struct dial_result *r, const char *phone)
{
	struct buf out;
	buf_init(&out, REPORT_MAX);
	add_outcome(&out, r, phone);
	add_attempts(&out, r);
	if (r->no_token_key)
		buf_adds(&out, "Dialpad was not asked: the user's tokens cannot be opened with the "
			       "keys in DIALER_TOKEN_KEY_FILE.\n");
	if (r->call.user[0] != '\0')
		add_call(&out, &r->call);
	int status = app_print(&out);
	return r->answer == DIAL_PLACED ? status : STATUS_FAILED;
}

/* --- placing it --- */

static int run(struct app *a)
{
	struct dial_request q;
	char phone[PHONE_SIZE];
	if (!read_request(a, &q, phone))
		return STATUS_USAGE;
	if (!app_open_store(a))
		return STATUS_FAILED;
	const struct dial_context context = {.config = &a->config,
		.store = a->store,
		.log = &a->log,
		.unclear_answer = unclear_and_stuck,
		.unclear_answer_len = sizeof(unclear_and_stuck) - 1};
	struct dial_result r;
	dial_result_init(&r);
	q.now_ms = clock_now_ms();
	enum err e = dial_call(&context, &q, &r);
	int status = STATUS_FAILED;
	if (e == ERR_NONE) {
		status = report(&r, phone);
	} else {
		(void)app_store_failed(e);
		complain("no call was placed");
	}
	dial_result_release(&r);
	return status;
}

static const struct option options[] = {{"user", "USER", "whose call it is; required"},
	{"provider", "PROVIDER", "ask only this one: aircall or dialpad"},
	{"no-fallback", NULL,
		"a call nobody takes has failed, instead of being left to the device"},
	{"client", "ID", "kept with the call"}, {"contact", "ID", "kept with the call"},
	{"deal", "ID", "kept with the call"},
	{"aircall-user", "ID", "for this call instead of the user's own"},
	{"aircall-number", "ID", "for this call instead of the user's own"},
	{"key", "KEY", "Idempotency-Key: the same call is placed once in 24 hours"},
	{NULL, NULL, NULL}};

const struct command command_call = {.name = "call",
	.operand = "NUMBER",
	.synopsis = "--user USER [--provider PROVIDER] [--no-fallback] [OPTION ...]",
	.summary = "Places a call and says what became of it",
	.details =
		"It is a real call: a phone rings. Policy, the guard against double clicks and "
		"the\nbrake apply as for POST /call, and the call is in the history. Exit status "
		"0 only\nwhen a provider took it.\n",
	.options = options,
	.run = run};
