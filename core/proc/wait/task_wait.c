#include "task_wait.h"

#include "proc_mem.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/syscall.h>

/* Not in the headers of Debian 12. */
enum { NR_FUTEX_WAITV = 449, NR_FUTEX_WAIT = 455 };

/* How a call says that it waits only for some time. */
enum timeout {
	TIMEOUT_NEVER,   /* it cannot */
	TIMEOUT_POINTER, /* the argument is a pointer, not NULL */
	TIMEOUT_MS       /* the argument is a number of milliseconds, not negative */
};

/* Where a call has its descriptors. */
enum descriptors { NO_DESCRIPTOR, FIRST_ARGUMENT, POLL_ARRAY, SELECT_SETS, EPOLL };

/* Blocking system calls. Those with a timeout that is in force, and descriptors, are "other". */
static const struct call_rule {
	long number;
	const char *name;
	enum wait_kind kind;
	enum descriptors descriptors;
	enum timeout timeout;
	unsigned timeout_argument;
} rules[] = {
	{SYS_futex, "futex", WAIT_FUTEX, NO_DESCRIPTOR, TIMEOUT_POINTER, 3},
	{NR_FUTEX_WAITV, "futex_waitv", WAIT_FUTEX, NO_DESCRIPTOR, TIMEOUT_POINTER, 3},
	{NR_FUTEX_WAIT, "futex_wait", WAIT_FUTEX, NO_DESCRIPTOR, TIMEOUT_POINTER, 4},
	{SYS_sched_yield, "sched_yield", WAIT_YIELD, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
	{SYS_clock_nanosleep, "clock_nanosleep", WAIT_SLEEP, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
#ifdef SYS_nanosleep
	{SYS_nanosleep, "nanosleep", WAIT_SLEEP, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
#endif
	{SYS_read, "read", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_readv, "readv", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_write, "write", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_writev, "writev", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_recvfrom, "recvfrom", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_recvmsg, "recvmsg", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_sendto, "sendto", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_sendmsg, "sendmsg", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_accept, "accept", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_accept4, "accept4", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_connect, "connect", WAIT_DESCRIPTOR, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
#ifdef SYS_poll
	{SYS_poll, "poll", WAIT_DESCRIPTOR, POLL_ARRAY, TIMEOUT_MS, 2},
#endif
	{SYS_ppoll, "ppoll", WAIT_DESCRIPTOR, POLL_ARRAY, TIMEOUT_POINTER, 2},
#ifdef SYS_select
	{SYS_select, "select", WAIT_DESCRIPTOR, SELECT_SETS, TIMEOUT_POINTER, 4},
#endif
	{SYS_pselect6, "pselect6", WAIT_DESCRIPTOR, SELECT_SETS, TIMEOUT_POINTER, 4},
#ifdef SYS_epoll_wait
	{SYS_epoll_wait, "epoll_wait", WAIT_DESCRIPTOR, EPOLL, TIMEOUT_MS, 3},
#endif
	{SYS_epoll_pwait, "epoll_pwait", WAIT_DESCRIPTOR, EPOLL, TIMEOUT_MS, 3},
	{SYS_wait4, "wait4", WAIT_CHILD, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
	{SYS_waitid, "waitid", WAIT_CHILD, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
#ifdef SYS_pause
	{SYS_pause, "pause", WAIT_SIGNAL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
#endif
	{SYS_rt_sigsuspend, "rt_sigsuspend", WAIT_SIGNAL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
	{SYS_rt_sigtimedwait, "rt_sigtimedwait", WAIT_SIGNAL, NO_DESCRIPTOR, TIMEOUT_POINTER, 2},

	/* Named in findings; never proven to last. */
	{SYS_flock, "flock", WAIT_OTHER_SYSCALL, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_fcntl, "fcntl", WAIT_OTHER_SYSCALL, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_ioctl, "ioctl", WAIT_OTHER_SYSCALL, FIRST_ARGUMENT, TIMEOUT_NEVER, 0},
	{SYS_openat, "openat", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
	{SYS_semop, "semop", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
	{SYS_semtimedop, "semtimedop", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
	{SYS_msgrcv, "msgrcv", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
	{SYS_msgsnd, "msgsnd", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
	{SYS_mq_timedreceive, "mq_timedreceive", WAIT_OTHER_SYSCALL, FIRST_ARGUMENT, TIMEOUT_NEVER,
		0},
	{SYS_io_getevents, "io_getevents", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
	{SYS_io_uring_enter, "io_uring_enter", WAIT_OTHER_SYSCALL, FIRST_ARGUMENT, TIMEOUT_NEVER,
		0},
	{SYS_restart_syscall, "restart_syscall", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER,
		0},
	{SYS_clone, "clone", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
#ifdef SYS_vfork
	{SYS_vfork, "vfork", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
#endif
	{SYS_exit, "exit", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
	{SYS_exit_group, "exit_group", WAIT_OTHER_SYSCALL, NO_DESCRIPTOR, TIMEOUT_NEVER, 0},
};

static const struct call_rule *rule_of(long number)
{
	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].number == number)
			return &rules[i];
	return NULL;
}

bool wait_is_untimed(enum wait_kind kind)
{
	return kind == WAIT_FUTEX || kind == WAIT_DESCRIPTOR || kind == WAIT_CHILD ||
	       kind == WAIT_SIGNAL;
}

const char *task_wait_call_name(long number)
{
	const struct call_rule *rule = rule_of(number);
	return rule ? rule->name : NULL;
}

/* ---- Futexes ---- */

/* The futex(2) commands that wait; all take a timeout as fourth argument. */
static bool is_wait_command(int command)
{
	switch (command) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_LOCK_PI:
#ifdef FUTEX_LOCK_PI2
	case FUTEX_LOCK_PI2:
#endif
		return true;
	default:
		return false;
	}
}

/* The kernel hands the lock of such a word over when its owner ends: see futex(2). */
static uint64_t pi_word(const struct proc_task *task, int command)
{
	if (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET)
		return 0;
	return command == FUTEX_WAIT_REQUEUE_PI ? task->args[4] : task->args[0];
}

static void fill_futex(struct task_wait *wait, const struct proc_task *task)
{
	int command = (int)(task->args[1] & FUTEX_CMD_MASK);
	wait->futex = task->args[0];
	wait->expected = (uint32_t)task->args[2];
	wait->private_futex = (task->args[1] & FUTEX_PRIVATE_FLAG) != 0;
	if (is_wait_command(command))
		wait->pi_word = pi_word(task, command);
	else
		wait->kind = WAIT_OTHER_SYSCALL;
}

/* futex_wait(word, value, mask, flags, timeout, clock) */
static void fill_futex2(struct task_wait *wait, const struct proc_task *task)
{
	wait->futex = task->args[0];
	wait->expected = (uint32_t)task->args[1];
	wait->private_futex = (task->args[3] & FUTEX_PRIVATE_FLAG) != 0;
}

/* ---- The call ---- */

static bool has_timeout(const struct call_rule *rule, const struct proc_task *task)
{
	uint64_t argument = task->args[rule->timeout_argument];
	return rule->timeout == TIMEOUT_POINTER ? argument != 0
	       : rule->timeout == TIMEOUT_MS    ? (int32_t)argument >= 0
						: false;
}

static bool has_no_descriptor(const struct call_rule *rule, const struct proc_task *task)
{
	return (rule->descriptors == POLL_ARRAY && task->args[1] == 0) ||
	       (rule->descriptors == SELECT_SETS && task->args[0] == 0);
}

/* The same call with a timeout. */
static enum wait_kind timed_kind(const struct call_rule *rule, const struct proc_task *task)
{
	if (rule->kind == WAIT_FUTEX)
		return WAIT_FUTEX_TIMED;
	return has_no_descriptor(rule, task) ? WAIT_SLEEP : WAIT_OTHER_SYSCALL;
}

static struct task_wait wait_in_call(const struct proc_task *task)
{
	struct task_wait wait = {.kind = WAIT_OTHER_SYSCALL, .fd = -1};
	const struct call_rule *rule = rule_of(task->syscall);
	if (!rule)
		return wait;
	wait.kind = has_timeout(rule, task) ? timed_kind(rule, task) : rule->kind;
	if (rule->descriptors == FIRST_ARGUMENT || rule->descriptors == EPOLL)
		wait.fd = (int)task->args[0];
	wait.takes_signal = rule->number == SYS_rt_sigtimedwait;
	wait.words = rule->number == NR_FUTEX_WAITV;
	if (rule->number == SYS_futex)
		fill_futex(&wait, task);
	else if (rule->number == NR_FUTEX_WAIT)
		fill_futex2(&wait, task);
	return wait;
}

struct task_wait task_wait(const struct proc_task *task)
{
	struct task_wait wait = {.kind = WAIT_NONE, .fd = -1};
	if (task->state == 'T' || task->state == 't')
		wait.kind = WAIT_STOPPED;
	else if (task->state == 'D' || (task->state == 'S' && !task->in_syscall))
		wait.kind = WAIT_KERNEL;
	else if (task->in_syscall)
		return wait_in_call(task);
	return wait;
}

/* ---- What only the memory of the process says ---- */

static bool copy(pid_t pid, uint64_t address, void *to, size_t size)
{
	return proc_mem_read(pid, address, to, size) == (ssize_t)size;
}

static int polled(pid_t pid, const struct proc_task *task, int *descriptors)
{
	struct pollfd array[WAIT_DESCRIPTORS_MAX];
	uint64_t count = task->args[1];
	int used = 0;
	if (count > WAIT_DESCRIPTORS_MAX)
		return -E2BIG;
	if (!copy(pid, task->args[0], array, (size_t)count * sizeof(array[0])))
		return -EFAULT;
	for (uint64_t i = 0; i < count; i++)
		if (array[i].fd >= 0)
			descriptors[used++] = array[i].fd;
	return used;
}

/* The kernel does not write the sets before the call returns. */
static int selected(pid_t pid, const struct proc_task *task, int *descriptors)
{
	fd_set all, set;
	int64_t limit = (int64_t)task->args[0];
	int used = 0;
	FD_ZERO(&all);
	if (limit > FD_SETSIZE)
		return -E2BIG;
	for (unsigned i = 1; i <= 3; i++) {
		if (!task->args[i])
			continue;
		if (!copy(pid, task->args[i], &set, sizeof(set)))
			return -EFAULT;
		for (int fd = 0; fd < limit; fd++)
			if (FD_ISSET(fd, &set))
				FD_SET(fd, &all);
	}
	for (int fd = 0; fd < limit; fd++) {
		if (!FD_ISSET(fd, &all))
			continue;
		if (used == WAIT_DESCRIPTORS_MAX)
			return -E2BIG;
		descriptors[used++] = fd;
	}
	return used;
}

int task_wait_descriptors(
	pid_t pid, const struct proc_task *task, int descriptors[WAIT_DESCRIPTORS_MAX])
{
	const struct call_rule *rule = rule_of(task->syscall);
	switch (rule ? rule->descriptors : NO_DESCRIPTOR) {
	case FIRST_ARGUMENT:
	case EPOLL:
		descriptors[0] = (int)task->args[0];
		return 1;
	case POLL_ARRAY:
		return polled(pid, task, descriptors);
	case SELECT_SETS:
		return selected(pid, task, descriptors);
	default:
		return 0;
	}
}

int task_wait_words(pid_t pid, const struct proc_task *task, struct wait_word words[WAIT_WORDS_MAX])
{
	/* struct futex_waitv of linux/futex.h. */
	struct {
		uint64_t value, address;
		uint32_t flags, reserved;
	} vector[WAIT_WORDS_MAX];
	uint64_t count = task->args[1];
	if (count > WAIT_WORDS_MAX)
		return -E2BIG;
	if (!copy(pid, task->args[0], vector, (size_t)count * sizeof(vector[0])))
		return -EFAULT;
	for (uint64_t i = 0; i < count; i++)
		words[i] = (struct wait_word){vector[i].address, (uint32_t)vector[i].value,
			(vector[i].flags & FUTEX_PRIVATE_FLAG) != 0};
	return (int)count;
}
