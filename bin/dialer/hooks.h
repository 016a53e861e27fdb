/* Asking providers about the webhooks they keep for us, within their limits. What goes wrong has been
 * complained about when a function returns false. */
#ifndef DIALER_HOOKS_H
#define DIALER_HOOKS_H

#include "app.h"
#include "asking.h"
#include "provider/hooks.h"

struct hook_desk {
	struct app *app;
	struct asking asking;
};

/* Gives up root, as app_open_store does. */
bool hook_desk_open(struct hook_desk *d, struct app *a);
void hook_desk_close(struct hook_desk *d);

/* All that the provider has of this kind; release the page in any case. */
bool hook_desk_list(struct hook_desk *d, const struct hook_kind *k, struct hook_page *all);
/* Makes one (id NULL) or mends it; release the page in any case. */
bool hook_desk_put(struct hook_desk *d, const struct hook_kind *k, const char *id,
	const char *target, struct hook_page *made);
bool hook_desk_delete(struct hook_desk *d, const struct hook_kind *k, const char *id);

#endif
