/*
 * Every answer of the service that a test gets is written down, to be held against its description
 * (tests/openapi/answers.js): a line of JSON for each in BUILD/tests/answers/PROGRAM.jsonl, where
 * there is such a directory. Threads and forked tests write to one file: a line is one write.
 */
#include "e2e/harness.h"
#include "e2e/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX  ((off_t)16 * 1024 * 1024) /* storms say the same things again and again */
#define BODY_MAX  ((size_t)64 * 1024)
#define BASE_PATH "/api/dialer/"

/* The headers' names in lower case with their values. */
static json_t *headers_of(const struct answer *a)
{
	json_t *headers = json_object();
	for (const char *line = a->headers; *line != '\0'; line += strcspn(line, "\n") + 1) {
		char name[64];
		size_t len = strcspn(line, ":\r\n");
		size_t end = strcspn(line, "\r\n");
		if (line[len] == ':' && len < sizeof(name)) {
			for (size_t i = 0; i < len; i++)
				name[i] = (char)(line[i] >= 'A' && line[i] <= 'Z' ? line[i] + 32
										  : line[i]);
			name[len] = '\0';
			size_t value = len + 1 + strspn(line + len + 1, " ");
			json_object_set_new(
				headers, name, json_stringn_nocheck(line + value, end - value));
		}
		if (line[strcspn(line, "\n")] == '\0')
			break;
	}
	return headers;
}

static json_t *record_of(const char *method, const char *path, const struct answer *a)
{
	json_t *body = a->json != NULL      ? json_incref(a->json)
		       : a->len <= BODY_MAX ? json_stringn_nocheck(a->body, a->len)
					    : json_string("");
	return json_pack("{s:s, s:s, s:i, s:o, s:o}", "method", method, "path", path, "status",
		a->status, "headers", headers_of(a), "body", body);
}

static void write_line(json_t *record)
{
	char path[2 * E2E_PATH];
	struct stat st;
	char *line = json_dumps(record, JSON_COMPACT);
	snprintf(path, sizeof(path), "%s/tests/answers/%s.jsonl", e2e.build,
		program_invocation_short_name);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd != -1 && line != NULL && fstat(fd, &st) == 0 && st.st_size < FILE_MAX) {
		size_t len = strlen(line);
		line[len] = '\n';
		if (write(fd, line, len + 1) != (ssize_t)len + 1)
			fprintf(stderr, "%s: a line is missing\n", path);
	}
	if (fd != -1)
		close(fd);
	free(line);
}

void record_answer(const struct http *q, const char *method, const struct answer *a)
{
	const char *path = q->url;
	if (path != NULL && strncmp(path, BASE_PATH, strlen(BASE_PATH)) != 0)
		return;
	path = path != NULL ? path + strlen(BASE_PATH) - 1 : q->path;
	if (a->status == 0 || path == NULL || strlen(path) > 1000 || e2e.build[0] == '\0')
		return;
	json_t *record = record_of(method, path, a);
	/* A test may send bytes that are no text. */
	if (record != NULL)
		write_line(record);
	json_decref(record);
}
