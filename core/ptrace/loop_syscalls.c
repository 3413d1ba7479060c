#include "loop_syscalls.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>

/*
 * Each row is a call that, made again in the same state, has the same outcome and leaves the same
 * state behind. `accept` looks at the arguments; `results` ends with a 0.
 */
struct syscall_rule {
	uint64_t number;
	const char *(*accept)(const struct arch_syscall *, struct syscall_reads *);
	int64_t errors[3]; /* outcomes besides `ok` that come again */
	bool any_result;   /* a number that stays the same for the life of the thread */
};

static void add_read(struct syscall_reads *reads, uint64_t address, uint32_t size)
{
	reads->range[reads->count++] = (struct arch_range){.address = address, .size = size};
}

static const char *accept_always(const struct arch_syscall *call, struct syscall_reads *reads)
{
	(void)call;
	(void)reads;
	return NULL;
}

/* Waiting with a relative timeout, or waking, on a word of its own. */
static const char *accept_futex(const struct arch_syscall *call, struct syscall_reads *reads)
{
	uint64_t operation = call->argument[1] & FUTEX_CMD_MASK;
	reads->futex = true;
	add_read(reads, call->argument[0], sizeof(uint32_t));
	if (operation == FUTEX_WAKE)
		return NULL;
	if (operation != FUTEX_WAIT)
		return "it uses a futex operation other than a relative wait";
	if (!call->argument[3])
		return "it waits for a futex without a timeout";
	add_read(reads, call->argument[3], sizeof(struct timespec));
	return NULL;
}

/* The remaining time is written only when a signal interrupts the sleep, which ends the proof. */
static const char *accept_nanosleep(const struct arch_syscall *call, struct syscall_reads *reads)
{
	add_read(reads, call->argument[0], sizeof(struct timespec));
	return NULL;
}

static const char *accept_clock_nanosleep(
	const struct arch_syscall *call, struct syscall_reads *reads)
{
	add_read(reads, call->argument[2], sizeof(struct timespec));
	return call->argument[1] & TIMER_ABSTIME ? "it sleeps until a certain time" : NULL;
}

/* poll() with nothing to poll is a sleep. */
static const char *accept_poll(const struct arch_syscall *call, struct syscall_reads *reads)
{
	(void)reads;
	if (call->argument[1] != 0)
		return "it polls files";
	return (int32_t)call->argument[2] < 0 ? "it sleeps without a timeout" : NULL;
}

static const struct syscall_rule rules[] = {
	{SYS_sched_yield, accept_always, {0}, false},
	{SYS_futex, accept_futex, {-ETIMEDOUT, -EAGAIN, 0},
		false}, /* 0 from a wait: somebody woke it */
	{SYS_nanosleep, accept_nanosleep, {0}, false},
	{SYS_clock_nanosleep, accept_clock_nanosleep, {0}, false},
#if defined(SYS_poll)
	{SYS_poll, accept_poll, {0}, false},
#endif
	{SYS_getpid, accept_always, {0}, true},
	{SYS_gettid, accept_always, {0}, true},
};

static const struct syscall_rule *find(uint64_t number)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].number == number)
			return &rules[i];
	}
	return NULL;
}

const char *loop_syscall_check(const struct arch_syscall *call, struct syscall_reads *reads)
{
	*reads = (struct syscall_reads){0};
	const struct syscall_rule *syscall_rule = find(call->number);
	return syscall_rule
		       ? syscall_rule->accept(call, reads)
		       : "it makes a system call that may change something or give another result";
}

/* A wait that returns 0 was woken by somebody; the other calls return 0 when all is well. */
static bool zero_recurs(const struct arch_syscall *call)
{
	return call->number != SYS_futex || (call->argument[1] & FUTEX_CMD_MASK) == FUTEX_WAKE;
}

const char *loop_syscall_result_check(const struct arch_syscall *call, int64_t result)
{
	const struct syscall_rule *syscall_rule = find(call->number);
	if (!syscall_rule)
		return NULL; /* refused before */
	if (syscall_rule->any_result || (result == 0 && zero_recurs(call)))
		return NULL;
	for (size_t i = 0; syscall_rule->errors[i]; i++) {
		if (result == syscall_rule->errors[i])
			return NULL;
	}
	return "a system call was interrupted, woken up or failed";
}
