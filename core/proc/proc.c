#include "proc.h"

#include "proc_file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 8192, PATH_SIZE = 96 };

/* The fields after the command name, which may contain blanks and parentheses. */
static const char *after_comm(const char *stat)
{
	const char *paren = strrchr(stat, ')');
	return paren && paren[1] ? paren + 2 : NULL;
}

static int read_state(pid_t pid, pid_t tid, struct proc_task *task)
{
	char text[1024];
	if (proc_file_read(text, sizeof(text), "/proc/%d/task/%d/stat", pid, tid) < 0)
		return -ESRCH;
	const char *rest = after_comm(text);
	if (!rest)
		return -EPROTO;
	task->state = *rest;
	return 0;
}

static int read_stat(pid_t pid, pid_t tid, struct proc_task *task)
{
	char text[256];
	int error = read_state(pid, tid, task);
	if (error)
		return error;
	/* The first number is the time on a processor, in nanoseconds. */
	if (proc_file_read(text, sizeof(text), "/proc/%d/task/%d/schedstat", pid, tid) > 0)
		task->cpu_ns = strtoull(text, NULL, 10);
	return 0;
}

/* The number after "\nName:"; 0: no such field. */
static uint64_t field(const char *status, const char *name, int base)
{
	const char *at = strstr(status, name);
	return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

static int read_status(pid_t pid, pid_t tid, struct proc_task *task)
{
	char text[FILE_MAX];
	if (proc_file_read(text, sizeof(text), "/proc/%d/task/%d/status", pid, tid) < 0)
		return -ESRCH;
	task->pending = field(text, "\nSigPnd:", 16) | field(text, "\nShdPnd:", 16);
	task->blocked = field(text, "\nSigBlk:", 16);
	task->caught = field(text, "\nSigCgt:", 16);
	task->ignored = field(text, "\nSigIgn:", 16);
	pid_t tracer = (pid_t)field(text, "\nTracerPid:", 10);
	task->traced_elsewhere = tracer && tracer != getpid();
	task->voluntary_switches = field(text, "\nvoluntary_ctxt_switches:", 10);
	task->context_switches =
		task->voluntary_switches + field(text, "\nnonvoluntary_ctxt_switches:", 10);
	return 0;
}

/* proc(5): "running", "-1 SP PC", or number, six arguments, SP and PC. */
static int read_syscall(pid_t pid, pid_t tid, struct proc_task *task)
{
	char text[256];
	ssize_t got = proc_file_read(text, sizeof(text), "/proc/%d/task/%d/syscall", pid, tid);
	task->in_syscall = false;
	if (got < 0)
		return got == -EPERM || got == -EACCES ? -EACCES : -ESRCH;
	if (!isdigit((unsigned char)text[0]) && text[0] != '-')
		return 0;
	uint64_t *a = task->args;
	int fields = sscanf(text,
		"%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
		" %" SCNx64 " %" SCNx64,
		&task->syscall, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5], &task->sp, &task->pc);
	if (fields == 3) {
		task->sp = a[0];
		task->pc = a[1];
	}
	task->in_syscall = fields == 9;
	return 0;
}

int proc_task_call(pid_t pid, pid_t tid, struct proc_task *task)
{
	*task = (struct proc_task){.tid = tid, .syscall = -1};
	int error = read_syscall(pid, tid, task);
	return error ? error : read_state(pid, tid, task);
}

int proc_task(pid_t pid, pid_t tid, struct proc_task *task)
{
	*task = (struct proc_task){.tid = tid, .syscall = -1};
	int error = read_status(pid, tid, task);
	if (!error)
		error = read_syscall(pid, tid, task);
	return error ? error : read_stat(pid, tid, task);
}

int proc_tasks(pid_t pid, pid_t *tids, int max)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *directory = opendir(path);
	if (!directory)
		return -ESRCH;
	int count = 0;
	for (struct dirent *entry; (entry = readdir(directory));) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (tid <= 0)
			continue;
		if (count < max)
			tids[count] = tid;
		count++;
	}
	closedir(directory);
	return count ? count : -ESRCH;
}

static bool same_tasks(pid_t pid, const struct proc_scan *scan)
{
	pid_t tids[PROC_TASKS_MAX] = {0};
	int count = proc_tasks(pid, tids, PROC_TASKS_MAX);
	if (count != (int)scan->tasks)
		return false;
	for (int i = 0; i < count; i++)
		if (tids[i] != scan->task[i].tid)
			return false;
	return true;
}

