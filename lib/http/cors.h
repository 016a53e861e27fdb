/*
 * Cross-origin requests (Fetch standard, "CORS protocol"): only the origins named by the
 * configuration get the headers that let a browser hand our answers to their scripts.
 */
#ifndef HTTP_CORS_H
#define HTTP_CORS_H

#include "http/request.h"
#include "http/response.h"
#include <stdbool.h>

/* `origins`: the comma-separated setting; "" switches all of this off. */

/* Whether the request comes from one of them (compared byte by byte). */
bool cors_allowed(const char *origins, const struct request *q);

/* Whether it is a preflight request that is to be granted. */
bool cors_is_preflight(const char *origins, const struct request *q);

/* Answers such a preflight: 204, `methods` such as "GET, HEAD". */
void cors_preflight(struct response *r, const char *methods);

/* Adds what belongs on every answer, whatever it is. */
void cors_headers(struct response *r, const char *origins, const struct request *q);

#endif
