#include "http/cookie.h"

#include <string.h>

bool cookie_get(const char *header, const char *name, char *out, size_t out_size)
{
	size_t name_len = strlen(name);
	bool seen = false;
	out[0] = '\0';
	while (*header != '\0') {
		header += strspn(header, " \t;");
		size_t len = strcspn(header, ";");
		while (len > 0 && (header[len - 1] == ' ' || header[len - 1] == '\t'))
			len--;
		if (len > name_len && memcmp(header, name, name_len) == 0 &&
			header[name_len] == '=') {
			size_t value_len = len - name_len - 1;
			if (seen || value_len >= out_size) {
				out[0] = '\0';
				return false;
			}
			memcpy(out, header + name_len + 1, value_len);
			out[value_len] = '\0';
			seen = true;
		}
		header += strcspn(header, ";");
	}
	return out[0] != '\0';
}
