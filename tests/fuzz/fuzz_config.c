/* The configuration file: it is read to its end, or refused with a message that shows no secret. */
#include "base/text.h"
#include "config/config.h"
#include "fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c;
	struct config_error error;
	char path[64];
	int fd = memfd_create("dialer.env", MFD_CLOEXEC);
	must(fd != -1 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	enum err e = config_load(&c, path, NULL, &error);
	must(e == ERR_NONE || e == ERR_INVALID || e == ERR_TOO_LARGE || e == ERR_IO);
	if (e == ERR_NONE) {
		must(c.data_dir[0] == '/');
		must(c.provider_timeout >= 1 && c.reconcile_hours >= 1);
		(void)config_is_admin(&c, "alice");
	} else {
		must(error.text[0] != '\0' && strlen(error.text) < sizeof(error.text));
	}
	config_release(&c);
	close(fd);
	return 0;
}
