#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX 256

size_t answer_make(const char *query, char out[ANSWER_MAX])
{
	unsigned long body = query != NULL ? strtoul(query, NULL, 10) : 0;
	if (body > ANSWER_MAX - HEADERS_MAX)
		body = ANSWER_MAX - HEADERS_MAX;
	int headers = snprintf(out, HEADERS_MAX,
		"Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: %lu\r\n\r\n",
		body);
	if (headers < 0)
		return 0;
	memset(out + headers, ' ', body);
	return (size_t)headers + body;
}
