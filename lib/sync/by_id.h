/*
 * Following calls one by one, by the provider's id and with each user's own token: the way where
 * the provider has no list that we may read. Fresh calls come first, since the provider allows few
 * such requests a minute.
 */
#ifndef SYNC_BY_ID_H
#define SYNC_BY_ID_H

#include "sync/run.h"

/* Dialpad: GET /api/v2/call/{id} is limited to 10 a minute, and a run is made every minute. */
#define BY_ID_REQUESTS 10

/* Asks about the due calls of the provider whose id is known. What the provider cannot be asked
 * about is given up when its time is over. */
enum err by_id_follow(struct batch *b, const struct provider *p) must_check;

#endif
