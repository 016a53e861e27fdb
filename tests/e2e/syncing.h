/* Running dialer-sync in tests, and what it made of the calls. */
#ifndef E2E_SYNCING_H
#define E2E_SYNCING_H

#include "e2e/calls.h"

/* A run that is good and says nothing. */
void sync_quietly(void);
/* A good run; its summary. */
json_t *sync_json(void);
/* The number at `path` of a good run's summary. */
json_int_t summary(const char *path);

/* A run in the background, for providers that are slow. */
struct begun sync_begin(void);
/* Kills it with -9; what it had said. */
struct run sync_kill(const struct begun *b);

/* The call as its user sees it. */
json_t *call_of(const char *user, const char *id);
const char *status_of(const char *user, const char *id);
#define expect_call_status(user, id, want) ck_assert_str_eq(status_of(user, id), want)
/* "" while it is not known. */
const char *external_id_of(const char *user, const char *id);
/* Waits until the call has this status, or fails. */
void await_call_status(const char *user, const char *id, const char *want);

#endif
