#include "runner_process.h"

#include "child_setup.h"
#include "cost_shm.h"
#include "descendants.h"
#include "environment.h"
#include "event_log.h"
#include "interrupt.h"
#include "monotonic.h"
#include "oom_kills.h"
#include "proc.h"
#include "shm_map.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int runner_process_prepare(struct runner_process *runner)
{
	*runner = (struct runner_process){.pid = -1, .pidfd = -1, .output = -1, .shm_fd = -1};
	runner->shm = shm_map_create(&runner->shm_fd);
	if (!runner->shm)
		return -errno;
	runner->output = memfd_create("forklab-output", MFD_CLOEXEC);
	return runner->output < 0 ? -errno : 0;
}

/* Extends the memfd of the shared page and maps the new part. NULL with errno set. */
static void *map_behind(const struct runner_process *runner, size_t offset, size_t size)
{
	if (ftruncate(runner->shm_fd, (off_t)(offset + size)) != 0)
		return NULL;
	void *map =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, runner->shm_fd, (off_t)offset);
	return map == MAP_FAILED ? NULL : map;
}

int runner_process_add_event_log(struct runner_process *runner)
{
	runner->event_log = map_behind(runner, EVENT_LOG_OFFSET, sizeof(*runner->event_log));
	return runner->event_log ? 0 : -errno;
}

int runner_process_add_cost_shm(struct runner_process *runner)
{
	runner->cost_shm = map_behind(runner, COST_SHM_OFFSET, sizeof(*runner->cost_shm));
	return runner->cost_shm ? 0 : -errno;
}

/* ---- Between fork and exec: async-signal-safe calls only ---- */

struct child_setup {
	const char *path;
	char *argv[4], **env;
	pid_t parent;
	int shm_fd, output, null, exec_error;
	int go_ahead; /* pipe to read from first: the parent has seized the child; -1: none */
	cpu_set_t cpus;
	bool same_stack;
};

/*
 * Linux places mappings below the stack's limit, and glibc makes thread stacks of that size: both
 * decide which pages and which parts of an allocator's tables are used.
 */
static void child_same_stack(void)
{
	enum { USUAL = 8 << 20 };
	struct rlimit limit;
	if (getrlimit(RLIMIT_STACK, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max < USUAL ? limit.rlim_max : USUAL;
	(void)setrlimit(RLIMIT_STACK, &limit);
}

static void child_default_signals(void)
{
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	child_unblock_signals();
}

static bool child_descriptors(const struct child_setup *setup)
{
	/* Includes those that forklab inherited: `forklab trace` would report them. */
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	return child_streams(setup->null, setup->output, setup->output) &&
	       fcntl(setup->shm_fd, F_SETFD, 0) == 0;
}

/* Sends errno to the parent through `exec_error`, which is closed when the exec succeeds. */
static _Noreturn void child_exec(const struct child_setup *setup)
{
	char taken;
	if (setup->go_ahead >= 0 && read(setup->go_ahead, &taken, 1) != 1)
		_exit(RUNNER_BROKEN);
	if (!child_new_session(setup->parent))
		_exit(RUNNER_BROKEN);
	personality(ADDR_NO_RANDOMIZE);
	child_limit(RLIMIT_CORE, 0);
	child_prefer_for_oom();
	if (setup->same_stack)
		child_same_stack();
	sched_setaffinity(0, sizeof(setup->cpus), &setup->cpus);
	child_default_signals();
	if (child_descriptors(setup))
		execve(setup->path, setup->argv, setup->env);
	int error = errno;
	ssize_t written = write(setup->exec_error, &error, sizeof(error));
	_exit(written == sizeof(error) ? RUNNER_BROKEN : RUNNER_NO_SHM);
}

/* ---- In the parent ---- */

/* The processors of this process, or only the first of them. */
static void choose_affinity(cpu_set_t *cpus, bool one)
{
	int cpu = 0;
	if (sched_getaffinity(0, sizeof(*cpus), cpus) != 0)
		memset(cpus, 0xff, sizeof(*cpus));
	if (!one)
		return;
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, cpus))
		cpu++;
	CPU_ZERO(cpus);
	CPU_SET(cpu, cpus);
}

static bool same_variable(const char *one, const char *other)
{
	size_t length = strcspn(one, "=");
	return strncmp(one, other, length) == 0 && other[length] == '=';
}

static bool is_replaced(const char *variable, const char *const *env)
{
	for (size_t i = 0; env[i]; i++)
		if (same_variable(env[i], variable))
			return true;
	return false;
}

