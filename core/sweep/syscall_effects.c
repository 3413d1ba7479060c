#include "syscall_effects.h"

#include <linux/futex.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

/*
 * Harmless calls leave only their result, in a register of the caller, which a child of another
 * thread does not inherit. Calls that look harmless but are not:
 *
 * - write and the like: the file may be mapped by the process, or be its own /proc/PID/mem;
 * - open, close, dup, lseek: a child inherits the descriptors;
 * - rt_sigprocmask, even without an old mask: a fork in a signal handler waits while the signal is
 *   blocked;
 * - madvise: DONTNEED and FREE drop contents, DONTFORK and WIPEONFORK change what a child gets; the
 *   harmless kinds are too rare to tell apart;
 * - set_robust_list, set_tid_address, rseq: they tell the kernel where to write later;
 * - clock_gettime, getcpu, sched_getaffinity, getrusage: they write their answer into memory;
 * - kill and tgkill: a handler may run.
 */
struct harmless_syscall {
	uint64_t number;
	bool (*when)(const struct arch_syscall *); /* NULL: always */
};

/* As in the kernel: the upper half of the register does not count. */
static int int_argument(const struct arch_syscall *call, unsigned index)
{
	return (int)(uint32_t)call->argument[index];
}

/*
 * Wait and wake at most read the word; what a woken thread does are its own steps. The others
 * write: an operation with priority inheritance the owner, WAKE_OP a second word. A requeue moves
 * waiters to another word, which the kernel may lock for them.
 */
static bool futex_only_reads(const struct arch_syscall *call)
{
	switch (int_argument(call, 1) & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
		return true;
	default:
		return false;
	}
}

/* A sleep that a signal interrupts writes the remaining time, if there is a pointer for it. */
static bool nanosleep_writes_nothing(const struct arch_syscall *call)
{
	return call->argument[1] == 0;
}

static bool clock_nanosleep_writes_nothing(const struct arch_syscall *call)
{
	return int_argument(call, 1) & TIMER_ABSTIME || call->argument[3] == 0;
}

#if defined(SYS_poll)
/* A sleep; with files to poll it writes which are ready. */
static bool poll_nothing(const struct arch_syscall *call)
{
	return (uint32_t)call->argument[1] == 0;
}
#endif

static const struct harmless_syscall harmless_syscall[] = {
	{SYS_futex, futex_only_reads},
	{SYS_sched_yield, NULL},
	{SYS_nanosleep, nanosleep_writes_nothing},
	{SYS_clock_nanosleep, clock_nanosleep_writes_nothing},
#if defined(SYS_poll)
	{SYS_poll, poll_nothing},
#endif
	{SYS_getpid, NULL},
	{SYS_gettid, NULL},
	{SYS_getppid, NULL},
	{SYS_getpgid, NULL},
	{SYS_getsid, NULL},
	{SYS_getuid, NULL},
	{SYS_geteuid, NULL},
	{SYS_getgid, NULL},
	{SYS_getegid, NULL},
};

bool syscall_affects_child(const struct arch_syscall *call)
{
	for (size_t i = 0; i < sizeof(harmless_syscall) / sizeof(harmless_syscall[0]); i++) {
		if (harmless_syscall[i].number == call->number)
			return harmless_syscall[i].when && !harmless_syscall[i].when(call);
	}
	return true;
}
