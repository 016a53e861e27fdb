#include "rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "plan.h"
#include "text.h"

enum { DEFAULT_OVERSIZE = 64 * 1024 * 1024, DEFAULT_INTERVAL_MS = 500 };

static const struct outcome outcomes[] = {
	{"answered", ANSWER_PLAIN, 204, true, false, true, false},
	{"unanswered", ANSWER_PLAIN, 204, true, true, true, false},
	{"not_dialled", ANSWER_PLAIN, 204, false, false, true, false},
	{"fail", ANSWER_PLAIN, 500, true, false, true, false},
	{"refuse", ANSWER_PLAIN, 422, false, false, true, true},
	{"redirect", ANSWER_PLAIN, 302, false, false, true, true},
	{"rate_limited", ANSWER_PLAIN, 429, false, false, true, true},
	{"garbage_json", ANSWER_PLAIN, 200, false, false, true, true},
	{"close", ANSWER_CLOSE, 0, false, false, true, true},
	{"reset", ANSWER_RESET, 0, false, false, true, true},
	{"garbage", ANSWER_GARBAGE, 0, false, false, true, true},
	{"cut", ANSWER_CUT, 200, false, false, true, true},
	{"oversized", ANSWER_OVERSIZED, 200, false, false, true, true},
	{"slow_body", ANSWER_SLOW_BODY, 200, false, false, true, true},
	{"slow_head", ANSWER_SLOW_HEAD, 200, false, false, true, true},
	{"body_on_204", ANSWER_BODY_ON_204, 204, true, false, true, true},
	{"hang", ANSWER_HANG, 0, false, false, true, true},
	{"pass", ANSWER_PASS, 0, false, false, false, true},
};

/* The members a rule may have, and where. */
static const struct member {
	const char *name;
	char type; /* 's' text, 'i' whole number, 'I' number or null, 'd' whole number or a text of
		      digits, 'b' flag, 'o' object, 'x' text or object, 'p' provider, 'e' state in
		      which a call ends */
	bool for_script;
	bool for_fault;
} members[] = {
	{"outcome", 's', true, true},
	{"times", 'i', true, true},
	{"status", 'i', true, true},
	{"body", 'x', true, true},
	{"headers", 'o', true, true},
	{"location", 's', true, true},
	{"sleep_ms", 'i', true, true},
	{"interval_ms", 'i', true, true},
	{"bytes", 'i', true, true},
	{"to", 's', true, false},
	{"provider", 'p', true, false},
	{"user", 'd', true, false},
	{"start", 'b', true, false},
	{"reused_only", 'b', true, false},
	{"before_ms", 'i', true, false},
	{"ring_after", 'I', true, false},
	{"answer_after", 'I', true, false},
	{"hangup_after", 'I', true, false},
	{"end_state", 'e', true, false},
	{"no_custom_data", 'b', true, false},
	{"started_at_delay", 'i', true, false},
	{"list_after", 'i', true, false},
	{"raw_digits", 's', true, false},
	{"mark", 's', true, false},
	{"no_user", 'b', true, false},
	{"path", 's', false, true},
	{"method", 's', false, true},
	{"percent", 'i', false, true},
	{"handle", 'b', false, true},
};

void rules_init(struct rules *rules)
{
	*rules = (struct rules){.random = 1};
}

static void rule_release(struct rule *rule)
{
	json_decref(rule->spec);
	free(rule->digits);
}

void rules_release(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		rule_release(&rules->rule[i]);
	free(rules->rule);
	*rules = (struct rules){0};
}

const struct outcome *rule_outcome(json_t *spec)
{
	const char *name = rule_text(spec, "outcome");

	for (size_t i = 0; name && i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		if (strcmp(name, outcomes[i].name) == 0)
			return &outcomes[i];
	}
	return NULL;
}

/* Ids may be beyond what some tools can write as a number. */
static bool number_of(const json_t *value, int64_t *out)
{
	if (json_is_integer(value))
		*out = json_integer_value(value);
	return json_is_integer(value) || text_int64(json_string_value(value), out);
}

int64_t rule_number(json_t *spec, const char *name, int64_t otherwise)
{
	int64_t value;

	return number_of(json_object_get(spec, name), &value) ? value : otherwise;
}