/* A thread whose number of context switches is unchanged did not run in between. */
static bool still_asleep(pid_t pid, const struct proc_task *before)
{
	struct proc_task now = {.tid = before->tid};
	return before->state != 'R' && read_status(pid, before->tid, &now) == 0 &&
	       read_stat(pid, before->tid, &now) == 0 &&
	       now.context_switches == before->context_switches && now.state == before->state;
}

/* A zombie does not count: it has sent its SIGCHLD already. */
static bool has_living_child(pid_t pid)
{
	enum { CHILDREN_MAX = 64 };
	pid_t child[CHILDREN_MAX];
	int count = proc_children(pid, child, CHILDREN_MAX);
	for (int i = 0; i < count && i < CHILDREN_MAX; i++) {
		struct proc_task task = {.tid = child[i]};
		if (read_stat(child[i], child[i], &task) == 0 && task.state != 'Z')
			return true;
	}
	return count > CHILDREN_MAX;
}

static bool has_no_timers(pid_t pid)
{
	char text[64];
	/* Empty without timers. Without CONFIG_CHECKPOINT_RESTORE there is no such file. */
	return proc_file_read(text, sizeof(text), "/proc/%d/timers", pid) < 0;
}

int proc_scan(pid_t pid, struct proc_scan *scan)
{
	pid_t tids[PROC_TASKS_MAX] = {0};
	int count = proc_tasks(pid, tids, PROC_TASKS_MAX);
	if (count < 0)
		return count;
	*scan = (struct proc_scan){.pid = pid, .complete = count <= PROC_TASKS_MAX};
	scan->tasks = scan->complete ? (unsigned)count : PROC_TASKS_MAX;
	for (unsigned i = 0; i < scan->tasks; i++) {
		int error = proc_task(pid, tids[i], &scan->task[i]);
		if (error)
			return error;
		if (scan->task[i].state == 'Z' || scan->task[i].state == 'X')
			return -ESRCH;
	}
	scan->no_children = !has_living_child(pid);
	scan->no_timers = has_no_timers(pid);
	for (unsigned i = 0; i < scan->tasks; i++)
		scan->task[i].asleep = still_asleep(pid, &scan->task[i]);
	scan->complete = scan->complete && same_tasks(pid, scan);
	return 0;
}

const struct proc_task *proc_scan_task(const struct proc_scan *scan, pid_t tid)
{
	for (unsigned i = 0; i < scan->tasks; i++)
		if (scan->task[i].tid == tid)
			return &scan->task[i];
	return NULL;
}

bool proc_scan_unchanged(const struct proc_scan *scan)
{
	for (unsigned i = 0; i < scan->tasks; i++)
		if (!scan->task[i].asleep || !still_asleep(scan->pid, &scan->task[i]))
			return false;
	return same_tasks(scan->pid, scan);
}

static bool parse_mapping(char *line, struct proc_mapping *mapping)
{
	char flags[5];
	int path = 0;
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", &mapping->start,
		    &mapping->end, flags, &mapping->offset, &path) != 4)
		return false;
	mapping->writable = flags[1] == 'w';
	mapping->executable = flags[2] == 'x';
	mapping->shared = flags[3] == 's';
	line[strcspn(line, "\n")] = '\0';
	snprintf(mapping->module, sizeof(mapping->module), "%s", path ? line + path : "");
	return true;
}

int proc_mapping(pid_t pid, uint64_t address, struct proc_mapping *mapping)
{
	char path[PATH_SIZE], line[PROC_MODULE_MAX + 128] = "";
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "re");
	if (!maps)
		return -errno;
	int result = -ENOENT;
	struct proc_mapping file = {0}; /* the first mapping of the current module */
	uint64_t previous_end = 0;
	while (result && fgets(line, sizeof(line), maps)) {
		if (!parse_mapping(line, mapping))
			continue;
		/* An anonymous mapping right behind a file's is its .bss; a memfd has none. */
		if (!mapping->module[0] && mapping->start == previous_end &&
			file.module[0] == '/' && !file.shared)
			memcpy(mapping->module, file.module, sizeof(mapping->module));
		if (strcmp(mapping->module, file.module) != 0)
			file = *mapping;
		mapping->module_base = mapping->module[0] == '/' ? file.start : 0;
		previous_end = mapping->end;
		if (address >= mapping->start && address < mapping->end)
			result = 0;
	}
	fclose(maps);
	return result;
}

