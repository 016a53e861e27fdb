/* The outer form of a compact JWS (RFC 7515 §3.1, base64url of RFC 4648 §5 without padding). */
#ifndef AUTH_SEGMENT_H
#define AUTH_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>

struct segment {
	const char *s; /* borrowed from the token */
	size_t len;
};

enum { SEGMENT_HEADER, SEGMENT_CLAIMS, SEGMENT_SIGNATURE, SEGMENT__MAX };

/* Cuts the token into exactly three non-empty segments of the alphabet [A-Za-z0-9_-], nothing else
 * before, between or after. */
bool segment_split(const char *token, size_t len, struct segment out[SEGMENT__MAX]);

/* Decodes it, NUL-terminated. False: no such length exists, bits are left over (a second spelling
 * of the same bytes), or it does not fit. */
bool segment_decode(const struct segment *g, char *out, size_t out_size, size_t *out_len);

#endif
