/*
 * The start of an audit: the program is traced from its exec on, with breakpoints (registers of the
 * processor: its memory is not changed) on what registers atfork handlers. libraries' constructors
 * register theirs before main(), so libc must be found as soon as it is mapped: the loader calls a
 * function of its own then, made for debuggers.
 */
#include "audit_run.h"

#include "futex.h"
#include "interrupt.h"
#include "proc.h"
#include "shm_map.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOP_MS = 2000 };
static const uint64_t look_ns = 300 * 1000;
static const unsigned tracing =
	PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK;

/* ---- Breakpoints ---- */

static int set_breakpoints(const struct watch *w, pid_t tid)
{
	uint64_t address[ARCH_BREAKPOINTS_MAX];
	unsigned count = 0;
	if (w->loader)
		address[count++] = w->loader;
	if (w->door)
		address[count++] = w->door;
	if (w->old_door)
		address[count++] = w->old_door;
	return arch_set_breakpoints(tid, address, count);
}

static void set_everywhere(const struct watch *w)
{
	for (unsigned i = 0; i < w->threads; i++)
		(void)set_breakpoints(w, w->thread[i]);
}

enum { NAME_LOADER, NAME_REGISTER, NAME_ATFORK, NAME_CALLS };
static const char *const names[] = {
	[NAME_LOADER] = "_dl_debug_state",
	[NAME_REGISTER] = "__register_atfork",
	[NAME_ATFORK] = "pthread_atfork",
	[NAME_CALLS + CALL_LOCK] = "pthread_mutex_lock",
	[NAME_CALLS + CALL_TRYLOCK] = "pthread_mutex_trylock",
	[NAME_CALLS + CALL_UNLOCK] = "pthread_mutex_unlock",
	[NAME_CALLS + CALL_INIT] = "pthread_mutex_init",
	[NAME_CALLS + CALL_DESTROY] = "pthread_mutex_destroy",
};
enum { NAMES = sizeof names / sizeof names[0], FOUND_MAX = 64 };

static bool same_module(const struct watch *w, uint64_t a, uint64_t b)
{
	struct proc_mapping of_a, of_b;
	return proc_mapping(w->runner.pid, a, &of_a) == 0 &&
	       proc_mapping(w->runner.pid, b, &of_b) == 0 && of_a.module_base == of_b.module_base;
}

static uint64_t first_of(const struct symbol_found *found, size_t count, size_t name)
{
	for (size_t i = 0; i < count; i++)
		if (found[i].name == name)
			return found[i].address;
	return 0;
}

/* The file that is executed, and not a library that it uses. */
static bool is_in_program(const struct watch *w, uint64_t address)
{
	char link[64], path[PROC_MODULE_MAX];
	struct proc_mapping mapping;
	snprintf(link, sizeof link, "/proc/%d/exe", (int)w->runner.pid);
	ssize_t length = readlink(link, path, sizeof path - 1);
	path[length > 0 ? length : 0] = '\0';
	return proc_mapping(w->runner.pid, address, &mapping) == 0 &&
	       strcmp(mapping.module, path) == 0;
}

/*
 * libc's own pthread_atfork, beside its __register_atfork; those of others only lead there. In a
 * program that is linked statically the two are always side by side.
 */
static void find_old_door(struct watch *w, const struct symbol_found *found, size_t count)
{
	bool shared = !is_in_program(w, w->door);
	w->old_door = 0;
	for (size_t i = 0; i < count && shared; i++)
		if (found[i].name == NAME_ATFORK && same_module(w, found[i].address, w->door))
			w->old_door = found[i].address;
}

static void find_doors(struct watch *w)
{
	struct symbol_found found[FOUND_MAX];
	size_t count = symbols_find(w->symbols, names, NAMES, found, FOUND_MAX);
	w->loader = first_of(found, count, NAME_LOADER);
	w->door = first_of(found, count, NAME_REGISTER);
	w->door_is_plain = !w->door;
	if (w->door)
		find_old_door(w, found, count);
	else
		w->door = first_of(found, count, NAME_ATFORK);
	w->calls = 0;
	for (size_t i = 0; i < count && w->calls < WATCH_CALLS_MAX; i++)
		if (found[i].name >= NAME_CALLS)
			w->call[w->calls++] =
				(struct symbol_found){found[i].name - NAME_CALLS, found[i].address};
}

/* ---- Registrations ---- */

/* "prepare (libx.so)": where it is, is the beginning; "+0x0" says nothing. */
static void name_function(const struct watch *w, uint64_t address, char *text, size_t size)
{
	char *zero;
	symbols_name(w->symbols, address, text, size);
	zero = strstr(text, "+0x0 (");
	if (zero)
		memmove(zero, zero + strlen("+0x0"), strlen(zero + strlen("+0x0")) + 1);
}

