/*
 * Functions that have no place in this code: unbounded, silent about errors, static state, or a
 * shell. Using one fails to compile. Included by the compiler's command line (-include).
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/* The system's own headers must be read before their names are poisoned. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Fortified headers make some of them macros, which clang does not let anybody poison. */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat strtok sprintf vsprintf gets
#pragma GCC poison atoi atol atoll atof gmtime localtime ctime asctime mktime mktemp tmpnam
#pragma GCC poison system popen

#endif
