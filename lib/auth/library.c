#include "auth/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_load(
	const char *soname, const struct library_function *functions, size_t count, void *table)
{
	/* Not unloaded by dlclose: what others keep of its addresses must stay right. */
	void *handle = dlopen(soname, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
	bool all = handle != NULL;

	for (size_t i = 0; i < count && all; i++) {
		void *address = dlsym(handle, functions[i].name);

		all = address != NULL;
		memcpy((char *)table + functions[i].at, &address, sizeof(address));
	}
	if (handle)
		dlclose(handle);
	return all;
}
