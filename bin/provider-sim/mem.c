#include "mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *block)
{
	if (!block) {
		fputs("provider-sim: out of memory\n", stderr);
		exit(1);
	}
	return block;
}

void *mem_new(size_t size)
{
	return need(calloc(1, size ? size : 1));
}

void *mem_grow(void *array, size_t *cap, size_t want, size_t element)
{
	size_t grown = *cap ? *cap : 16;

	if (want <= *cap)
		return array;
	while (grown < want)
		grown *= 2;
	if (grown > SIZE_MAX / element)
		need(NULL);
	array = need(realloc(array, grown * element));
	*cap = grown;
	return array;
}

char *mem_text(const char *text)
{
	return text ? need(strdup(text)) : NULL;
}

char *mem_format(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return need(text);
}
