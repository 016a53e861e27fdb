/*
 * libjwt and libcrypto, loaded when something is verified or signed, and not before: finding, mapping
 * and binding them and OpenSSL's own start take longer than everything else a request does, and a token
 * that was verified already (verified.h) needs neither.
 *
 * Loading what is loaded costs some microseconds: nothing is kept here between calls. What was loaded
 * stays until the process ends.
 */
#ifndef AUTH_LIBRARY_H
#define AUTH_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* A name without quotes, as the Makefile gives it, as text. */
#define LIBRARY_NAME(soname)  LIBRARY_NAME_(soname)
#define LIBRARY_NAME_(soname) #soname

/* A function and where in the table its address belongs. */
struct library_function {
	const char *name;
	size_t at;
};

/* For a member of the table that has the name and type of the function, as its header declares it. */
#define LIBRARY_MEMBER(name) __typeof__(&(name)) name
#define LIBRARY_FUNCTION(table, name)                                                              \
	{                                                                                          \
#name, offsetof(struct table, name)                                                \
	}

/* False: there is no such library, or a function is not in it. */
bool library_load(
	const char *soname, const struct library_function *functions, size_t count, void *table);

#endif
