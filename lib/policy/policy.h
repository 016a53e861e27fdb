/*
 * Which numbers may be called, and when: the brake against toll fraud. It says yes or no to a number
 * and a moment; how many calls a user may place is counted where they are stored.
 *
 * A number is refused if a blocked prefix begins it (DIALER_BLOCKED_PREFIXES, or the list of
 * premium-rate ranges in DIALER_BLOCKED_PREFIXES_FILE), if there are allowed prefixes and none begins
 * it, and during DIALER_QUIET_HOURS.
 *
 * The file: a prefix a line (`+` and digits), blank lines, and comments from `#` on. The default one
 * may be absent; one that is named, or cannot be read to its end, refuses everything: a policy nobody
 * can read must not let everything pass.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include <stdint.h>

enum policy_verdict {
	POLICY_ALLOWED,
	POLICY_BLOCKED,      /* a blocked prefix */
	POLICY_BLOCKED_FILE, /* a prefix of the file */
	POLICY_NOT_LISTED,   /* there are allowed prefixes, and it has none of them */
	POLICY_QUIET,        /* not at this hour */
	POLICY_UNREADABLE    /* nobody can say; policy_load() told why */
};

#define POLICY_PREFIX_SIZE 17

struct policy {
	const struct config *config; /* borrowed */
	struct buf listed;           /* the file's prefixes with commas between */
};

/* Reads the file. ERR_INVALID: it cannot be used, `why` says where and why; ERR_NOMEM. Release it in
 * any case. */
enum err policy_load(struct policy *p, const struct config *c, struct buf *why) must_check;
void policy_release(struct policy *p);

/* `prefix` (may be NULL): the blocked one that decided, else "". */
enum policy_verdict policy_check(
	const struct policy *p, const char *phone, int64_t now_ms, char prefix[POLICY_PREFIX_SIZE]);

/* The reason a row gets: "number_not_allowed", "quiet_hours", "policy_unreadable"; NULL if it is allowed. */
const char *policy_reason(enum policy_verdict v);

#endif
