#include "json/escape.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

long escape_hex4(const char *p, const char *end)
{
	long v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

bool escape_is_high_surrogate(long unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

bool escape_is_low_surrogate(long unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}
