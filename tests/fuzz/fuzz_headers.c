/* Header values of others: Retry-After, and times as people write them. */
#include "base/rfc3339.h"
#include "base/callid.h"
#include "fuzz/fuzz.h"
#include "provider/http_message.h"

#define NOW INT64_C(1774785600000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	char out[RFC3339_SIZE];
	int64_t ms, again;
	struct callid id;
	char hex[CALLID_SIZE];
	struct http_request r;

	int64_t s = http_retry_after(text, NOW);
	must(s >= -1 && s <= 999999999);
	if (rfc3339_parse(text, size, &ms)) {
		rfc3339_format(ms, out);
		must(strlen(out) == RFC3339_SIZE - 1);
		/* Years 0001 to 9999 come back as they are. */
		if (ms >= INT64_C(-62135596800000) && ms <= INT64_C(253402300799999))
			must(rfc3339_parse(out, strlen(out), &again) && again == ms);
	}
	if (callid_parse(text, size, &id)) {
		callid_format(&id, hex);
		must(strlen(hex) == size && memcmp(hex, text, size) == 0);
	}
	http_request_init(&r, "GET");
	if (http_request_header(&r, "X-Test", text))
		must(strpbrk(r.headers[0].s, "\r\n") == NULL);
	else
		must(!http_request_ok(&r));
	http_request_release(&r);
	free(text);
	return 0;
}
