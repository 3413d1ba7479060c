#include "loop_syscalls.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>

/*
 * Each row is a call that has the same result and effect each time that it is made in the same
 * state. `accept` checks the arguments; `errors` ends with 0.
 */
struct syscall_rule {
	uint64_t number;
	enum loop_obstacle (*accept)(const struct arch_syscall *, struct syscall_reads *);
	int64_t errors[3]; /* results other than 0 that recur */
	bool any_result;   /* any result recurs: it is constant for the thread */
};

static void add_read(struct syscall_reads *reads, uint64_t address, uint32_t size)
{
	reads->range[reads->count++] = (struct arch_range){.address = address, .size = size};
}

static enum loop_obstacle accept_always(
	const struct arch_syscall *call, struct syscall_reads *reads)
{
	(void)call;
	(void)reads;
	return LOOP_NO_OBSTACLE;
}

/* A wake, or a wait with a relative timeout. */
static enum loop_obstacle accept_futex(const struct arch_syscall *call, struct syscall_reads *reads)
{
	uint64_t operation = call->argument[1] & FUTEX_CMD_MASK;
	reads->futex = true;
	add_read(reads, call->argument[0], sizeof(uint32_t));
	if (operation == FUTEX_WAKE)
		return LOOP_NO_OBSTACLE;
	if (operation != FUTEX_WAIT)
		return LOOP_FUTEX_OPERATION;
	if (!call->argument[3])
		return LOOP_WAITS_UNTIMED;
	add_read(reads, call->argument[3], sizeof(struct timespec));
	return LOOP_NO_OBSTACLE;
}

/* The kernel writes the remaining time only after a signal, and that ends the proof. */
static enum loop_obstacle accept_nanosleep(
	const struct arch_syscall *call, struct syscall_reads *reads)
{
	add_read(reads, call->argument[0], sizeof(struct timespec));
	return LOOP_NO_OBSTACLE;
}

static enum loop_obstacle accept_clock_nanosleep(
	const struct arch_syscall *call, struct syscall_reads *reads)
{
	add_read(reads, call->argument[2], sizeof(struct timespec));
	return call->argument[1] & TIMER_ABSTIME ? LOOP_WAITS_UNTIL : LOOP_NO_OBSTACLE;
}

/* poll() without descriptors is a sleep. */
static enum loop_obstacle accept_poll(const struct arch_syscall *call, struct syscall_reads *reads)
{
	(void)reads;
	if (call->argument[1] != 0)
		return LOOP_POLLS_FILES;
	return (int32_t)call->argument[2] < 0 ? LOOP_WAITS_UNTIMED : LOOP_NO_OBSTACLE;
}

static const struct syscall_rule rules[] = {
	{SYS_sched_yield, accept_always, {0}, false},
	{SYS_futex, accept_futex, {-ETIMEDOUT, -EAGAIN, 0},
		false}, /* 0 from a wait: it was woken */
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
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].number == number)
			return &rules[i];
	return NULL;
}

enum loop_obstacle loop_syscall_check(const struct arch_syscall *call, struct syscall_reads *reads)
{
	*reads = (struct syscall_reads){0};
	const struct syscall_rule *syscall_rule = find(call->number);
	return syscall_rule ? syscall_rule->accept(call, reads) : LOOP_SYSCALL_UNKNOWN;
}

/* A futex wait that returns 0 was woken; for the other calls 0 is the usual result. */
static bool zero_recurs(const struct arch_syscall *call)
{
	return call->number != SYS_futex || (call->argument[1] & FUTEX_CMD_MASK) == FUTEX_WAKE;
}

enum loop_obstacle loop_syscall_result_check(const struct arch_syscall *call, int64_t result)
{
	const struct syscall_rule *syscall_rule = find(call->number);
	if (!syscall_rule)
		return LOOP_NO_OBSTACLE; /* loop_syscall_check() has refused it */
	if (syscall_rule->any_result || (result == 0 && zero_recurs(call)))
		return LOOP_NO_OBSTACLE;
	for (size_t i = 0; syscall_rule->errors[i]; i++)
		if (result == syscall_rule->errors[i])
			return LOOP_NO_OBSTACLE;
	return LOOP_SYSCALL_RESULT;
}