bool rule_flag(json_t *spec, const char *name, bool otherwise)
{
	const json_t *value = json_object_get(spec, name);

	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

const char *rule_text(json_t *spec, const char *name)
{
	return json_string_value(json_object_get(spec, name));
}

static bool is_of(const json_t *value, char type)
{
	enum provider provider;
	int64_t number;

	switch (type) {
	case 's':
		return json_is_string(value);
	case 'i':
		return json_is_integer(value) && json_integer_value(value) >= 0;
	case 'I':
		return json_is_null(value) ||
		       (json_is_number(value) && json_number_value(value) >= 0);
	case 'd':
		return number_of(value, &number) && number >= 0;
	case 'p':
		return provider_parse(json_string_value(value), &provider);
	case 'e':
		return call_plan_end_state(json_string_value(value)) != NULL;
	case 'b':
		return json_is_boolean(value);
	case 'o':
		return json_is_object(value);
	default:
		return json_is_string(value) || json_is_object(value);
	}
}

static const struct member *member_find(const char *name, bool script)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (strcmp(name, members[i].name) == 0)
			return (script ? members[i].for_script : members[i].for_fault) ? &members[i]
										       : NULL;
	}
	return NULL;
}

static double seconds(json_t *spec, const char *name, double otherwise)
{
	const json_t *value = json_object_get(spec, name);

	return json_is_number(value) ? json_number_value(value) : otherwise;
}

static bool check(json_t *spec, bool script, char *error, size_t size)
{
	const struct outcome *outcome = rule_outcome(spec);
	int64_t status;
	const char *name;
	json_t *value;

	if (!outcome || !(script ? outcome->for_script : outcome->for_fault)) {
		snprintf(error, size, "no or unknown outcome");
		return false;
	}
	json_object_foreach(spec, name, value)
	{
		const struct member *member = member_find(name, script);

		if (!member || !is_of(value, member->type)) {
			snprintf(error, size, "%s member: %s",
				member ? "wrong value of" : "unknown", name);
			return false;
		}
	}
	status = rule_number(spec, "status", 200);
	if (status < 200 || status > 599) {
		snprintf(error, size, "status must be 200 to 599");
		return false;
	}
	if (seconds(spec, "hangup_after", HUGE_VAL) <= seconds(spec, "answer_after", -1)) {
		snprintf(error, size, "hangup_after must be after answer_after");
		return false;
	}
	if (strcmp(outcome->name, "redirect") == 0 && !rule_text(spec, "location")) {
		snprintf(error, size, "a redirect needs a location");
		return false;
	}
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct rule *same_always(struct rules *rules, const struct rule *as)
{
	for (size_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rule[i];

		if (rule->left == -1 && same_text(rule->digits, as->digits) &&
			rule_number(rule->spec, "user", 0) == rule_number(as->spec, "user", 0) &&
			same_text(rule_text(rule->spec, "provider"),
				rule_text(as->spec, "provider")) &&
			rule_flag(rule->spec, "reused_only", false) ==
				rule_flag(as->spec, "reused_only", false))
			return rule;
	}
	return NULL;
}

static void append(struct rules *rules, struct rule rule)
{
	rules->rule = mem_grow(rules->rule, &rules->cap, rules->count + 1, sizeof(*rules->rule));
	rules->rule[rules->count++] = rule;
}

bool rules_add_script(struct rules *rules, json_t *spec, char *error, size_t size)
{
	const char *to = rule_text(spec, "to");
	char digits[TEXT_DIGITS];
	struct rule rule = {.left = rule_number(spec, "times", -1)};
	struct rule *old;

	if (!check(spec, true, error, size))
		return false;
	text_digits(digits, sizeof(digits), to);
	if (to && !*digits && strcmp(to, "*") != 0) {
		snprintf(error, size, "to must be a number or *");
		return false;
	}
	rule.spec = json_incref(spec);
	rule.digits = *digits ? mem_text(digits) : NULL;
	old = rule.left == -1 ? same_always(rules, &rule) : NULL;
	if (old) {
		rule_release(old);
		*old = rule;
	} else {
		append(rules, rule);
	}
	return true;
}

bool rules_add_fault(struct rules *rules, json_t *spec, char *error, size_t size)
{
	if (!check(spec, false, error, size))
		return false;
	append(rules, (struct rule){
			      .spec = json_incref(spec),
			      .left = rule_number(spec, "times", -1),
		      });
	return true;
}

static json_t *use(struct rule *rule)
{
	if (rule->left > 0)
		rule->left--;
	rule->used++;
	return json_incref(rule->spec);
}

static bool is_for(const struct rule *rule, enum provider provider)
{
	const char *wanted = rule_text(rule->spec, "provider");

	return !wanted || strcmp(wanted, provider_name(provider)) == 0;
}

json_t *rules_take_script(struct rules *rules, enum provider provider, const char *digits,
	int64_t user, int64_t nth_on_connection)
{
	struct rule *best = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rule[i];
		int rank = (rule->digits ? 16 : 0) + (json_object_get(rule->spec, "user") ? 8 : 0) +
			   (json_object_get(rule->spec, "provider") ? 4 : 0) +
			   (rule->left > 0 ? 2 : 1);

		if (rule->left == 0 || (rule->digits && strcmp(rule->digits, digits) != 0))
			continue;
		if (rule_number(rule->spec, "user", user) != user || !is_for(rule, provider))
			continue;
		if (nth_on_connection < 2 && rule_flag(rule->spec, "reused_only", false))
			continue;
		if (rank > best_rank) {
			best = rule;
			best_rank = rank;
		}
	}
	return best ? use(best) : NULL;
}

