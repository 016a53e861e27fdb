/* Query strings, cookies and media types. */
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "http/cookie.h"
#include "http/mediatype.h"
#include "http/query.h"

static const char *const names[] = {"page", "limit", "from", "to", "code", "state", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query q;
	const char *bad = NULL;
	char value[64];
	char *text = text_of(data, size);

	enum err e = query_parse(&q, text, names, &bad);
	must(e == ERR_NONE || (e == ERR_INVALID && bad != NULL));
	for (size_t i = 0; e == ERR_NONE && names[i] != NULL; i++) {
		const char *v = q.value[i];
		must(v == NULL || (*v != '\0' && text_is_utf8(v, strlen(v)) &&
					  !text_has_control(v, strlen(v))));
	}
	query_release(&q);
	must(cookie_get(text, "dialer_oauth", value, sizeof(value)) == (value[0] != '\0'));
	(void)mediatype_is_json(text);
	free(text);
	return 0;
}
