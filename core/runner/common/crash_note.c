/*
 * Where a thread of the parent crashes. A runner has these handlers only after another one of its
 * cell has crashed: a program under test has none, and the first crash must not depend on them.
 */
#include "crash_note.h"

#include "runner.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { WAITS_MAX = 500 };

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};

static uint64_t pc_of(const void *context)
{
	const ucontext_t *interrupted = context;
#if defined(__x86_64__)
	return (uint64_t)interrupted->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return interrupted->uc_mcontext.pc;
#else
	(void)interrupted;
	return 0;
#endif
}

/*
 * Several threads may crash at once: only the first is noted, and no other ends the process before
 * forklab has looked. Then the default action is restored. A fault happens again on return; a
 * signal that was sent has to be sent again, and arrives when this returns.
 */
static void note(int number, siginfo_t *info, void *context)
{
	static const struct timespec pause = {.tv_nsec = 1000 * 1000};
	static _Atomic uint32_t claimed;
	struct crash_note *crash = &runner.shm->crash;
	bool first = getpid() == runner.pid && !atomic_exchange(&claimed, 1);
	if (first) {
		crash->tid = (int32_t)syscall(SYS_gettid);
		crash->signal = number;
		crash->pc = pc_of(context);
		atomic_store_explicit(&crash->noted, CRASH_NOTED, memory_order_release);
	}
	for (int i = 0; i < WAITS_MAX && getpid() == runner.pid &&
			atomic_load(&crash->noted) != CRASH_SEEN;
		i++)
		(void)nanosleep(&pause, NULL);
	(void)signal(number, SIG_DFL);
	if (info->si_code <= 0)
		(void)raise(number);
}

void crash_note_begin(void)
{
	struct sigaction now, action = {.sa_flags = SA_SIGINFO};
	action.sa_sigaction = note;
	sigemptyset(&action.sa_mask);
	/* A tool or an allocator with handlers of its own keeps them. */
	for (size_t i = 0; runner.shm->plan.note_crashes && i < sizeof(fatal) / sizeof(*fatal); i++)
		if (sigaction(fatal[i], NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
			now.sa_handler == SIG_DFL)
			(void)sigaction(fatal[i], &action, NULL);
}

void crash_note_end(void)
{
	struct sigaction now;
	for (size_t i = 0; runner.shm->plan.note_crashes && i < sizeof(fatal) / sizeof(*fatal); i++)
		if (sigaction(fatal[i], NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) &&
			now.sa_sigaction == note)
			(void)signal(fatal[i], SIG_DFL);
}
