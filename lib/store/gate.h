/*
 * The gate of a data directory: at most one process is inside the Berkeley DB environment at any
 * time.
 *
 * Debian's Berkeley DB blocks for ever on a mutex whose owner was killed, and its DB_REGISTER loses
 * commits under kills. Behind an exclusive flock(2), held from before db_env_create until after
 * env->close, neither can happen. A marker in the locked file says whether the last one left in
 * good order; anything else there - a kill, a crash, a reboot, regions removed or replaced - means
 * that the environment must be opened with recovery.
 *
 * Nothing that waits for somebody else (network, client, child) may happen inside. Other locks are
 * taken before the gate, never inside it.
 */
#ifndef STORE_GATE_H
#define STORE_GATE_H

#include "base/log.h"
#include "store/crash.h"
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Allowance for the work while the environment is being recovered. */
#define GATE_RECOVERY_SECONDS 60
#define GATE_STUCK_STATUS     3 /* exit status of a process that stayed too long */
#define GATE_MARKER_SIZE      257
#define GATE_BOOT_SIZE        40

struct gate {
	/* --- set by the caller before gate_enter --- */
	const char *dir;
	const struct log *log;
	int wait_seconds; /* until gate_enter gives up */
	int work_seconds; /* inside, until the process ends itself */
	int emergency_fd; /* what is written before that */
	const char *emergency;
	size_t emergency_len;
	char *boot; /* GATE_BOOT_SIZE bytes where the boot id is kept, as no process outlives a boot; NULL */
	bool hold; /* instead: let the others in and wait to be ended from outside */
	/* --- the gate's own --- */
	int fd;
	volatile sig_atomic_t inside, expired, ending;
	timer_t timer;
	bool has_timer;
#ifdef DIALER_TEST_HOOKS
	int64_t came_ms, entered_ms;
#endif
	struct sigaction old_alarm;
	sigset_t old_mask;
	uint64_t generation; /* grows with every recovery */
	/* What the file says of an environment that can be trusted: generation, boot and region
	 * files. Handles that are kept belong to one of these texts. "" before gate_seal where
	 * there is recovery to be done. */
	char marker[GATE_MARKER_SIZE];
	struct crash crash; /* the last: most of it is a stack, which is not cleared */
};

/* Enters. 0: inside, *recover tells whether to open with recovery. EAGAIN: not within wait_seconds.
 * Else an errno. While inside, signals from outside that end or stop a process wait (nobody can take the
 * gate from one that is stopped, and Ctrl-Z is quickly pressed); a process that stays longer than
 * work_seconds, or crashes, says so in the log, writes its emergency bytes (for a second at most) and
 * ends itself with GATE_STUCK_STATUS, so that nobody waits for it for ever. *g must stay where it is until
 * gate_leave. */
int gate_enter(struct gate *g, bool *recover);

/* Inside: what is found makes recovery necessary though the marker did not say so. The caller opens
 * with recovery then, as after a gate_enter that said it. */
int gate_distrust(struct gate *g);

/* Inside, with the environment open in good order: afterwards g->marker is what gate_leave will leave
 * behind. False: nothing that the next one could trust. */
bool gate_seal(struct gate *g);

/* Without entering: whether the environment is still the one that this marker was about. */
bool gate_unchanged(const char *dir, const char marker[GATE_MARKER_SIZE]);

/* Leaves. `clean`: the environment was closed in good order; otherwise the next one recovers. */
void gate_leave(struct gate *g, bool clean);

#endif
