/* Files the service needs: can it read them, and can nobody else. */
#include "auth/auth.h"
#include "doctor.h"
#include "policy/policy.h"
#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHY_MAX ((size_t)8 * 1024)
#define PATH    4200

/* --- modes --- */

/* What others may do that they should not; "" if that is fine. */
static const char *judge_mode(mode_t mode, bool secret)
{
	if ((mode & S_IWOTH) != 0)
		return "may be changed by everybody";
	return secret && (mode & S_IROTH) != 0 ? "can be read by everybody" : "";
}

static void look_at_mode(struct doctor *d, const char *path, bool secret)
{
	struct stat st;
	char change[PATH];
	if (stat(path, &st) == -1)
		return;
	const char *fault = judge_mode(st.st_mode, secret);
	if (*fault == '\0')
		return;
	(void)snprintf(change, sizeof(change), "chmod o= %s", path);
	doctor_says(d, DOCTOR_WARNING, change, "%s %s (mode %04o)", path, fault,
		(unsigned)(st.st_mode & 07777));
}

/* Whether the service can read it; else that has been said. */
static bool look_at_file(struct doctor *d, const char *path)
{
	char change[PATH];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int e = errno;
	if (fd != -1) {
		close(fd);
		return true;
	}
	(void)snprintf(change, sizeof(change),
		e == EACCES ? "let the group of the owner of the data directory read %s"
			    : "put the file at %s",
		path);
	doctor_says(d, DOCTOR_CRITICAL, change, "%s cannot be read by the service: %s", path,
		strerror(e));
	return false;
}

/* --- checks --- */

static void look_at_settings(struct doctor *d)
{
	/* The default one may be absent. */
	if (access(d->settings, F_OK) == -1 && errno == ENOENT) {
		doctor_says(d, DOCTOR_WARNING, "write it; dialer.env(5) tells what can stand there",
			"there is no %s: everything has its default", d->settings);
		return;
	}
	if (look_at_file(d, d->settings))
		look_at_mode(d, d->settings, true);
}

static void look_at_jwt_key(struct doctor *d)
{
	const struct config *c = d->config;
	bool hmac = c->jwt_alg == JWT_ALG_CFG_HS256;
	struct auth_policy *policy;
	struct buf why;
	buf_init(&why, WHY_MAX);
	if (auth_policy_load(c, &policy, &why) != ERR_NONE)
		doctor_says(d, DOCTOR_CRITICAL,
			hmac ? "`dialer init` makes a key where there is none"
			     : "put the public key of whoever signs the tokens there",
			"nobody can be let in: %s", why.s);
	else
		look_at_mode(d, hmac ? c->jwt_secret_file : c->jwt_public_key_file, hmac);
	auth_policy_free(policy);
	buf_release(&why);
}

static void look_at_token_key(struct doctor *d)
{
	const struct config *c = d->config;
	struct vault *v;
	struct buf why;
	buf_init(&why, WHY_MAX);
	if (vault_open(c->token_key_file, &v, &why) == ERR_NONE)
		look_at_mode(d, c->token_key_file, true);
	else if (c->dialpad_client_id[0] == '\0')
		doctor_skips(d, "needed for Dialpad only: %s", why.s);
	else
		doctor_says(d, DOCTOR_CRITICAL,
			"put the key back, or `dialer init` makes one where there is none",
			"no Dialpad connection can be used: %s", why.s);
	vault_close(v);
	buf_release(&why);
}

static void look_at_htpasswd(struct doctor *d)
{
	const char *path = d->config->htpasswd_file;
	if (*path == '\0')
		doctor_skips(d, "DIALER_HTPASSWD_FILE is not set");
	else if (look_at_file(d, path))
		look_at_mode(d, path, true);
}

static void look_at_blocked_prefixes(struct doctor *d)
{
	struct policy p;
	struct buf why;
	buf_init(&why, WHY_MAX);
	if (policy_load(&p, d->config, &why) != ERR_NONE)
		doctor_says_of(d, DOCTOR_CRITICAL,
			"DIALER_BLOCKED_PREFIXES_FILE=", "every call is refused: %s", why.s);
	else
		look_at_mode(d, d->config->blocked_prefixes_file, false);
	policy_release(&p);
	buf_release(&why);
}

static void look_at_ca_file(struct doctor *d)
{
	if (d->config->ca_file[0] == '\0')
		doctor_skips(d, "DIALER_CA_FILE is not set");
	else if (look_at_file(d, d->config->ca_file))
		look_at_mode(d, d->config->ca_file, false);
}

/* --- programs --- */

/* Where they are, seen from this one: as built, and as installed. */
static bool find_programs(char dir[PATH])
{
	static const char *const places[] = {"../cgi-bin", "../lib/dialer/cgi-bin"};
	char own[PATH / 2];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	own[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(own, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		(void)snprintf(dir, PATH, "%s/%s", own, places[i]);
		if (access(dir, X_OK) == 0)
			return true;
	}
	return false;
}

static void look_at_program(struct doctor *d, const char *path)
{
	if (access(path, X_OK) == -1)
		doctor_says(d, DOCTOR_CRITICAL, "install the programs again",
			"%s cannot be run by the service: %s", path, strerror(errno));
	else
		look_at_mode(d, path, false);
}

static void look_at_programs(struct doctor *d)
{
	static const char *const names[] = {"call-create", "call-history", "call-notes",
		"call-show", "dialpad-callback", "dialpad-connect", "dialpad-disconnect",
		"dialpad-status", "health", "token", "webhook-aircall", "webhook-dialpad"};
	char dir[PATH], path[PATH + 64];
	if (!find_programs(dir)) {
		doctor_skips(d, "the programs are not beside this one");
		return;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s.cgi", dir, names[i]);
		look_at_program(d, path);
	}
}

const struct doctor_check doctor_files[] = {{.name = "settings", .look = look_at_settings},
	{.name = "jwt-key", .look = look_at_jwt_key},
	{.name = "token-key", .look = look_at_token_key},
	{.name = "htpasswd", .look = look_at_htpasswd},
	{.name = "blocked-prefixes", .look = look_at_blocked_prefixes},
	{.name = "ca-file", .look = look_at_ca_file},
	{.name = "programs", .look = look_at_programs}, {.name = NULL}};
