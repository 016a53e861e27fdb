#include "unit/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int unit_run(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r) > 0 || srunner_ntests_run(r) == 0;
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

void unit_file(char path[UNIT_PATH_SIZE], const void *bytes, size_t len)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	(void)snprintf(path, UNIT_PATH_SIZE, "%s/unit-XXXXXX", dir != NULL ? dir : "/tmp");
	fd = mkstemp(path);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

/* Marsaglia's xorshift. */
size_t unit_random(uint32_t *state, size_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state % limit;
}
