#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

void tokens_release(struct tokens *tokens)
{
	for (size_t i = 0; i < tokens->codes; i++) {
		free(tokens->code[i].scope);
		free(tokens->code[i].redirect_uri);
		free(tokens->code[i].challenge);
	}
	for (size_t i = 0; i < tokens->count; i++)
		free(tokens->token[i].scope);
	free(tokens->code);
	free(tokens->token);
	*tokens = (struct tokens){0};
}

static void random_text(char out[TOKENS_TEXT], const char *kind)
{
	char hex[TEXT_TOKEN];

	text_random_hex(hex, TEXT_TOKEN - 1);
	snprintf(out, TOKENS_TEXT, "%s-%s", kind, hex);
}

struct code *tokens_new_code(struct tokens *tokens, int64_t user, const char *scope)
{
	struct code *code;

	tokens->code =
		mem_grow(tokens->code, &tokens->code_cap, tokens->codes + 1, sizeof(*tokens->code));
	code = &tokens->code[tokens->codes++];
	*code = (struct code){.user = user, .scope = mem_text(scope)};
	random_text(code->text, "sim-code");
	return code;
}

struct token *tokens_new(struct tokens *tokens, int64_t user, const char *scope, bool refreshable)
{
	struct token *token;

	tokens->token =
		mem_grow(tokens->token, &tokens->cap, tokens->count + 1, sizeof(*tokens->token));
	token = &tokens->token[tokens->count++];
	*token = (struct token){.user = user, .scope = mem_text(scope), .expires_ms = TOKENS_NEVER};
	random_text(token->access, "sim-access");
	if (refreshable)
		random_text(token->refresh, "sim-refresh");
	return token;
}

struct code *tokens_find_code(const struct tokens *tokens, const char *text)
{
	for (size_t i = tokens->codes; i > 0; i--) {
		if (strcmp(tokens->code[i - 1].text, text) == 0)
			return &tokens->code[i - 1];
	}
	return NULL;
}

struct token *tokens_find_access(const struct tokens *tokens, const char *text)
{
	for (size_t i = tokens->count; i > 0; i--) {
		if (strcmp(tokens->token[i - 1].access, text) == 0)
			return &tokens->token[i - 1];
	}
	return NULL;
}

struct token *tokens_find_refresh(const struct tokens *tokens, const char *text)
{
	for (size_t i = tokens->count; *text && i > 0; i--) {
		if (strcmp(tokens->token[i - 1].refresh, text) == 0)
			return &tokens->token[i - 1];
	}
	return NULL;
}

struct token *tokens_rotate(struct tokens *tokens, const struct token *old)
{
	size_t at = (size_t)(old - tokens->token);
	struct token *made = tokens_new(tokens, old->user, old->scope, true);

	/* The array may have moved. */
	tokens->token[at].refresh_used = true;
	made->by_refresh = true;
	return made;
}

void tokens_change(struct tokens *tokens, int64_t user, enum tokens_change change, int64_t now_ms)
{
	for (size_t i = 0; i < tokens->count; i++) {
		struct token *token = &tokens->token[i];

		if (user && token->user != user)
			continue;
		if (change == TOKENS_EXPIRE &&
			(token->expires_ms == TOKENS_NEVER || token->expires_ms > now_ms))
			token->expires_ms = now_ms;
		if (change == TOKENS_REVOKE)
			token->revoked = true;
		if (change != TOKENS_EXPIRE)
			token->refresh_revoked = true;
	}
}

bool tokens_scope_has(const char *list, const char *scope)
{
	size_t len = strlen(scope);

	while (*list) {
		size_t n = strcspn(list, " ");

		if (n == len && strncmp(list, scope, n) == 0)
			return true;
		list += n + strspn(list + n, " ");
	}
	return false;
}

json_t *tokens_json(const struct tokens *tokens, int64_t user, int64_t now_ms)
{
	int64_t issued = 0;
	int64_t refreshes = 0;
	int64_t refused = 0;
	int64_t live = 0;
	const char *scope = NULL;

	for (size_t i = 0; i < tokens->count; i++) {
		const struct token *token = &tokens->token[i];

		if (token->user != user)
			continue;
		issued++;
		refreshes += token->by_refresh;
		refused += token->refused;
		live += !token->revoked &&
			(token->expires_ms == TOKENS_NEVER || token->expires_ms > now_ms);
		scope = token->scope;
	}
	return json_pack("{so sI sI sI sI ss?}", "user", json_sprintf("%lld", (long long)user),
		"issued", (json_int_t)issued, "live", (json_int_t)live, "refreshes",
		(json_int_t)refreshes, "refused_refreshes", (json_int_t)refused, "scope", scope);
}
