#include "reasons.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *provider, *reason, *sentence;
} sentences[] = {
	{"aircall", "not_configured",
		"it is not set up: set AIRCALL_API_KEY, and name it in DIALER_PROVIDERS."},
	{"aircall", "aircall_unauthorized",
		"the API id or token was rejected: check AIRCALL_API_KEY."},
	{"aircall", "aircall_user_unavailable",
		"the user is not available: open Aircall Workspace, be available, end the current "
		"call."},
	{"aircall", "aircall_rate_limited",
		"too many requests in the last minute: wait a minute and try again."},
	{"aircall", "aircall_rejected",
		"it rejected the request: check the number called, and the Aircall user and "
		"number."},
	{"aircall", "aircall_unreachable",
		"it could not be reached: check the network, AIRCALL_BASE_URL and "
		"DIALER_HTTPS_PROXY."},
	{"aircall", "aircall_tls_error",
		"its certificate could not be trusted: check the clock, DIALER_CA_FILE and who "
		"answers at AIRCALL_BASE_URL."},
	{"dialpad", "not_configured",
		"it is not set up: set DIALPAD_CLIENT_ID, and name it in DIALER_PROVIDERS."},
	{"dialpad", "not_connected", "the user has not connected it."},
	{"dialpad", "dialpad_unauthorized",
		"the user's connection is no longer valid: connect again."},
	{"dialpad", "dialpad_forbidden", "the connection may not place calls: a scope is missing."},
	{"dialpad", "dialpad_user_busy", "the user is in a call: end it first."},
	{"dialpad", "dialpad_rate_limited",
		"too many requests in the last minute: wait a minute and try again."},
	{"dialpad", "dialpad_rejected", "it rejected the request: check the number called."},
	{"dialpad", "dialpad_unreachable",
		"it could not be reached: check the network, DIALPAD_BASE_URL and "
		"DIALER_HTTPS_PROXY."},
	{"dialpad", "dialpad_tls_error",
		"its certificate could not be trusted: check the clock, DIALER_CA_FILE and who "
		"answers at DIALPAD_BASE_URL."},
};

const char *reason_sentence(const char *provider, const char *reason)
{
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(sentences[i].provider, provider) == 0 &&
			strcmp(sentences[i].reason, reason) == 0)
			return sentences[i].sentence;
	return NULL;
}
