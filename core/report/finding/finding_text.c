#include "finding_text.h"

#include "shm_map.h"

#include <inttypes.h>
#include <linux/futex.h>
#include <string.h>

static const char *const causes[CAUSE_COUNT] = {
	[CAUSE_NONE] = "nothing was found",
	[CAUSE_STUCK] = "stuck",
	[CAUSE_DEADLINE] = "no progress before the deadline",
	[CAUSE_CHILD_STOPPED] = "the child is stopped, and nothing continues it",
	[CAUSE_RUNNER_STOPPED] = "the runner is stopped again and again",
	[CAUSE_IN_FORK] = "fork() does not return",
	[CAUSE_OUTSIDE_FORK] = "stuck outside of fork()",
	[CAUSE_WORKER_STUCK] = "a worker makes no progress after the fork",
	[CAUSE_WORKER_BLOCKED] = "the stepped thread does not return from its wait",
	[CAUSE_SIGNAL] = "killed by a signal",
	[CAUSE_KILLED] = "killed from outside (SIGKILL)",
	[CAUSE_LIMIT_SIGNAL] = "killed at a limit that forklab was started with (ulimit -t, -f)",
	[CAUSE_OOM_KILLED] = "killed by the kernel, out of memory",
	[CAUSE_ABORTED] = "the allocator aborted",
	[CAUSE_HEAP_CORRUPT] = "the allocator found its heap corrupt",
	[CAUSE_EXIT_MESSAGE] = "it ended itself with a message",
	[CAUSE_EXIT_SILENT] = "it ended itself without a message",
	[CAUSE_UNFINISHED] = "it ended itself without a message, with exit status 0, "
			     "in the middle of its work",
	[CAUSE_ORPHAN] = "it left a process behind",
	[CAUSE_NO_CHECK] = "no check ran: the child has to call lab_check(), lab_block_check() or "
			   "lab_child_steps()",
	[CAUSE_UNKNOWN_END] = "it is not known how it ended",
	[CAUSE_RUNNER_FAILED] = "the runner itself failed",
	[CAUSE_RUNNER_DIED_EARLY] = "the runner died before its first trial",
	[CAUSE_RUNNER_ENDED_EARLY] = "the runner ended before its trials did",
	[CAUSE_SCENARIO_CRASHED] = "a constructor in the scenario's file crashes",
	[CAUSE_SCENARIO_EXITED] = "a constructor in the scenario's file ends the process",
	[CAUSE_SCENARIO_HANGS] = "a constructor in the scenario's file does not return",
	[CAUSE_SCENARIO_REFUSED] = "the runner does not load the scenario's file",
	[CAUSE_NOT_STARTED] = "the runner cannot be started",
	[CAUSE_WRONG_MALLOC] = "the wrong malloc answered",
	[CAUSE_SHM_OVERWRITTEN] = "the process under test has overwritten the shared page",
	[CAUSE_NO_FIRST_TRIAL] = "the runner never reached its first trial",
	[CAUSE_NO_SEQUENCE] = "the runner never reached its sequence",
	[CAUSE_NOT_STEPPED] = "the worker cannot be stepped",
	[CAUSE_STEP_FAILED] = "the thread cannot be stepped further",
	[CAUSE_STEP_TIMEOUT] = "the stepped thread neither goes on nor stops: it is frozen, or "
			       "waits in the kernel",
	[CAUSE_NOT_CLONED] = "the process cannot be cloned",
	[CAUSE_PROCESS_EXEC] = "the process executed another program",
	[CAUSE_THREAD_EXEC] = "the stepped thread executed another program",
	[CAUSE_THREAD_ENDED] = "the stepped thread ended within its sequence",
	[CAUSE_NO_RUNNER_END] = "the runner did not end after its sweep",
	[CAUSE_OUT_OF_MEMORY] = "no memory",
	[CAUSE_MISCOUNTED] = "forklab counted more bad points than points: a defect of forklab",
	[CAUSE_NOTHING_JUDGED] = "it ended before the first fork was judged",
};

static const char *const failures[FAILURE_COUNT] = {
	[FAILURE_NONE] = "a check failed without a record of it",
	[FAILURE_OVERWRITTEN] = "a block did not hold its pattern any more",
	[FAILURE_NOT_ZERO] = "calloc gave memory that is not zero",
	[FAILURE_MISALIGNED] = "the address is not aligned as asked for",
	[FAILURE_NO_MEMORY] = "the allocator returned NULL",
	[FAILURE_NO_THREAD] = "a thread could not be started",
	[FAILURE_COMPLAINT] = "the allocator's own checker complained",
	[FAILURE_CHECK] = "a check of the scenario failed",
	[FAILURE_ENGINE] = "ended by its runner, and not for a fault of the allocator",
};

