/* The library that is put before the others: see inject.h. */
#include "lib/inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static struct inject nothing, *inject = &nothing;

EXPORTED struct inject *inject_board(void);

/* Looked up by its name.  NOLINTNEXTLINE(misc-no-recursion) */
struct inject *inject_board(void)
{
	return inject;
}

static void *raw_map(int fd, size_t len)
{
	/* By the kernel's own number: mmap is one of those below. It takes longs. */
	long at = syscall(SYS_mmap, NULL, len, PROT_READ | PROT_WRITE,
		fd == -1 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, (long)fd, 0L);
	return at == -1 ? NULL : (void *)(uintptr_t)at; /* NOLINT(performance-no-int-to-ptr) */
}

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("INJECT_FILE");
	int fd = -1;
	if (path != NULL)
		fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (path != NULL && fd == -1)
		abort();
	void *at = raw_map(fd, sizeof(*inject));
	if (at == NULL)
		abort();
	if (fd != -1)
		syscall(SYS_close, fd);
	inject = at;
}

/* --- whether it is this one's turn --- */

enum fate { DO_IT, FAIL_IT, HALVE_IT, TEAR_IT, DIE_BEFORE, DIE_BEHIND, DIE_TORN };

static enum fate planned(enum inject_kind kind)
{
	bool bytes = kind == INJECT_READ || kind == INJECT_WRITE;
	switch (inject->how) {
	case INJECT_SHORT:
		return bytes ? HALVE_IT : DO_IT;
	case INJECT_TORN:
		return kind == INJECT_WRITE ? TEAR_IT : FAIL_IT;
	case INJECT_KILL:
		return DIE_BEFORE;
	case INJECT_KILL_AFTER:
		return DIE_BEHIND;
	case INJECT_KILL_TORN:
		return kind == INJECT_WRITE ? DIE_TORN : DIE_BEFORE;
	default:
		return FAIL_IT;
	}
}

static void die(void)
{
	kill(getpid(), SIGKILL);
}

static enum fate fate_of(enum inject_kind kind)
{
	struct inject *i = inject;
	if ((i->kinds & (int)kind) == 0)
		return DO_IT;
	long now = __atomic_add_fetch(&i->seen, 1, __ATOMIC_RELAXED);
	if (i->at == 0 || (i->onward ? now < i->at : now != i->at))
		return DO_IT;
	enum fate fate = planned(kind);
	i->hit += fate != DO_IT;
	if (fate == DIE_BEFORE)
		die();
	return fate;
}

/* What is left of a call that returns an int and does its work in one piece. */
#define WHOLE(kind, call)                                                                          \
	do {                                                                                       \
		enum fate fate_ = fate_of(kind);                                                   \
		if (fate_ == FAIL_IT) {                                                            \
			errno = inject->error;                                                     \
			return -1;                                                                 \
		}                                                                                  \
		int result_ = (call);                                                              \
		if (fate_ == DIE_BEHIND)                                                           \
			die();                                                                     \
		return result_;                                                                    \
	} while (0)

/* The same for bytes, of which there may be a part: `half` does the first half of them. */
#define BYTES(kind, whole, half)                                                                   \
	do {                                                                                       \
		enum fate fate_ = fate_of(kind);                                                   \
		if (fate_ == FAIL_IT) {                                                            \
			errno = inject->error;                                                     \
			return -1;                                                                 \
		}                                                                                  \
		ssize_t done_ = fate_ == DO_IT || fate_ == DIE_BEHIND ? (whole) : (half);          \
		if (fate_ == DIE_BEHIND || fate_ == DIE_TORN)                                      \
			die();                                                                     \
		if (fate_ != TEAR_IT)                                                              \
			return done_;                                                              \
		errno = inject->error;                                                             \
		return -1;                                                                         \
	} while (0)

/* The kernel does not stop in the middle of a page. So much of it is done. */
static size_t part_of(int fd, off_t offset, size_t len)
{
	const off_t page = 4096;
	if (inject->how == INJECT_SHORT)
		return (len + 1) / 2;
	if (offset == -1)
		offset = lseek(fd, 0, SEEK_CUR);
	off_t end = offset == -1 ? 0 : (offset + (off_t)len / 2 + page / 2) / page * page;
	return end > offset && end < offset + (off_t)len ? (size_t)(end - offset) : 0;
}

/* The function that this one stands before. ISO C has no conversion from an object pointer to a
 * function pointer. */
static void find(void *function, const char *name)
{
	void *address = dlsym(RTLD_NEXT, name);
	if (address == NULL)
		abort();
	memcpy(function, &address, sizeof(address));
}

