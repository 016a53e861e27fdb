#include "hooks_set_up.h"

#include "base/secret.h"
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is printed: a part of the settings, with comments --- */

/* A setting's line; in quotes where it must be. */
static void add_setting(struct buf *out, const char *key, const char *value)
{
	buf_addf(out, "%s=", key);
	if (value[strspn(value,
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0') {
		buf_addf(out, "%s\n", value);
		return;
	}
	buf_addc(out, '"');
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *value);
	}
	buf_adds(out, "\"\n");
}

/* Of those that lead here the best to go on with; NULL: there is none. */
static struct hook *best_of(struct hook_page *all, const char *address, const char *proof)
{
	struct hook *best = NULL;
	int best_score = -1;
	for (size_t i = 0; i < all->count; i++) {
		struct hook *h = &all->hooks[i];
		int score = (*proof != '\0' && strcmp(h->proof, proof) == 0 ? 4 : 0) +
			    (h->active ? 2 : 0) + (h->right ? 1 : 0);
		if (strcmp(h->url, address) != 0 || score <= best_score)
			continue;
		best = h;
		best_score = score;
	}
	return best;
}

/* Several that lead here would bring each event several times. */
static bool delete_others(struct hook_desk *d, const struct hook_kind *k,
	const struct hook_page *all, const char *address, const char *keep_id, struct buf *out)
{
	bool ok = true;
	for (size_t i = 0; i < all->count; i++) {
		const struct hook *h = &all->hooks[i];
		if (strcmp(h->url, address) != 0 || strcmp(h->id, keep_id) == 0)
			continue;
		ok = hook_desk_delete(d, k, h->id) && ok;
		buf_addf(out, "# %s: webhook %s led here, too, and is removed\n",
			provider_title(k->provider), h->id);
	}
	return ok;
}

static void add_token(const struct app *a, const char *token, struct buf *out)
{
	const char *have = a->config.aircall_webhook_token;
	if (secret_equal(have, strlen(have), token, strlen(token)))
		return;
	buf_addf(out, "# Its token, for %s%s:\n", app_settings_file(a),
		have[0] != '\0' ? ", where another one is set" : "");
	add_setting(out, "AIRCALL_WEBHOOK_TOKEN", token);
}

static bool set_up_aircall(struct hook_desk *d, const char *address, struct buf *out)
{
	struct hook_page all, made = {.hooks = NULL};
	bool ok = hook_desk_list(d, &aircall_hooks, &all);
	struct hook *h = best_of(&all, address, d->app->config.aircall_webhook_token);
	const char *what = "is as it must be";
	if (ok && (h == NULL || !h->active || !h->right)) {
		what = h == NULL ? "is made" : "is mended";
		ok = hook_desk_put(d, &aircall_hooks, h != NULL ? h->id : NULL, address, &made);
		h = ok ? made.hooks : NULL;
	}
	if (ok && h->proof[0] == '\0') {
		complain("Aircall does not tell the token of its webhook");
		ok = false;
	}
	if (ok) {
		buf_addf(out, "# Aircall: webhook %s %s: %s\n", h->id, what, address);
		ok = delete_others(d, &aircall_hooks, &all, address, h->id, out);
		add_token(d->app, h->proof, out);
	}
	hook_page_release(&made);
	hook_page_release(&all);
	return ok;
}

/* The one that has no secret of ours yet cannot be given one without the settings knowing it. */
static bool suggest_secret(const struct app *a, struct buf *out)
{
	char line[KEY_LINE];
	if (!key_line(line)) {
		complain("the system has no randomness for a secret");
		return false;
	}
	line[KEY_LINE - 1] = '\0';
	buf_addf(out, "# A secret for Dialpad to sign with, for %s; then run this again:\n",
		app_settings_file(a));
	add_setting(out, "DIALPAD_WEBHOOK_SECRET", line);
	secret_wipe(line, sizeof(line));
	complain(
		"Dialpad: DIALPAD_WEBHOOK_SECRET is not set; the line on standard output would do");
	return false;
}

