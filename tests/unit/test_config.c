#include "config/config.h"
#include "config/settings.h"
#include "config/url.h"
#include "unit/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[UNIT_PATH_SIZE];
static struct config c;
static struct config_error error;

static void teardown(void)
{
	if (path[0] != '\0')
		unlink(path);
	config_release(&c);
}

/* environ(7) is not of constants, but nobody changes them. */
static enum err read_config(const char *file, const char *const environment[])
{
	return config_load(&c, file, (char *const *)(const void *)environment, &error);
}

static enum err load_bytes(const char *text, size_t len, const char *const environment[])
{
	enum err e;

	config_release(&c);
	unit_file(path, text, len);
	e = read_config(path, environment);
	unlink(path);
	ck_assert_int_eq(error.text[0] == '\0', e == ERR_NONE);
	return e;
}

static enum err load(const char *text, const char *const environment[])
{
	return load_bytes(text, strlen(text), environment);
}

static void must_load(const char *text)
{
	ck_assert_msg(load(text, NULL) == ERR_NONE, "%s", error.text);
}

static enum err load_environment(const char *entry)
{
	const char *const environment[] = {entry, NULL};

	return load("", environment);
}

/* The message must be "<path><rest>". */
static void must_say(const char *rest)
{
	size_t n = strlen(path);

	ck_assert_msg(strncmp(error.text, path, n) == 0 && strcmp(error.text + n, rest) == 0,
		"\"%s\" is not \"%s\"", error.text, rest);
}

START_TEST(defaults_are_as_documented)
{
	must_load("");
	ck_assert_str_eq(c.data_dir, "/var/lib/dialer");
	ck_assert_int_eq(c.jwt_alg, JWT_ALG_CFG_HS256);
	ck_assert_str_eq(c.jwt_secret_file, "/etc/dialer/jwt.key");
	ck_assert_str_eq(c.jwt_public_key_file, "");
	ck_assert_str_eq(c.jwt_issuer, "");
	ck_assert_str_eq(c.jwt_audience, "");
	ck_assert_str_eq(c.token_key_file, "/etc/dialer/token.key");
	ck_assert_int_eq(c.providers_count, 2);
	ck_assert_int_eq(c.providers[0], PROVIDER_DIALPAD);
	ck_assert_int_eq(c.providers[1], PROVIDER_AIRCALL);
	ck_assert_str_eq(c.phone.country_code, "");
	ck_assert_str_eq(c.allowed_prefixes, "");
	ck_assert_str_eq(c.blocked_prefixes, "");
	ck_assert_str_eq(c.blocked_prefixes_file, "/etc/dialer/blocked-prefixes");
	ck_assert_str_eq(c.quiet_hours, "");
	ck_assert_str_eq(c.quiet_hours_zone, "");
	ck_assert_int_eq(c.calls_per_day, 0);
	ck_assert_str_eq(c.admins, "");
	ck_assert_str_eq(c.ca_file, "");
	ck_assert_str_eq(c.https_proxy, "");
	ck_assert_int_eq(c.calls_per_minute, 20);
	ck_assert_str_eq(c.cors_origins, "");
	ck_assert_str_eq(c.public_url, "");
	ck_assert_int_eq(c.provider_timeout, 10);
	ck_assert_int_eq(c.reconcile_hours, 24);
	ck_assert_str_eq(c.htpasswd_file, "");
	ck_assert_str_eq(c.aircall_api_id, "");
	ck_assert_str_eq(c.aircall_api_token, "");
	ck_assert(!config_has_aircall(&c));
	ck_assert_int_eq(c.aircall_user_id, 1527216);
	ck_assert_int_eq(c.aircall_number_id, 967647);
	ck_assert_str_eq(c.aircall_base_url, "https://api.aircall.io");
	ck_assert_int_eq(c.aircall_requests_per_minute, 60);
	ck_assert_str_eq(c.aircall_webhook_token, "");
	ck_assert(c.aircall_allow_override);
	ck_assert_str_eq(c.dialpad_base_url, "https://dialpad.com");
	ck_assert_str_eq(c.dialpad_client_id, "");
	ck_assert_str_eq(c.dialpad_client_secret, "");
	ck_assert_str_eq(c.dialpad_redirect_uri, "");
	ck_assert_str_eq(c.dialpad_scopes, "offline_access");
	ck_assert_str_eq(c.dialpad_required_scopes, "");
	ck_assert_int_eq(c.dialpad_token_encoding, DIALPAD_FORM);
	ck_assert_int_eq(c.dialpad_call_api, DIALPAD_CALL);
	ck_assert_str_eq(c.dialpad_api_key, "");
	ck_assert_str_eq(c.dialpad_webhook_secret, "");
	ck_assert_str_eq(c.dialpad_cti_client_id, "");
}
END_TEST

