#include "route.h"

#include <stdbool.h>
#include <string.h>

#include "server.h"

/* Segment by segment; what stands in the place of ":id" is copied to id. */
static bool match(const char *pattern, const char *path, char id[ROUTE_ID_MAX])
{
	while (*pattern && *path) {
		size_t n;

		if (*pattern != ':') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		n = strcspn(path, "/");
		if (n == 0 || n >= ROUTE_ID_MAX)
			return false;
		memcpy(id, path, n);
		id[n] = '\0';
		path += n;
		pattern += strcspn(pattern, "/");
	}
	return !*pattern && !*path;
}

const struct route *route_find(const struct route *routes, size_t count,
	const struct request *request, char id[ROUTE_ID_MAX])
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(routes[i].method, request->method) == 0 &&
			match(routes[i].path, request->path, id))
			return &routes[i];
	}
	return NULL;
}
