#include "args.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void args_init(struct args *a, const struct option *common)
{
	memset(a, 0, sizeof(*a));
	a->tables[0] = common;
}

static const struct option *find(
	const struct args *a, const char *name, size_t len, int *table, int *index)
{
	for (*table = 0; *table < 2; (*table)++) {
		const struct option *o = a->tables[*table];
		for (*index = 0; o != NULL && o->name != NULL; o++, (*index)++)
			if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
				return o;
	}
	return NULL;
}

__attribute__((format(printf, 2, 3))) static bool refuse(struct args *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
	return false;
}

/* One option at argv[*at], and its value if that is the next argument; *at is the last one used. */
static bool read_option(struct args *a, int argc, char *const argv[], int *at)
{
	const char *word = argv[*at];
	const char *equals = strchr(word, '=');
	int len = (int)(equals != NULL ? (size_t)(equals - word) : strlen(word));
	int table, index;
	const struct option *o = len > 2 && word[1] == '-'
					 ? find(a, word + 2, (size_t)len - 2, &table, &index)
					 : NULL;
	if (o == NULL)
		return refuse(a, "unknown option %.*s", len, word);
	const char **value = &a->values[table][index];
	if (*value != NULL)
		return refuse(a, "--%s is given twice", o->name);
	if (o->value == NULL) {
		*value = "";
		return equals == NULL || refuse(a, "--%s takes no value", o->name);
	}
	if (equals != NULL)
		*value = equals + 1;
	else if (*at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0)
		*value = argv[++*at];
	else
		return refuse(a, "--%s needs a value", o->name);
	return **value != '\0' || refuse(a, "--%s needs a value that is not empty", o->name);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

int args_read_front(struct args *a, int argc, char *const argv[])
{
	for (int i = 0; i < argc; i++) {
		if (!is_option(argv[i]))
			return i;
		if (!read_option(a, argc, argv, &i))
			return -1;
	}
	return argc;
}

bool args_read(struct args *a, const struct option *own, int argc, char *const argv[])
{
	bool options = true;
	a->tables[1] = own;
	for (int i = 0; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && is_option(argv[i])) {
			if (!read_option(a, argc, argv, &i))
				return false;
		} else if (a->count < ARGS_OPERANDS_MAX)
			a->operands[a->count++] = argv[i];
		else
			return refuse(a, "too many arguments: %s", argv[i]);
	}
	return true;
}

const char *args_value(const struct args *a, const char *name)
{
	int table, index;
	return find(a, name, strlen(name), &table, &index) != NULL ? a->values[table][index] : NULL;
}

bool args_has(const struct args *a, const char *name)
{
	return args_value(a, name) != NULL;
}
