/* What /proc says about a process. Nothing here stops or disturbs the process. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROC_TASKS_MAX = 256, PROC_MODULE_MAX = 256 };

/* A thread at one moment: "stat", "status" and "syscall" of /proc/PID/task/TID, see proc(5). */
struct proc_task {
	pid_t tid;
	char state;      /* R S D T t Z X as in proc(5) */
	bool in_syscall; /* blocked in a system call; syscall, args, sp and pc are valid */
	long syscall;    /* its number; -1: blocked outside of a system call (a page fault) */
	uint64_t args[6];
	uint64_t sp, pc;
	uint64_t voluntary_switches; /* voluntary context switches */
	uint64_t context_switches;   /* all of them: if equal, it did not run in between */
	uint64_t cpu_ns;             /* time on a processor */
	uint64_t pending;            /* signal sets, bit n-1 is signal n; for thread or process */
	uint64_t blocked;
	uint64_t caught, ignored;
	bool traced_elsewhere; /* by another process than the calling one */
	bool asleep; /* set by proc_scan(): it did not run during the scan */
};

struct proc_scan {
	pid_t pid;
	unsigned tasks;
	struct proc_task task[PROC_TASKS_MAX];
	bool complete;    /* task[] has every thread; none was created or ended during the scan */
	bool no_children; /* no living child process */
	bool no_timers;   /* no POSIX timer */
};

/* One line of /proc/PID/maps. */
struct proc_mapping {
	uint64_t start, end, offset;
	bool shared, writable, executable;
	char module[PROC_MODULE_MAX]; /* path, "[heap]", "[stack]" or "" */
	uint64_t module_base;         /* start of the module's first mapping; 0 without a path */
};

/*
 * Reads all threads of a process twice, to learn which of them ran in between. 0, -ESRCH: gone or a
 * zombie, -EACCES: no permission.
 */
int proc_scan(pid_t pid, struct proc_scan *scan);

/* The thread of a scan with that tid, or NULL. */
const struct proc_task *proc_scan_task(const struct proc_scan *scan, pid_t tid);

/* Whether no thread has run, started or ended since that scan, which found all of them asleep. */
bool proc_scan_unchanged(const struct proc_scan *scan);

/* Reads one thread once. 0 or -errno. */
int proc_task(pid_t pid, pid_t tid, struct proc_task *task);

/* Cheaper: only the state, and the system call with its fields. 0 or -errno. */
int proc_task_call(pid_t pid, pid_t tid, struct proc_task *task);

/* The threads of a process: up to `max` tids. The number found (may be greater), or -errno. */
int proc_tasks(pid_t pid, pid_t *tids, int max);

/* The mapping that contains the address. 0, -ENOENT when there is none, -errno. */
int proc_mapping(pid_t pid, uint64_t address, struct proc_mapping *mapping);

/*
 * "libc.so.6+0x8701b", "[heap]+0x10" for an address of that process, and true; "0x7fff..." and
 * false where the mapping has no name.
 */
bool proc_location(pid_t pid, uint64_t address, char *text, size_t size);

/*
 * The kernel function that the thread sleeps in, as "futex_wait_queue"; "" where the kernel does
 * not say so. `size` counts the terminating zero byte.
 */
void proc_wait_channel(pid_t pid, pid_t tid, char *name, size_t size);

/* The state of a process's main thread, as in struct proc_task; '\0': the process is gone. */
char proc_state(pid_t pid);

/* Whether the thread is alive and has no tracer. */
bool proc_is_untraced(pid_t pid, pid_t tid);

/* Bytes of its memory that are resident, shared ones among them; 0: the process is gone. */
uint64_t proc_resident(pid_t pid);

/* The parent's pid; 0: the process is gone. */
pid_t proc_parent(pid_t pid);

/* True when that child of `parent` is a zombie; *status gets its wait status. */
bool proc_is_zombie(pid_t pid, pid_t parent, int *status);

/*
 * The children of all threads of a process: up to `max` pids. Returns the number found (may be
 * greater than max), or -errno.
 */
int proc_children(pid_t pid, pid_t *pids, int max);

/* The same for one thread only. Returns the number found. */
int proc_thread_children(pid_t pid, pid_t tid, pid_t *pids, int max);

/*
 * The children of the calling thread, or of the process where the kernel has no such file. It is
 * asked for at every tick, so the file stays open (close-on-exec): call it from one thread only,
 * and not in a process that was forked after the first call.
 */
int proc_own_children(pid_t *pids, int max);
