#include "base/stamp.h"

#include <string.h>
#include <sys/stat.h>

#define SETTLED_S 3 /* the coarsest file systems tell times in steps of two seconds */

static bool times_equal(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static void look(struct stamp *s, const char *path)
{
	struct stat st;

	*s = (struct stamp){.taken = true, .there = stat(path, &st) == 0};
	if (!s->there)
		return;
	s->device = st.st_dev;
	s->inode = st.st_ino;
	s->size = st.st_size;
	s->modified = st.st_mtim;
	s->changed = st.st_ctim;
}

void stamp_take(struct stamp *s, const char *path)
{
	struct timespec now;

	look(s, path);
	/* The real time, as the file system knows it. One in the future is not settled. */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	s->settled = !s->there || s->changed.tv_sec + SETTLED_S < now.tv_sec;
}

bool stamp_holds(const struct stamp *s, const char *path)
{
	struct stamp now;

	if (!s->taken || !s->settled)
		return false;
	look(&now, path);
	return now.there == s->there && now.device == s->device && now.inode == s->inode &&
	       now.size == s->size && times_equal(&now.modified, &s->modified) &&
	       times_equal(&now.changed, &s->changed);
}
