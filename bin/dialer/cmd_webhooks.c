/* dialer webhooks set-up, list, remove: what the providers are to tell this server, and where. Tokens
 * and secrets are not shown, but for the token that Aircall made and the settings need. */
#include "app.h"
#include "hooks.h"
#include "hooks_set_up.h"
#include "json/jsonw.h"

#include <string.h>

#define OUTPUT_MAX  ((size_t)4 * 1024 * 1024)
#define ADDRESS_MAX ((size_t)8 * 1024)

static const struct option provider_option[] = {
	{"provider", "aircall|dialpad", "only this one (default: all whose key is set)"},
	{NULL, NULL, NULL}};

static const struct option list_options[] = {
	{"provider", "aircall|dialpad", "only this one (default: all whose key is set)"},
	{"json", NULL, "as a JSON array"}, {NULL, NULL, NULL}};

/* --- which providers --- */

static bool has_key(const struct config *c, enum provider_id p)
{
	return p == PROVIDER_AIRCALL ? config_has_aircall(c) : c->dialpad_api_key[0] != '\0';
}

/* Those to be asked, PROVIDER_NONE at the end. An exit status. */
static int choose(const struct app *a, enum provider_id chosen[3])
{
	const char *word = args_value(&a->args, "provider");
	enum provider_id only = word != NULL ? provider_from_word(word) : PROVIDER_NONE;
	size_t n = 0;
	if (word != NULL && only != PROVIDER_AIRCALL && only != PROVIDER_DIALPAD)
		return misused("--provider must be aircall or dialpad");
	for (enum provider_id p = PROVIDER_DIALPAD; p <= PROVIDER_AIRCALL; p++)
		if (only == p || (only == PROVIDER_NONE && has_key(&a->config, p)))
			chosen[n++] = p;
	chosen[n] = PROVIDER_NONE;
	if (n == 0)
		return failed("neither AIRCALL_API_KEY nor DIALPAD_API_KEY is set");
	if (only != PROVIDER_NONE && !has_key(&a->config, only))
		return failed("%s is not set: without it %s cannot be asked about webhooks",
			only == PROVIDER_AIRCALL ? "AIRCALL_API_KEY" : "DIALPAD_API_KEY",
			provider_title(only));
	return STATUS_OK;
}

/* What is done with one provider; `address` is where it finds us, "" where that is not said. */
typedef bool each_fn(struct hook_desk *d, enum provider_id p, const char *address, void *arg);

static bool do_one(
	struct hook_desk *d, enum provider_id p, bool needs_address, each_fn *each, void *arg)
{
	const char *why;
	struct buf address;
	buf_init(&address, ADDRESS_MAX);
	bool known = hook_address(&d->app->config, p, &address, &why);
	if (!known && needs_address)
		complain("%s", why);
	bool ok = (known || !needs_address) && each(d, p, address.s, arg);
	buf_release(&address);
	return ok;
}

/* Does it for all of them, one failing or not. An exit status. */
static int for_each(struct app *a, bool needs_address, each_fn *each, void *arg)
{
	enum provider_id chosen[3];
	struct hook_desk d;
	int status = choose(a, chosen);
	if (status != STATUS_OK)
		return status;
	bool open = hook_desk_open(&d, a);
	for (size_t i = 0; open && chosen[i] != PROVIDER_NONE; i++)
		if (!do_one(&d, chosen[i], needs_address, each, arg))
			status = STATUS_FAILED;
	hook_desk_close(&d);
	return open ? status : STATUS_FAILED;
}

/* Prints what there is to say, whatever came of it. */
static int print_and_end(struct buf *out, int status)
{
	int printed = app_print(out);
	return status != STATUS_OK ? status : printed;
}

/* --- set-up --- */

static bool set_up(struct hook_desk *d, enum provider_id p, const char *address, void *arg)
{
	return hooks_set_up(d, p, address, arg);
}

static int run_set_up(struct app *a)
{
	struct buf out;
	buf_init_secret(&out, OUTPUT_MAX);
	int status = for_each(a, true, set_up, &out);
	return print_and_end(&out, status);
}

const struct command command_webhooks_set_up = {.name = "webhooks set-up",
	.synopsis = "[--provider aircall|dialpad]",
	.summary = "Has the providers tell this server what becomes of calls",
	.details =
		"\nRegisters DIALER_PUBLIC_URL/api/dialer/webhooks/... with each provider, or "
		"mends what is\n"
		"registered there. It can be run as often as one likes. What it prints is a part "
		"of the\n"
		"settings with comments: the token that Aircall made has to be written there as\n"
		"AIRCALL_WEBHOOK_TOKEN. Dialpad signs with DIALPAD_WEBHOOK_SECRET.\n",
	.options = provider_option,
	.run = run_set_up};

/* --- list --- */

/* Addresses of others may hold what is not for the screen. */
static void add_shown_address(struct buf *out, const char *url)
{
	const char *host = strstr(url, "//"), *end = url + strcspn(url, "?#");
	const char *at = host != NULL ? memchr(host, '@', (size_t)(end - host)) : NULL;
	host = host != NULL ? host + 2 : url;
	buf_add(out, url, (size_t)(host - url));
	host = at != NULL ? at + 1 : host;
	buf_add(out, host, (size_t)(end - host));
	if (*end != '\0')
		buf_adds(out, "?...");
}

struct shown {
	const struct hook *hook;
	enum provider_id provider;
	bool ours, active;
	const char *events;
};

