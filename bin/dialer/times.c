#include "times.h"

#include "app.h"
#include "base/rfc3339.h"

#include <stdio.h>
#include <string.h>

static bool parse(const char *v, int64_t *ms)
{
	char text[32];
	size_t len = strlen(v);
	if (len != strlen("2023-05-15"))
		return rfc3339_parse(v, len, ms) && *ms >= 0;
	int n = snprintf(text, sizeof(text), "%sT00:00:00Z", v);
	return rfc3339_parse(text, (size_t)n, ms) && *ms >= 0;
}

bool time_read(const struct args *args, const char *option, int64_t *ms)
{
	const char *v = args_value(args, option);
	if (v == NULL || parse(v, ms))
		return true;
	complain("--%s must be a time such as 2023-05-15T12:34:56Z, or a date such as 2023-05-15",
		option);
	return false;
}

bool times_read(const struct args *args, int64_t *from_ms, int64_t *to_ms)
{
	*from_ms = *to_ms = 0;
	if (!time_read(args, "from", from_ms) || !time_read(args, "to", to_ms))
		return false;
	if (!args_has(args, "to"))
		return true;
	/* 0 means "open"; nothing was stored before 1970. */
	if (*to_ms == 0)
		*to_ms = 1;
	if (*from_ms <= *to_ms)
		return true;
	complain("--from is after --to");
	return false;
}