bool proc_location(pid_t pid, uint64_t address, char *text, size_t size)
{
	struct proc_mapping in = {0};
	if (proc_mapping(pid, address, &in) != 0 || !in.module[0]) {
		snprintf(text, size, "0x%" PRIx64, address);
		return false;
	}
	const char *slash = strrchr(in.module, '/');
	uint64_t base = in.module_base ? in.module_base : in.start;
	snprintf(text, size, "%s+0x%" PRIx64, slash ? slash + 1 : in.module, address - base);
	return true;
}

char proc_state(pid_t pid)
{
	struct proc_task task;
	return read_state(pid, pid, &task) == 0 ? task.state : '\0';
}

uint64_t proc_resident(pid_t pid)
{
	char text[256];
	uint64_t pages = 0;
	if (proc_file_read(text, sizeof(text), "/proc/%d/statm", pid) < 0 ||
		sscanf(text, "%*u %" SCNu64, &pages) != 1)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

pid_t proc_parent(pid_t pid)
{
	char text[1024];
	int parent = 0;
	if (proc_file_read(text, sizeof(text), "/proc/%d/stat", pid) < 0)
		return 0;
	const char *rest = after_comm(text);
	return rest && sscanf(rest, "%*c %d", &parent) == 1 ? parent : 0;
}

void proc_wait_channel(pid_t pid, pid_t tid, char *name, size_t size)
{
	char text[64];
	/* "0": not asleep, no right to know, or a kernel without symbols. */
	if (proc_file_read(text, sizeof(text), "/proc/%d/task/%d/wchan", pid, tid) < 0 ||
		text[0] == '0')
		text[0] = '\0';
	snprintf(name, size, "%s", text);
}

bool proc_is_untraced(pid_t pid, pid_t tid)
{
	static const char key[] = "\nState:\t";
	char text[FILE_MAX];
	if (proc_file_read(text, sizeof(text), "/proc/%d/task/%d/status", pid, tid) < 0)
		return false;
	const char *state = strstr(text, key);
	return state && !strchr("ZX", state[sizeof(key) - 1]) && !field(text, "\nTracerPid:", 10);
}

bool proc_is_zombie(pid_t pid, pid_t parent, int *status)
{
	enum { EXIT_CODE = 52, STATE = 3 }; /* numbers of fields in proc(5) */
	char text[1024];
	int its_parent = 0;
	char state = 0;
	if (proc_file_read(text, sizeof(text), "/proc/%d/stat", pid) < 0)
		return false;
	const char *at = after_comm(text);
	if (!at || sscanf(at, "%c %d", &state, &its_parent) != 2 || state != 'Z' ||
		its_parent != parent)
		return false;
	for (int field = STATE; at && field < EXIT_CODE; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at && sscanf(at, "%d", status) == 1;
}

/* Adds the pids of a "children" file to the `count` that were found before. */
static int add_pids(const char *text, pid_t *pids, int max, int count)
{
	char *end;
	for (long child; (child = strtol(text, &end, 10)) > 0 && end != text; text = end) {
		if (count < max)
			pids[count] = (pid_t)child;
		count++;
	}
	return count;
}

static int add_children(pid_t pid, pid_t tid, pid_t *pids, int max, int count)
{
	char text[FILE_MAX];
	if (proc_file_read(text, sizeof(text), "/proc/%d/task/%d/children", pid, tid) < 0)
		return count;
	return add_pids(text, pids, max, count);
}

int proc_thread_children(pid_t pid, pid_t tid, pid_t *pids, int max)
{
	return add_children(pid, tid, pids, max, 0);
}

int proc_children(pid_t pid, pid_t *pids, int max)
{
	pid_t tids[PROC_TASKS_MAX] = {0};
	int threads = proc_tasks(pid, tids, PROC_TASKS_MAX);
	if (threads < 0)
		return threads;
	int count = 0;
	for (int i = 0; i < threads && i < PROC_TASKS_MAX; i++)
		count = add_children(pid, tids[i], pids, max, count);
	return count;
}

int proc_own_children(pid_t *pids, int max)
{
	static int fd = -1;
	char text[FILE_MAX];
	if (fd < 0)
		fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	if (got < 0)
		return proc_children(getpid(), pids, max);
	text[got] = '\0';
	return add_pids(text, pids, max, 0);
}