void finding_text_call(char *out, size_t size, const struct heap_call *call)
{
	*out = '\0';
	if (call->op != OP_NONE)
		call_text(out, size, call->op, call->size);
}

const char *finding_text_step(enum child_step step, const char *name)
{
	if (step == CHILD_STEP_NONE)
		return "";
	return *name ? name : child_step_name(step);
}

void finding_text_role(char *out, size_t size, const struct thread_role *role)
{
	struct strbuf line = strbuf_init(out, size);
	if (role->kind == THREAD_MAIN)
		strbuf_addf(&line, "the main thread");
	else if (role->kind == THREAD_WORKER)
		strbuf_addf(&line, "worker %u", role->worker);
}

static const char *const descriptors[DESCRIPTOR_KINDS] = {
	[DESCRIPTOR_CLOSED] = "a closed descriptor",
	[DESCRIPTOR_PIPE] = "a pipe",
	[DESCRIPTOR_EVENTFD] = "an eventfd",
	[DESCRIPTOR_TIMERFD] = "a timerfd",
	[DESCRIPTOR_SIGNALFD] = "a signalfd",
	[DESCRIPTOR_EPOLL] = "an epoll descriptor",
	[DESCRIPTOR_IO_URING] = "an io_uring",
	[DESCRIPTOR_USERFAULTFD] = "a userfaultfd",
	[DESCRIPTOR_SOCKET] = "a socket",
	[DESCRIPTOR_FILE] = "a file",
	[DESCRIPTOR_OTHER] = "an anonymous file",
};

const char *finding_text_descriptor(enum descriptor_kind kind)
{
	return descriptors[kind < DESCRIPTOR_KINDS ? kind : DESCRIPTOR_OTHER];
}

void finding_text_wait(char *out, size_t size, const struct finding_wait *wait)
{
	struct strbuf line = strbuf_init(out, size);
	const char *name = task_wait_call_name(wait->syscall);
	if (name)
		strbuf_addf(&line, "%s(2)", name);
	else
		strbuf_addf(&line, "system call %ld", wait->syscall);
	if (wait->fd >= 0 && wait->descriptor != DESCRIPTOR_CLOSED)
		strbuf_addf(&line, " of descriptor %d, %s", wait->fd,
			finding_text_descriptor(wait->descriptor));
	else if (wait->fd >= 0)
		strbuf_addf(&line, " of descriptor %d", wait->fd);
}

/* ---- The sentence ---- */

static void add_place(struct strbuf *line, const struct finding *finding)
{
	const char *process = finding->in_parent ? "the parent" : "the child";
	const char *step = finding_text_step(finding->step, finding->step_name);
	char call[MODEL_NAME_MAX];
	finding_text_call(call, sizeof(call), &finding->call);
	char thread[MODEL_NAME_MAX];
	finding_text_role(thread, sizeof(thread), &finding->crashed);
	if (finding->cause == CAUSE_WORKER_STUCK)
		strbuf_addf(line, "a worker of the parent, after the fork");
	else if (*thread)
		strbuf_addf(line, "%s of the parent", thread);
	else if (*call)
		strbuf_addf(line, "%s in %s", process, call);
	else if (finding->verdict == VERDICT_PARENT_DEADLOCK)
		strbuf_addf(line, "the parent in fork()");
	else if (finding->cause == CAUSE_DOUBLE_BLOCKS)
		strbuf_addf(line, "%s", process);
	else
		strbuf_addf(line, "%s outside of the allocator", process);
	if (*step)
		strbuf_addf(line, ", step %s", step);
	strbuf_addf(line, ": ");
}

void finding_text_double_blocks(struct strbuf *line, uint32_t blocks, uint64_t first)
{
	strbuf_addf(line,
		"%" PRIu32 " block%s handed out twice: to one thread of the child, and to another "
		"or to one that is gone, first at 0x%" PRIx64,
		blocks, blocks == 1 ? " was" : "s were", first);
}

static void add_memory_limit(struct strbuf *line, uint64_t limit)
{
	strbuf_addf(line,
		"more than %" PRIu64 " MiB resident: a limit of forklab's; --memory SIZE raises it",
		limit >> 20);
}

