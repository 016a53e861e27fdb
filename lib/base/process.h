/* What every program does before anything else. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/confine.h"
#include <stdbool.h>

/* Opens standard input, output and error where they are closed, so that no database takes their
 * place; files are made for their owner alone; a reader that has gone makes writes fail instead of
 * ending the process; keys and tokens in memory end up in no core dump; what no program here needs is
 * given up (confine.h). False: there is not even /dev/null to open. */
bool process_setup(enum confine_network network);

#endif
