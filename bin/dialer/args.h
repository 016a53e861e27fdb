/* Strict reading of a command line: every option is known, has its value, and stands once. */
#ifndef DIALER_ARGS_H
#define DIALER_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGS_OPTIONS_MAX  20
#define ARGS_OPERANDS_MAX 2

/* A table of options ends with a NULL name. */
struct option {
	const char *name;  /* without the dashes */
	const char *value; /* how help calls the value; NULL: it has none */
	const char *help;
};

/* All texts are borrowed from argv. */
struct args {
	const struct option *tables[2]; /* of all commands, of this one (NULL: none) */
	const char *values[2][ARGS_OPTIONS_MAX];
	const char *operands[ARGS_OPERANDS_MAX];
	int count; /* operands */
	char why[160];
};

void args_init(struct args *a, const struct option *common);
/* Reads options up to the first operand. The index of that operand, argc if there is none, or -1
 * with `why`. */
int args_read_front(struct args *a, int argc, char *const argv[]);
/* Reads all of it, options and operands in any order; behind `--` everything is an operand. A value
 * that begins with `--` must be given as --name=value. False: `why`. */
bool args_read(struct args *a, const struct option *own, int argc, char *const argv[]);

/* NULL: not given. The option is one of the tables. */
const char *args_value(const struct args *a, const char *name);
bool args_has(const struct args *a, const char *name);

#endif