START_TEST(every_setting_goes_to_its_place)
{
	must_load("DIALER_DATA_DIR=/a\nDIALER_JWT_ALG=ES256\nDIALER_JWT_SECRET_FILE=/b\n"
		  "DIALER_JWT_PUBLIC_KEY_FILE=/c\nDIALER_JWT_ISSUER=iss\nDIALER_JWT_AUDIENCE=aud\n"
		  "DIALER_TOKEN_KEY_FILE=/d\nDIALER_PROVIDERS=aircall\n"
		  "DIALER_DEFAULT_COUNTRY_CODE=44\nDIALER_TRUNK_PREFIX=06\n"
		  "DIALER_ALLOWED_PREFIXES=+1,+44\nDIALER_BLOCKED_PREFIXES=+1900\n"
		  "DIALER_BLOCKED_PREFIXES_FILE=/blocked\nDIALER_CALLS_PER_DAY=300\n"
		  "DIALER_QUIET_HOURS=mon-fri 20:00-08:00\nDIALER_QUIET_HOURS_ZONE=Europe/Berlin\n"
		  "DIALER_ADMINS=root\nDIALER_CA_FILE=/e\nDIALER_HTTPS_PROXY=http://proxy:3128\n"
		  "DIALER_CALLS_PER_MINUTE=0\nDIALER_CORS_ORIGINS=https://a\n"
		  "DIALER_PUBLIC_URL=https://p\nDIALER_PROVIDER_TIMEOUT=11\n"
		  "DIALER_RECONCILE_HOURS=25\nDIALER_HTPASSWD_FILE=/f\n");
	ck_assert_str_eq(c.data_dir, "/a");
	ck_assert_int_eq(c.jwt_alg, JWT_ALG_CFG_ES256);
	ck_assert_str_eq(c.jwt_secret_file, "/b");
	ck_assert_str_eq(c.jwt_public_key_file, "/c");
	ck_assert_str_eq(c.jwt_issuer, "iss");
	ck_assert_str_eq(c.jwt_audience, "aud");
	ck_assert_str_eq(c.token_key_file, "/d");
	ck_assert_int_eq(c.providers_count, 1);
	ck_assert_int_eq(c.providers[0], PROVIDER_AIRCALL);
	ck_assert_int_eq(c.providers[1], PROVIDER_NONE);
	ck_assert_str_eq(c.phone.country_code, "44");
	ck_assert_str_eq(c.phone.trunk_prefix, "06");
	ck_assert_str_eq(c.allowed_prefixes, "+1,+44");
	ck_assert_str_eq(c.blocked_prefixes, "+1900");
	ck_assert_str_eq(c.blocked_prefixes_file, "/blocked");
	ck_assert_int_eq(c.calls_per_day, 300);
	ck_assert_str_eq(c.quiet_hours, "mon-fri 20:00-08:00");
	ck_assert_str_eq(c.quiet_hours_zone, "Europe/Berlin");
	ck_assert_str_eq(c.admins, "root");
	ck_assert_str_eq(c.ca_file, "/e");
	ck_assert_str_eq(c.https_proxy, "http://proxy:3128");
	ck_assert_int_eq(c.calls_per_minute, 0);
	ck_assert_str_eq(c.cors_origins, "https://a");
	ck_assert_str_eq(c.public_url, "https://p");
	ck_assert_int_eq(c.provider_timeout, 11);
	ck_assert_int_eq(c.reconcile_hours, 25);
	ck_assert_str_eq(c.htpasswd_file, "/f");
	must_load("AIRCALL_API_KEY=id:token\nAIRCALL_USER_ID=1\nAIRCALL_NUMBER_ID=2\n"
		  "AIRCALL_BASE_URL=http://127.0.0.1:1\nAIRCALL_REQUESTS_PER_MINUTE=3\n"
		  "AIRCALL_WEBHOOK_TOKEN=wt\nAIRCALL_ALLOW_OVERRIDE=no\n"
		  "DIALPAD_BASE_URL=https://sandbox.dialpad.com\nDIALPAD_CLIENT_ID=ci\n"
		  "DIALPAD_CLIENT_SECRET=cs\nDIALPAD_REDIRECT_URI=https://p/cb\n"
		  "DIALPAD_SCOPES=a b\nDIALPAD_REQUIRED_SCOPES=c\nDIALPAD_TOKEN_ENCODING=json\n"
		  "DIALPAD_CALL_API=calls\nDIALPAD_API_KEY=ak\nDIALPAD_WEBHOOK_SECRET=ws\n"
		  "DIALPAD_CTI_CLIENT_ID=cti\n");
	ck_assert_str_eq(c.aircall_api_id, "id");
	ck_assert_str_eq(c.aircall_api_token, "token");
	ck_assert(config_has_aircall(&c));
	ck_assert_int_eq(c.aircall_user_id, 1);
	ck_assert_int_eq(c.aircall_number_id, 2);
	ck_assert_str_eq(c.aircall_base_url, "http://127.0.0.1:1");
	ck_assert_int_eq(c.aircall_requests_per_minute, 3);
	ck_assert_str_eq(c.aircall_webhook_token, "wt");
	ck_assert(!c.aircall_allow_override);
	ck_assert_str_eq(c.dialpad_base_url, "https://sandbox.dialpad.com");
	ck_assert_str_eq(c.dialpad_client_id, "ci");
	ck_assert_str_eq(c.dialpad_client_secret, "cs");
	ck_assert_str_eq(c.dialpad_redirect_uri, "https://p/cb");
	ck_assert_str_eq(c.dialpad_scopes, "a b");
	ck_assert_str_eq(c.dialpad_required_scopes, "c");
	ck_assert_int_eq(c.dialpad_token_encoding, DIALPAD_JSON);
	ck_assert_int_eq(c.dialpad_call_api, DIALPAD_LEGACY_CALLS);
	ck_assert_str_eq(c.dialpad_api_key, "ak");
	ck_assert_str_eq(c.dialpad_webhook_secret, "ws");
	ck_assert_str_eq(c.dialpad_cti_client_id, "cti");
}
END_TEST

/*
 * Lines. Each sets DIALER_JWT_ISSUER.
 */
struct line {
	const char *text;
	const char *value;
};