static void add_cause(struct strbuf *line, const struct finding *finding)
{
	static const char *const hangs[VERDICT_COUNT] = {
		[VERDICT_DEADLOCK] = "blocked forever",
		[VERDICT_LIVELOCK] = "spins forever",
		[VERDICT_PARENT_DEADLOCK] = "stuck forever",
	};
	if (hangs[finding->verdict])
		strbuf_addf(line, "%s", hangs[finding->verdict]);
	else if (finding->cause == CAUSE_DOUBLE_BLOCKS)
		finding_text_double_blocks(line, finding->blocks, finding->block);
	else if (finding->cause == CAUSE_FAILED_CHECK)
		strbuf_addf(line, "%s",
			failures[finding->failure < FAILURE_COUNT ? finding->failure
								  : FAILURE_NONE]);
	else if (finding->cause == CAUSE_OVER_MEMORY)
		add_memory_limit(line, finding->memory_limit);
	else
		strbuf_addf(line, "%s", causes[finding->cause]);
}

/* Where it sleeps, if that is no futex. */
static void add_wait(struct strbuf *line, const struct finding *finding)
{
	char call[MODEL_NAME_MAX];
	enum wait_kind kind = finding->wait.kind;
	bool asleep = kind != WAIT_NONE && kind != WAIT_STOPPED && kind != WAIT_SLEEP;
	if (!asleep || finding->futex || finding->wait.syscall < 0)
		return;
	finding_text_wait(call, sizeof(call), &finding->wait);
	strbuf_addf(line, " in %s", call);
}

void finding_text_origin(char *out, size_t size, const struct finding *finding)
{
	static const char *const origins[LOCK_ORIGINS] = {
		[LOCK_ORIGIN_LIBC] = "libc's",
		[LOCK_ORIGIN_LOADER] = "the loader's",
		[LOCK_ORIGIN_LIBRARY] = "another library's",
		[LOCK_ORIGIN_APPLICATION] = "the application's",
	};
	struct strbuf line = strbuf_init(out, size);
	if (finding->lock_origin == LOCK_ORIGIN_LIBRARY && *finding->lock_module)
		strbuf_addf(&line, "%s's", finding->lock_module);
	else if (origins[finding->lock_origin])
		strbuf_addf(&line, "%s", origins[finding->lock_origin]);
}

/* musl calls many of its locks just "lock". */
static bool has_variable(const struct finding *finding)
{
	return *finding->lock_variable && strcmp(finding->lock_variable, "lock") != 0;
}

static void add_variable(struct strbuf *line, const struct finding *finding)
{
	strbuf_addf(line, " %s", finding->lock_variable);
	if (finding->lock_offset)
		strbuf_addf(line, "+0x%" PRIx64, finding->lock_offset);
}

/* Of what is no lock, the function that waits for it does not take it. */
static bool is_taken(const struct finding *finding)
{
	static const bool locks[WAIT_OBJECTS] = {
		[WAIT_OBJECT_UNKNOWN] = true,
		[WAIT_OBJECT_LOCK] = true,
		[WAIT_OBJECT_RWLOCK] = true,
		[WAIT_OBJECT_FILE] = true,
	};
	return *finding->taker && locks[finding->wait_object];
}

/* The allocator's, or nobody knows whose: the variable, else the function, else the file. */
static void add_unattributed_lock(
	struct strbuf *line, const struct finding *finding, const char *object)
{
	if (has_variable(finding)) {
		strbuf_addf(line, "the %s", object);
		add_variable(line, finding);
		return;
	}
	if (!is_taken(finding)) {
		strbuf_addf(line, "a %s", object);
		if (*finding->lock_module)
			strbuf_addf(line, " in %s", finding->lock_module);
		return;
	}
	strbuf_addf(line, "the %s taken by %s", object, finding->taker);
	if (*finding->taker_module)
		strbuf_addf(line, " in %s", finding->taker_module);
}

void finding_text_lock(char *out, size_t size, const struct finding *finding)
{
	static const char *const objects[WAIT_OBJECTS] = {
		[WAIT_OBJECT_RWLOCK] = "rwlock",
		[WAIT_OBJECT_FILE] = "lock of a FILE",
		[WAIT_OBJECT_CONDITION] = "condition variable",
		[WAIT_OBJECT_SEMAPHORE] = "semaphore",
		[WAIT_OBJECT_BARRIER] = "barrier",
		[WAIT_OBJECT_THREAD] = "thread",
		[WAIT_OBJECT_ONCE] = "once flag",
	};
	struct strbuf line = strbuf_init(out, size);
	const char *object = objects[finding->wait_object];
	char origin[MODEL_NAME_MAX * 2];
	object = object ? object : "lock";
	finding_text_origin(origin, sizeof(origin), finding);
	if (finding->lock_published) {
		strbuf_addf(&line, "%s", finding->lock);
		return;
	}
	if (!*origin) {
		add_unattributed_lock(&line, finding, object);
		return;
	}
	strbuf_addf(&line, "%s %s", origin, object);
	if (has_variable(finding))
		add_variable(&line, finding);
}

