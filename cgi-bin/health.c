/*
 * GET /health: 200 {"success":true} when a call could be placed and shown, else 503
 * {"success":false}. Anybody may ask, so the reasons are in the log only.
 */
#include "auth/auth.h"
#include "http/endpoint.h"
#include "store/store.h"

static bool keys_load(const struct exchange *x)
{
	struct auth_policy *policy = NULL;
	struct buf why;
	bool loads;

	buf_init(&why, 1024);
	loads = auth_policy_load(x->config, &policy, &why) == ERR_NONE;
	if (!loads)
		log_write(x->log, LOG_OUTSIDE, "E1011", "%s", why.s);
	buf_release(&why);
	auth_policy_free(policy);
	return loads;
}

static bool storage_answers(const struct exchange *x)
{
	enum err e = x->store ? store_ping(x->store) : ERR_STORAGE;

	if (e != ERR_NONE)
		log_write(x->log, LOG_OUTSIDE, "E1012", "storage: %s", err_word(e));
	return e == ERR_NONE;
}

static void health(struct exchange *x)
{
	struct jsonw w;
	bool well = x->config && keys_load(x) && storage_answers(x);

	response_json(x->response, &w, well ? 200 : 503, well);
	response_json_end(x->response, &w);
}

const struct endpoint endpoint = {
	.name = "health",
	.method = "GET",
	.always = true,
	.handle = health,
};
