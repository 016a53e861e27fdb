/* Shared by the unit test programs. */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

/* Runs the suite, frees it and returns what main() returns. */
int unit_run(Suite *s);

#define UNIT_PATH_SIZE 256
/* Makes a file of these bytes below TMPDIR; the test unlinks it. */
void unit_file(char path[UNIT_PATH_SIZE], const void *bytes, size_t len);

/* A number below `limit`; the same ones in every run, so that a failure comes back. *state is any
 * number but 0 at first. */
size_t unit_random(uint32_t *state, size_t limit);

#endif
