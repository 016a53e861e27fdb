/* The ways in which tests let the system fail. */
#ifndef TESTS_LIB_FAULTS_H
#define TESTS_LIB_FAULTS_H

#include "lib/inject.h"

struct fault {
	const char *name;
	int kinds;
	enum inject_how how;
	int error;
	bool onward;
};

extern const struct fault faults[];
extern const int fault_count;

/* Whether it ends the process as a rule. */
bool fault_kills(const struct fault *f);
/* As it is to be set for the `at`-th call. */
struct inject fault_at(const struct fault *f, long at);

#endif
