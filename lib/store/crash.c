#include "store/crash.h"

#include "base/sanitized.h"

#include <stddef.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

static const int signals[CRASH_SIGNALS] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};

/* Which crash it is tells the stack that the handler runs on. */
static void on_signal(int signo, siginfo_t *info, void *context)
{
	(void)info;
	const ucontext_t *u = context;
	char *stack = u->uc_stack.ss_sp;
	struct crash *c = (struct crash *)(void *)(stack - offsetof(struct crash, stack));
	c->ending(c->arg, signo);
	_exit(1);
}

void crash_catch(struct crash *c)
{
	const stack_t stack = {.ss_sp = c->stack, .ss_size = sizeof(c->stack)};
	struct sigaction sa;
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = on_signal;
	/* A crash in the handler ends the process without more ado. */
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
	sigemptyset(&sa.sa_mask);
	c->old_stack.ss_flags = -1; /* nothing is caught */
	if (SANITIZED || sigaltstack(&stack, &c->old_stack) == -1)
		return;
	for (int i = 0; i < CRASH_SIGNALS; i++)
		sigaction(signals[i], &sa, &c->old[i]);
}

void crash_now(void)
{
	struct sigaction sa;
	if (sigaction(SIGABRT, NULL, &sa) == 0 && (sa.sa_flags & SA_SIGINFO) != 0 &&
		sa.sa_sigaction == on_signal)
		(void)raise(SIGABRT);
}

void crash_release(struct crash *c)
{
	if (c->old_stack.ss_flags == -1)
		return;
	for (int i = 0; i < CRASH_SIGNALS; i++)
		sigaction(signals[i], &c->old[i], NULL);
	sigaltstack(&c->old_stack, NULL);
	c->old_stack.ss_flags = -1;
}
