#include "control_tokens.h"

#include <string.h>

#include "dialpad.h"
#include "mem.h"
#include "sim.h"

static void wrong(struct answer *answer, const char *why)
{
	answer_json(answer, 400, json_pack("{ss}", "error", why));
}

void control_tokens_get(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	int64_t now_ms = clock_now_ms(&sim->clock);
	json_t *list = json_array();
	int64_t open_codes = 0;

	(void)request;
	(void)body;
	for (size_t i = 0; i < sim->people.count; i++)
		json_array_append_new(
			list, tokens_json(&sim->tokens, sim->people.person[i].id, now_ms));
	for (size_t i = 0; i < sim->tokens.codes; i++)
		open_codes += !sim->tokens.code[i].used && sim->tokens.code[i].expires_ms > now_ms;
	answer_json(answer, 200,
		json_pack("{so sI sI}", "users", list, "issued", (json_int_t)sim->tokens.count,
			"open_codes", (json_int_t)open_codes));
}

static void issue(struct sim *sim, int64_t user, const char *scope, struct answer *answer)
{
	struct token *token =
		tokens_new(&sim->tokens, user, scope, tokens_scope_has(scope, "offline_access"));

	if (*token->refresh && sim->settings.dialpad_expires_in > 0)
		token->expires_ms =
			clock_now_ms(&sim->clock) + sim->settings.dialpad_expires_in * 1000;
	answer_json(answer, 200,
		json_pack("{ss ss?}", "access_token", token->access, "refresh_token",
			*token->refresh ? token->refresh : NULL));
}

void control_tokens_post(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	json_t *given = NULL;
	const char *scope = "offline_access";
	int expire = 0;
	int revoke = 0;
	int revoke_refresh = 0;
	int issued = 0;
	int64_t user = 0;
	int64_t now_ms = clock_now_ms(&sim->clock);

	if (json_unpack_ex(body, NULL, JSON_STRICT, "{s?o s?b s?b s?b s?b s?s}", "user", &given,
		    "expire", &expire, "revoke", &revoke, "revoke_refresh", &revoke_refresh,
		    "issue", &issued, "scope", &scope) != 0 ||
		expire + revoke + revoke_refresh + issued != 1) {
		wrong(answer, "one of expire, revoke, revoke_refresh and issue must be true");
		return;
	}
	if ((given || issued) &&
		(!dialpad_int64(given, &user) || !people_find(&sim->people, user))) {
		wrong(answer, "there is no such user");
		return;
	}
	if (issued) {
		issue(sim, user, scope, answer);
		return;
	}
	tokens_change(&sim->tokens, user,
		expire   ? TOKENS_EXPIRE
		: revoke ? TOKENS_REVOKE
			 : TOKENS_REVOKE_REFRESH,
		now_ms);
	control_tokens_get(sim, request, NULL, answer);
}