static const struct line lines[] = {
	{"DIALER_JWT_ISSUER=x", "x"},
	{"DIALER_JWT_ISSUER=x\n", "x"},
	{"DIALER_JWT_ISSUER=x\r\n", "x"},
	{"\n \t\n# c\n  # c\nDIALER_JWT_ISSUER=x\n", "x"},
	{"  DIALER_JWT_ISSUER \t= \t x \t \n", "x"},
	{"export DIALER_JWT_ISSUER=x", "x"},
	{"export \t DIALER_JWT_ISSUER = x", "x"},
	{"export=1\nDIALER_JWT_ISSUER=x", "x"},
	{"export = 1\nDIALER_JWT_ISSUER=x", "x"},
	{"\xef\xbb\xbf"
	 "DIALER_JWT_ISSUER=x",
		"x"},
	{"DIALER_JWT_ISSUER=a b  c", "a b  c"},
	{"DIALER_JWT_ISSUER=x # comment", "x"},
	{"DIALER_JWT_ISSUER=x\t# comment", "x"},
	{"DIALER_JWT_ISSUER=x#y", "x#y"},
	{"DIALER_JWT_ISSUER=#x", "#x"},
	{"DIALER_JWT_ISSUER= #x", ""},
	{"DIALER_JWT_ISSUER=x #y #z", "x"},
	{"DIALER_JWT_ISSUER=a=b=c", "a=b=c"},
	{"DIALER_JWT_ISSUER=a\"b'c", "a\"b'c"},
	{"DIALER_JWT_ISSUER=a\\nb", "a\\nb"},
	{"DIALER_JWT_ISSUER=$HOME", "$HOME"},
	{"DIALER_JWT_ISSUER=\xc3\xa9", "\xc3\xa9"},
	{"DIALER_JWT_ISSUER=\"x\"", "x"},
	{"DIALER_JWT_ISSUER=\" x \"", " x "},
	{"DIALER_JWT_ISSUER=\"a # b\" # c", "a # b"},
	{"DIALER_JWT_ISSUER=\"a\\\"b\\\\c\"", "a\"b\\c"},
	{"DIALER_JWT_ISSUER=\"it's\"", "it's"},
	{"DIALER_JWT_ISSUER=\"x\"\t ", "x"},
	{"DIALER_JWT_ISSUER=\"\"", ""},
	{"DIALER_JWT_ISSUER='x'", "x"},
	{"DIALER_JWT_ISSUER=' a\\n\"b # '", " a\\n\"b # "},
	{"DIALER_JWT_ISSUER='x' # c", "x"},
	{"DIALER_JWT_ISSUER=''", ""},
	{"DIALER_JWT_ISSUER=a\nDIALER_JWT_ISSUER=b", "b"},
	{"DIALER_JWT_ISSUER=a\nDIALER_JWT_ISSUER=", ""},
	{"PATH=/bin\nFOO=\"unclosed\nDIALER_JWT_ISSUER=x\n_a1='\n", "x"},
	{"dialer_foo=1\nMY_DIALER_FOO=2\nDIALER=3\nDIALERX_Y=4\nDIALER_JWT_ISSUER=x", "x"},
};

START_TEST(line_is_read)
{
	must_load(lines[_i].text);
	ck_assert_str_eq(c.jwt_issuer, lines[_i].value);
}
END_TEST

static const struct line bad_lines[] = {
	{"DIALER_FOO=1", ":1: DIALER_FOO: unknown setting"},
	{"\n\n#\nAIRCALL_FOO=1", ":4: AIRCALL_FOO: unknown setting"},
	{"DIALPAD_=1", ":1: DIALPAD_: unknown setting"},
	{"DIALER_=", ":1: DIALER_: unknown setting"},
	{"DIALER_DATA_DI=/a", ":1: DIALER_DATA_DI: unknown setting"},
	{"DIALER_DATA_DIRS=/a", ":1: DIALER_DATA_DIRS: unknown setting"},
	{"DIALER_data_dir=/a", ":1: DIALER_data_dir: unknown setting"},
	{"DIALER_CONFIG=/a", ":1: DIALER_CONFIG: can be set in the environment only"},
	{"DIALER_TEST_CLOCK=/a", ":1: DIALER_TEST_CLOCK: unknown setting"},
	{"DIALER_DATA_DIR", ":1: DIALER_DATA_DIR: expected KEY=value"},
	{"DIALER_DATA_DIR: /a", ":1: DIALER_DATA_DIR: expected KEY=value"},
	{"DIALER DATA_DIR=/a", ":1: expected KEY=value"},
	{"DIALER-DATA-DIR=/a", ":1: expected KEY=value"},
	{"=x", ":1: expected KEY=value"},
	{"9A=x", ":1: expected KEY=value"},
	{"[dialer]", ":1: expected KEY=value"},
	{"A=1\nwords\n", ":2: expected KEY=value"},
	{"export", ":1: expected KEY=value"},
	{"export DIALER_DATA_DIR", ":1: DIALER_DATA_DIR: expected KEY=value"},
	{"export export A=1", ":1: expected KEY=value"},
	{"DIALER_JWT_ISSUER=\"x", ":1: DIALER_JWT_ISSUER: the closing quote is missing"},
	{"DIALER_JWT_ISSUER=\"x\ny\"", ":1: DIALER_JWT_ISSUER: the closing quote is missing"},
	{"DIALER_JWT_ISSUER='x", ":1: DIALER_JWT_ISSUER: the closing quote is missing"},
	{"DIALER_JWT_ISSUER=\"x\\\"", ":1: DIALER_JWT_ISSUER: the closing quote is missing"},
	{"DIALER_JWT_ISSUER=\"x\"y", ":1: DIALER_JWT_ISSUER: text follows the closing quote"},
	{"DIALER_JWT_ISSUER=\"x\"#y", ":1: DIALER_JWT_ISSUER: text follows the closing quote"},
	{"DIALER_JWT_ISSUER='x' 'y'", ":1: DIALER_JWT_ISSUER: text follows the closing quote"},
	{"DIALER_JWT_ISSUER=\"a\\tb\"",
		":1: DIALER_JWT_ISSUER: only \\\", \\\\ and \\n are understood in double quotes"},
	{"DIALER_JWT_ISSUER=\"a\\",
		":1: DIALER_JWT_ISSUER: only \\\", \\\\ and \\n are understood in double quotes"},
	{"DIALER_JWT_ISSUER=\"a\\nb\"", ":1: DIALER_JWT_ISSUER: must not hold control characters"},
	{"DIALER_JWT_ISSUER=a\tb", ":1: DIALER_JWT_ISSUER: must not hold control characters"},
	{"DIALER_JWT_ISSUER=a\rb", ":1: DIALER_JWT_ISSUER: must not hold control characters"},
	{"DIALER_JWT_ISSUER=a\x7f", ":1: DIALER_JWT_ISSUER: must not hold control characters"},
	{"A=1\nB=\xff\n", ":2: the line is not UTF-8 text"},
	{"A=1\n# \xc3\n", ":2: the line is not UTF-8 text"},
	{"A=1\n\nDIALER_PROVIDER_TIMEOUT=0\nDIALER_FOO=1",
		":3: DIALER_PROVIDER_TIMEOUT: must be a whole number from 1 to 120"},
	{"DIALER_PROVIDER_TIMEOUT=0\nDIALER_PROVIDER_TIMEOUT=5",
		":1: DIALER_PROVIDER_TIMEOUT: must be a whole number from 1 to 120"},
};

