/*
 * A CGI program that checks the bearer token with libjwt and does nothing else: what a program which
 * knows whom it serves costs. Linked as the product's are.
 */
#include "answer.h"

#include <fcntl.h>
#include <jwt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEY_MAX 4096

static bool good_token(const char *token)
{
	unsigned char key[KEY_MAX];
	const char *path = getenv("DIALER_JWT_SECRET_FILE");
	int fd = open(path != NULL ? path : "", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd != -1 ? read(fd, key, sizeof(key)) : -1;
	if (fd != -1)
		close(fd);
	if (len <= 0)
		return false;
	if (key[len - 1] == '\n')
		len--;
	jwt_t *jwt = NULL;
	return jwt_decode(&jwt, token, key, (int)len) == 0 && jwt_get_alg(jwt) == JWT_ALG_HS256 &&
	       jwt_get_grant_int(jwt, "exp") > time(NULL) && jwt_get_grant(jwt, "sub") != NULL;
}

int main(void)
{
	static char answer[ANSWER_MAX];
	static const char bearer[] = "Bearer ", refusal[] = "Status: 401\r\n\r\n";
	size_t len = answer_make(getenv("QUERY_STRING"), answer);
	while (read(STDIN_FILENO, answer + len, ANSWER_MAX - len) > 0)
		continue;
	const char *header = getenv("HTTP_AUTHORIZATION");
	if (header == NULL || strncmp(header, bearer, strlen(bearer)) != 0 ||
		!good_token(header + strlen(bearer))) {
		len = strlen(refusal);
		memcpy(answer, refusal, len);
	}
	_exit(write(STDOUT_FILENO, answer, len) == (ssize_t)len ? 0 : 1);
}