static void add_lock(struct strbuf *line, const struct finding *finding)
{
	char owner[MODEL_NAME_MAX], lock[MODEL_TEXT_MAX];
	bool foreign = lock_origin_is_foreign(finding->lock_origin);
	if (!finding->futex)
		return;
	finding_text_lock(lock, sizeof(lock), finding);
	strbuf_addf(line, " on %s", lock);
	/* A tid differs from run to run, and a sweep's report must not. */
	if (finding->owner_tid <= 0 ||
		(finding->futex_value & FUTEX_TID_MASK) != (uint32_t)finding->owner_tid)
		strbuf_addf(line, " (word %" PRIu32 ")", finding->futex_value);
	if ((foreign && *finding->taker) || (has_variable(finding) && is_taken(finding)))
		strbuf_addf(line, ", taken by %s%s", finding->taker,
			finding->by_allocator ? ", which the allocator called" : "");
	finding_text_role(owner, sizeof(owner), &finding->owner);
	if (*owner)
		strbuf_addf(line, ", held by %s", owner);
}

/* Where no owner is known, the calls that were interrupted by the fork are the suspects. */
static void add_worker_calls(struct strbuf *line, const struct finding *finding)
{
	char call[MODEL_NAME_MAX];
	if (finding->calls == 0 || finding->owner.kind != THREAD_UNKNOWN)
		return;
	strbuf_addf(line, "; at the fork ");
	for (unsigned i = 0; i < finding->calls; i++) {
		const struct worker_call *worker = &finding->worker_call[i];
		finding_text_call(call, sizeof(call), &worker->call);
		strbuf_addf(line, "%sworker %u was in %s", i ? ", " : "", worker->worker, call);
	}
}

/* What the process printed, else what a check found. */
static void add_detail(struct strbuf *line, const struct finding *finding)
{
	if (*finding->output)
		strbuf_addf(line, " (%.120s)", finding->output);
	else if (finding->block || finding->block_size)
		strbuf_addf(line, " (%s: block 0x%" PRIx64 " of %" PRIu64 " bytes)",
			failure_name(finding->failure), finding->block, finding->block_size);
	else if (finding->cause == CAUSE_ORPHAN)
		strbuf_addf(line, " (pid %d%s)", (int)finding->orphan_pid,
			finding->more_orphans ? " and others" : "");
}

static void add_attempt(struct strbuf *line, const struct point_attempt *attempt)
{
	const char *outcome = !attempt->reached ? "not reached"
			      : attempt->waited ? "waited"
						: verdict_name(attempt->verdict);
	const char *step = finding_text_step(attempt->step, attempt->step_name);
	strbuf_addf(line, "%s after %" PRIu64 " instructions at 0x%" PRIx64, outcome,
		attempt->instruction, attempt->pc);
	if (*step)
		strbuf_addf(line, " (step %s)", step);
}

/* forklab's failures: no process under test is named. */
static void add_failure_of_forklab(struct strbuf *line, const struct finding *finding)
{
	if (finding->cause == CAUSE_NOT_REPRODUCED) {
		strbuf_addf(line, "point %" PRIu32 " does not reproduce: first ", finding->trial);
		add_attempt(line, &finding->attempt[0]);
		strbuf_addf(line, ", then ");
		add_attempt(line, &finding->attempt[1]);
		return;
	}
	strbuf_addf(line, "%s", causes[finding->cause]);
	if (finding->error)
		strbuf_addf(line, ": %s", strerror(finding->error));
	if (*finding->output)
		strbuf_addf(line, ": %s", finding->output);
}

void finding_text(char *out, size_t size, const struct finding *finding)
{
	struct strbuf line = strbuf_init(out, size);
	if (finding->cause >= CAUSE_SCENARIO_CRASHED) {
		add_failure_of_forklab(&line, finding);
		return;
	}
	add_place(&line, finding);
	add_cause(&line, finding);
	add_wait(&line, finding);
	add_lock(&line, finding);
	add_worker_calls(&line, finding);
	add_detail(&line, finding);
}