/* Of this process's environment: replaced by `env`, or in force for no runner. */
static bool is_dropped(const char *variable, const char *const *env)
{
	return is_replaced(variable, env) || environment_rule(variable) == ENVIRONMENT_REMOVED;
}

/* glibc counts the processors of the machine, not those of the affinity: as many arenas as for one. */
#define TUNABLES "GLIBC_TUNABLES="
#define SAME_TUNABLES TUNABLES "glibc.malloc.arena_max=8"

static bool is_tunables(const char *variable)
{
	return same_variable(TUNABLES, variable);
}

/* What the variables say of the tunables; "": nothing. */
static const char *tunables_in(char *const *variables)
{
	for (; variables && *variables; variables++)
		if (is_tunables(*variables))
			return *variables + strlen(TUNABLES);
	return "";
}

/* Of two settings glibc takes the last one: the allocator's own, or else the user's. For free(). */
static char *same_tunables(const char *const *env)
{
	const char *own = tunables_in((char *const *)env);
	const char *last = *own ? own : tunables_in(environ);
	char *variable = NULL;
	return asprintf(&variable, SAME_TUNABLES "%s%s", *last ? ":" : "", last) < 0 ? NULL
										     : variable;
}

/*
 * The environment of this process with `env` merged in, and with `tunables` in place of any other
 * ones unless it is NULL, and without what environment.h removes. Only the array is allocated. Or
 * NULL.
 */
static char **merged_environment(const char *const *env, char *tunables)
{
	static const char *const none[] = {NULL};
	size_t size = 2, count = 0;
	if (!env)
		env = none;
	for (size_t i = 0; environ[i]; i++)
		size++;
	for (size_t i = 0; env[i]; i++)
		size++;
	char **all = calloc(size, sizeof(*all));
	if (!all)
		return NULL;
	for (size_t i = 0; environ[i]; i++)
		if (!is_dropped(environ[i], env) && !(tunables && is_tunables(environ[i])))
			all[count++] = environ[i];
	for (size_t i = 0; env[i]; i++)
		if (!(tunables && is_tunables(env[i])))
			all[count++] = (char *)env[i];
	all[count] = tunables;
	return all;
}

/* Something stopped the new process, which may be traced. The stop at its exec is not meant. */
static void continue_before_exec(pid_t pid)
{
	siginfo_t info = {0};
	if (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG | WNOWAIT | __WALL) != 0 ||
		info.si_pid != pid || info.si_status >> 8 == PTRACE_EVENT_EXEC)
		return;
	kill(pid, SIGCONT);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
}

/*
 * 0 when the exec succeeded (end of file), else the child's -errno; -EINTR: the user interrupted
 * forklab.
 */
static int await_exec(pid_t pid, int exec_error)
{
	enum { POLL_MS = 50 };
	int error = 0;
	struct pollfd fds = {.fd = exec_error, .events = POLLIN};
	while (poll(&fds, 1, POLL_MS) <= 0) {
		if (interrupt_received())
			return -EINTR;
		continue_before_exec(pid);
	}
	ssize_t got = read(exec_error, &error, sizeof(error));
	return got == sizeof(error) ? -error : 0;
}

/* Seizes the new process, then lets it continue. */
static int seize_child(pid_t pid, int go_ahead, unsigned options)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(uintptr_t)options) < 0)
		return -errno;
	return write(go_ahead, "", 1) == 1 ? 0 : -errno;
}

