/*
 * Users' Dialpad tokens during a run: as they are stored, so that asking about calls never waits for
 * OAuth. Those that have ended, were refused or end soon are refreshed in a phase of its own, one
 * user after the other.
 */
#ifndef SYNC_TOKENS_H
#define SYNC_TOKENS_H

#include "connect/connect.h"
#include "sync/run.h"

struct tokens;

/* Opens nothing yet. ERR_NOMEM. */
enum err tokens_open(struct run *r, struct tokens **out) must_check;
void tokens_close(struct tokens *t); /* NULL is fine */

/* Whether the key of the tokens can be had; what is wrong has been logged. */
bool tokens_usable(struct tokens *t);
/* The user's stored token. TOKEN_UNREACHABLE: it has ended or was refused, which is
 * remembered for the refresh. */
enum token_result tokens_get(struct tokens *t, const char *user, struct buf *token);
/* This token of the user got a 401. */
void tokens_refused(struct tokens *t, const char *user, const char *token);

/* Refreshes what needs it, until the deadline of the monotonic clock at the latest: first those for
 * whom calls wait, then the others; an outage ends either. *woken: users whose calls could not be asked about have good tokens now. Errors of the store;
 * ERR_NOMEM. */
enum err tokens_refresh(struct tokens *t, int64_t deadline, bool *woken) must_check;

#endif