/* A subscription to the webhook that tells what is needed: found, mended or made. Its id into keep. */
static bool subscribe(struct hook_desk *d, const struct hook_page *all, const char *hook_id,
	char keep[HOOK_ID_SIZE], const char **what)
{
	const struct hook *some = NULL;
	struct hook_page made = {.hooks = NULL};
	bool ok = true, done = false;
	*what = "is as it must be";
	for (size_t i = 0; i < all->count; i++) {
		const struct hook *s = &all->hooks[i];
		if (strcmp(s->of, hook_id) != 0)
			continue;
		if (s->active && s->right) {
			snprintf(keep, HOOK_ID_SIZE, "%s", s->id);
			return true;
		}
		some = some != NULL ? some : s;
	}
	if (some != NULL) {
		*what = "is mended";
		ok = hook_desk_put(d, &dialpad_subscriptions, some->id, hook_id, &made);
		/* One for a single target stays so, whatever it is told. */
		done = ok && made.hooks->active && made.hooks->right;
	}
	if (ok && !done) {
		*what = "is made";
		hook_page_release(&made);
		ok = hook_desk_put(d, &dialpad_subscriptions, NULL, hook_id, &made);
	}
	if (ok)
		snprintf(keep, HOOK_ID_SIZE, "%s", made.hooks->id);
	hook_page_release(&made);
	return ok;
}

/* Removes the subscriptions to a webhook, but for one. */
static bool unsubscribe(
	struct hook_desk *d, const struct hook_page *all, const char *hook_id, const char *keep)
{
	bool ok = true;
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->hooks[i].of, hook_id) == 0 && strcmp(all->hooks[i].id, keep) != 0)
			ok = hook_desk_delete(d, &dialpad_subscriptions, all->hooks[i].id) && ok;
	return ok;
}

/* Removes the other webhooks that lead here, with the subscriptions to them. */
static bool tidy_dialpad(struct hook_desk *d, const struct hook_page *hooks,
	const struct hook_page *subscriptions, const char *address, const char *keep_id,
	struct buf *out)
{
	bool ok = true;
	for (size_t i = 0; i < hooks->count; i++)
		if (strcmp(hooks->hooks[i].url, address) == 0 &&
			strcmp(hooks->hooks[i].id, keep_id) != 0)
			ok = unsubscribe(d, subscriptions, hooks->hooks[i].id, "") && ok;
	return ok && delete_others(d, &dialpad_hooks, hooks, address, keep_id, out);
}

static bool set_up_subscription(struct hook_desk *d, const struct hook_page *subscriptions,
	const char *hook_id, struct buf *out)
{
	char keep[HOOK_ID_SIZE] = "";
	const char *what;
	if (!subscribe(d, subscriptions, hook_id, keep, &what))
		return false;
	buf_addf(out, "# Dialpad: subscription %s to it %s\n", keep, what);
	return unsubscribe(d, subscriptions, hook_id, keep);
}

static bool set_up_dialpad(struct hook_desk *d, const char *address, struct buf *out)
{
	const char *secret = d->app->config.dialpad_webhook_secret;
	struct hook_page hooks, subscriptions = {.hooks = NULL}, made = {.hooks = NULL};
	if (secret[0] == '\0')
		return suggest_secret(d->app, out);
	bool ok = hook_desk_list(d, &dialpad_hooks, &hooks) &&
		  hook_desk_list(d, &dialpad_subscriptions, &subscriptions);
	struct hook *h = best_of(&hooks, address, secret);
	const char *what = "is as it must be";
	if (ok && (h == NULL || strcmp(h->proof, secret) != 0)) {
		what = h == NULL ? "is made" : "has its new secret";
		ok = hook_desk_put(d, &dialpad_hooks, h != NULL ? h->id : NULL, address, &made);
		h = ok ? made.hooks : NULL;
	}
	if (ok) {
		buf_addf(out, "# Dialpad: webhook %s %s: %s\n", h->id, what, address);
		ok = set_up_subscription(d, &subscriptions, h->id, out) &&
		     tidy_dialpad(d, &hooks, &subscriptions, address, h->id, out);
	}
	hook_page_release(&made);
	hook_page_release(&subscriptions);
	hook_page_release(&hooks);
	return ok;
}

bool hooks_set_up(struct hook_desk *d, enum provider_id p, const char *address, struct buf *out)
{
	return p == PROVIDER_AIRCALL ? set_up_aircall(d, address, out)
				     : set_up_dialpad(d, address, out);
}
