/* dialer policy test: whether a number may be called, and what decides it. */
#include "app.h"
#include "base/clock.h"
#include "base/rfc3339.h"
#include "json/jsonw.h"
#include "policy/policy.h"

#include <string.h>

#define REPORT_MAX ((size_t)16 * 1024)

struct finding {
	char phone[PHONE_SIZE], prefix[POLICY_PREFIX_SIZE];
	enum policy_verdict verdict;
	int64_t at_ms;
};

static bool read_time(const struct app *a, int64_t *at_ms)
{
	const char *v = args_value(&a->args, "at");
	*at_ms = clock_now_ms();
	if (v == NULL || rfc3339_parse(v, strlen(v), at_ms))
		return true;
	complain("--at must be a time such as 2026-11-20T22:30:00+01:00");
	return false;
}

static void add_why(struct buf *out, const struct config *c, const struct finding *f)
{
	switch (f->verdict) {
	case POLICY_ALLOWED:
	case POLICY_UNREADABLE: /* complained about before */
		break;
	case POLICY_BLOCKED:
		buf_addf(out, "%s is in DIALER_BLOCKED_PREFIXES", f->prefix);
		break;
	case POLICY_BLOCKED_FILE:
		buf_addf(out, "%s is in %s", f->prefix, c->blocked_prefixes_file);
		break;
	case POLICY_NOT_LISTED:
		buf_addf(out, "no prefix of it is in DIALER_ALLOWED_PREFIXES (%s)",
			c->allowed_prefixes);
		break;
	case POLICY_QUIET:
		buf_addf(out, "the hour is within DIALER_QUIET_HOURS (%s, %s)", c->quiet_hours,
			c->quiet_hours_zone[0] != '\0' ? c->quiet_hours_zone
						       : "this machine's time");
		break;
	}
}

static void add_json(struct buf *out, const struct finding *f, const struct buf *why)
{
	struct jsonw w;
	char at[RFC3339_SIZE];
	const char *reason = policy_reason(f->verdict);
	rfc3339_format(f->at_ms, at);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_member_text(&w, "phoneNumber", f->phone);
	jsonw_member_text(&w, "at", at);
	jsonw_member_bool(&w, "allowed", f->verdict == POLICY_ALLOWED);
	if (reason != NULL) {
		jsonw_member_text(&w, "reason", reason);
		jsonw_member_text(&w, "because", why->s);
	}
	jsonw_object_end(&w);
	buf_addc(out, '\n');
}

static int report(const struct app *a, const struct finding *f)
{
	struct buf out, why;
	buf_init(&out, REPORT_MAX);
	buf_init(&why, REPORT_MAX);
	add_why(&why, &a->config, f);
	if (args_has(&a->args, "json"))
		add_json(&out, f, &why);
	else if (f->verdict == POLICY_ALLOWED)
		buf_addf(&out, "%s may be called.\n", f->phone);
	else
		buf_addf(&out, "%s may not be called: %s.\n", f->phone, why.s);
	buf_release(&why);
	int status = app_print(&out);
	return f->verdict == POLICY_ALLOWED ? status : STATUS_FAILED;
}

static int run(struct app *a)
{
	struct finding f;
	struct policy p;
	struct buf reason;
	const char *number = app_operand(a), *why;
	if (!read_time(a, &f.at_ms))
		return STATUS_USAGE;
	if (!phone_normalise(&a->config.phone, number, strlen(number), f.phone, &why))
		return failed("%s: %s", number, why);
	buf_init(&reason, REPORT_MAX);
	int status = STATUS_FAILED;
	if (policy_load(&p, &a->config, &reason) == ERR_NONE) {
		f.verdict = policy_check(&p, f.phone, f.at_ms, f.prefix);
		status = report(a, &f);
	} else {
		complain("%s", reason.len > 0 ? reason.s : "out of memory");
	}
	policy_release(&p);
	buf_release(&reason);
	return status;
}

static const struct option options[] = {{"at", "TIME", "at this moment instead of now (RFC 3339)"},
	{"json", NULL, "one object"}, {NULL, NULL, NULL}};

const struct command command_policy_test = {.name = "policy test",
	.operand = "NUMBER",
	.synopsis = "[--at TIME] [--json]",
	.summary = "Says whether NUMBER may be called, and what decides it",
	.details =
		"Looks at allowed and blocked prefixes and at quiet hours; nothing is dialled. How "
		"many\ncalls a user may place is counted when he places one. Exit status 1 if it "
		"may not.\n",
	.options = options,
	.run = run};
