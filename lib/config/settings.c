#include "config/settings.h"
#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/url.h"
#include "schedule/schedule.h"
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One value on its way into the configuration. */
struct apply {
	const struct setting *setting;
	struct config *c;
	const char *value;
	size_t len;
	struct setting_error *why;
};

struct word {
	const char *word; /* NULL ends a list */
	int value;
};

struct setting {
	const char *key;
	enum err (*read)(const struct apply *a);
	size_t at;          /* offset in struct config of what the value goes to */
	bool owns_text;     /* that is a char * */
	const char *preset; /* the default; NULL: none */
	const struct word *words;
	int64_t min, max;
};

__attribute__((format(printf, 2, 3))) static enum err reject(
	const struct apply *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(a->why->text, sizeof(a->why->text), fmt, ap);
	va_end(ap);
	return ERR_INVALID;
}

static void *field(const struct apply *a)
{
	return (char *)a->c + a->setting->at;
}

/* Wiped whether secret or not: nobody can then forget to say so. */
static void text_free(char **text)
{
	if (*text != NULL)
		secret_wipe(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

static enum err text_set(char **text, const char *s, size_t len)
{
	char *copy = text_dup(s, len);

	if (copy == NULL)
		return ERR_NOMEM;
	text_free(text);
	*text = copy;
	return ERR_NONE;
}

static enum err store_text(const struct apply *a, const char *s, size_t len)
{
	return text_set(field(a), s, len);
}

/*
 * Lists: items between separators, without the blanks round them.
 */
struct item {
	const char *p;
	size_t len;
};

/* Takes the next item off the list at *p; *p is NULL behind the last one. False at the end. */
static bool next_item(const char **p, const char *end, char separator, struct item *item)
{
	const char *stop;

	if (*p == NULL)
		return false;
	item->p = *p;
	stop = memchr(*p, separator, (size_t)(end - *p));
	*p = stop != NULL ? stop + 1 : NULL;
	if (stop == NULL)
		stop = end;
	while (item->p < stop && *item->p == ' ')
		item->p++;
	while (stop > item->p && stop[-1] == ' ')
		stop--;
	item->len = (size_t)(stop - item->p);
	return true;
}

/* Adds one item of a list in the form in which it is kept. ERR_INVALID: it may not be in the list.
 */
typedef enum err list_item(struct buf *out, const struct item *item);

static enum err store_list(const struct apply *a, char separator, list_item *add, const char *must)
{
	const char *p = a->len > 0 ? a->value : NULL;
	struct buf out;
	struct item item;
	enum err e = ERR_NONE;

	buf_init(&out, 2 * SETTING_VALUE_MAX);
	while (e == ERR_NONE && next_item(&p, a->value + a->len, separator, &item)) {
		if (item.len == 0 && separator == ' ')
			continue;
		if (out.len > 0)
			buf_addc(&out, separator);
		e = add(&out, &item);
	}
	if (e == ERR_INVALID)
		e = reject(a, "%s", must);
	else if (e == ERR_NONE && out.failed)
		e = ERR_NOMEM;
	else if (e == ERR_NONE)
		e = store_text(a, out.s, out.len);
	buf_release(&out);
	return e;
}

/*
 * Kinds of values.
 */
static enum err read_text(const struct apply *a)
{
	return store_text(a, a->value, a->len);
}

static bool is_visible(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f)
			return false;
	return true;
}

/* Goes into URLs and headers of requests to the providers. */
static enum err read_visible(const struct apply *a)
{
	if (!is_visible(a->value, a->len))
		return reject(a, "must be visible ASCII characters without blanks");
	return store_text(a, a->value, a->len);
}

static enum err read_path(const struct apply *a)
{
	if (a->len > 0 && a->value[0] != '/')
		return reject(a, "must be an absolute path");
	if (a->len >= PATH_MAX)
		return reject(a, "the path is too long");
	return store_text(a, a->value, a->len);
}

static enum err read_int(const struct apply *a)
{
	if (!text_int(a->value, a->len, a->setting->min, a->setting->max, field(a)))
		return reject(a, "must be a whole number from %" PRId64 " to %" PRId64,
			a->setting->min, a->setting->max);
	return ERR_NONE;
}

static enum err read_id(const struct apply *a)
{
	if (!text_int(a->value, a->len, 1, INT64_MAX, field(a)))
		return reject(a, "must be a positive whole number");
	return ERR_NONE;
}

static enum err read_yes_no(const struct apply *a)
{
	bool *to = field(a);
	bool yes = strcmp(a->value, "yes") == 0;

	if (!yes && strcmp(a->value, "no") != 0)
		return reject(a, "must be yes or no");
	*to = yes;
	return ERR_NONE;
}

static enum err reject_word(const struct apply *a)
{
	char list[128] = "";
	size_t n = 0;

	for (const struct word *w = a->setting->words; w->word != NULL && n < sizeof(list); w++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
			w == a->setting->words  ? ""
			: (w + 1)->word == NULL ? " or "
						: ", ",
			w->word);
	return reject(a, "must be %s", list);
}

static enum err read_word(const struct apply *a)
{
	/* The words' values are of different enum types, which all have the size of int. */
	for (const struct word *w = a->setting->words; w->word != NULL; w++) {
		if (strcmp(a->value, w->word) == 0) {
			memcpy(field(a), &w->value, sizeof(w->value));
			return ERR_NONE;
		}
	}
	return reject_word(a);
}

_Static_assert(sizeof(enum jwt_alg) == sizeof(int), "read_word writes an int");
_Static_assert(sizeof(enum dialpad_encoding) == sizeof(int), "read_word writes an int");
_Static_assert(sizeof(enum dialpad_call_api) == sizeof(int), "read_word writes an int");

static enum err read_providers(const struct apply *a)
{
	const char *p = a->value;
	enum provider_id found[2] = {PROVIDER_NONE, PROVIDER_NONE};
	int count = 0;
	struct item item;

	while (next_item(&p, a->value + a->len, ',', &item)) {
		enum provider_id id = PROVIDER_NONE;

		if (item.len == 7 && memcmp(item.p, "dialpad", 7) == 0)
			id = PROVIDER_DIALPAD;
		else if (item.len == 7 && memcmp(item.p, "aircall", 7) == 0)
			id = PROVIDER_AIRCALL;
		if (id == PROVIDER_NONE || count == 2 || found[0] == id)
			return reject(
				a, "must be dialpad, aircall or both in their order, with a comma");
		found[count++] = id;
	}
	memcpy(a->c->providers, found, sizeof(found));
	a->c->providers_count = count;
	return ERR_NONE;
}

static enum err read_country_code(const struct apply *a)
{
	size_t plus = a->len > 0 && a->value[0] == '+' ? 1 : 0;

	a->c->phone.country_code[0] = '\0';
	if (a->len == 0)
		return ERR_NONE;
	if (!phone_is_country_code(a->value + plus, a->len - plus))
		return reject(a, "must be a country code such as 44 or +44");
	(void)snprintf(
		a->c->phone.country_code, sizeof(a->c->phone.country_code), "%s", a->value + plus);
	return ERR_NONE;
}

static enum err read_trunk_prefix(const struct apply *a)
{
	struct config *c = a->c;
	bool none = strcmp(a->value, "none") == 0;

	if (a->len > 0 && !none &&
		(!text_is_digits(a->value, a->len) || a->len >= sizeof(c->phone.trunk_prefix)))
		return reject(
			a, "must be 1 to %zu digits, or none", sizeof(c->phone.trunk_prefix) - 1);
	c->trunk_configured = a->len > 0;
	(void)snprintf(
		c->phone.trunk_prefix, sizeof(c->phone.trunk_prefix), "%s", none ? "" : a->value);
	return ERR_NONE;
}

static enum err read_prefixes(const struct apply *a)
{
	if (!phone_prefixes_valid(a->value))
		return reject(
			a, "must be prefixes of + and digits with commas between, such as +1,+44");
	return store_text(a, a->value, a->len);
}

static enum err read_schedule(const struct apply *a)
{
	struct schedule s;

	if (!schedule_parse(a->value, &s))
		return reject(a,
			"must be hours such as 20:00-08:00 or mon-fri 20:00-08:00, with commas "
			"between");
	return store_text(a, a->value, a->len);
}

static enum err read_zone(const struct apply *a)
{
	if (!schedule_zone_known(a->value))
		return reject(a, "must be a time zone of this machine, such as Europe/Berlin");
	return store_text(a, a->value, a->len);
}

static enum err add_user(struct buf *out, const struct item *item)
{
	if (item->len == 0 || item->len > 128)
		return ERR_INVALID;
	buf_add(out, item->p, item->len);
	return ERR_NONE;
}

static enum err read_users(const struct apply *a)
{
	return store_list(
		a, ',', add_user, "must be user ids of 1 to 128 bytes with commas between");
}

/* scope-token of RFC 6749, section 3.3. */
static enum err add_scope(struct buf *out, const struct item *item)
{
	if (!is_visible(item->p, item->len) || memchr(item->p, '"', item->len) != NULL ||
		memchr(item->p, '\\', item->len) != NULL)
		return ERR_INVALID;
	buf_add(out, item->p, item->len);
	return ERR_NONE;
}

static enum err read_scopes(const struct apply *a)
{
	return store_list(a, ' ', add_scope, "must be scopes with blanks between");
}

static enum err add_origin(struct buf *out, const struct item *item)
{
	struct url u;

	if (!url_split(item->p, item->len, &u) || u.path_len > 0)
		return ERR_INVALID;
	url_origin(&u, out);
	return ERR_NONE;
}

static enum err read_origins(const struct apply *a)
{
	return store_list(a, ',', add_origin,
		"must be origins such as https://crm.example.com with commas between");
}

static size_t without_slashes(const char *s, size_t len)
{
	while (len > 0 && s[len - 1] == '/')
		len--;
	return len;
}

static enum err read_public_url(const struct apply *a)
{
	struct url u;

	if (a->len > 0 && !url_split(a->value, a->len, &u))
		return reject(a, "must be http(s)://host[:port][/path]");
	return store_text(a, a->value, without_slashes(a->value, a->len));
}

/* RFC 6749, 3.1.2: it may have a query, but no fragment. */
static bool is_redirect_uri(const char *s, size_t len)
{
	struct url u;
	const char *query = memchr(s, '?', len);
	size_t bare = query != NULL ? (size_t)(query - s) : len;

	if (!url_split(s, bare, &u) || !is_visible(s, len))
		return false;
	for (size_t i = bare; i < len; i++)
		if (strchr("#\"<>\\^`{|}", s[i]) != NULL)
			return false;
	return true;
}

static enum err read_redirect_uri(const struct apply *a)
{
	if (a->len > 0 && !is_redirect_uri(a->value, a->len))
		return reject(a, "must be http(s)://host[:port]/path[?query]");
	return store_text(a, a->value, a->len);
}

static enum err read_base_url(const struct apply *a)
{
	struct url u;

	if (!url_split(a->value, a->len, &u) || (!u.https && !url_is_loopback(&u)))
		return reject(a, "must be https://host[:port][/path] (http:// only for loopback)");
	return store_text(a, a->value, without_slashes(a->value, a->len));
}

static enum err read_proxy(const struct apply *a)
{
	struct url u;

	if (a->len > 0 && (!url_split(a->value, a->len, &u) || u.port == 0 || u.path_len > 1))
		return reject(a, "must be http(s)://host:port");
	return store_text(a, a->value, without_slashes(a->value, a->len));
}

static enum err read_api_key(const struct apply *a)
{
	const char *colon = memchr(a->value, ':', a->len);
	size_t id_len = colon != NULL ? (size_t)(colon - a->value) : 0;
	enum err e;

	if (a->len == 0) {
		e = text_set(&a->c->aircall_api_token, "", 0);
		return e == ERR_NONE ? store_text(a, "", 0) : e;
	}
	if (id_len == 0 || id_len + 1 == a->len || !is_visible(a->value, a->len))
		return reject(a, "must be api_id:api_token");
	e = text_set(&a->c->aircall_api_token, colon + 1, a->len - id_len - 1);
	return e == ERR_NONE ? store_text(a, a->value, id_len) : e;
}

static const struct word jwt_algs[] = {{"HS256", JWT_ALG_CFG_HS256}, {"RS256", JWT_ALG_CFG_RS256},
	{"ES256", JWT_ALG_CFG_ES256}, {NULL, 0}};
static const struct word encodings[] = {{"form", DIALPAD_FORM}, {"json", DIALPAD_JSON}, {NULL, 0}};
static const struct word call_apis[] = {{"call", DIALPAD_CALL},
	{"initiate_call", DIALPAD_INITIATE_CALL}, {"calls", DIALPAD_LEGACY_CALLS}, {NULL, 0}};

#define AT(name)   .at = offsetof(struct config, name)
#define TEXT(name) AT(name), .owns_text = true

/* In the order of the keys' bytes: they are found by halving. */
static const struct setting settings[] = {
	{"AIRCALL_ALLOW_OVERRIDE", read_yes_no, AT(aircall_allow_override), .preset = "yes"},
	{"AIRCALL_API_KEY", read_api_key, TEXT(aircall_api_id)},
	{"AIRCALL_BASE_URL", read_base_url, TEXT(aircall_base_url),
		.preset = "https://api.aircall.io"},
	{"AIRCALL_NUMBER_ID", read_id, AT(aircall_number_id), .preset = "967647"},
	{"AIRCALL_REQUESTS_PER_MINUTE", read_int, AT(aircall_requests_per_minute), .preset = "60",
		.min = 1, .max = 100000},
	{"AIRCALL_USER_ID", read_id, AT(aircall_user_id), .preset = "1527216"},
	{"AIRCALL_WEBHOOK_TOKEN", read_text, TEXT(aircall_webhook_token)},
	{"DIALER_ADMINS", read_users, TEXT(admins)},
	{"DIALER_ALLOWED_PREFIXES", read_prefixes, TEXT(allowed_prefixes)},
	{"DIALER_BLOCKED_PREFIXES", read_prefixes, TEXT(blocked_prefixes)},
	{"DIALER_BLOCKED_PREFIXES_FILE", read_path, TEXT(blocked_prefixes_file),
		.preset = CONFIG_BLOCKED_PREFIXES_FILE},
	{"DIALER_CALLS_PER_DAY", read_int, AT(calls_per_day), .preset = "0", .min = 0,
		.max = 1000000},
	{"DIALER_CALLS_PER_MINUTE", read_int, AT(calls_per_minute), .preset = "20", .min = 0,
		.max = 1000000},
	{"DIALER_CA_FILE", read_path, TEXT(ca_file)},
	{"DIALER_CORS_ORIGINS", read_origins, TEXT(cors_origins)},
	{"DIALER_DATA_DIR", read_path, TEXT(data_dir), .preset = CONFIG_DATA},
	{"DIALER_DEFAULT_COUNTRY_CODE", read_country_code, AT(phone)},
	{"DIALER_HTPASSWD_FILE", read_path, TEXT(htpasswd_file)},
	{"DIALER_HTTPS_PROXY", read_proxy, TEXT(https_proxy)},
	{"DIALER_JWT_ALG", read_word, AT(jwt_alg), .preset = "HS256", .words = jwt_algs},
	{"DIALER_JWT_AUDIENCE", read_text, TEXT(jwt_audience)},
	{"DIALER_JWT_ISSUER", read_text, TEXT(jwt_issuer)},
	{"DIALER_JWT_PUBLIC_KEY_FILE", read_path, TEXT(jwt_public_key_file)},
	{"DIALER_JWT_SECRET_FILE", read_path, TEXT(jwt_secret_file),
		.preset = CONFIG_ETC "/jwt.key"},
	{"DIALER_PROVIDERS", read_providers, .preset = "dialpad,aircall"},
	{"DIALER_PROVIDER_TIMEOUT", read_int, AT(provider_timeout), .preset = "10", .min = 1,
		.max = 120},
	{"DIALER_PUBLIC_URL", read_public_url, TEXT(public_url)},
	{"DIALER_QUIET_HOURS", read_schedule, TEXT(quiet_hours)},
	{"DIALER_QUIET_HOURS_ZONE", read_zone, TEXT(quiet_hours_zone)},
	{"DIALER_RECONCILE_HOURS", read_int, AT(reconcile_hours), .preset = "24", .min = 1,
		.max = 720},
	{"DIALER_TOKEN_KEY_FILE", read_path, TEXT(token_key_file),
		.preset = CONFIG_ETC "/token.key"},
	{"DIALER_TRUNK_PREFIX", read_trunk_prefix, AT(phone)},
	{"DIALPAD_API_KEY", read_visible, TEXT(dialpad_api_key)},
	{"DIALPAD_BASE_URL", read_base_url, TEXT(dialpad_base_url),
		.preset = "https://dialpad.com"},
	{"DIALPAD_CALL_API", read_word, AT(dialpad_call_api), .preset = "call", .words = call_apis},
	{"DIALPAD_CLIENT_ID", read_visible, TEXT(dialpad_client_id)},
	{"DIALPAD_CLIENT_SECRET", read_visible, TEXT(dialpad_client_secret)},
	{"DIALPAD_CTI_CLIENT_ID", read_visible, TEXT(dialpad_cti_client_id)},
	{"DIALPAD_REDIRECT_URI", read_redirect_uri, TEXT(dialpad_redirect_uri)},
	{"DIALPAD_REQUIRED_SCOPES", read_scopes, TEXT(dialpad_required_scopes)},
	{"DIALPAD_SCOPES", read_scopes, TEXT(dialpad_scopes), .preset = "offline_access"},
	{"DIALPAD_TOKEN_ENCODING", read_word, AT(dialpad_token_encoding), .preset = "form",
		.words = encodings},
	{"DIALPAD_WEBHOOK_SECRET", read_text, TEXT(dialpad_webhook_secret)},
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

const struct setting *setting_find(const char *key, size_t len)
{
	size_t low = 0, high = SETTINGS;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *known = settings[middle].key;
		int order = strncmp(key, known, len);

		if (order == 0 && known[len] == '\0')
			return &settings[middle];
		if (order > 0)
			low = middle + 1;
		else
			high = middle; /* also where the key is the beginning of a known one */
	}
	return NULL;
}

/* The value has a NUL behind it. */
static enum err apply(const struct apply *a)
{
	if (text_has_control(a->value, a->len))
		return reject(a, "must not hold control characters");
	if (!text_is_utf8(a->value, a->len))
		return reject(a, "must be valid UTF-8");
	return a->setting->read(a);
}

enum err setting_apply(const struct setting *s, struct config *c, const char *value, size_t len,
	struct setting_error *why)
{
	struct apply a = {.setting = s, .c = c, .why = why};
	struct buf copy;
	enum err e;

	if (len > SETTING_VALUE_MAX)
		return reject(&a, "must not be longer than %zu bytes", SETTING_VALUE_MAX);
	buf_init_secret(&copy, SETTING_VALUE_MAX);
	if (len > 0)
		buf_add(&copy, value, len);
	else
		buf_adds(&copy, s->preset != NULL ? s->preset : "");
	a.value = copy.s;
	a.len = copy.len;
	e = copy.failed ? ERR_NOMEM : apply(&a);
	buf_release(&copy);
	return e;
}

enum err settings_defaults(struct config *c)
{
	struct setting_error why;

	for (size_t i = 0; i < SETTINGS; i++) {
		enum err e = setting_apply(&settings[i], c, "", 0, &why);

		if (e != ERR_NONE)
			return e;
	}
	return ERR_NONE;
}

enum err settings_derive(struct config *c)
{
	struct buf uri;
	enum err e;

	if (!c->trunk_configured)
		(void)snprintf(c->phone.trunk_prefix, sizeof(c->phone.trunk_prefix), "%s",
			phone_default_trunk(c->phone.country_code));
	if (c->dialpad_redirect_uri[0] != '\0' || c->public_url[0] == '\0')
		return ERR_NONE;
	buf_init(&uri, 2 * SETTING_VALUE_MAX);
	buf_addf(&uri, "%s/api/dialer/dialpad/callback", c->public_url);
	e = uri.failed ? ERR_NOMEM : text_set(&c->dialpad_redirect_uri, uri.s, uri.len);
	buf_release(&uri);
	return e;
}

void settings_release(struct config *c)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (settings[i].owns_text)
			text_free((char **)(void *)((char *)c + settings[i].at));
	text_free(&c->aircall_api_token);
	memset(c, 0, sizeof(*c));
}