/*
 * A function whose last deed is the registration jumps there, and its caller is what can be seen:
 * of libc, say, which calls constructors. The handlers are where it was.
 */
static void name_caller(const struct watch *w, uint64_t caller, const struct arch_regs *regs,
	char *text, size_t size)
{
	char handler[MODEL_NAME_MAX * 2];
	uint64_t address = 0;
	for (unsigned side = 0; side < AUDIT_SIDES && !address; side++)
		address = arch_call_argument(regs, side);
	const char *module;
	if (!address || same_module(w, caller, address)) {
		symbols_name(w->symbols, caller, text, size);
		return;
	}
	symbols_name(w->symbols, address, handler, sizeof handler);
	module = strchr(handler, '(');
	snprintf(text, size, "a tail call %s", module ? module : "");
}

static void note_registration(struct watch *w, pid_t tid, const struct arch_regs *regs)
{
	struct audit *audit = w->audit;
	struct audit_registration *registration = &audit->registration[audit->registrations];
	uint64_t caller = 0;
	if (audit->registrations == AUDIT_REGISTRATIONS_MAX) {
		audit->lost = true;
		return;
	}
	audit->registrations++;
	bool old = w->came_by_old_door && w->old_door_thread == tid;
	w->came_by_old_door = false;
	registration->door = w->door_is_plain ? AUDIT_DOOR_PLAIN
			     : old            ? AUDIT_DOOR_OLD
					      : AUDIT_DOOR_REGISTER;
	if (arch_return_address(tid, regs, &caller) == 0)
		name_caller(w, caller, regs, registration->caller, sizeof registration->caller);
	for (unsigned side = 0; side < AUDIT_SIDES; side++) {
		struct audit_handler *handler = &registration->handler[side];
		handler->deed.median_ns = -1;
		handler->address = arch_call_argument(regs, side);
		if (handler->address)
			name_function(w, handler->address, handler->name, sizeof handler->name);
	}
}

static int at_breakpoint(struct watch *w, pid_t tid)
{
	struct arch_regs regs;
	int error = arch_get_regs(tid, &regs);
	if (error)
		return error;
	if (arch_pc(&regs) == w->loader && !w->audit->registrations) {
		find_doors(w);
		set_everywhere(w);
	} else if (arch_pc(&regs) == w->old_door) {
		w->came_by_old_door = true;
		w->old_door_thread = tid;
	} else if (arch_pc(&regs) == w->door) {
		note_registration(w, tid, &regs);
	}
	return 0;
}

/* ---- Stops ---- */

static bool is_known(const struct watch *w, pid_t tid)
{
	for (unsigned i = 0; i < w->threads; i++)
		if (w->thread[i] == tid)
			return true;
	return false;
}

static int resume(pid_t tid, int signal)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): ptrace's own convention */
	if (ptrace(PTRACE_CONT, tid, NULL, (void *)(intptr_t)signal) < 0 && errno != ESRCH)
		return -errno;
	return 0;
}

/* A thread or a process that was not there before. */
static int new_thread(struct watch *w, pid_t tid)
{
	if (syscall(SYS_tgkill, w->runner.pid, tid, 0) != 0) {
		ptrace(PTRACE_DETACH, tid, NULL, NULL);
		return 0;
	}
	if (w->threads == WATCH_THREADS_MAX)
		return watch_fail(w, -E2BIG, "the program starts too many threads to be watched");
	w->thread[w->threads++] = tid;
	(void)set_breakpoints(w, tid);
	return resume(tid, 0);
}

static int program_began(struct watch *w, pid_t tid)
{
	if (w->symbols)
		return watch_fail(w, -ENOEXEC, "the program executes another one");
	w->thread[w->threads++] = tid;
	int error = symbols_open(&w->symbols, tid);
	if (error)
		return watch_fail(w, error, "the program's files cannot be read");
	find_doors(w);
	if (!w->door && !w->loader)
		return watch_fail(w, -ENOENT,
			"the program is linked statically and has no symbols: nobody can "
			"tell where handlers are registered");
	error = set_breakpoints(w, tid);
	return error ? watch_fail(w, error, "breakpoints cannot be set") : resume(tid, 0);
}

static int trapped(struct watch *w, pid_t tid)
{
	siginfo_t info = {0};
	ptrace(PTRACE_GETSIGINFO, tid, NULL, &info);
	if (info.si_code != TRAP_HWBKPT)
		return resume(tid, SIGTRAP);
	int error = at_breakpoint(w, tid);
	return error ? watch_fail(w, error, "a registration cannot be read") : resume(tid, 0);
}

