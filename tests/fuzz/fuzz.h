/*
 * What the fuzz targets share. Each is one file with LLVMFuzzerTestOneInput: any bytes must do no harm
 * (the sanitizers see to that), and what comes of them must hold together (`must`).
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The bytes as text of its own size, so that reading behind it is seen. Free it. */
static inline char *text_of(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);
	must(s != NULL);
	if (size > 0)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

#endif
