/* dialer init: makes what the configuration names and is not there yet. */
#include "app.h"
#include "auth/auth.h"
#include "auth/key.h"
#include "base/file.h"
#include "making.h"

#include <sys/stat.h>

#define WHY_MAX ((size_t)8 * 1024)

static int tell(const char *what, const char *path, enum made m)
{
	struct buf out;
	buf_init(&out, WHY_MAX);
	buf_addf(&out, "%s %s: %s\n", what, path, m == MADE_NEW ? "made" : "is there already");
	return app_print(&out);
}

/* --- keys that were there already: better to tell their faults now than the first caller --- */

static void warn_if_open(const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 && (st.st_mode & S_IRWXO) != 0)
		complain("warning: %s is open to everybody; chmod o= helps", path);
}

static void warn_of_jwt_key(const struct config *c)
{
	struct auth_policy *policy;
	struct buf why;
	buf_init(&why, WHY_MAX);
	if (auth_policy_load(c, &policy, &why) != ERR_NONE)
		complain("warning: %s", why.s);
	auth_policy_free(policy);
	buf_release(&why);
}

static void warn_of_token_key(const char *path)
{
	struct buf key;
	buf_init_secret(&key, KEY_FILE_MAX);
	enum err e = file_read(path, &key);
	if (e != ERR_NONE)
		complain("warning: token key in %s: cannot be read: %s", path, err_word(e));
	else if (key.len < AUTH_SECRET_MIN)
		complain("warning: token key in %s: shorter than %d bytes", path, AUTH_SECRET_MIN);
	buf_release(&key);
}

/* --- making --- */

static int init_key(const char *what, const char *path, const struct account *account)
{
	struct buf why;
	buf_init(&why, WHY_MAX);
	enum made m = make_key_file(path, account, &why);
	int status = m == MADE_NOT ? failed("%s %s", what, why.s) : tell(what, path, m);
	buf_release(&why);
	if (m != MADE_NOT)
		warn_if_open(path);
	return status;
}

/* What cannot be made keeps nothing else from being made. */
static int init_keys(const struct config *c, const struct account *account)
{
	int jwt = STATUS_OK;
	/* A public key comes from whoever signs the tokens. */
	if (c->jwt_alg == JWT_ALG_CFG_HS256)
		jwt = init_key("JWT secret", c->jwt_secret_file, account);
	if (jwt == STATUS_OK)
		warn_of_jwt_key(c);
	int token = init_key("token key", c->token_key_file, account);
	if (token == STATUS_OK)
		warn_of_token_key(c->token_key_file);
	return jwt == STATUS_OK ? token : jwt;
}

/* Last of all, as root is given up for it. */
static int init_store(struct app *a, enum made m)
{
	if (!app_open_store(a))
		return STATUS_FAILED;
	enum err e = store_create(a->store);
	return e == ERR_NONE ? tell("data directory", a->config.data_dir, m) : app_store_failed(e);
}

static int run(struct app *a)
{
	const char *dir = a->config.data_dir;
	struct account account;
	struct buf why;
	int status = STATUS_FAILED;
	buf_init(&why, WHY_MAX);
	if (account_find(&account, dir, &why)) {
		/* Before the keys, which may be meant to lie in it. */
		enum made m = make_data_dir(dir, &account, &why);
		int data = m == MADE_NOT ? failed("data directory %s", why.s) : STATUS_OK;
		status = init_keys(&a->config, &account);
		if (data == STATUS_OK)
			data = init_store(a, m);
		if (status == STATUS_OK)
			status = data;
	} else {
		complain("%s", why.s);
	}
	buf_release(&why);
	return status;
}

const struct command command_init = {.name = "init",
	.synopsis = "",
	.summary = "Makes data directory and key files",
	.details =
		"What is there already stays as it is. Started by root, keys belong to "
		"root:www-data\n(mode 0640) and the data directory to www-data; otherwise all of "
		"it is for the user\nalone.\n",
	.run = run};