static int ended(struct watch *w, int status)
{
	const struct identity *identity = &w->runner.page->identity;
	const struct failure *failure = &w->runner.page->parent_failure;
	char text[PAGE_TEXT_MAX];
	w->runner.pid = -1;
	if (atomic_load(&identity->state) == IDENTITY_MISMATCH)
		return watch_fail(w, -EPROTO, "the wrong malloc answered: %s",
			pages_text(text, sizeof text, identity->why, sizeof identity->why));
	if (atomic_load(&failure->kind) == FAILURE_ENGINE)
		return watch_fail(w, -EPROTO, "the runner gave up: %s",
			pages_text(text, sizeof text, failure->text, sizeof failure->text));
	if (WIFSIGNALED(status))
		return watch_fail(w, -EPROTO, "the runner was killed by SIG%s before its fork",
			sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
	return watch_fail(
		w, -EPROTO, "the runner ended with status %d before its fork", WEXITSTATUS(status));
}

static int stopped(struct watch *w, pid_t tid, int status)
{
	int signal = WSTOPSIG(status);
	switch (status >> 16) {
	case PTRACE_EVENT_EXEC:
		return program_began(w, tid);
	case PTRACE_EVENT_STOP:
		if (signal != SIGTRAP) {
			ptrace(PTRACE_LISTEN, tid, NULL, NULL);
			return 0;
		}
		return is_known(w, tid) ? resume(tid, 0) : new_thread(w, tid);
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
		return resume(tid, 0);
	default:
		return signal == SIGTRAP ? trapped(w, tid) : resume(tid, signal);
	}
}

/* The runner leads its own process group, from shortly after its start. */
static pid_t next_stop(const struct watch *w, int *status)
{
	pid_t tid = w->symbols ? waitpid(-w->runner.pid, status, __WALL | WNOHANG) : 0;
	return tid > 0 ? tid : waitpid(w->runner.pid, status, __WALL | WNOHANG);
}

static int until_ready(struct watch *w)
{
	const struct audit_line *line = &w->runner.page->audit;
	while (!atomic_load(&line->ready)) {
		int status, error = 0;
		pid_t tid = next_stop(w, &status);
		if (tid > 0 && WIFSTOPPED(status))
			error = stopped(w, tid, status);
		else if (tid == w->runner.pid)
			error = ended(w, status);
		else if (tid == 0)
			futex_wait((_Atomic uint32_t *)&line->ready, 0, look_ns);
		if (error)
			return error;
		if (watch_is_over(w))
			return watch_fail(w, -ETIMEDOUT, "the runner never came to its fork");
	}
	return 0;
}

/* ---- From here on the main thread alone ---- */

static int stop_thread(pid_t tid, struct step *step)
{
	enum step_event event;
	step_adopt(step, tid);
	step->running = true;
	int error = step_stop(step, STOP_MS, &event);
	if (!error && step->tid)
		error = arch_set_breakpoints(tid, NULL, 0);
	return error;
}

static int keep_main(struct watch *w, struct step *step)
{
	for (unsigned i = 0; i < w->threads; i++) {
		struct step other;
		if (w->thread[i] == w->runner.pid)
			continue;
		if (stop_thread(w->thread[i], &other) == 0)
			step_detach(&other);
	}
	int error = stop_thread(w->runner.pid, step);
	return error ? watch_fail(w, error, "the main thread cannot be stopped") : 0;
}

/* The loader binds every function at the start; else the walk would be through the loader. */
static int spawn_bound(struct watch *w, const struct catalogue_allocator *allocator)
{
	const char *env[CATALOGUE_ENV_MAX + 2] = {"LD_BIND_NOW=1"};
	const struct spawn_limits limits = {
		.one_cpu = true, .trace = tracing, .env = env, .data_bytes = allocator->data_bytes};
	for (size_t i = 0; allocator->env[i]; i++)
		env[i + 1] = allocator->env[i];
	return spawn_start(&w->runner, allocator->runner, &limits);
}

int watch_start(struct watch *w, const struct catalogue_allocator *allocator, struct step *step)
{
	int error = spawn_prepare(&w->runner);
	if (!error) {
		w->runner.page->plan.mode = MODE_AUDIT;
		if (allocator->preloaded)
			w->runner.page->plan.object = allocator->object;
		error = spawn_bound(w, allocator);
	}
	if (error == -EPERM)
		return watch_fail(w, error,
			"no right to trace a process (ptrace): allow it in the container's "
			"seccomp profile, or with sysctl kernel.yama.ptrace_scope=1");
	if (error)
		return watch_fail(w, error, "the runner cannot be started: %s", strerror(-error));
	error = until_ready(w);
	return error ? error : keep_main(w, step);
}