static int64_t percent(struct rules *rules)
{
	rules->random = rules->random * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((rules->random >> 33) % 100);
}

json_t *rules_take_fault(struct rules *rules, const char *method, const char *path)
{
	for (size_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rule[i];
		const char *wanted = rule_text(rule->spec, "method");
		const char *prefix = rule_text(rule->spec, "path");

		if (!wanted)
			wanted = "GET";
		if (rule->left == 0 || (strcmp(wanted, "*") != 0 && strcmp(wanted, method) != 0))
			continue;
		if (prefix && strncmp(path, prefix, strlen(prefix)) != 0)
			continue;
		if (percent(rules) < rule_number(rule->spec, "percent", 100))
			return use(rule);
	}
	return NULL;
}

json_t *rules_json(const struct rules *rules)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];

		json_array_append_new(list,
			json_pack("{sO sI so}", "rule", rule->spec, "used", (json_int_t)rule->used,
				"left", rule->left < 0 ? json_null() : json_integer(rule->left)));
	}
	return list;
}

static void set_text(struct answer *answer, const char *text, size_t len)
{
	answer->body = mem_new(len + 1);
	answer->body_len = len;
	memcpy(answer->body, text, len);
}

static void set_body(json_t *body, struct answer *answer)
{
	char *text;

	if (json_is_string(body)) {
		set_text(answer, json_string_value(body), json_string_length(body));
		return;
	}
	text = json_dumps(body, JSON_COMPACT);
	if (text)
		set_text(answer, text, strlen(text));
	free(text);
	answer_header(answer, "Content-Type", "application/json; charset=utf-8");
}

/* The beginning of a list, so that a reader meets the fault in the middle of its work. */
static bool begins_a_list(const struct outcome *outcome)
{
	return outcome->kind == ANSWER_CUT || outcome->kind == ANSWER_SLOW_BODY ||
	       outcome->kind == ANSWER_OVERSIZED || strcmp(outcome->name, "garbage_json") == 0;
}

bool rule_answer(json_t *spec, struct answer *answer)
{
	static const char list[] = "{\"calls\":[{\"id\":4294967301,,\"sta";
	const struct outcome *outcome = rule_outcome(spec);
	json_t *body = json_object_get(spec, "body");
	const char *name;
	json_t *value;

	answer_release(answer);
	if (!outcome)
		return false;
	answer->kind = outcome->kind;
	answer->status = outcome->status;
	if (outcome->status)
		answer->status = (int)rule_number(spec, "status", outcome->status);
	answer->sleep_ms = rule_number(spec, "sleep_ms", 0);
	answer->interval_ms = rule_number(spec, "interval_ms", DEFAULT_INTERVAL_MS);
	answer->bytes = rule_number(spec, "bytes", DEFAULT_OVERSIZE);
	if (body)
		set_body(body, answer);
	else if (begins_a_list(outcome))
		set_text(answer, list, sizeof(list) - 1);
	json_object_foreach(json_object_get(spec, "headers"), name, value)
	{
		if (json_is_string(value))
			answer_header(answer, name, json_string_value(value));
	}
	if (rule_text(spec, "location"))
		answer_header(answer, "Location", rule_text(spec, "location"));
	return body || answer->kind != ANSWER_PLAIN || answer->body;
}
