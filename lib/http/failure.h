/* What most handlers need: the id in the path, and an answer for each way a library call can fail.
 */
#ifndef HTTP_FAILURE_H
#define HTTP_FAILURE_H

#include "base/callid.h"
#include "base/err.h"
#include "http/response.h"

/* The call id of a path "/<24 hex digits>"; anything else is no call. */
bool path_callid(const char *path_info, struct callid *id);

/* 404 for ERR_NOT_FOUND, 503 with Retry-After for ERR_BUSY and ERR_STORAGE, else 500. */
void response_failure(struct response *r, enum err e);

#endif
