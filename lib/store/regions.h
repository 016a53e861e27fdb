/* Room on the disk for the shared memory of the environment. */
#ifndef STORE_REGIONS_H
#define STORE_REGIONS_H

#include "base/err.h"

/* Takes the room that the region files of a directory may ever grow to. Berkeley DB makes them with
 * holes and maps them: on a full disk the process that first touches a hole is ended by SIGBUS,
 * without an answer, where a failing write would only have been an error. With the room taken,
 * reading goes on when the disk is full. 0, ENOSPC or EDQUOT; file systems that cannot do it are
 * left alone. */
int regions_reserve(const char *dir) must_check;

#endif
