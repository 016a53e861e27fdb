/*
 * Settings: KEY=value lines in a file (as in an .env file), overridden by the environment.
 *
 * Lines: blank, `# comment`, or `KEY=value`, optionally after `export `. Blanks round key and value
 * are dropped; the value may stand in "double" quotes (with \" \\ \n) or 'single' quotes (as it
 * is); outside quotes ` #` begins a comment. The last of several lines for a key counts. Keys that
 * begin with DIALER_, AIRCALL_ or DIALPAD_ must be known and well-formed (in the file and in the
 * environment); others belong to somebody else and are ignored. An empty value means "not set".
 *
 * A struct config is read-only after loading and owns its strings until config_release.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/err.h"
#include "phone/phone.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where settings and data lie by default; `make sysconfdir=DIR localstatedir=DIR` moves them. */
#ifndef CONFIG_ETC
#define CONFIG_ETC "/etc/dialer"
#endif
#ifndef CONFIG_DATA
#define CONFIG_DATA "/var/lib/dialer"
#endif

#define CONFIG_DEFAULT_FILE          CONFIG_ETC "/dialer.env"
#define CONFIG_BLOCKED_PREFIXES_FILE CONFIG_ETC "/blocked-prefixes" /* may be absent */

enum jwt_alg { JWT_ALG_CFG_HS256, JWT_ALG_CFG_RS256, JWT_ALG_CFG_ES256 };
enum provider_id {
	PROVIDER_NONE = 0,
	PROVIDER_DIALPAD,
	PROVIDER_AIRCALL,
	PROVIDER_CTI,
	PROVIDER_TEL,
	PROVIDER__MAX
};
enum dialpad_call_api { DIALPAD_CALL, DIALPAD_INITIATE_CALL, DIALPAD_LEGACY_CALLS };
enum dialpad_encoding { DIALPAD_FORM, DIALPAD_JSON };

/* Text settings are never NULL: "" is "not set". */
struct config {
	char *data_dir;
	enum jwt_alg jwt_alg;
	char *jwt_secret_file, *jwt_public_key_file, *jwt_issuer, *jwt_audience;
	char *token_key_file;
	enum provider_id providers[2]; /* order of DIALER_PROVIDERS */
	int providers_count;
	struct phone_rules phone;
	bool trunk_configured; /* DIALER_TRUNK_PREFIX is set; else it follows from the code */
	char *allowed_prefixes, *blocked_prefixes;
	char *blocked_prefixes_file;
	char *quiet_hours, *quiet_hours_zone; /* see schedule.h */
	char *admins;                         /* comma-separated user ids; see config_is_admin */
	char *ca_file, *https_proxy;
	int64_t calls_per_minute, calls_per_day; /* 0: no brake */
	char *cors_origins;                      /* comma-separated origins */
	char *public_url;                        /* without trailing `/` */
	int64_t provider_timeout;                /* seconds, 1-120 */
	int64_t reconcile_hours;                 /* 1-720 */
	char *htpasswd_file;

	char *aircall_api_id; /* the two halves of AIRCALL_API_KEY */
	char *aircall_api_token;
	int64_t aircall_user_id, aircall_number_id;
	char *aircall_base_url; /* without trailing `/` */
	int64_t aircall_requests_per_minute;
	char *aircall_webhook_token;
	bool aircall_allow_override;

	char *dialpad_base_url, *dialpad_client_id, *dialpad_client_secret, *dialpad_redirect_uri;
	char *dialpad_scopes, *dialpad_required_scopes;
	enum dialpad_encoding dialpad_token_encoding;
	enum dialpad_call_api dialpad_call_api;
	char *dialpad_api_key, *dialpad_webhook_secret, *dialpad_cti_client_id;
};

/* What is wrong and where, for people: "dialer.env:12: AIRCALL_USER_ID: must be a positive number"
 * or "environment: DIALER_FOO: unknown setting". Values of secret settings are never in it. */
struct config_error {
	char text[512];
};

/* Reads `path`; NULL: the file named by DIALER_CONFIG in `environment`, else the default file.
 * `environment` is an array like environ(7) (NULL: none). A file named by `path` or DIALER_CONFIG
 * must exist; the default one may be absent. On ERR_INVALID, ERR_NOT_FOUND, ERR_IO, ERR_NOMEM *e
 * says why and *c is empty (config_release is still allowed). */
enum err config_load(struct config *c, const char *path, char *const environment[],
	struct config_error *e) must_check;
void config_release(struct config *c);

/* Whether an entry of an environment ("KEY=value") has a say in what config_load finds. */
bool config_reads(const char *entry);
/* The file that config_load would read. */
const char *config_file(char *const environment[]);

/* Whether the comma-separated list DIALER_ADMINS names the user. */
bool config_is_admin(const struct config *c, const char *user);
bool config_has_aircall(const struct config *c);

/* "dialpad", "aircall", "cti", "tel"; "" for PROVIDER_NONE. */
const char *provider_word(enum provider_id p);
/* "Dialpad", "Aircall" … as people read it. */
const char *provider_title(enum provider_id p);
/* Whose call it is: those of the CTI in the page are Dialpad's, with its ids; else the same. */
enum provider_id provider_owning(enum provider_id p);
/* PROVIDER_NONE for an unknown word. */
enum provider_id provider_from_word(const char *word);

#endif
