#include "wait_source.h"

#include "proc_mem.h"

#include <linux/futex.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool read_word(pid_t pid, uint64_t address, uint32_t *word)
{
	return proc_mem_read(pid, address, word, sizeof(*word)) == (ssize_t)sizeof(*word);
}

/* ---- Futexes ---- */

/* When the owner's thread ends, in whatever process, the kernel hands the lock to a waiter. */
static enum deadlock_obstacle owner_elsewhere(const struct proc_scan *scan, uint64_t pi_word)
{
	uint32_t word;
	if (!read_word(scan->pid, pi_word, &word))
		return DEADLOCK_UNREADABLE;
	pid_t owner = (pid_t)(word & FUTEX_TID_MASK);
	return owner && !proc_scan_task(scan, owner) ? DEADLOCK_PI_OWNER : DEADLOCK_PROVEN;
}

/*
 * /proc/PID/syscall shows a futex wait also while the thread is frozen, or waits for a page of its
 * futex word: it is in no queue then, and compares the word once more before it sleeps again. Where
 * the kernel does not name the function that it sleeps in, the word must have the awaited value:
 * with it, the thread sleeps again whatever it is in now.
 */
static enum deadlock_obstacle is_in_queue(
	const struct proc_scan *scan, pid_t tid, uint64_t address, uint32_t expected)
{
	char function[64];
	uint32_t word;
	proc_wait_channel(scan->pid, tid, function, sizeof(function));
	if (*function)
		return strstr(function, "futex") ? DEADLOCK_PROVEN : DEADLOCK_OTHER_SLEEP;
	if (!read_word(scan->pid, address, &word))
		return DEADLOCK_UNREADABLE;
	return word == expected ? DEADLOCK_PROVEN : DEADLOCK_WORD_CHANGED;
}

static bool is_in_shared_memory(pid_t pid, uint64_t address)
{
	struct proc_mapping mapping;
	return proc_mapping(pid, address, &mapping) != 0 || mapping.shared;
}

static enum deadlock_obstacle words_source(
	const struct proc_scan *scan, const struct proc_task *task)
{
	struct wait_word words[WAIT_WORDS_MAX];
	int count = task_wait_words(scan->pid, task, words);
	if (count < 0)
		return DEADLOCK_UNREADABLE;
	for (int i = 0; i < count; i++) {
		if (!words[i].private_futex && is_in_shared_memory(scan->pid, words[i].address))
			return DEADLOCK_SHARED_FUTEX;
		enum deadlock_obstacle obstacle =
			is_in_queue(scan, task->tid, words[i].address, words[i].expected);
		if (obstacle)
			return obstacle;
	}
	return DEADLOCK_PROVEN;
}

static enum deadlock_obstacle futex_source(
	const struct proc_scan *scan, const struct proc_task *task, const struct task_wait *wait)
{
	if (wait->words)
		return words_source(scan, task);
	if (wait->pi_word)
		return owner_elsewhere(scan, wait->pi_word);
	return is_in_queue(scan, task->tid, wait->futex, wait->expected);
}

/* ---- Signals ---- */

static enum deadlock_obstacle signal_source(
	const struct proc_scan *scan, const struct proc_task *task, const struct task_wait *wait)
{
	uint64_t set;
	if (!wait->takes_signal)
		return DEADLOCK_PROVEN;
	if (proc_mem_read(scan->pid, task->args[0], &set, sizeof(set)) != (ssize_t)sizeof(set))
		return DEADLOCK_UNREADABLE;
	if (set & ~deadlock_kernel_signals)
		return DEADLOCK_SIGNAL_AWAITED;
	return set & task->pending ? DEADLOCK_SIGNAL_PENDING : DEADLOCK_PROVEN;
}

/* ---- Descriptors ---- */

struct descriptor_search {
	pid_t pid;
	const struct descriptor_scope *scope;
	struct wait_source *source;
};

static enum deadlock_obstacle held_outside(
	const struct descriptor_search *search, const struct descriptor *descriptor)
{
	static const enum deadlock_obstacle obstacles[] = {
		[HELD_INSIDE] = DEADLOCK_PROVEN,
		[HELD_OUTSIDE] = DEADLOCK_DESCRIPTOR_HELD,
		[HELD_IN_SOCKET] = DEADLOCK_DESCRIPTOR_QUEUED,
	};
	return obstacles[descriptor_holder(descriptor, search->scope)];
}

static enum deadlock_obstacle descriptor_source(const struct descriptor_search *search, int fd)
{
	struct descriptor descriptor = descriptor_read(search->pid, fd);
	*search->source = (struct wait_source){.fd = fd, .kind = descriptor.kind};
	switch (descriptor.kind) {
	case DESCRIPTOR_PIPE:
	case DESCRIPTOR_EVENTFD:
		return held_outside(search, &descriptor);
	case DESCRIPTOR_SIGNALFD:
		return DEADLOCK_SIGNAL_AWAITED;
	default:
		return DEADLOCK_DESCRIPTOR_KIND;
	}
}

/* An epoll descriptor within another one is of a kind that is not followed. */
static enum deadlock_obstacle epoll_source(const struct descriptor_search *search, int fd)
{
	int watched[WAIT_DESCRIPTORS_MAX];
	enum deadlock_obstacle obstacle = DEADLOCK_PROVEN;
	int count = descriptor_watched(search->pid, fd, watched, WAIT_DESCRIPTORS_MAX);
	if (count < 0 || count > WAIT_DESCRIPTORS_MAX)
		return DEADLOCK_UNREADABLE;
	for (int i = 0; i < count && !obstacle; i++)
		obstacle = descriptor_source(search, watched[i]);
	return obstacle;
}

static enum deadlock_obstacle descriptors_source(
	const struct descriptor_search *search, const struct proc_task *task)
{
	int fds[WAIT_DESCRIPTORS_MAX];
	enum deadlock_obstacle obstacle = DEADLOCK_PROVEN;
	int count = task_wait_descriptors(search->pid, task, fds);
	if (count < 0)
		return DEADLOCK_UNREADABLE;
	if (count == 1 && descriptor_read(search->pid, fds[0]).kind == DESCRIPTOR_EPOLL)
		return epoll_source(search, fds[0]);
	for (int i = 0; i < count && !obstacle; i++)
		obstacle = descriptor_source(search, fds[i]);
	return obstacle;
}

enum deadlock_obstacle wait_source(const struct proc_scan *scan, const struct proc_task *task,
	const struct descriptor_scope *scope, struct wait_source *source)
{
	struct task_wait wait = task_wait(task);
	struct descriptor_search search = {scan->pid, scope, source};
	*source = (struct wait_source){.fd = -1};
	switch (wait.kind) {
	case WAIT_FUTEX:
		return futex_source(scan, task, &wait);
	case WAIT_SIGNAL:
		return signal_source(scan, task, &wait);
	case WAIT_DESCRIPTOR:
		return descriptors_source(&search, task);
	default:
		return DEADLOCK_PROVEN;
	}
}

bool wait_source_same_memory(pid_t pid, pid_t other)
{
	return syscall(SYS_kcmp, pid, other, KCMP_VM, 0, 0) == 0;
}
