/* What a Content-Type says. */
#ifndef HTTP_MEDIATYPE_H
#define HTTP_MEDIATYPE_H

#include <stdbool.h>

/* Whether it is application/json (RFC 9110 §8.3: any case, parameters allowed), and a charset, if
 * given, is UTF-8. */
bool mediatype_is_json(const char *content_type);

#endif
