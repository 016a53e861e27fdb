/*
 * OAuth 2: authorization codes, and the pairs of tokens they are exchanged for.
 */
#ifndef SIM_TOKENS_H
#define SIM_TOKENS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum { TOKENS_TEXT = 16 + TEXT_TOKEN, TOKENS_NEVER = -1 };

struct code {
	char text[TOKENS_TEXT];
	int64_t user;
	char *scope; /* granted, space-separated */
	char *redirect_uri;
	char *challenge; /* PKCE; NULL: none */
	bool s256;       /* the challenge is a digest of the verifier, not the verifier */
	int64_t expires_ms;
	bool used;
};

struct token {
	char access[TOKENS_TEXT];
	char refresh[TOKENS_TEXT]; /* empty: none was issued */
	int64_t user;
	char *scope;
	int64_t expires_ms; /* TOKENS_NEVER: does not expire */
	bool by_refresh;
	bool revoked;         /* the access token */
	bool refresh_used;    /* rotated: the next pair was issued */
	bool refresh_revoked; /* by somebody */
	int64_t refused;      /* how often its refresh token came although it was no longer good */
};

struct tokens {
	struct code *code;
	size_t codes;
	size_t code_cap;
	struct token *token;
	size_t count;
	size_t cap;
};

void tokens_release(struct tokens *tokens);

/* What is made has a random text; the caller sets the rest. Good until the next one is made. */
struct code *tokens_new_code(struct tokens *tokens, int64_t user, const char *scope);
struct token *tokens_new(struct tokens *tokens, int64_t user, const char *scope, bool refreshable);

/* NULL if there is none. */
struct code *tokens_find_code(const struct tokens *tokens, const char *text);
struct token *tokens_find_access(const struct tokens *tokens, const char *text);
struct token *tokens_find_refresh(const struct tokens *tokens, const char *text);

/* The next pair, in the place of this one, which is rotated. */
struct token *tokens_rotate(struct tokens *tokens, const struct token *old);

/* What is to become of a user's tokens (0: of every user's). */
enum tokens_change { TOKENS_EXPIRE, TOKENS_REVOKE_REFRESH, TOKENS_REVOKE };
void tokens_change(struct tokens *tokens, int64_t user, enum tokens_change change, int64_t now_ms);

/* Whether a scope is among those of a space-separated list. */
bool tokens_scope_has(const char *list, const char *scope);

/* Counts of one user's tokens. */
json_t *tokens_json(const struct tokens *tokens, int64_t user, int64_t now_ms);

#endif
