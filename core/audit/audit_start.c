/*
 * The start of an audit. The program is traced from its exec on, with breakpoints on the functions
 * that register atfork handlers. Every thread is traced, so no untraced one can hit a breakpoint.
 * Constructors of libraries register handlers before main(), so libc must be found as soon as it is
 * mapped: the loader then calls a function that exists for debuggers.
 */
#include "audit_run.h"

#include "futex.h"
#include "proc.h"
#include "ptrace_call.h"
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
static const uint64_t poll_ns = 300 * 1000;
static const unsigned trace_options =
	PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK;

/* ---- Breakpoints ---- */

static int set_breakpoints(struct audit_run *w, pid_t tid)
{
	uint64_t address[ARCH_BREAKPOINTS_MAX];
	unsigned count = 0;
	if (w->loader)
		address[count++] = w->loader;
	if (w->entry_point)
		address[count++] = w->entry_point;
	if (w->compat_entry_point)
		address[count++] = w->compat_entry_point;
	return breakpoints_set(&w->breakpoints, tid, address, count);
}

static void set_all_breakpoints(struct audit_run *w)
{
	for (unsigned i = 0; i < w->threads; i++)
		(void)set_breakpoints(w, w->thread[i]);
}

enum { NAME_LOADER, NAME_REGISTER, NAME_ATFORK, NAME_CALLS };
static const char *const symbol_names[] = {
	[NAME_LOADER] = "_dl_debug_state",
	[NAME_REGISTER] = "__register_atfork",
	[NAME_ATFORK] = "pthread_atfork",
	[NAME_CALLS + MUTEX_CALL_LOCK] = "pthread_mutex_lock",
	[NAME_CALLS + MUTEX_CALL_TRYLOCK] = "pthread_mutex_trylock",
	[NAME_CALLS + MUTEX_CALL_UNLOCK] = "pthread_mutex_unlock",
	[NAME_CALLS + MUTEX_CALL_INIT] = "pthread_mutex_init",
	[NAME_CALLS + MUTEX_CALL_DESTROY] = "pthread_mutex_destroy",
};
enum { NAMES = sizeof(symbol_names) / sizeof(symbol_names[0]), FOUND_MAX = 64 };

static bool same_module(const struct audit_run *w, uint64_t a, uint64_t b)
{
	struct proc_mapping of_a, of_b;
	return proc_mapping(w->session.runner.pid, a, &of_a) == 0 &&
	       proc_mapping(w->session.runner.pid, b, &of_b) == 0 &&
	       of_a.module_base == of_b.module_base;
}

static uint64_t find_address(const struct symbol_found *found, size_t count, size_t name)
{
	for (size_t i = 0; i < count; i++)
		if (found[i].name == name)
			return found[i].address;
	return 0;
}

/* True for the executed file, false for a library that it uses. */
static bool is_in_program(const struct audit_run *w, uint64_t address)
{
	char link[64], path[PROC_MODULE_MAX];
	struct proc_mapping mapping;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)w->session.runner.pid);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	return proc_mapping(w->session.runner.pid, address, &mapping) == 0 &&
	       strcmp(mapping.module, path) == 0;
}

/*
 * libc's own pthread_atfork, beside its __register_atfork; those in other modules only lead there.
 * In a statically linked program the two are always side by side.
 */
static void find_compat_entry_point(
	struct audit_run *w, const struct symbol_found *found, size_t count)
{
	bool shared = !is_in_program(w, w->entry_point);
	w->compat_entry_point = 0;
	for (size_t i = 0; i < count && shared; i++)
		if (found[i].name == NAME_ATFORK &&
			same_module(w, found[i].address, w->entry_point))
			w->compat_entry_point = found[i].address;
}

static void find_entry_points(struct audit_run *w)
{
	struct symbol_found found[FOUND_MAX];
	size_t count = symbols_find(w->symbols, symbol_names, NAMES, found, FOUND_MAX);
	w->loader = find_address(found, count, NAME_LOADER);
	w->entry_point = find_address(found, count, NAME_REGISTER);
	w->entry_point_is_pthread_atfork = !w->entry_point;
	if (w->entry_point)
		find_compat_entry_point(w, found, count);
	else
		w->entry_point = find_address(found, count, NAME_ATFORK);
	w->calls = 0;
	for (size_t i = 0; i < count && w->calls < AUDIT_CALLS_MAX; i++)
		if (found[i].name >= NAME_CALLS)
			w->call[w->calls++] =
				(struct symbol_found){found[i].name - NAME_CALLS, found[i].address};
}

/* ---- Registrations ---- */

/* "prepare (libx.so)": "+0x0", the start of the function, is removed. */
static void name_handler(const struct audit_run *w, struct audit_handler *handler)
{
	symbols_name(w->symbols, handler->address, handler->name, sizeof(handler->name));
	char *zero = strstr(handler->name, "+0x0 (");
	if (zero)
		memmove(zero, zero + strlen("+0x0"), strlen(zero + strlen("+0x0")) + 1);
	handler->function_length = (int)strcspn(handler->name, " ");
}