static void show_json(struct jsonw *w, const struct shown *s)
{
	struct buf address;
	buf_init(&address, OUTPUT_MAX);
	add_shown_address(&address, s->hook->url);
	jsonw_object(w);
	jsonw_member_text(w, "provider", provider_word(s->provider));
	jsonw_member_text(w, "id", s->hook->id);
	jsonw_member_bool(w, "ours", s->ours);
	jsonw_member_bool(w, "active", s->active);
	jsonw_key(w, "events");
	jsonw_array(w);
	for (const char *at = s->events; *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		jsonw_string(w, at, len);
		at += len;
	}
	jsonw_array_end(w);
	jsonw_member_text(w, "url", address.s);
	jsonw_object_end(w);
	buf_release(&address);
}

static void show_text(struct buf *out, const struct shown *s)
{
	buf_addf(out, "%s %s, %s%s\n  ", provider_title(s->provider), s->hook->id,
		s->ours ? "leads here" : "leads elsewhere", s->active ? "" : ", disabled");
	add_shown_address(out, s->hook->url);
	buf_addf(out, "\n  %s\n", *s->events != '\0' ? s->events : "no events");
}

struct showing {
	struct buf out;
	struct jsonw w;
	bool json;
};

static void show(struct showing *g, const struct shown *s)
{
	if (g->json)
		show_json(&g->w, s);
	else
		show_text(&g->out, s);
}

/* At Dialpad it is the subscriptions that say what is told. */
static void add_subscriptions(const struct hook_page *all, struct shown *s, struct buf *events)
{
	s->active = false;
	for (size_t i = 0; i < all->count; i++) {
		const struct hook *h = &all->hooks[i];
		if (strcmp(h->of, s->hook->id) != 0)
			continue;
		s->active = s->active || h->active;
		buf_addf(events, "%s%s", events->len > 0 ? " " : "", h->events);
	}
	s->events = events->s;
}

static bool list(struct hook_desk *d, enum provider_id p, const char *address, void *arg)
{
	const struct hook_kind *kind = p == PROVIDER_AIRCALL ? &aircall_hooks : &dialpad_hooks;
	struct hook_page all, subscriptions = {.hooks = NULL};
	bool ok = hook_desk_list(d, kind, &all);
	if (ok && p == PROVIDER_DIALPAD)
		ok = hook_desk_list(d, &dialpad_subscriptions, &subscriptions);
	for (size_t i = 0; ok && i < all.count; i++) {
		const struct hook *h = &all.hooks[i];
		struct shown s = {h, p, strcmp(h->url, address) == 0, h->active, h->events};
		struct buf events;
		buf_init(&events, OUTPUT_MAX);
		if (p == PROVIDER_DIALPAD)
			add_subscriptions(&subscriptions, &s, &events);
		show(arg, &s);
		buf_release(&events);
	}
	hook_page_release(&subscriptions);
	hook_page_release(&all);
	return ok;
}

static int run_list(struct app *a)
{
	struct showing g = {.json = args_has(&a->args, "json")};
	buf_init(&g.out, OUTPUT_MAX);
	if (g.json) {
		jsonw_init(&g.w, &g.out);
		jsonw_array(&g.w);
	}
	int status = for_each(a, false, list, &g);
	if (g.json) {
		jsonw_array_end(&g.w);
		buf_addc(&g.out, '\n');
	} else if (g.out.len == 0 && status == STATUS_OK) {
		buf_adds(&g.out, "No webhooks\n");
	}
	return print_and_end(&g.out, status);
}

const struct command command_webhooks_list = {.name = "webhooks list",
	.synopsis = "[--provider aircall|dialpad] [--json]",
	.summary = "Lists the webhooks that the providers have, and what they tell",
	.options = list_options,
	.run = run_list};

/* --- remove --- */

static bool remove_subscriptions(struct hook_desk *d, const struct hook_page *all, const char *id)
{
	bool ok = true;
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->hooks[i].of, id) == 0)
			ok = hook_desk_delete(d, &dialpad_subscriptions, all->hooks[i].id) && ok;
	return ok;
}

static bool remove_ours(struct hook_desk *d, enum provider_id p, const char *address, void *arg)
{
	const struct hook_kind *kind = p == PROVIDER_AIRCALL ? &aircall_hooks : &dialpad_hooks;
	struct hook_page all, subscriptions = {.hooks = NULL};
	struct buf *out = arg;
	size_t found = 0;
	bool ok = hook_desk_list(d, kind, &all);
	if (ok && p == PROVIDER_DIALPAD)
		ok = hook_desk_list(d, &dialpad_subscriptions, &subscriptions);
	for (size_t i = 0; ok && i < all.count; i++) {
		const char *id = all.hooks[i].id;
		if (strcmp(all.hooks[i].url, address) != 0)
			continue;
		found++;
		ok = remove_subscriptions(d, &subscriptions, id) && hook_desk_delete(d, kind, id);
		if (ok)
			buf_addf(out, "%s: webhook %s is removed\n", provider_title(p), id);
	}
	if (ok && found == 0)
		buf_addf(out, "%s: no webhook leads to %s\n", provider_title(p), address);
	hook_page_release(&subscriptions);
	hook_page_release(&all);
	return ok;
}

static int run_remove(struct app *a)
{
	struct buf out;
	buf_init(&out, OUTPUT_MAX);
	int status = for_each(a, true, remove_ours, &out);
	return print_and_end(&out, status);
}

const struct command command_webhooks_remove = {.name = "webhooks remove",
	.synopsis = "[--provider aircall|dialpad]",
	.summary = "Has the providers tell this server nothing any more",
	.details = "\nRemoves the webhooks that lead to this server (DIALER_PUBLIC_URL), and no "
		   "others.\n",
	.options = provider_option,
	.run = run_remove};