#define NEXT(type, name, ...)                                                                      \
	static type (*next)(__VA_ARGS__);                                                          \
	if (next == NULL)                                                                          \
	find(&next, #name)

/* The system's headers have names of their own for what is given.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* --- memory --- */

EXPORTED void *malloc(size_t size)
{
	NEXT(void *, malloc, size_t);
	if (fate_of(INJECT_MEMORY) == DO_IT)
		return next(size);
	errno = ENOMEM;
	return NULL;
}

EXPORTED void *calloc(size_t nmemb, size_t size)
{
	NEXT(void *, calloc, size_t, size_t);
	if (fate_of(INJECT_MEMORY) == DO_IT)
		return next(nmemb, size);
	errno = ENOMEM;
	return NULL;
}

EXPORTED void *realloc(void *ptr, size_t size)
{
	NEXT(void *, realloc, void *, size_t);
	if (fate_of(INJECT_MEMORY) == DO_IT)
		return next(ptr, size);
	errno = ENOMEM;
	return NULL;
}

EXPORTED void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	NEXT(void *, mmap, void *, size_t, int, int, int, off_t);
	if (fate_of(INJECT_MAP) == DO_IT)
		return next(addr, len, prot, flags, fd, offset);
	errno = inject->error;
	return MAP_FAILED;
}

/* --- files --- */

static mode_t mode_of(int flags, va_list ap)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
}

EXPORTED int open(const char *path, int flags, ...)
{
	NEXT(int, open, const char *, int, ...);
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	WHOLE(INJECT_OPEN, next(path, flags, mode));
}

EXPORTED int openat(int dir, const char *path, int flags, ...)
{
	NEXT(int, openat, int, const char *, int, ...);
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	WHOLE(INJECT_OPEN, next(dir, path, flags, mode));
}

EXPORTED ssize_t read(int fd, void *bytes, size_t len)
{
	NEXT(ssize_t, read, int, void *, size_t);
	if (fd <= STDERR_FILENO)
		return next(fd, bytes, len);
	BYTES(INJECT_READ, next(fd, bytes, len), next(fd, bytes, part_of(fd, -1, len)));
}

EXPORTED ssize_t pread(int fd, void *bytes, size_t len, off_t offset)
{
	NEXT(ssize_t, pread, int, void *, size_t, off_t);
	BYTES(INJECT_READ, next(fd, bytes, len, offset),
		next(fd, bytes, part_of(fd, offset, len), offset));
}

EXPORTED ssize_t write(int fd, const void *bytes, size_t len)
{
	NEXT(ssize_t, write, int, const void *, size_t);
	if (fd <= STDERR_FILENO)
		return next(fd, bytes, len);
	BYTES(INJECT_WRITE, next(fd, bytes, len), next(fd, bytes, part_of(fd, -1, len)));
}

EXPORTED ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	NEXT(ssize_t, pwrite, int, const void *, size_t, off_t);
	BYTES(INJECT_WRITE, next(fd, bytes, len, offset),
		next(fd, bytes, part_of(fd, offset, len), offset));
}

EXPORTED ssize_t writev(int fd, const struct iovec *iov, int count)
{
	NEXT(ssize_t, writev, int, const struct iovec *, int);
	if (fd <= STDERR_FILENO)
		return next(fd, iov, count);
	BYTES(INJECT_WRITE, next(fd, iov, count), next(fd, iov, (count + 1) / 2));
}

EXPORTED int fsync(int fd)
{
	NEXT(int, fsync, int);
	WHOLE(INJECT_SYNC, next(fd));
}

EXPORTED int fdatasync(int fd)
{
	NEXT(int, fdatasync, int);
	WHOLE(INJECT_SYNC, next(fd));
}

EXPORTED int ftruncate(int fd, off_t len)
{
	NEXT(int, ftruncate, int, off_t);
	WHOLE(INJECT_SIZE, next(fd, len));
}

EXPORTED int fallocate(int fd, int mode, off_t offset, off_t len)
{
	NEXT(int, fallocate, int, int, off_t, off_t);
	WHOLE(INJECT_SIZE, next(fd, mode, offset, len));
}

EXPORTED int rename(const char *from, const char *to)
{
	NEXT(int, rename, const char *, const char *);
	WHOLE(INJECT_NAME, next(from, to));
}

EXPORTED int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	NEXT(int, renameat, int, const char *, int, const char *);
	WHOLE(INJECT_NAME, next(from_dir, from, to_dir, to));
}

EXPORTED int link(const char *from, const char *to)
{
	NEXT(int, link, const char *, const char *);
	WHOLE(INJECT_NAME, next(from, to));
}

EXPORTED int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	NEXT(int, linkat, int, const char *, int, const char *, int);
	WHOLE(INJECT_NAME, next(from_dir, from, to_dir, to, flags));
}

EXPORTED int unlink(const char *path)
{
	NEXT(int, unlink, const char *);
	WHOLE(INJECT_NAME, next(path));
}

EXPORTED int unlinkat(int dir, const char *path, int flags)
{
	NEXT(int, unlinkat, int, const char *, int);
	WHOLE(INJECT_NAME, next(dir, path, flags));
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
