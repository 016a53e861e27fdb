/* The few forms of web addresses that settings may have. Checked byte by byte, nothing is guessed.
 */
#ifndef CONFIG_URL_H
#define CONFIG_URL_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>

/* Parts of http(s)://host[:port][/path]; they point into the text that was split. */
struct url {
	bool https;
	const char *host; /* a name, an IPv4 address, or an IPv6 address in brackets */
	size_t host_len;
	int port;         /* 0: none written */
	const char *path; /* begins with `/`, or is empty */
	size_t path_len;
};

/* False for everything else: user names, query, fragment, blanks, other schemes, malformed hosts.
 */
bool url_split(const char *s, size_t len, struct url *u);
/* Adds scheme, host and port as browsers write them in `Origin`: lower case, no default port. */
void url_origin(const struct url *u, struct buf *out);
/* 127.0.0.0/8, [::1] and localhost: what never leaves the machine. */
bool url_is_loopback(const struct url *u);

#endif
