/*
 * What it costs to start a program, run it and let it end.
 *
 *   start ROUNDS LABEL PROGRAM ENVIRONMENT [LABEL PROGRAM ENVIRONMENT]...
 *
 * ENVIRONMENT is NAME=VALUE lines, all that the program gets. The programs take turns, so that whatever
 * else the machine does meets all alike. A line for each: label, microseconds of processor time (user and
 * system) and of waiting, page faults; the medians, tab-separated.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENVIRONMENT_MAX 64
#define ROUNDS_MAX      100000

struct measured {
	double *cpu_us, *wall_us, *faults;
};

struct program {
	const char *label, *path;
	char *environment[ENVIRONMENT_MAX + 1];
	struct measured m;
};

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void *room(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (p == NULL)
		die("memory");
	return p;
}

/* Cuts the lines in place. */
static void read_environment(struct program *p, char *lines)
{
	size_t n = 0;

	for (char *line = strsep(&lines, "\n"); line != NULL; line = strsep(&lines, "\n"))
		if (*line != '\0' && n < ENVIRONMENT_MAX)
			p->environment[n++] = line;
	p->environment[n] = NULL;
}

static double microseconds(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void run(const struct program *p, const posix_spawn_file_actions_t *files, long round)
{
	char *const argv[] = {(char *)(uintptr_t)p->path, NULL};
	double begin = now_us();
	struct rusage used;
	int status;
	pid_t pid;

	if (posix_spawn(&pid, p->path, files, NULL, argv, p->environment) != 0 ||
		wait4(pid, &status, 0, &used) != pid || status != 0)
		die(p->label);
	p->m.wall_us[round] = now_us() - begin;
	p->m.cpu_us[round] = microseconds(used.ru_utime) + microseconds(used.ru_stime);
	p->m.faults[round] = (double)(used.ru_minflt + used.ru_majflt);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, long count)
{
	qsort(v, (size_t)count, sizeof(*v), compare);
	return v[count / 2];
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	int count = (argc - 2) / 3;
	posix_spawn_file_actions_t files;
	struct program *programs;

	if (rounds < 1 || rounds > ROUNDS_MAX || count < 1 || argc != 2 + 3 * count) {
		(void)fputs("usage: start ROUNDS LABEL PROGRAM ENVIRONMENT...\n", stderr);
		return EXIT_FAILURE;
	}
	programs = room((size_t)count, sizeof(*programs));
	for (int i = 0; i < count; i++) {
		programs[i].label = argv[2 + 3 * i];
		programs[i].path = argv[3 + 3 * i];
		read_environment(&programs[i], argv[4 + 3 * i]);
		programs[i].m = (struct measured){room((size_t)rounds, sizeof(double)),
			room((size_t)rounds, sizeof(double)), room((size_t)rounds, sizeof(double))};
	}
	if (posix_spawn_file_actions_init(&files) != 0)
		die("memory");
	for (int fd = 0; fd <= 2; fd++)
		if (posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0) != 0)
			die("memory");
	for (long r = 0; r < rounds; r++)
		for (int i = 0; i < count; i++)
			run(&programs[i], &files, r);
	for (int i = 0; i < count; i++) {
		struct measured *m = &programs[i].m;

		printf("%s\t%.0f\t%.0f\t%.0f\n", programs[i].label, median(m->cpu_us, rounds),
			median(m->wall_us, rounds), median(m->faults, rounds));
	}
	return EXIT_SUCCESS;
}
