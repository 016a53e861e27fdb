#include "files.h"

#include "base/random.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_BYTES  ((size_t)(KEY_LINE - 1) / 2)
#define NAME_BYTES 8

int directory_open(const char *path)
{
	char dir[PATH_SIZE];
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
	if (len >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, len > 0 ? path : ".", len > 0 ? len : 1);
	dir[len > 0 ? len : 1] = '\0';
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void directory_sync(const char *path)
{
	int fd = directory_open(path);
	if (fd != -1) {
		(void)fsync(fd);
		close(fd);
	}
}

/* Two digits a byte, without a NUL. */
static void to_hex(const unsigned char *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
}

bool name_beside(const char *path, char out[PATH_SIZE])
{
	unsigned char r[NAME_BYTES];
	char suffix[2 * NAME_BYTES + 1] = "";
	const char *slash = strrchr(path, '/');
	int dir = slash != NULL ? (int)(slash + 1 - path) : 0;
	errno = EIO;
	if (random_bytes(r, sizeof(r)) != ERR_NONE)
		return false;
	to_hex(r, sizeof(r), suffix);
	errno = ENAMETOOLONG;
	return (size_t)snprintf(out, PATH_SIZE, "%.*s.%s.%s", dir, path, path + dir, suffix) <
	       PATH_SIZE;
}

bool key_line(char text[KEY_LINE])
{
	unsigned char bytes[KEY_BYTES];
	if (random_bytes(bytes, sizeof(bytes)) != ERR_NONE)
		return false;
	to_hex(bytes, sizeof(bytes), text);
	text[KEY_LINE - 1] = '\n';
	secret_wipe(bytes, sizeof(bytes));
	return true;
}
