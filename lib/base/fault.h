/*
 * Named points at which a test may kill or stop the process. They exist in the test build only
 * (-DDIALER_TEST_HOOKS); in the product FAULT_POINT() is nothing.
 *
 * DIALER_TEST_FAULT="name:action[:percent]", several separated by commas. Actions: `kill` (SIGKILL
 * to itself), `stop` (SIGSTOP), `exit`; with a percentage it happens at random. A path from / on names
 * a file that holds this text instead and is read at every point, so that faults come and go while
 * programs run; a file that is not there holds none. What happens is recorded (record.h).
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#ifdef DIALER_TEST_HOOKS
void fault_point(const char *name);
#define FAULT_POINT(name) fault_point(name)
#else
#define FAULT_POINT(name) ((void)0)
#endif

#endif