/* Forks and, with `options`, seizes the child before it does anything. 0 or -errno. */
static int fork_child(struct runner_process *runner, const struct child_setup *setup, int go_ahead,
	unsigned options)
{
	runner->pid = fork();
	if (runner->pid == 0)
		child_exec(setup);
	if (runner->pid < 0)
		return -errno;
	return options ? seize_child(runner->pid, go_ahead, options) : 0;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

int runner_process_start(
	struct runner_process *runner, const char *path, const struct runner_limits *limits)
{
	static const struct runner_limits none;
	char fd_text[16];
	int exec_error[2] = {-1, -1}, go_ahead[2] = {-1, -1};
	if (!limits)
		limits = &none;
	snprintf(fd_text, sizeof(fd_text), "%d", runner->shm_fd);
	char *tunables = limits->one_cpu ? same_tunables(limits->env) : NULL;
	char **env = merged_environment(limits->env, tunables);
	int error = env && (tunables || !limits->one_cpu) ? 0 : -ENOMEM;
	if (!error && (pipe2(exec_error, O_CLOEXEC) != 0 ||
			      (limits->ptrace_options && pipe2(go_ahead, O_CLOEXEC) != 0)))
		error = -errno;
	struct child_setup setup = {
		.path = path,
		.argv = {(char *)path, (char *)"--page", fd_text, NULL},
		.env = env,
		.parent = getpid(),
		.shm_fd = runner->shm_fd,
		.output = runner->output,
		.null = open("/dev/null", O_RDWR | O_CLOEXEC),
		.exec_error = exec_error[1],
		.go_ahead = go_ahead[0],
		.same_stack = limits->one_cpu,
	};
	choose_affinity(&setup.cpus, limits->one_cpu);
	if (!error)
		error = fork_child(runner, &setup, go_ahead[1], limits->ptrace_options);
	free(env);
	free(tunables);
	close_if_open(setup.null);
	close_if_open(go_ahead[0]);
	close_if_open(go_ahead[1]);
	close_if_open(exec_error[1]);
	if (!error)
		error = await_exec(runner->pid, exec_error[0]);
	close_if_open(exec_error[0]);
	if (error)
		return error;
	runner->oom_kills = oom_kills_read();
	memory_watch_begin(&runner->memory, runner->pid, limits->memory_bytes);
	runner->pidfd = (int)syscall(SYS_pidfd_open, runner->pid, 0);
	return runner->pidfd < 0 ? -errno : 0;
}

bool reap_child(pid_t pid, int *status)
{
	pid_t got = waitpid(pid, status, WNOHANG);
	if (got == 0)
		return false;
	/*
	 * On a busy machine a proof may time out before the thread stops for it; the stop comes
	 * later. Detach then. A stop at an exec stays: a stepped thread executed another program,
	 * and the other threads of the process are gone.
	 */
	if (got > 0 && WIFSTOPPED(*status)) {
		if (*status >> 16 != PTRACE_EVENT_EXEC)
			ptrace(PTRACE_DETACH, pid, NULL, NULL);
		return false;
	}
	if (got < 0)
		*status = 0;
	return true;
}

bool runner_process_is_stopped(const struct runner_process *runner)
{
	return runner->pid > 0 && proc_state(runner->pid) == 'T';
}

/*
 * Its children, or an allocator, may stop the runner. Nobody else would continue it. Reading its
 * state costs as much as a fork, so this is done at intervals only.
 */
static void continue_if_stopped(struct runner_process *runner)
{
	static const uint64_t interval_ns = 20 * NS_PER_MS;
	uint64_t now = monotonic_ns();
	if (now - runner->state_checked_ns < interval_ns)
		return;
	runner->state_checked_ns = now;
	if (runner_process_is_stopped(runner) && kill(runner->pid, SIGCONT) == 0)
		runner->continued++;
}

bool runner_process_has_ended(struct runner_process *runner, int *status)
{
	if (runner->pid > 0 && !reap_child(runner->pid, status)) {
		continue_if_stopped(runner);
		return false;
	}
	runner->pid = -1;
	return true;
}

void runner_process_destroy(struct runner_process *runner)
{
	descendants_kill();
	runner->pid = -1;
	close_if_open(runner->pidfd);
	close_if_open(runner->output);
	if (runner->event_log)
		munmap(runner->event_log, sizeof(*runner->event_log));
	if (runner->cost_shm)
		munmap(runner->cost_shm, sizeof(*runner->cost_shm));
	runner->event_log = NULL;
	runner->cost_shm = NULL;
	shm_map_destroy(runner->shm, runner->shm_fd);
	runner->shm = NULL;
	runner->pidfd = runner->output = runner->shm_fd = -1;
}

/* The process under test may have overwritten the offsets, and the memfd may be huge. */
char *runner_process_output(
	const struct runner_process *runner, uint64_t from, uint64_t to, char *text, size_t size)
{
	char raw[1024];
	struct stat file;
	size_t room = size - 1 < sizeof(raw) ? size - 1 : sizeof(raw);
	ssize_t got = 0;
	if (fstat(runner->output, &file) == 0 && to > (uint64_t)file.st_size)
		to = (uint64_t)file.st_size;
	if (to > from && to - from > room)
		from = to - room;
	if (to > from)
		got = pread(runner->output, raw, to - from, (off_t)from);
	while (got > 0 && (raw[got - 1] == '\n' || raw[got - 1] == '\0'))
		got--;
	for (ssize_t i = 0; i < got; i++)
		if (raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\0')
			raw[i] = ' ';
	return ascii_sanitize(text, size, raw, got > 0 ? (size_t)got : 0);
}

/* Punches a hole: the runner may be writing at the end of the file. */
void runner_process_discard_output(const struct runner_process *runner, uint64_t before)
{
	struct stat file;
	if (fstat(runner->output, &file) == 0 && before <= (uint64_t)file.st_size && before > 0)
		fallocate(runner->output, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			(off_t)before);
}
