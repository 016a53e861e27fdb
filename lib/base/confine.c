#include "base/confine.h"

#include "base/sanitized.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Other machines run without a filter: their numbers of system calls were never tried. */
#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#define NATIVE_ARCH 0
#endif

/* The second set of numbers that a 64-bit x86 kernel may answer to. */
#define X32_BIT 0x40000000U

/* The first ones are for those who may make sockets, too. */
static const unsigned short forbidden[] = {
	SYS_execve,
	SYS_execveat,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_unshare,
	SYS_setns,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_reboot,
	SYS_socket,
	SYS_socketpair,
};

#define FORBIDDEN    (sizeof(forbidden) / sizeof(forbidden[0]))
#define SOCKETS      2 /* so many at the end */
#define HEAD         5
#define LENGTH       (HEAD + FORBIDDEN + 2)

#define SAY(code, k) ((struct sock_filter){(code), 0, 0, (k)})
#define JUMP(code, k, t, f)                                                                        \
	((struct sock_filter){(code), (unsigned char)(t), (unsigned char)(f), (k)})
#define LOAD                (BPF_LD | BPF_W | BPF_ABS)
#define IF_EQUAL            (BPF_JMP | BPF_JEQ | BPF_K)
#define IF_GREATER_OR_EQUAL (BPF_JMP | BPF_JGE | BPF_K)
#define ANSWER              (BPF_RET | BPF_K)

static unsigned short make_filter(struct sock_filter f[LENGTH], size_t count)
{
	size_t n = 0, refuse = HEAD + count + 1;

	f[n++] = SAY(LOAD, offsetof(struct seccomp_data, arch));
	f[n++] = JUMP(IF_EQUAL, NATIVE_ARCH, 1, 0);
	f[n++] = SAY(ANSWER, SECCOMP_RET_KILL_PROCESS);
	f[n++] = SAY(LOAD, offsetof(struct seccomp_data, nr));
	f[n] = JUMP(IF_GREATER_OR_EQUAL, X32_BIT, refuse - n - 1, 0);
	n++;
	for (size_t i = 0; i < count; i++, n++)
		f[n] = JUMP(IF_EQUAL, forbidden[i], refuse - n - 1, 0);
	f[n++] = SAY(ANSWER, SECCOMP_RET_ALLOW);
	f[n++] = SAY(ANSWER, SECCOMP_RET_ERRNO | EPERM);
	return (unsigned short)n;
}

bool confine(enum confine_network network)
{
	struct sock_filter filter[LENGTH];
	struct sock_fprog program = {.filter = filter};

	if (SANITIZED || NATIVE_ARCH == 0)
		return false;
	program.len =
		make_filter(filter, network == CONFINE_SOCKETS ? FORBIDDEN - SOCKETS : FORBIDDEN);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
