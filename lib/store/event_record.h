/* An event that is kept, as bytes, and in words. Internal to lib/store. */
#ifndef STORE_EVENT_RECORD_H
#define STORE_EVENT_RECORD_H

#include "store/events.h"

/* Encoder: check out->failed. */
void event_record(struct buf *out, const struct store_event *e);
/* ERR_STORAGE as in codec.h. */
enum err event_record_read(const void *bytes, size_t len, struct store_event *e) must_check;

/* What it says, complete; borrows from the event. */
struct statement event_said(const struct store_event *e);
/* Whether both are the same event, told twice. */
bool event_same(const struct store_event *a, const struct store_event *b);

/* "call.hungup of 2026-11-20T16:52:40.000Z, aircall 4294967301 done": what a repetition begins
 * with, too. */
#define EVENT_HEAD_SIZE 200
void event_head(const struct store_event *e, char out[EVENT_HEAD_SIZE]);

#endif
