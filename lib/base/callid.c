#include "base/callid.h"
#include "base/random.h"
#include <string.h>

enum err callid_make(int64_t now_ms, struct callid *id)
{
	int64_t seconds = now_ms / 1000;
	int64_t ms = now_ms % 1000;

	memset(id, 0, sizeof(*id));
	if (now_ms < 0 || seconds > UINT32_MAX)
		return ERR_INVALID;
	id->b[0] = (unsigned char)(seconds >> 24);
	id->b[1] = (unsigned char)(seconds >> 16);
	id->b[2] = (unsigned char)(seconds >> 8);
	id->b[3] = (unsigned char)seconds;
	id->b[4] = (unsigned char)(ms >> 8);
	id->b[5] = (unsigned char)ms;
	return random_bytes(id->b + 6, CALLID_BYTES - 6);
}

void callid_format(const struct callid *id, char out[CALLID_SIZE])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < CALLID_BYTES; i++) {
		out[2 * i] = hex[id->b[i] >> 4];
		out[2 * i + 1] = hex[id->b[i] & 15];
	}
	out[CALLID_SIZE - 1] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool callid_parse(const char *s, size_t len, struct callid *id)
{
	struct callid got;

	if (len != CALLID_SIZE - 1)
		return false;
	for (size_t i = 0; i < CALLID_BYTES; i++) {
		int high = hex_value(s[2 * i]);
		int low = hex_value(s[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		got.b[i] = (unsigned char)(high << 4 | low);
	}
	*id = got;
	return true;
}

bool callid_equal(const struct callid *a, const struct callid *b)
{
	return memcmp(a->b, b->b, CALLID_BYTES) == 0;
}