/*
 * A function that ends with the registration makes a tail call, so its caller is what the stack
 * shows: libc, say, which calls constructors. Then the module of the handlers is named.
 */
static void name_caller(const struct audit_run *w, uint64_t caller, const struct arch_regs *regs,
	char *text, size_t size)
{
	char handler[MODEL_NAME_MAX * 2];
	uint64_t address = 0;
	for (unsigned phase = 0; phase < ATFORK_PHASES && !address; phase++)
		address = arch_call_argument(regs, phase);
	const char *module;
	if (!address || same_module(w, caller, address)) {
		symbols_name(w->symbols, caller, text, size);
		return;
	}
	symbols_name(w->symbols, address, handler, sizeof(handler));
	module = strchr(handler, '(');
	snprintf(text, size, "a tail call %s", module ? module : "");
}

static void record_registration(struct audit_run *w, pid_t tid, const struct arch_regs *regs)
{
	struct audit *audit = w->audit;
	struct audit_registration *registration = &audit->registration[audit->registrations];
	uint64_t caller = 0;
	if (audit->registrations == AUDIT_REGISTRATIONS_MAX) {
		audit->lost = true;
		return;
	}
	audit->registrations++;
	bool old = w->came_by_compat && w->compat_thread == tid;
	w->came_by_compat = false;
	registration->entry_point = w->entry_point_is_pthread_atfork ? AUDIT_ENTRY_PTHREAD_ATFORK
				    : old                            ? AUDIT_ENTRY_COMPAT
								     : AUDIT_ENTRY_REGISTER_ATFORK;
	if (arch_return_address(tid, regs, &caller) == 0)
		name_caller(w, caller, regs, registration->caller, sizeof(registration->caller));
	for (unsigned phase = 0; phase < ATFORK_PHASES; phase++) {
		struct audit_handler *handler = &registration->handler[phase];
		handler->action.median_ns = -1;
		handler->address = arch_call_argument(regs, phase);
		if (handler->address)
			name_handler(w, handler);
	}
}

static int on_breakpoint(struct audit_run *w, pid_t tid)
{
	struct arch_regs regs;
	int error = arch_get_regs(tid, &regs);
	if (error)
		return error;
	if (arch_pc(&regs) == w->loader && !w->audit->registrations) {
		find_entry_points(w);
		set_all_breakpoints(w);
	} else if (arch_pc(&regs) == w->compat_entry_point) {
		w->came_by_compat = true;
		w->compat_thread = tid;
	} else if (arch_pc(&regs) == w->entry_point) {
		record_registration(w, tid, &regs);
	}
	return 0;
}

/* ---- Stops ---- */

static bool is_known(const struct audit_run *w, pid_t tid)
{
	for (unsigned i = 0; i < w->threads; i++)
		if (w->thread[i] == tid)
			return true;
	return false;
}

static int resume(pid_t tid, int signal)
{
	int error = ptrace_number(PTRACE_CONT, tid, (unsigned long)signal);
	return error == -ESRCH ? 0 : error;
}

/* A thread or process that is new. */
static int on_new_thread(struct audit_run *w, pid_t tid)
{
	if (syscall(SYS_tgkill, w->session.runner.pid, tid, 0) != 0) {
		breakpoints_clean_child(&w->breakpoints, tid);
		ptrace(PTRACE_DETACH, tid, NULL, NULL);
		return 0;
	}
	if (w->threads == AUDIT_THREADS_MAX)
		return audit_run_fail(
			w, -E2BIG, "the program starts too many threads to be watched");
	w->thread[w->threads++] = tid;
	(void)set_breakpoints(w, tid);
	return resume(tid, 0);
}

static int on_program_exec(struct audit_run *w, pid_t tid)
{
	if (w->symbols)
		return audit_run_fail(w, -ENOEXEC, "the program executes another one");
	w->thread[w->threads++] = tid;
	int error = symbols_open(&w->symbols, tid);
	if (error)
		return audit_run_fail(w, error, "the program's files cannot be read");
	find_entry_points(w);
	if (!w->entry_point && !w->loader)
		return audit_run_fail(w, -ENOENT,
			"the program is linked statically and has no symbols: the "
			"function that registers handlers cannot be found");
	error = set_breakpoints(w, tid);
	return error ? audit_run_fail(w, error, "breakpoints cannot be set") : resume(tid, 0);
}

static int on_trap(struct audit_run *w, pid_t tid)
{
	siginfo_t info = {0};
	int deliver;
	ptrace(PTRACE_GETSIGINFO, tid, NULL, &info);
	if (!breakpoints_hit(&w->breakpoints, tid, &info))
		return resume(tid, SIGTRAP);
	int error = on_breakpoint(w, tid);
	if (error)
		return audit_run_fail(w, error, "a registration cannot be read");
	error = breakpoints_pass(&w->breakpoints, tid, &deliver);
	if (error == -ESRCH)
		return 0; /* it has exited; its wait status is still to come */
	return error ? audit_run_fail(w, error, "a registration cannot be passed")
		     : resume(tid, deliver);
}

