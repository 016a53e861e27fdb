/* dialer-sync: did it run a moment ago, and who starts it. */
#include "base/clock.h"
#include "doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH         4200
#define LATE_MS      INT64_C(180000) /* a run a minute, of a minute at most */
#define MISSING_MS   INT64_C(900000)
#define CRONTAB      "/etc/cron.d/dialer"
#define TIMER        "/etc/systemd/system/timers.target.wants/dialer-sync.timer"
#define CRONTAB_LINE "the line of cron.d/dialer, or `systemctl enable --now dialer-sync.timer`"

/* --- the latest run --- */

static void judge_age(struct doctor *d, int64_t age_ms)
{
	if (age_ms > LATE_MS)
		doctor_says(d, age_ms > MISSING_MS ? DOCTOR_CRITICAL : DOCTOR_WARNING, CRONTAB_LINE,
			"dialer-sync ran last %lld minutes ago: the history is not followed up",
			(long long)(age_ms / 60000));
	else if (age_ms < -LATE_MS)
		doctor_says(d, DOCTOR_WARNING, "set the clock",
			"dialer-sync ran last %lld minutes from now: the clock was set back",
			(long long)(-age_ms / 60000));
}

static void look_at_run(struct doctor *d)
{
	char path[PATH];
	struct stat st;
	if (!d->has_store) {
		doctor_skips(d, "there is no data directory");
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/sync.lock", d->config->data_dir);
	if (stat(path, &st) == 0)
		judge_age(d, clock_now_ms() - ((int64_t)st.st_mtim.tv_sec * 1000 +
						      st.st_mtim.tv_nsec / 1000000));
	else
		doctor_says(d, DOCTOR_WARNING, CRONTAB_LINE, "dialer-sync has never run: %s: %s",
			path, strerror(errno));
}

/* --- who starts it --- */

static bool is_there(const char *path)
{
	char full[PATH];
	const char *root = "";
	struct stat st;
#ifdef DIALER_TEST_HOOKS
	if (getenv("DOCTOR_TEST_ROOT") != NULL)
		root = getenv("DOCTOR_TEST_ROOT");
#endif
	/* The link counts, whatever it leads to. */
	(void)snprintf(full, sizeof(full), "%s%s", root, path);
	return lstat(full, &st) == 0;
}

static void look_at_starters(struct doctor *d)
{
	if (is_there(CRONTAB) && is_there(TIMER))
		doctor_says(d, DOCTOR_WARNING, "`systemctl disable --now dialer-sync.timer`",
			"both " CRONTAB " and the timer are there: the timer does nothing");
}

const struct doctor_check doctor_cron[] = {{.name = "sync", .look = look_at_run},
	{.name = "cron-and-timer", .look = look_at_starters}, {.name = NULL}};
