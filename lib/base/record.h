/*
 * What programs tell a test about themselves: lines appended to the file that DIALER_TEST_RECORD names.
 * They exist in the test build only (-DDIALER_TEST_HOOKS); in the product RECORD() is nothing.
 *
 *   death NAME                             at this fault point (fault.h)
 *   stay REQUEST PROGRAM WAITED INSIDE     at the gate (store/gate.h), in milliseconds
 *   busy REQUEST PROGRAM WAITED            gave up
 *
 * A line is one write, so that those of many processes never mix.
 */
#ifndef BASE_RECORD_H
#define BASE_RECORD_H

#ifdef DIALER_TEST_HOOKS
void record_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define RECORD(...) record_line(__VA_ARGS__)
#else
#define RECORD(...) ((void)0)
#endif

#endif
