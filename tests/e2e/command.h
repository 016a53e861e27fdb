/* Running commands of `dialer` and looking at what they say. */
#ifndef E2E_COMMAND_H
#define E2E_COMMAND_H

#include "e2e/harness.h"
#include <string.h>

/* dialer --config FILE with these arguments. */
#define dialer(...) run_dialer((const char *const[]){__VA_ARGS__, NULL})

/* Each with the program's output, should it fail. Arguments are evaluated once. */
#define expect_exit(r, want)                                                                       \
	do {                                                                                       \
		const struct run r_ = (r);                                                         \
		ck_assert_msg(r_.status == (want), "wanted %d, got %d: %s%s", (want), r_.status,   \
			r_.out, r_.err);                                                           \
	} while (0)
#define expect_says(text, want)                                                                    \
	do {                                                                                       \
		const char *text_ = (text), *want_ = (want);                                       \
		ck_assert_msg(                                                                     \
			strstr(text_, want_) != NULL, "wanted \"%s\", got: %s", want_, text_);     \
	} while (0)
#define expect_silent_about(text, bad)                                                             \
	do {                                                                                       \
		const char *text_ = (text), *bad_ = (bad);                                         \
		ck_assert_msg(strstr(text_, bad_) == NULL, "\"%s\" is in: %s", bad_, text_);       \
	} while (0)

#endif
