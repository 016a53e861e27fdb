/*
 * Whose turn it is, where calls can only be asked about one by one and few a minute: a pure
 * function. Fresh calls come first, since their state changes soon; but a call that has waited for
 * long, measured by its age, goes before them, so that many long calls starve neither fresh ones nor
 * each other. Nobody waits while there is nobody else.
 */
#ifndef SYNC_TURNS_H
#define SYNC_TURNS_H

#include "call/call.h"
#include <stddef.h>

/* Sorts the indexes of calls, the most urgent first. A call's look_ms is when it was asked about
 * last, or the start of the call. */
void turns_sort(const struct call *calls, size_t *index, size_t count, int64_t now_ms);

#endif