static int on_runner_exit(struct audit_run *w, int status)
{
	const struct failure *failure = &w->session.runner.shm->parent_failure;
	char text[MODEL_TEXT_MAX];
	w->session.runner.pid = -1;
	if (runner_session_is_mismatch(&w->session, text, sizeof(text)))
		return audit_run_fail(w, -EPROTO, "%s", text);
	if (atomic_load(&failure->kind) == FAILURE_ENGINE)
		return audit_run_fail(w, -EPROTO, "the runner gave up: %s",
			ascii_sanitize(text, SHM_TEXT_MAX, failure->text, sizeof(failure->text)));
	if (WIFSIGNALED(status))
		return audit_run_fail(w, -EPROTO, "the runner was killed by SIG%s before its fork",
			sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
	return audit_run_fail(
		w, -EPROTO, "the runner ended with status %d before its fork", WEXITSTATUS(status));
}

static int on_stop(struct audit_run *w, pid_t tid, int status)
{
	int signal = WSTOPSIG(status);
	switch (status >> 16) {
	case PTRACE_EVENT_EXEC:
		return on_program_exec(w, tid);
	case PTRACE_EVENT_STOP:
		if (signal != SIGTRAP) {
			step_continue(tid, status);
			return resume(tid, 0);
		}
		return is_known(w, tid) ? resume(tid, 0) : on_new_thread(w, tid);
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
		return resume(tid, 0);
	default:
		return signal == SIGTRAP ? on_trap(w, tid) : resume(tid, signal);
	}
}

/* The runner leads its own process group from shortly after its start on. */
static pid_t next_stop(const struct audit_run *w, int *status)
{
	pid_t tid = w->symbols ? waitpid(-w->session.runner.pid, status, __WALL | WNOHANG) : 0;
	return tid > 0 ? tid : waitpid(w->session.runner.pid, status, __WALL | WNOHANG);
}

static int wait_until_ready(struct audit_run *w)
{
	const struct shm_audit *line = &w->session.runner.shm->audit;
	while (!atomic_load(&line->ready)) {
		memory_watch_tick(&w->session.runner.memory);
		int status, error = 0;
		pid_t tid = next_stop(w, &status);
		if (tid > 0 && WIFSTOPPED(status))
			error = on_stop(w, tid, status);
		else if (tid == w->session.runner.pid)
			error = on_runner_exit(w, status);
		else if (tid == 0)
			futex_wait((_Atomic uint32_t *)&line->ready, 0, poll_ns);
		if (error)
			return error;
		if (audit_run_is_over(w))
			return audit_run_fail(w, -ETIMEDOUT, "the runner never reached its fork");
	}
	return 0;
}

/* ---- The main thread alone ---- */

/* The thread may have hit a breakpoint right before. */
static void drop_trap(struct audit_run *w, struct tracee *tracee)
{
	siginfo_t info = {0};
	if (tracee->deliver != SIGTRAP)
		return;
	ptrace(PTRACE_GETSIGINFO, tracee->tid, NULL, &info);
	if (breakpoints_hit(&w->breakpoints, tracee->tid, &info))
		step_drop_signal(tracee);
}

static int stop_thread(struct audit_run *w, pid_t tid, struct tracee *tracee)
{
	enum step_event event;
	step_adopt(tracee, tid);
	tracee->continues = tracee->running = true;
	int error = step_stop(tracee, STOP_MS, &event);
	if (!error && tracee->tid)
		drop_trap(w, tracee);
	if (!error && tracee->tid)
		error = breakpoints_set(&w->breakpoints, tid, NULL, 0);
	return error;
}

static int detach_other_threads(struct audit_run *w, struct tracee *tracee)
{
	for (unsigned i = 0; i < w->threads; i++) {
		struct tracee other;
		if (w->thread[i] == w->session.runner.pid)
			continue;
		if (stop_thread(w, w->thread[i], &other) == 0)
			step_detach(&other);
	}
	int error = stop_thread(w, w->session.runner.pid, tracee);
	return error ? audit_run_fail(w, error, "the main thread cannot be stopped") : 0;
}

/* LD_BIND_NOW: otherwise the walk would go through the loader's lazy binding. */
static int start_bound(struct audit_run *w, const struct catalogue_allocator *allocator)
{
	const char *env[CATALOGUE_ENV_MAX + 2] = {"LD_BIND_NOW=1"};
	for (size_t i = 0; allocator->env[i]; i++)
		env[i + 1] = allocator->env[i];
	catalogue_session_init(&w->session, allocator, MODE_AUDIT);
	w->session.limits.one_cpu = true;
	w->session.limits.ptrace_options = trace_options;
	w->session.limits.env = env;
	int error = runner_session_start(&w->session);
	w->session.limits.env = NULL;
	return error;
}

int audit_run_start(
	struct audit_run *run, const struct catalogue_allocator *allocator, struct tracee *tracee)
{
	char text[MODEL_TEXT_MAX];
	int error = start_bound(run, allocator);
	if (error == -EPERM)
		return audit_run_fail(run, error, "%s", model_no_trace_right);
	if (error)
		return audit_run_fail(
			run, error, "%s", runner_session_start_error(error, text, sizeof(text)));
	error = wait_until_ready(run);
	return error ? error : detach_other_threads(run, tracee);
}