START_TEST(malformed_line_is_named)
{
	ck_assert_int_eq(load(bad_lines[_i].text, NULL), ERR_INVALID);
	must_say(bad_lines[_i].value);
	ck_assert_ptr_null(c.data_dir);
}
END_TEST

START_TEST(nul_byte_is_named)
{
	ck_assert_int_eq(load_bytes("A=1\nB=\0\n", 8, NULL), ERR_INVALID);
	must_say(":2: the line is not UTF-8 text");
}
END_TEST

START_TEST(file_size_is_limited)
{
	size_t len = 262144;
	char *text = malloc(len + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', len + 1);
	ck_assert_int_eq(load_bytes(text, len, NULL), ERR_NONE);
	ck_assert_int_eq(load_bytes(text, len + 1, NULL), ERR_INVALID);
	must_say(": larger than 256 KiB");
	free(text);
}
END_TEST

START_TEST(value_size_is_limited)
{
	char text[9000] = "DIALER_JWT_ISSUER=";

	memset(text + 18, 'x', SETTING_VALUE_MAX);
	text[18 + SETTING_VALUE_MAX] = '\0';
	must_load(text);
	ck_assert_uint_eq(strlen(c.jwt_issuer), SETTING_VALUE_MAX);
	text[18 + SETTING_VALUE_MAX] = 'x';
	text[19 + SETTING_VALUE_MAX] = '\0';
	ck_assert_int_eq(load(text, NULL), ERR_INVALID);
	must_say(":1: DIALER_JWT_ISSUER: must not be longer than 8192 bytes");
}
END_TEST

/*
 * Values. A row with `field` NULL must be refused.
 */
struct value {
	const char *setting; /* KEY=value */
	const char *field;   /* what is stored */
};

static const struct value values[] = {
	{"DIALER_DATA_DIR=relative", NULL},
	{"DIALER_DATA_DIR=./a", NULL},
	{"DIALER_CA_FILE=ca.pem", NULL},
	{"DIALER_JWT_ALG=none", NULL},
	{"DIALER_JWT_ALG=hs256", NULL},
	{"DIALER_JWT_ALG=HS384", NULL},
	{"DIALER_JWT_ALG=HS256 ES256", NULL},
	{"DIALER_PROVIDERS=,", NULL},
	{"DIALER_PROVIDERS=dialpad,", NULL},
	{"DIALER_PROVIDERS=dialpad,dialpad", NULL},
	{"DIALER_PROVIDERS=aircall,dialpad,aircall", NULL},
	{"DIALER_PROVIDERS=tel", NULL},
	{"DIALER_PROVIDERS=Aircall", NULL},
	{"DIALER_PROVIDERS=dialpad aircall", NULL},
	{"DIALER_DEFAULT_COUNTRY_CODE=0", NULL},
	{"DIALER_DEFAULT_COUNTRY_CODE=+", NULL},
	{"DIALER_DEFAULT_COUNTRY_CODE=++44", NULL},
	{"DIALER_DEFAULT_COUNTRY_CODE=0044", NULL},
	{"DIALER_DEFAULT_COUNTRY_CODE=4420", NULL},
	{"DIALER_DEFAULT_COUNTRY_CODE=442", NULL},
	{"DIALER_DEFAULT_COUNTRY_CODE=2", NULL},
	{"DIALER_DEFAULT_COUNTRY_CODE=UK", NULL},
	{"DIALER_TRUNK_PREFIX=x", NULL},
	{"DIALER_TRUNK_PREFIX=12345678", NULL},
	{"DIALER_TRUNK_PREFIX=-1", NULL},
	{"DIALER_ALLOWED_PREFIXES=44", NULL},
	{"DIALER_ALLOWED_PREFIXES=+44,", NULL},
	{"DIALER_BLOCKED_PREFIXES=+44;+1", NULL},
	{"DIALER_BLOCKED_PREFIXES=any", NULL},
	{"DIALER_BLOCKED_PREFIXES_FILE=blocked", NULL},
	{"DIALER_CALLS_PER_DAY=-1", NULL},
	{"DIALER_CALLS_PER_DAY=1000001", NULL},
	{"DIALER_QUIET_HOURS=night", NULL},
	{"DIALER_QUIET_HOURS=22:00-22:00", NULL},
	{"DIALER_QUIET_HOURS_ZONE=Europe/Nowhere", NULL},
	{"DIALER_QUIET_HOURS_ZONE=../../etc/passwd", NULL},
	{"DIALER_ADMINS=a,,b", NULL},
	{"DIALER_ADMINS=a,", NULL},
	{"DIALER_CALLS_PER_MINUTE=-1", NULL},
	{"DIALER_CALLS_PER_MINUTE=1000001", NULL},
	{"DIALER_CALLS_PER_MINUTE=1.5", NULL},
	{"DIALER_CALLS_PER_MINUTE=many", NULL},
	{"DIALER_CALLS_PER_MINUTE=99999999999999999999", NULL},
	{"DIALER_PROVIDER_TIMEOUT=0", NULL},
	{"DIALER_PROVIDER_TIMEOUT=121", NULL},
	{"DIALER_PROVIDER_TIMEOUT=10s", NULL},
	{"DIALER_RECONCILE_HOURS=0", NULL},
	{"DIALER_RECONCILE_HOURS=721", NULL},
	{"AIRCALL_REQUESTS_PER_MINUTE=0", NULL},
	{"AIRCALL_REQUESTS_PER_MINUTE=100001", NULL},
	{"AIRCALL_USER_ID=0", NULL},
	{"AIRCALL_USER_ID=-1", NULL},
	{"AIRCALL_USER_ID=9223372036854775808", NULL},
	{"AIRCALL_NUMBER_ID=x", NULL},
	{"AIRCALL_ALLOW_OVERRIDE=true", NULL},
	{"AIRCALL_ALLOW_OVERRIDE=Yes", NULL},
	{"AIRCALL_ALLOW_OVERRIDE=1", NULL},
	{"AIRCALL_API_KEY=onlyid", NULL},
	{"AIRCALL_API_KEY=:token", NULL},
	{"AIRCALL_API_KEY=id:", NULL},
	{"AIRCALL_API_KEY=id: token", NULL},
	{"AIRCALL_API_KEY=id:t\xc3\xb6ken", NULL},
	{"DIALPAD_API_KEY=a b", NULL},
	{"DIALPAD_CLIENT_ID=a\xc3\xa9", NULL},
	{"DIALPAD_TOKEN_ENCODING=xml", NULL},
	{"DIALPAD_CALL_API=dial", NULL},
	{"DIALPAD_SCOPES=a\"b", NULL},
	{"DIALPAD_SCOPES=a\\b", NULL},
	{"DIALPAD_SCOPES=a b\xc3\xa9", NULL},
	{"AIRCALL_BASE_URL=http://api.aircall.io", NULL},
	{"AIRCALL_BASE_URL=http://127.0.0.1.example.com", NULL},
	{"AIRCALL_BASE_URL=http://localhost.example.com", NULL},
	{"AIRCALL_BASE_URL=http://localhost@example.com", NULL},
	{"AIRCALL_BASE_URL=http://128.0.0.1", NULL},
	{"AIRCALL_BASE_URL=http://[::2]", NULL},
	{"AIRCALL_BASE_URL=http://[::ffff:1.2.3.4]", NULL},
	{"AIRCALL_BASE_URL=http://0.0.0.0", NULL},
	{"AIRCALL_BASE_URL=https://", NULL},
	{"AIRCALL_BASE_URL=https:///", NULL},
	{"AIRCALL_BASE_URL=api.aircall.io", NULL},
	{"AIRCALL_BASE_URL=ftp://api.aircall.io", NULL},
	{"AIRCALL_BASE_URL=file:///etc/passwd", NULL},
	{"AIRCALL_BASE_URL=https://api.aircall.io?x=1", NULL},
	{"AIRCALL_BASE_URL=https://api.aircall.io/#x", NULL},
	{"AIRCALL_BASE_URL=https://user:pw@api.aircall.io", NULL},
	{"AIRCALL_BASE_URL=https://api.aircall.io:0", NULL},
	{"AIRCALL_BASE_URL=https://api.aircall.io:65536", NULL},
	{"AIRCALL_BASE_URL=https://api.aircall.io:", NULL},
	{"AIRCALL_BASE_URL=https://api.aircall.io:x", NULL},
	{"AIRCALL_BASE_URL=https://api aircall.io", NULL},
	{"AIRCALL_BASE_URL=https://api.aircall.io/a b", NULL},
	{"DIALPAD_BASE_URL=http://dialpad.com", NULL},
	{"DIALER_PUBLIC_URL=crm.example.com", NULL},
	{"DIALER_PUBLIC_URL=/dialer", NULL},
	{"DIALER_PUBLIC_URL=https://crm.example.com/?a", NULL},
	{"DIALER_PUBLIC_URL=https://crm.example.com/#a", NULL},
	{"DIALER_PUBLIC_URL=https://a@crm.example.com", NULL},
	{"DIALPAD_REDIRECT_URI=crm.example.com", NULL},
	{"DIALPAD_REDIRECT_URI=https://crm/cb#a", NULL},
	{"DIALPAD_REDIRECT_URI=https://crm/cb?a#b", NULL},
	{"DIALPAD_REDIRECT_URI=https://crm/cb?a b", NULL},
	{"DIALPAD_REDIRECT_URI=https://crm/cb?a\"b", NULL},
	{"DIALPAD_REDIRECT_URI=https://crm/cb?\xc3\xa9", NULL},
	{"DIALPAD_REDIRECT_URI=?a", NULL},
	{"DIALER_CORS_ORIGINS=*", NULL},
	{"DIALER_CORS_ORIGINS=null", NULL},
	{"DIALER_CORS_ORIGINS=crm.example.com", NULL},
	{"DIALER_CORS_ORIGINS=https://a.example/", NULL},
	{"DIALER_CORS_ORIGINS=https://a.example/x", NULL},
	{"DIALER_CORS_ORIGINS=https://a.example,", NULL},
	{"DIALER_CORS_ORIGINS=https://a.example https://b.example", NULL},
	{"DIALER_CORS_ORIGINS=https://*.example", NULL},
	{"DIALER_HTTPS_PROXY=proxy:3128", NULL},
	{"DIALER_HTTPS_PROXY=http://proxy", NULL},
	{"DIALER_HTTPS_PROXY=socks5://proxy:1080", NULL},
	{"DIALER_HTTPS_PROXY=http://u:p@proxy:3128", NULL},
	{"DIALER_HTTPS_PROXY=http://proxy:3128/x", NULL},
	{"AIRCALL_BASE_URL=https://api.aircall.io/", "https://api.aircall.io"},
	{"AIRCALL_BASE_URL=https://api.aircall.io/x//", "https://api.aircall.io/x"},
	{"AIRCALL_BASE_URL=HTTPS://api.aircall.io:8443/a/b", "HTTPS://api.aircall.io:8443/a/b"},
	{"AIRCALL_BASE_URL=http://127.0.0.1:8080/", "http://127.0.0.1:8080"},
	{"AIRCALL_BASE_URL=http://127.255.0.3", "http://127.255.0.3"},
	{"AIRCALL_BASE_URL=http://[::1]:8080", "http://[::1]:8080"},
	{"AIRCALL_BASE_URL=http://localhost:1/v", "http://localhost:1/v"},
	{"AIRCALL_BASE_URL=http://LocalHost", "http://LocalHost"},
	{"AIRCALL_BASE_URL=", "https://api.aircall.io"},
	{"DIALER_PUBLIC_URL=http://crm/", "http://crm"},
	{"DIALER_PUBLIC_URL=https://crm.example.com:8443/a/b/", "https://crm.example.com:8443/a/b"},
	{"DIALPAD_REDIRECT_URI=https://crm/a/", "https://crm/a/"},
	{"DIALPAD_REDIRECT_URI=https://crm/cb?to=a/b&c=%20?d", "https://crm/cb?to=a/b&c=%20?d"},
	{"DIALER_CORS_ORIGINS=https://A.Example:443 , http://b:80,http://[::1]:8080",
		"https://a.example,http://b,http://[::1]:8080"},
	{"DIALER_ADMINS= alice , b@example.com,\xc3\xa9", "alice,b@example.com,\xc3\xa9"},
	{"DIALPAD_SCOPES=a   b ", "a b"},
	{"DIALPAD_SCOPES=", "offline_access"},
	{"DIALER_HTTPS_PROXY=https://[2001:db8::1]:3128/", "https://[2001:db8::1]:3128"},
	{"DIALER_DATA_DIR=", "/var/lib/dialer"},
	{"DIALER_JWT_SECRET_FILE=\"/with blank\"", "/with blank"},
};

static const char *field_of(const char *setting)
{
	const struct {
		const char *key;
		const char *field;
	} fields[] = {
		{"AIRCALL_BASE_URL=", c.aircall_base_url},
		{"DIALER_PUBLIC_URL=", c.public_url},
		{"DIALPAD_REDIRECT_URI=", c.dialpad_redirect_uri},
		{"DIALER_CORS_ORIGINS=", c.cors_origins},
		{"DIALER_ADMINS=", c.admins},
		{"DIALPAD_SCOPES=", c.dialpad_scopes},
		{"DIALER_HTTPS_PROXY=", c.https_proxy},
		{"DIALER_DATA_DIR=", c.data_dir},
		{"DIALER_JWT_SECRET_FILE=", c.jwt_secret_file},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strncmp(setting, fields[i].key, strlen(fields[i].key)) == 0)
			return fields[i].field;
	return NULL;
}

START_TEST(value_is_checked)
{
	const struct value *v = &values[_i];
	size_t key_len = strcspn(v->setting, "=");

	if (v->field == NULL) {
		ck_assert_msg(load(v->setting, NULL) == ERR_INVALID, "%s", v->setting);
		ck_assert_ptr_nonnull(strstr(error.text, ":1: "));
		ck_assert_mem_eq(strstr(error.text, ":1: ") + 4, v->setting, key_len);
		ck_assert_ptr_nonnull(strstr(error.text, ": must be "));
	} else {
		must_load(v->setting);
		ck_assert_str_eq(field_of(v->setting), v->field);
	}
}
END_TEST

START_TEST(value_is_checked_in_the_environment_too)
{
	const struct value *v = &values[_i];

	if (v->field != NULL)
		return;
	ck_assert_int_eq(load_environment(v->setting), ERR_INVALID);
	ck_assert_int_eq(strncmp(error.text, "environment: ", 13), 0);
	ck_assert_mem_eq(error.text + 13, v->setting, strcspn(v->setting, "="));
}
END_TEST

START_TEST(secrets_are_never_in_messages)
{
	static const char *const bad[] = {"AIRCALL_API_KEY=S3CRET", "AIRCALL_API_KEY=id:S3CRET x",
		"AIRCALL_WEBHOOK_TOKEN=S3CRET\tx", "DIALPAD_CLIENT_SECRET=S3CRET x",
		"DIALPAD_API_KEY=S3CRET x", "DIALPAD_WEBHOOK_SECRET=\"S3CRET", "S3CRET",
		"AIRCALL_API_KEY S3CRET", "DIALPAD_API_KEY='S3CRET' S3CRET"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(load(bad[i], NULL), ERR_INVALID);
		ck_assert_ptr_null(strstr(error.text, "S3CRET"));
	}
}
END_TEST

/*
 * What follows from several settings.
 */
START_TEST(trunk_prefix_follows_the_country_code)
{
	must_load("DIALER_DEFAULT_COUNTRY_CODE=+1");
	ck_assert_str_eq(c.phone.country_code, "1");
	ck_assert_str_eq(c.phone.trunk_prefix, "1");
	must_load("DIALER_DEFAULT_COUNTRY_CODE=39");
	ck_assert_str_eq(c.phone.trunk_prefix, "");
	must_load("DIALER_DEFAULT_COUNTRY_CODE=353");
	ck_assert_str_eq(c.phone.trunk_prefix, "0");
	must_load("DIALER_TRUNK_PREFIX=06\nDIALER_DEFAULT_COUNTRY_CODE=36");
	ck_assert_str_eq(c.phone.trunk_prefix, "06");
	must_load("DIALER_DEFAULT_COUNTRY_CODE=225\nDIALER_TRUNK_PREFIX=none");
	ck_assert_str_eq(c.phone.trunk_prefix, "");
	must_load("DIALER_DEFAULT_COUNTRY_CODE=7\nDIALER_TRUNK_PREFIX=0\nDIALER_TRUNK_PREFIX=");
	ck_assert_str_eq(c.phone.trunk_prefix, "8");
}
END_TEST

START_TEST(redirect_uri_follows_the_public_url)
{
	must_load("DIALER_PUBLIC_URL=https://crm.example.com/x/");
	ck_assert_str_eq(
		c.dialpad_redirect_uri, "https://crm.example.com/x/api/dialer/dialpad/callback");
	must_load("DIALPAD_REDIRECT_URI=https://other/cb\nDIALER_PUBLIC_URL=https://crm");
	ck_assert_str_eq(c.dialpad_redirect_uri, "https://other/cb");
}
END_TEST

START_TEST(api_key_is_split_at_the_first_colon)
{
	must_load("AIRCALL_API_KEY=id:to:ken");
	ck_assert_str_eq(c.aircall_api_id, "id");
	ck_assert_str_eq(c.aircall_api_token, "to:ken");
	must_load("AIRCALL_API_KEY=id:token\nAIRCALL_API_KEY=");
	ck_assert_str_eq(c.aircall_api_id, "");
	ck_assert_str_eq(c.aircall_api_token, "");
}
END_TEST

/*
 * The environment and the choice of the file.
 */
START_TEST(environment_overrides_the_file)
{
	const char *const environment[] = {"PATH=/bin", "DIALER_JWT_ISSUER=env",
		"AIRCALL_USER_ID=7", "DIALER_PROVIDER_TIMEOUT=", "DIALER_ADMINS=\"q\" # x",
		"dialer_x=1", "DIALER=1", NULL};

	ck_assert_int_eq(load("DIALER_JWT_ISSUER=file\nDIALER_JWT_AUDIENCE=file\n"
			      "DIALER_PROVIDER_TIMEOUT=99\n",
				 environment),
		ERR_NONE);
	ck_assert_str_eq(c.jwt_issuer, "env");
	ck_assert_str_eq(c.jwt_audience, "file");
	ck_assert_int_eq(c.aircall_user_id, 7);
	ck_assert_int_eq(c.provider_timeout, 10);
	ck_assert_str_eq(c.admins, "\"q\" # x");
}
END_TEST

START_TEST(unknown_environment_is_named)
{
	ck_assert_int_eq(load_environment("DIALER_FOO=1"), ERR_INVALID);
	ck_assert_str_eq(error.text, "environment: DIALER_FOO: unknown setting");
	ck_assert_int_eq(load_environment("AIRCALL_X"), ERR_INVALID);
	ck_assert_str_eq(error.text, "environment: AIRCALL_X: unknown setting");
	ck_assert_int_eq(load_environment("DIALER_\x1b[2J=1"), ERR_INVALID);
	ck_assert_str_eq(error.text, "environment: a malformed key");
	ck_assert_int_eq(load_environment("DIALER_JWT_ISSUER=a\nb"), ERR_INVALID);
	ck_assert_int_eq(load_environment("DIALER_JWT_ISSUER=\xff"), ERR_INVALID);
	ck_assert_str_eq(error.text, "environment: DIALER_JWT_ISSUER: must be valid UTF-8");
}
END_TEST

START_TEST(long_key_is_cut_in_the_message)
{
	char entry[2000] = "DIALER_";

	memset(entry + 7, 'X', sizeof(entry) - 9);
	entry[sizeof(entry) - 2] = '=';
	entry[sizeof(entry) - 1] = '\0';
	ck_assert_int_eq(load_environment(entry), ERR_INVALID);
	ck_assert_uint_lt(strlen(error.text), 120);
	ck_assert_int_eq(load(entry, NULL), ERR_INVALID);
	ck_assert_uint_lt(strlen(error.text), 120 + UNIT_PATH_SIZE);
}
END_TEST

START_TEST(hooks_are_settings_of_the_test_build_only)
{
#ifdef DIALER_TEST_HOOKS
	ck_assert_int_eq(load_environment("DIALER_TEST_CLOCK=/x"), ERR_NONE);
	ck_assert_int_eq(load_environment("DIALER_TEST_FAULT=a:kill"), ERR_NONE);
	ck_assert_int_eq(load_environment("DIALER_TEST_RECORD=/x"), ERR_NONE);
#else
	ck_assert_int_eq(load_environment("DIALER_TEST_CLOCK=/x"), ERR_INVALID);
	ck_assert_int_eq(load_environment("DIALER_TEST_FAULT=a:kill"), ERR_INVALID);
	ck_assert_int_eq(load_environment("DIALER_TEST_RECORD=/x"), ERR_INVALID);
#endif
	ck_assert_int_eq(load_environment("DIALER_TEST_OTHER=1"), ERR_INVALID);
}
END_TEST

START_TEST(file_is_named_by_argument_or_environment)
{
	char entry[UNIT_PATH_SIZE + 20];
	const char *const environment[] = {entry, NULL};
	const char *const missing[] = {"DIALER_CONFIG=/nonexistent/b.env", NULL};
	const char *const empty[] = {"DIALER_CONFIG=", NULL};

	unit_file(path, "DIALER_JWT_ISSUER=file\n", 23);
	(void)snprintf(entry, sizeof(entry), "DIALER_CONFIG=%s", path);
	ck_assert_int_eq(read_config(NULL, environment), ERR_NONE);
	ck_assert_str_eq(c.jwt_issuer, "file");
	config_release(&c);
	ck_assert_int_eq(read_config(path, missing), ERR_NONE);
	ck_assert_str_eq(c.jwt_issuer, "file");
	config_release(&c);
	ck_assert_int_eq(read_config(NULL, missing), ERR_NOT_FOUND);
	ck_assert_str_eq(error.text, "/nonexistent/b.env: there is no such file");
	ck_assert_int_eq(read_config("/nonexistent/a.env", environment), ERR_NOT_FOUND);
	ck_assert_str_eq(error.text, "/nonexistent/a.env: there is no such file");
	ck_assert_int_eq(read_config("/tmp", environment), ERR_IO);
	ck_assert_str_eq(error.text, "/tmp: cannot be read: Is a directory");
	ck_assert_ptr_null(c.data_dir);
	if (access(CONFIG_DEFAULT_FILE, F_OK) == -1) {
		ck_assert_int_eq(read_config(NULL, empty), ERR_NONE);
		config_release(&c);
		ck_assert_int_eq(read_config(NULL, NULL), ERR_NONE);
		ck_assert_str_eq(c.data_dir, "/var/lib/dialer");
	}
}
END_TEST

START_TEST(long_path_still_leaves_room_for_the_reason)
{
	char name[600];

	memset(name, 'd', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 100; i < sizeof(name) - 1; i += 100)
		name[i] = '/';
	ck_assert_int_eq(read_config(name, NULL), ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(error.text, ": there is no such file"));
}
END_TEST

START_TEST(released_configuration_is_empty_and_may_be_released_again)
{
	must_load("AIRCALL_API_KEY=a:b");
	config_release(&c);
	ck_assert_ptr_null(c.aircall_api_token);
	ck_assert(!config_has_aircall(&c));
	ck_assert(!config_is_admin(&c, "a"));
	config_release(&c);
}
END_TEST

START_TEST(admins_are_whole_names)
{
	must_load("DIALER_ADMINS=alice, bob ,carol smith");
	ck_assert(config_is_admin(&c, "alice"));
	ck_assert(config_is_admin(&c, "bob"));
	ck_assert(config_is_admin(&c, "carol smith"));
	ck_assert(!config_is_admin(&c, "ali"));
	ck_assert(!config_is_admin(&c, "alicee"));
	ck_assert(!config_is_admin(&c, "Alice"));
	ck_assert(!config_is_admin(&c, "lice"));
	ck_assert(!config_is_admin(&c, ""));
	ck_assert(!config_is_admin(&c, "alice,bob"));
	ck_assert(!config_is_admin(&c, " bob "));
	must_load("");
	ck_assert(!config_is_admin(&c, ""));
	ck_assert(!config_is_admin(&c, "alice"));
}
END_TEST

START_TEST(providers_have_words_and_titles)
{
	for (int p = PROVIDER_NONE + 1; p < PROVIDER__MAX; p++) {
		const char *word = provider_word((enum provider_id)p);

		ck_assert_int_eq(provider_from_word(word), p);
		ck_assert_str_ne(provider_title((enum provider_id)p), "");
	}
	ck_assert_str_eq(provider_word(PROVIDER_NONE), "");
	ck_assert_str_eq(provider_word(PROVIDER__MAX), "");
	ck_assert_str_eq(provider_word((enum provider_id) - 1), "");
	ck_assert_str_eq(provider_title(PROVIDER_DIALPAD), "Dialpad");
	ck_assert_str_eq(provider_title(PROVIDER_AIRCALL), "Aircall");
	ck_assert_int_eq(provider_from_word(""), PROVIDER_NONE);
	ck_assert_int_eq(provider_from_word("Dialpad"), PROVIDER_NONE);
	ck_assert_int_eq(provider_from_word("dial"), PROVIDER_NONE);
}
END_TEST

/*
 * Addresses.
 */
START_TEST(address_is_split_into_its_parts)
{
	static const char text[] = "https://api.example.com:8443/a/b";
	struct url u;

	ck_assert(url_split(text, strlen(text), &u));
	ck_assert(u.https);
	ck_assert_uint_eq(u.host_len, 15);
	ck_assert_mem_eq(u.host, "api.example.com", 15);
	ck_assert_int_eq(u.port, 8443);
	ck_assert_uint_eq(u.path_len, 4);
	ck_assert_mem_eq(u.path, "/a/b", 4);
	ck_assert(url_split("http://[fe80::1]", 16, &u));
	ck_assert(!u.https);
	ck_assert_uint_eq(u.host_len, 9);
	ck_assert_int_eq(u.port, 0);
	ck_assert_uint_eq(u.path_len, 0);
}
END_TEST

START_TEST(odd_hosts_are_refused)
{
	static const char *const odd[] = {"https://.", "https://a.", "https://.a", "https://a..b",
		"https://-a", "https://a-", "https://a b", "https://a%2eb", "https://[::1",
		"https://::1", "https://[]", "https://[1.2.3.4]", "https://[fe80::1%25eth0]",
		"https://127.1", "https://1.2.3.4.5", "https://256.1.1.1", "https://1",
		"https://0x7f000001.1", "https://a\\b", "https://a\"", "https://\xc3\xa9.example",
		"https:/a", "https:a", "https//a", " https://a", "https://a/\x7f",
		"https://a/\xc3\xa9", "http://[::1]x", "http://[::1]:8080:1", "https://a:80:80",
		"https://a:+80", "https://a:-80"};
	struct url u;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		ck_assert_msg(!url_split(odd[i], strlen(odd[i]), &u), "%s", odd[i]);
}
END_TEST

START_TEST(long_hosts_are_refused)
{
	char text[400] = "https://";
	struct url u;

	for (size_t i = 0; i < 260; i++)
		text[8 + i] = i % 50 == 49 ? '.' : 'a';
	ck_assert(url_split(text, 8 + 253, &u));
	ck_assert(!url_split(text, 8 + 254, &u));
	memset(text + 8, 'a', 64);
	ck_assert(url_split(text, 8 + 63, &u));
	ck_assert(!url_split(text, 8 + 64, &u));
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, defaults_are_as_documented);
	tcase_add_test(t, every_setting_goes_to_its_place);
	tcase_add_loop_test(t, line_is_read, 0, COUNT(lines));
	tcase_add_loop_test(t, malformed_line_is_named, 0, COUNT(bad_lines));
	tcase_add_test(t, nul_byte_is_named);
	tcase_add_test(t, file_size_is_limited);
	tcase_add_test(t, value_size_is_limited);
	tcase_add_loop_test(t, value_is_checked, 0, COUNT(values));
	tcase_add_loop_test(t, value_is_checked_in_the_environment_too, 0, COUNT(values));
	tcase_add_test(t, secrets_are_never_in_messages);
	tcase_add_test(t, trunk_prefix_follows_the_country_code);
	tcase_add_test(t, redirect_uri_follows_the_public_url);
	tcase_add_test(t, api_key_is_split_at_the_first_colon);
	tcase_add_test(t, environment_overrides_the_file);
	tcase_add_test(t, unknown_environment_is_named);
	tcase_add_test(t, long_key_is_cut_in_the_message);
	tcase_add_test(t, hooks_are_settings_of_the_test_build_only);
	tcase_add_test(t, file_is_named_by_argument_or_environment);
	tcase_add_test(t, long_path_still_leaves_room_for_the_reason);
	tcase_add_test(t, released_configuration_is_empty_and_may_be_released_again);
	tcase_add_test(t, admins_are_whole_names);
	tcase_add_test(t, providers_have_words_and_titles);
	tcase_add_test(t, address_is_split_into_its_parts);
	tcase_add_test(t, odd_hosts_are_refused);
	tcase_add_test(t, long_hosts_are_refused);
	suite_add_tcase(s, t);
	return unit_run(s);
}
