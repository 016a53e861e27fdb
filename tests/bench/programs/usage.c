/*
 * Runs a program to its end and says what it used:
 *
 *   usage FILE PROGRAM [ARGUMENT…]     writes {"status":…,"seconds":…,"cpu":…,"peak_kb":…} to FILE
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	FILE *out = argc > 2 ? fopen(argv[1], "we") : NULL;
	if (out == NULL) {
		fprintf(stderr, "usage: usage FILE PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	double begin = now();
	pid_t child = fork();
	if (child == 0) {
		execv(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	int status;
	struct rusage used;
	if (child == -1 || wait4(child, &status, 0, &used) == -1) {
		perror("usage");
		return 1;
	}
	double took = now() - begin;
	fprintf(out, "{\"status\":%d,\"seconds\":%.6f,\"cpu\":%.6f,\"peak_kb\":%ld}\n",
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), took,
		seconds_of(used.ru_utime) + seconds_of(used.ru_stime), used.ru_maxrss);
	return fclose(out) == 0 ? 0 : 1;
}
