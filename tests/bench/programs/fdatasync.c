/*
 * What one durable write costs: FILE is written at one place after the other, 512 bytes at a time,
 * each followed by fdatasync, as the log of a database is. The file has its size before.
 *
 *   fdatasync FILE SECONDS      prints {"writes":N,"seconds":S}
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIECE 512
#define SIZE  ((off_t)1024 * 1024)

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fill(int fd)
{
	static char zeros[PIECE];
	for (off_t at = 0; at < SIZE; at += PIECE)
		if (pwrite(fd, zeros, PIECE, at) != PIECE)
			return -1;
	return fsync(fd);
}

static int measure(int fd, double seconds)
{
	char piece[PIECE];
	long writes = 0;
	double begin = now(), took = 0;
	for (off_t at = 0; took < seconds; at = (at + PIECE) % SIZE) {
		memset(piece, (int)(writes & 0x7f), sizeof(piece));
		if (pwrite(fd, piece, PIECE, at) != PIECE || fdatasync(fd) == -1)
			return -1;
		writes++;
		took = now() - begin;
	}
	return printf("{\"writes\":%ld,\"seconds\":%.6f}\n", writes, took);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: fdatasync FILE SECONDS\n");
		return 2;
	}
	int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || fill(fd) == -1 || measure(fd, strtod(argv[2], NULL)) < 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
