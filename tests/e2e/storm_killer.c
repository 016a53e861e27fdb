/* Death at random: of programs behind the server, anywhere, and of those that are inside the storage. */
#include "e2e/storm.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOKS_INSIDE 20 /* between two looks at everybody */
#define NAP_US       400

static pid_t parent_of(pid_t pid)
{
	char path[64], text[512] = "";
	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return 0;
	/* pid (name) S parent ... */
	const char *after = fgets(text, sizeof(text), f) != NULL ? strrchr(text, ')') : NULL;
	(void)fclose(f);
	return after != NULL && strlen(after) > 4 ? (pid_t)strtol(after + 4, NULL, 10) : 0;
}

/* Whether it is one of this build's programs under our own server. */
static bool is_ours(pid_t pid)
{
	char path[64], exe[E2E_PATH], programs[E2E_PATH + 16];
	snprintf(path, sizeof(path), "/proc/%ld/exe", (long)pid);
	ssize_t n = readlink(path, exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	snprintf(programs, sizeof(programs), "%s/cgi-bin/", e2e.build);
	/* dialer-serve uses a copy where the server's user could not reach the build. */
	if (strncmp(exe, programs, strlen(programs)) != 0 && strstr(exe, "/cgi-bin/") == NULL)
		return false;
	for (int steps = 0; pid > 1 && steps < 6; steps++) {
		pid = parent_of(pid);
		if (pid == server.pid)
			return true;
	}
	return false;
}

#define DYING 64

/* Who was killed is there for a moment yet, and counts once. */
struct dying {
	pid_t pid[DYING];
	int next;
};

static bool kill_once(struct dying *d, pid_t pid)
{
	for (int i = 0; i < DYING; i++)
		if (d->pid[i] == pid)
			return false;
	if (!is_ours(pid) || kill(pid, SIGKILL) != 0)
		return false;
	d->pid[d->next++ % DYING] = pid;
	return true;
}

/* One of four is to die, early or late. Those that stay would be the same ones all the time. */
static bool is_to_die(pid_t pid, uint64_t *dice)
{
	return e2e_fastcgi() ? storm_roll(dice, 100) == 0
			     : pid % 4 == 0 && storm_roll(dice, 3) == 0;
}

static void kill_some(struct storm *s, uint64_t *dice, struct dying *dying)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	while (d != NULL && (e = readdir(d)) != NULL) {
		char *end;
		pid_t pid = (pid_t)strtol(e->d_name, &end, 10);
		if (*end != '\0' || pid <= 0 || !is_to_die(pid, dice))
			continue;
		s->killed += kill_once(dying, pid);
	}
	if (d != NULL)
		closedir(d);
}

/* Who is inside the storage at this moment holds the lock of the gate: the worst time to die. */
static pid_t owner_of_gate(const char *gate)
{
	struct stat st;
	char line[256], inode[32];
	long pid = 0;
	if (stat(gate, &st) == -1)
		return 0;
	snprintf(inode, sizeof(inode), ":%lu ", (unsigned long)st.st_ino);
	FILE *f = fopen("/proc/locks", "re");
	while (f != NULL && pid == 0 && fgets(line, sizeof(line), f) != NULL) {
		/* 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF; those who wait have `->`. */
		const char *word = strstr(line, " WRITE ");
		if (word != NULL && strstr(line, inode) != NULL && strstr(line, "->") == NULL)
			pid = strtol(word + 7, NULL, 10);
	}
	if (f != NULL)
		(void)fclose(f);
	return (pid_t)pid;
}

/* One of eight may die there; all of them would let no recovery come to its end. */
static void kill_inside(struct storm *s, uint64_t *dice, struct dying *dying, const char *gate)
{
	pid_t pid = owner_of_gate(gate);
	bool chosen = e2e_fastcgi() ? storm_roll(dice, 100) == 0
				    : pid % 8 == 1 && storm_roll(dice, 3) == 0;
	if (chosen)
		s->killed_inside += kill_once(dying, pid);
}

void *storm_killer(void *storm)
{
	struct storm *s = storm;
	uint64_t dice = s->seed + (uint64_t)s->rounds;
	struct dying dying = {.next = 0};
	char gate[E2E_PATH + 8];
	snprintf(gate, sizeof(gate), "%s/gate", e2e.data);
	while (!s->stop) {
		kill_some(s, &dice, &dying);
		for (int i = 0; i < LOOKS_INSIDE && !s->stop; i++) {
			kill_inside(s, &dice, &dying, gate);
			usleep(storm_roll(&dice, NAP_US));
		}
	}
	return NULL;
}
