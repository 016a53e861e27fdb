#include "json/escape.h"

#include "base/text.h"

long escape_hex4(const char *p, const char *end)
{
	long v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int d = text_hex_digit(p[i]);

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
