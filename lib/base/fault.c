#include "base/fault.h"
#include "base/err.h" /* in the product this is all there is */

#ifdef DIALER_TEST_HOOKS

#include "base/random.h"
#include "base/record.h"
#include "base/text.h"
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAULT_EXIT_STATUS 70
#define SETTING_MAX       4096

/* A test with a mistyped fault would pass for the wrong reason. */
static void bad_setting(const char *what)
{
	(void)fprintf(stderr, "DIALER_TEST_FAULT: %s\n", what);
	abort();
}

static bool field_is(const char *field, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(field, word, len) == 0;
}

static void act(const char *action, size_t len)
{
	if (field_is(action, len, "kill"))
		(void)raise(SIGKILL);
	else if (field_is(action, len, "stop"))
		(void)raise(SIGSTOP);
	else if (field_is(action, len, "exit"))
		_exit(FAULT_EXIT_STATUS);
	else
		bad_setting("the action must be kill, stop or exit");
}

static bool happens(int64_t percent)
{
	uint32_t dice;

	if (percent >= 100)
		return true;
	if (random_bytes(&dice, sizeof(dice)) != ERR_NONE)
		bad_setting("no randomness");
	return dice % 100 < (uint64_t)percent;
}

/* One "name:action[:percent]". */
static void consider(const char *item, size_t len, const char *name)
{
	const char *end = item + len;
	const char *action = memchr(item, ':', len);
	const char *percent;
	const char *action_end = end;
	int64_t p = 100;

	if (action == NULL || action == item)
		bad_setting("must be name:action[:percent]");
	action++;
	percent = memchr(action, ':', (size_t)(end - action));
	if (percent != NULL) {
		action_end = percent;
		percent++;
		if (!text_int(percent, (size_t)(end - percent), 0, 100, &p))
			bad_setting("the percentage must be 0 to 100");
	}
	if (!field_is(item, (size_t)(action - 1 - item), name) || !happens(p))
		return;
	RECORD("death %s\n", name);
	act(action, (size_t)(action_end - action));
}

static const char *read_setting(const char *path, char text[SETTING_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd != -1 ? read(fd, text, SETTING_MAX - 1) : 0;

	if (fd != -1)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

void fault_point(const char *name)
{
	const char *item = getenv("DIALER_TEST_FAULT");
	char text[SETTING_MAX];

	if (item != NULL && *item == '/')
		item = read_setting(item, text);
	while (item != NULL && *item != '\0') {
		size_t len = strcspn(item, ",");

		consider(item, len, name);
		item += len;
		if (*item == ',')
			item++;
	}
}

#endif
