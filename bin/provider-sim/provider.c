#include "provider.h"

#include <string.h>

static const char *const names[] = {[PROVIDER_AIRCALL] = "aircall", [PROVIDER_DIALPAD] = "dialpad"};

const char *provider_name(enum provider provider)
{
	return names[provider];
}

bool provider_parse(const char *name, enum provider *out)
{
	for (int i = 0; name && i < (int)(sizeof(names) / sizeof(names[0])); i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum provider)i;
			return true;
		}
	}
	return false;
}
