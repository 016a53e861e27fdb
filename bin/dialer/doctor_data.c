/* The data directory: whose it is, what it lies on, and whether the databases can be used. */
#include "doctor.h"
#include "store/figures.h"
#include "store/room.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MB        INT64_C(1000000)

#define FREE_FEW  (500 * MB) /* months of calls for hundreds of users */
#define LOG_MANY  (100 * MB) /* a checkpoint a minute leaves some 20 MB */
#define CHANGE_OF 4300
#define UNWRITTEN (8 * MB) /* a checkpoint comes with every half MB that is logged */
#define MINUTE_MS INT64_C(60000)

/* --- the directory --- */

static void judge_directory(struct doctor *d, const struct stat *st)
{
	const char *path = d->config->data_dir;
	char change[CHANGE_OF];
	if (geteuid() == 0 && st->st_uid == 0) {
		(void)snprintf(change, sizeof(change), "chown -R www-data: %s", path);
		doctor_says(d, DOCTOR_CRITICAL, change,
			"%s belongs to root: the programs that Apache runs cannot use it", path);
	}
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		(void)snprintf(change, sizeof(change), "chmod 700 %s", path);
		doctor_says(d, DOCTOR_WARNING, change,
			"%s is open to others than its owner (mode %04o)", path,
			(unsigned)(st->st_mode & 07777));
	}
}

static void look_at_directory(struct doctor *d)
{
	const char *path = d->config->data_dir;
	struct stat st;
	if (stat(path, &st) == -1)
		doctor_says(d, DOCTOR_CRITICAL, "`dialer init` makes it", "data directory %s: %s",
			path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		doctor_says_of(d, DOCTOR_CRITICAL, "DIALER_DATA_DIR=" CONFIG_DATA,
			"%s is no directory", path);
	else if (!d->has_store)
		doctor_says(d, DOCTOR_CRITICAL, NULL,
			"%s: this process cannot become its owner (uid %ld)", path,
			(long)st.st_uid);
	else
		judge_directory(d, &st);
}

/* --- what it lies on --- */

struct fs {
	long type;
	const char *name;
};

/* Locks and mapped files of another machine's are not what they are here. NULL: it is local. */
static const char *judge_file_system(long type)
{
	static const struct fs remote[] = {{NFS_SUPER_MAGIC, "NFS"}, {SMB_SUPER_MAGIC, "SMB"},
		{SMB2_SUPER_MAGIC, "SMB"}, {CIFS_SUPER_MAGIC, "SMB"}, {CEPH_SUPER_MAGIC, "Ceph"},
		{AFS_SUPER_MAGIC, "AFS"}, {AFS_FS_MAGIC, "AFS"}, {CODA_SUPER_MAGIC, "Coda"},
		{NCP_SUPER_MAGIC, "NCP"}, {V9FS_MAGIC, "9P"}, {FUSE_SUPER_MAGIC, "FUSE"}};
	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
		if (remote[i].type == type)
			return remote[i].name;
	return NULL;
}

static long type_of(const struct statfs *st)
{
#ifdef DIALER_TEST_HOOKS
	const char *other = getenv("DOCTOR_TEST_FS_TYPE");
	if (other != NULL)
		return strtol(other, NULL, 16);
#endif
	return (long)st->f_type;
}

static void look_at_file_system(struct doctor *d)
{
	struct statfs st;
	const char *name;
	if (!d->has_store || statfs(d->config->data_dir, &st) == -1) {
		doctor_skips(d, "there is no data directory");
		return;
	}
	name = judge_file_system(type_of(&st));
	if (name != NULL)
		doctor_says_of(d, DOCTOR_CRITICAL, "DIALER_DATA_DIR=/a/local/directory",
			"%s lies on a file system that is not local (%s)", d->config->data_dir,
			name);
}

/* --- the databases --- */

static bool can_use(struct doctor *d)
{
	if (!d->has_store)
		doctor_skips(d, "there is no data directory");
	return d->has_store;
}

static void look_at_storage(struct doctor *d)
{
	if (!can_use(d))
		return;
	enum err e = store_ping(d->app->store);
	if (e == ERR_BUSY)
		doctor_says(d, DOCTOR_WARNING, NULL, "storage did not answer in time");
	else if (e != ERR_NONE)
		doctor_says(d, DOCTOR_CRITICAL,
			"`dialer upgrade`, `dialer verify`, or `dialer restore` of the last backup",
			"the databases in %s cannot be used; standard error says why",
			d->config->data_dir);
}

static void judge_space(struct doctor *d, const struct store_figures *f)
{
	const int64_t free_bytes = f->free_bytes;
	if (room_for_change(d->config->data_dir) != 0)
		doctor_says(d, DOCTOR_CRITICAL, "make room there",
			"calls are refused: %lld MB are free on the file system of %s",
			(long long)(free_bytes / MB), d->config->data_dir);
	else if (free_bytes < FREE_FEW)
		doctor_says(d, DOCTOR_WARNING, "make room there",
			"%lld MB are free on the file system of %s", (long long)(free_bytes / MB),
			d->config->data_dir);
}

static void judge_log_files(struct doctor *d, const struct store_figures *f)
{
	const int64_t bytes = f->log_bytes;
	if (bytes > LOG_MANY)
		doctor_says(d, DOCTOR_WARNING,
			"see that dialer-sync runs and no backup hangs: it removes what is not "
			"needed",
			"the databases' log files have %lld MB: no checkpoint for long",
			(long long)(bytes / MB));
}

static int64_t unwritten(const struct store_figures *f)
{
#ifdef DIALER_TEST_HOOKS
	const char *other = getenv("DOCTOR_TEST_UNWRITTEN");
	if (other != NULL)
		return strtoll(other, NULL, 10);
#endif
	return f->unwritten_bytes;
}

/* Where nothing is logged there is nothing to write: an old checkpoint alone is no fault. */
static void judge_checkpoint(struct doctor *d, const struct store_figures *f)
{
	int64_t bytes = unwritten(f), age_ms = clock_now_ms() - f->checkpoint_ms;
	bool late = bytes > UNWRITTEN;
	if (f->checkpoint_ms == 0)
		return;
	doctor_says(d, late ? DOCTOR_WARNING : DOCTOR_OK,
		late ? "`dialer verify`; is the disk slow, or full?" : NULL,
		"the last checkpoint was written %lld minutes ago, %lld MB were logged since",
		(long long)(age_ms / MINUTE_MS), (long long)(bytes / MB));
}

static void look_with_figures(
	struct doctor *d, void (*judge)(struct doctor *d, const struct store_figures *f))
{
	struct store_figures f;
	if (!can_use(d))
		return;
	if (store_figures(d->app->store, clock_now_ms(), &f) != ERR_NONE)
		doctor_skips(d, "the databases cannot be read");
	else
		judge(d, &f);
}

static void look_at_space(struct doctor *d)
{
	look_with_figures(d, judge_space);
}

static void look_at_log_files(struct doctor *d)
{
	look_with_figures(d, judge_log_files);
}

static void look_at_checkpoint(struct doctor *d)
{
	look_with_figures(d, judge_checkpoint);
}

const struct doctor_check doctor_data[] = {{.name = "data-directory", .look = look_at_directory},
	{.name = "file-system", .look = look_at_file_system},
	{.name = "storage", .look = look_at_storage}, {.name = "free-space", .look = look_at_space},
	{.name = "log-files", .look = look_at_log_files},
	{.name = "checkpoint", .look = look_at_checkpoint}, {.name = NULL}};