/* ---- Reasons ---- */

/* Those that need no figures. */
static const char *const reasons[REASON_COUNT] = {
	[REASON_PRIVATE_FUTEX] =
		"the word is a process-private futex: no other process can wake it",
	[REASON_PRIVATE_MEMORY] = "the word is in private memory: no other process can wake it",
	[REASON_NO_SIGNAL] =
		"no signal with a handler is pending, and no timer or child could send one",
	[REASON_NO_OTHER_WRITER] = "no other thread or process can write the memory that it reads",
	[REASON_NO_SENDER] = "nothing sends the signals that it waits for: it has no timer, no "
			     "child that ends, and no handler for a signal of another process",
	[REASON_CHILD_STUCK] = "it waits for a child process, which is blocked forever itself",
	[REASON_TIMERS_UNKNOWN] = "not proven, because without the right to trace it is not known "
				  "whether alarm(2) or setitimer(2) is in force",
};

/* Why a process is not proven to be blocked forever. */
static const char *const obstacles[DEADLOCK_OBSTACLES] = {
	[DEADLOCK_PROVEN] = "it is",
	[DEADLOCK_TOO_MANY_THREADS] = "it has too many threads, or starts and ends some",
	[DEADLOCK_TIMER] = "it has a POSIX timer, which may send a signal",
	[DEADLOCK_ALARM] = "alarm(2) or setitimer(2) is in force, and will send a signal",
	[DEADLOCK_CHILD_SIGNAL] = "it catches signals, and a child of its own may send one",
	[DEADLOCK_IO_SIGNAL] = "it catches signals, and a descriptor sends one when it becomes "
			       "ready (O_ASYNC)",
	[DEADLOCK_IO_URING] = "it has an io_uring, whose requests may wake a thread",
	[DEADLOCK_MEMORY_OF_PROCESS] = "another process uses the same memory (CLONE_VM)",
	[DEADLOCK_TRACED] = "a debugger traces it",
	[DEADLOCK_NOT_WAITING] = "a thread is not in a wait without a timeout",
	[DEADLOCK_RAN] = "a thread ran while it was examined",
	[DEADLOCK_SHARED_FUTEX] = "the futex is in shared memory, where another process may wake "
				  "it",
	[DEADLOCK_PI_OWNER] = "it waits for a priority-inheritance lock whose owner is a thread of "
			      "another process; when that thread ends, the kernel hands the lock "
			      "over",
	[DEADLOCK_WORD_CHANGED] = "the futex word has another value than the one it waits on",
	[DEADLOCK_OTHER_SLEEP] = "within futex(2) it sleeps elsewhere in the kernel: it is frozen, "
				 "or waits for a page",
	[DEADLOCK_SIGNAL_PENDING] = "a signal that it takes is pending",
	[DEADLOCK_SIGNAL_AWAITED] = "another process may send the signal that it waits for",
	[DEADLOCK_DESCRIPTOR_HELD] = "another process holds it, too, and may end the wait",
	[DEADLOCK_DESCRIPTOR_QUEUED] =
		"descriptors lie in the queue of a socket, and it may be one "
		"of them",
	[DEADLOCK_DESCRIPTOR_KIND] = "only of a pipe or an eventfd it can be proven that nobody "
				     "else ends the wait",
	[DEADLOCK_CHILD_RUNS] = "it waits for a child process that is not proven to be stuck",
	[DEADLOCK_UNREADABLE] = "what it waits for cannot be read",
	[DEADLOCK_NOTHING_BLOCKED] = "no thread of it is blocked",
};

static void add_owner(struct strbuf *line, const struct finding *finding, bool absent)
{
	char owner[MODEL_NAME_MAX];
	finding_text_role(owner, sizeof(owner), &finding->owner);
	strbuf_addf(line, "the lock's owner word names tid %d, %s, which %s",
		(int)finding->owner_tid, owner,
		absent ? "does not exist in this process" : "waits itself");
}

static void add_one_thread(struct strbuf *line, const struct finding *finding)
{
	char call[MODEL_NAME_MAX];
	bool futex = finding->futex || finding->wait.kind == WAIT_NONE;
	finding_text_wait(call, sizeof(call), &finding->wait);
	if (futex)
		strbuf_addf(line, "the process has one thread, asleep in a futex wait without a "
				  "timeout");
	else
		strbuf_addf(
			line, "the process has one thread, asleep without a timeout in %s", call);
}

