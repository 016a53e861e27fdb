/* Making a provider's webhook what it must be: found, mended or made, and nothing twice. */
#ifndef DIALER_HOOKS_SET_UP_H
#define DIALER_HOOKS_SET_UP_H

#include "hooks.h"

/* Adds what was done as comments, and what the settings need as their lines. False: it has been
 * complained about; what was done before stays, and the next time goes on from there. */
bool hooks_set_up(struct hook_desk *d, enum provider_id p, const char *address, struct buf *out);

#endif
