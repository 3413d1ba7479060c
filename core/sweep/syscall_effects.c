#include "syscall_effects.h"

#include <linux/futex.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

/*
 * Harmless calls leave behind nothing but their result, and that is in a register of the caller,
 * which no child of another thread inherits. Not among them although they look like it:
 *
 * - write and its like: the file may be mapped by the process, or be its own /proc/PID/mem;
 * - open, close, dup, lseek: a child inherits the descriptors;
 * - rt_sigprocmask, even without a place for the old mask: a fork in a signal handler has to wait
 *   while the signal is blocked, and no longer after that;
 * - madvise: DONTNEED and FREE drop contents, DONTFORK and WIPEONFORK what a child gets; the
 *   harmless kinds are too rare to be told apart;
 * - set_robust_list, set_tid_address, rseq: they tell the kernel where to write later;
 * - clock_gettime, getcpu, sched_getaffinity, getrusage: they write their answer into memory;
 * - kill and tgkill: a handler may run.
 */
struct harmless_syscall {
	uint64_t number;
	bool (*when)(const struct arch_syscall *); /* NULL: always */
};

/* The kernel's own type: the upper half of the register does not count. */
static int int_argument(const struct arch_syscall *call, unsigned index)
{
	return (int)(uint32_t)call->argument[index];
}

/*
 * Waiting and waking read the word at most; what a thread does that was woken is its own doing. The
 * others write: a lock with priority inheritance its owner, WAKE_OP a second word. A requeue moves
 * waiters to another word, which the kernel may take for them.
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

/* A sleep that a signal interrupts leaves the remaining time, if there is a place for it. */
static bool nanosleep_writes_nothing(const struct arch_syscall *call)
{
	return call->argument[1] == 0;
}

static bool clock_nanosleep_writes_nothing(const struct arch_syscall *call)
{
	return int_argument(call, 1) & TIMER_ABSTIME || call->argument[3] == 0;
}

#if defined(SYS_poll)
/* A sleep; with files to poll it writes which of them are ready. */
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
	for (size_t i = 0; i < sizeof harmless_syscall / sizeof harmless_syscall[0]; i++) {
		if (harmless_syscall[i].number == call->number)
			return harmless_syscall[i].when && !harmless_syscall[i].when(call);
	}
	return true;
}