/* A loop that spans several modules has no size to speak of. */
enum { CODE_SHOWN_MAX = 1 << 20 };

static void add_loop(struct strbuf *line, enum reason_kind kind, uint64_t one, uint64_t two)
{
	if (kind == REASON_STATE_RECURS)
		strbuf_addf(line,
			"stepped through: after %" PRIu64 " instructions%s all its registers and "
			"all memory that it wrote are the same again",
			one, two ? " and the system calls among them" : "");
	else if (kind == REASON_SAME_WAIT)
		strbuf_addf(line,
			"it came back %" PRIu64 " times to a futex wait with a timeout on the same "
			"word, whose value never changed, and made no progress in between",
			one);
	else if (kind == REASON_FOLLOWED)
		strbuf_addf(line,
			"followed for %" PRIu64 " instructions, it came back to a futex wait with "
			"a timeout on the same word, whose value never changed",
			one);
	else if (kind == REASON_SPINS && two < CODE_SHOWN_MAX)
		strbuf_addf(line,
			"it used %" PRIu64 " ms of CPU time without progress, within %" PRIu64
			" bytes of code that read the same words and change none of them",
			one, two);
	else if (kind == REASON_SPINS)
		strbuf_addf(line,
			"it used %" PRIu64 " ms of CPU time without progress, in a loop that reads "
			"the same words and changes none of them",
			one);
	else if (kind == REASON_SAME_SLEEP)
		strbuf_addf(line,
			"it went to sleep %" PRIu64 " times in %.1f s; each time it looked, the "
			"same word had the same value",
			one, (double)two / 1e3);
	else if (kind == REASON_COUNTS)
		strbuf_addf(line,
			"it used %" PRIu64 " ms of CPU time in a loop that tries to take the same "
			"lock, and changes nothing but counters",
			one);
}

void finding_text_reason(char *out, size_t size, const struct finding *finding, unsigned i)
{
	const struct reason *reason = &finding->reason[i];
	struct strbuf line = strbuf_init(out, size);
	switch (reason->kind) {
	case REASON_ONE_THREAD:
		add_one_thread(&line, finding);
		break;
	case REASON_HELD_INSIDE:
		strbuf_addf(&line, "no other process holds descriptor %" PRIu64 ", %s",
			reason->number[0],
			finding_text_descriptor((enum descriptor_kind)reason->number[1]));
		break;
	case REASON_OBSTACLE:
		strbuf_addf(&line, "not proven to last, because %s",
			obstacles[reason->number[0] < DEADLOCK_OBSTACLES ? reason->number[0]
									 : DEADLOCK_UNREADABLE]);
		break;
	case REASON_SAME_AS_POINT:
		strbuf_addf(&line,
			"it is where the child of point %" PRIu64 " was, which was examined",
			reason->number[0]);
		break;
	case REASON_OWNER_ABSENT:
	case REASON_OWNER_WAITS:
		add_owner(&line, finding, reason->kind == REASON_OWNER_ABSENT);
		break;
	case REASON_ALL_THREADS:
		strbuf_addf(&line,
			"all %" PRIu64 " threads are asleep in waits without a timeout, or "
			"kept out of the allocator by forklab; none ran while they were examined",
			reason->number[0]);
		break;
	case REASON_LOST_WAKEUP:
		strbuf_addf(&line,
			"it waits while the word is %" PRIu64 ", which is %" PRIu64
			" by now: the thread that changed it did not wake it",
			reason->number[0], reason->number[1]);
		break;
	case REASON_WORKER_WAITS:
		strbuf_addf(&line, "the stepped thread waits for %s at 0x%" PRIx64 ", at %s",
			reason->text[0], reason->number[0], reason->text[1]);
		break;
	case REASON_NO_PROGRESS:
		strbuf_addf(&line,
			"no progress for %.1f s, and neither proof nor strong evidence why",
			(double)reason->number[0] / 1e3);
		break;
	case REASON_STOPPED_ITSELF:
	case REASON_STOPPED:
		strbuf_addf(&line, "%s, and nothing continued it for %.1f s",
			reason->kind == REASON_STOPPED ? "something stopped it with a signal"
						       : "it stopped itself with a signal",
			(double)reason->number[0] / 1e3);
		break;
	default:
		if (reasons[reason->kind])
			strbuf_addf(&line, "%s", reasons[reason->kind]);
		else
			add_loop(&line, reason->kind, reason->number[0], reason->number[1]);
	}
}
