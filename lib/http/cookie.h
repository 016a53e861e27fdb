/* Cookies of a request (RFC 6265). */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include <stdbool.h>
#include <stddef.h>

/* The value of the named cookie in a Cookie header, NUL-terminated; false (and "") if it is absent,
 * empty, does not fit, or is there more than once. */
bool cookie_get(const char *header, const char *name, char *out, size_t out_size);

#endif
