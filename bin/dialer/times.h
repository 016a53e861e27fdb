/* Points in time on the command line: RFC 3339, or a date, which is its first moment in UTC. */
#ifndef DIALER_TIMES_H
#define DIALER_TIMES_H

#include "args.h"
#include <stdbool.h>
#include <stdint.h>

/* The option's value; *ms is untouched if it is not given. False: it has been complained about. */
bool time_read(const struct args *args, const char *option, int64_t *ms);
/* --from and --to, half-open: 0 where they are not given. */
bool times_read(const struct args *args, int64_t *from_ms, int64_t *to_ms);

#endif
