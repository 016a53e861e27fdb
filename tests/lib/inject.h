/*
 * Faults of the system, injected into a program that runs with inject.so before all other libraries
 * (LD_PRELOAD=$(B)/tests/inject.so): the Nth call of some kind fails, is done by half, or is the last
 * thing the process does.
 *
 * A test that runs under it itself calls inject_find() and sets what is to happen there; its children
 * inherit it and share its counters. A program that is started by a test finds the same in the file
 * named by INJECT_FILE, of sizeof(struct inject) bytes. Calls on the standard streams do not count.
 *
 * Under AddressSanitizer malloc is the sanitizer's, and no allocation counts.
 */
#ifndef TESTS_LIB_INJECT_H
#define TESTS_LIB_INJECT_H

#include <stdbool.h>

/* Kinds of calls, to be joined by |. */
enum inject_kind {
	INJECT_MEMORY = 1, /* malloc, calloc, realloc */
	INJECT_MAP = 2,    /* mmap */
	INJECT_OPEN = 4,   /* open, openat */
	INJECT_READ = 8,   /* read, pread */
	INJECT_WRITE = 16, /* write, pwrite, writev */
	INJECT_SYNC = 32,  /* fsync, fdatasync */
	INJECT_SIZE = 64,  /* ftruncate, fallocate */
	INJECT_NAME = 128, /* rename, renameat, link, linkat, unlink, unlinkat */
	/* Everything that changes what is on the disk. */
	INJECT_CHANGES = INJECT_OPEN | INJECT_WRITE | INJECT_SYNC | INJECT_SIZE | INJECT_NAME
};

enum inject_how {
	INJECT_FAIL,       /* returns the error, having done nothing */
	INJECT_SHORT,      /* a read or write does half of it and says so */
	INJECT_TORN,       /* a write does some pages of it and returns the error */
	INJECT_KILL,       /* SIGKILL instead of the call */
	INJECT_KILL_AFTER, /* SIGKILL behind it */
	INJECT_KILL_TORN   /* SIGKILL when some pages of it were written */
};

struct inject {
	/* --- set by the test --- */
	int kinds;
	enum inject_how how;
	int error;   /* errno */
	long at;     /* which call from when `seen` was set to 0: 1 is the first; 0: none */
	bool onward; /* all that come later, too */
	/* --- told to the test --- */
	long seen; /* calls of these kinds */
	long hit;  /* of which so many were spoilt */
};

/* NULL: this program does not run under inject.so. */
struct inject *inject_find(void);
/* Between these two things fail as planned here; `seen` and `hit` of the plan do not count. Nothing
 * happens where inject_find() is NULL. */
extern struct inject inject_plan;
void inject_on(void);
void inject_off(void);
/* Starts this program anew under inject.so, which lies in the directory above its own. Returns if it
 * runs under it already; ends the program if that cannot be done. */
void inject_into_self(char *const argv[]);
/* Whether allocations can be made to fail; nothing fails afterwards. */
bool inject_has_memory(void);

#endif
