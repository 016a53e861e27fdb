/* dialer token: a JWT for the API. */
#include "app.h"
#include "auth/auth.h"
#include "base/clock.h"

#include <string.h>

#define TTL_DEFAULT_S 3600

static int say_why_not(enum err e, const char *why)
{
	return failed("no token could be made: %s", *why != '\0' ? why : err_word(e));
}

static int run(struct app *a)
{
	const char *user = app_operand(a);
	int64_t ttl_s = TTL_DEFAULT_S;
	if (!app_user_valid(user) || !app_int(a, "ttl", 1, AUTH_TTL_MAX_S, &ttl_s))
		return STATUS_USAGE;
	if (a->config.jwt_alg != JWT_ALG_CFG_HS256)
		return failed("a token can be made with DIALER_JWT_ALG=HS256 only; with a public "
			      "key it can just be checked");

	struct auth_policy *policy;
	struct buf why, token;
	buf_init(&why, 1024);
	buf_init_secret(&token, AUTH_TOKEN_MAX + 64);
	int status;
	enum err e = auth_policy_load(&a->config, &policy, &why);
	if (e == ERR_NONE)
		e = auth_token_make(
			policy, user, args_has(&a->args, "admin"), clock_now_ms(), ttl_s, &token);
	if (e == ERR_NONE) {
		buf_addc(&token, '\n');
		status = app_print(&token);
	} else {
		status = say_why_not(e, why.s);
	}
	auth_policy_free(policy);
	buf_release(&token);
	buf_release(&why);
	return status;
}

static const struct option options[] = {{"admin", NULL, "the user may read everybody's calls"},
	{"ttl", "SECONDS", "until it expires (default: 3600)"}, {NULL, NULL, NULL}};

const struct command command_token = {.name = "token",
	.operand = "USER",
	.synopsis = "[--admin] [--ttl SECONDS]",
	.summary = "Prints a JWT with which USER may use the API",
	.details = "It is signed with the secret of DIALER_JWT_SECRET_FILE. Whoever has it acts as "
		   "that\nuser until it expires: keep it as safe as a password.\n",
	.options = options,
	.run = run};
