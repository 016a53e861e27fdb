/*
 * Room on the disk. Where there is none, a failing write should be an error and nothing worse:
 *
 * Berkeley DB makes the files of its regions with holes and maps them: the process that first
 * touches a hole on a full disk is ended by SIGBUS, without an answer. So the room that they may
 * ever grow to is taken when they are made. And when its log cannot be written a few times the
 * environment panics and must be recovered, which needs room again: so changes end earlier, and
 * reading goes on.
 */
#ifndef STORE_ROOM_H
#define STORE_ROOM_H

#include "base/err.h"

/* Before a change. 0, or ENOSPC while there is so little left that it might not succeed. */
int room_for_change(const char *dir) must_check;
/* Before recovery, which makes the regions anew: removes the old ones and sees whether there is
 * room for others. 0, ENOSPC or EDQUOT; file systems that cannot tell are left alone. */
int room_for_regions(const char *dir) must_check;
/* Afterwards: takes that room, as far as it is still there. */
void room_take(const char *dir);

#endif
