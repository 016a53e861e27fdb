/*
 * The services that are simulated.
 */
#ifndef SIM_PROVIDER_H
#define SIM_PROVIDER_H

#include <stdbool.h>

enum provider { PROVIDER_AIRCALL, PROVIDER_DIALPAD };

/* "aircall", "dialpad", and back (false for an unknown word; NULL is unknown). */
const char *provider_name(enum provider provider);
bool provider_parse(const char *name, enum provider *out);

#endif
