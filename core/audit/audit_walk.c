/*
 * One fork, instruction by instruction: the parent's side from the first instruction of fork() to
 * its return, then the child's from the clone to its return. Runs of instructions that store only
 * to the stack are crossed in one go, and so are libc's mutex functions: the mutex is compared
 * before and after.
 */
#include "audit_run.h"

#include "alone.h"
#include "arch.h"
#include "hw_breakpoint.h"
#include "lock_words.h"
#include "lookahead.h"
#include "proc.h"
#include "proc_mem.h"
#include "shm_map.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
	WAIT_MS = 3000, /* for system calls and mutex functions, which may wait */
	STORE_MAX = 64,
	LOCK_MAX = 256,      /* bytes; a larger published lock is not believed */
	LOCK_WORD_BYTES = 4, /* bytes: the start of a mutex tells whether it is locked */
	LIBC = -1,
};

struct address_range {
	uint64_t low, high;
};

struct audit_walk {
	struct audit_run *run;
	struct tracee *tracee;
	struct alone alone;
	struct arch_decoder *decoder;
	struct arch_regs regs;
	enum atfork_phase phase;
	struct address_range stack, shm;
	uint64_t end_pc, end_sp; /* where fork() returns to */
	int current;             /* the registration whose handler runs; LIBC: none */
	uint64_t return_pc, return_sp;
	bool done[ATFORK_PHASES][AUDIT_REGISTRATIONS_MAX];
	uint32_t ran[ATFORK_PHASES];
	pid_t child; /* 0: not forked yet */
	struct lock_words words;
	bool in_malloc; /* a call of malloc() is stepped, not a fork */
	struct lock_words of_malloc;
	struct audit_action discarded;
	struct published_lock known[AUDIT_PUBLISHED_LOCKS_MAX];
	uint32_t known_count;
};

/* ---- Handlers ---- */

static struct audit_action *action(struct audit_walk *w)
{
	struct audit *audit = w->run->audit;
	if (w->in_malloc)
		return &w->discarded;
	return w->current == LIBC ? &audit->libc[w->phase]
				  : &audit->registration[w->current].handler[w->phase].action;
}

/*
 * The registration whose handler begins at pc and runs next: the last one before a fork, the first
 * one after it. -1: none.
 */
static int handler_at(const struct audit_walk *w, uint64_t pc)
{
	const struct audit *audit = w->run->audit;
	int count = w->in_malloc ? 0 : (int)audit->registrations, found = LIBC;
	for (int i = 0; i < count; i++) {
		bool fits = audit->registration[i].handler[w->phase].address == pc &&
			    !w->done[w->phase][i];
		if (fits && (w->phase == ATFORK_PREPARE || found == LIBC))
			found = i;
	}
	return found;
}

static int enter_handler(struct audit_walk *w, int which)
{
	struct arch_regs *regs = &w->regs;
	int error = arch_return_address(w->tracee->tid, regs, &w->return_pc);
	w->return_sp = arch_sp(regs);
	w->current = which;
	w->done[w->phase][which] = true;
	action(w)->ran = true;
	action(w)->order = ++w->ran[w->phase];
	return error;
}

static const struct symbol_found *call_at(const struct audit_walk *w, uint64_t pc)
{
	for (size_t i = 0; i < w->run->calls; i++)
		if (w->run->call[i].address == pc)
			return &w->run->call[i];
	return NULL;
}

/* The next address at which the walk must stop; runs end before it. */
static bool is_stop_address(const struct audit_walk *w, uint64_t pc)
{
	return pc == w->end_pc || call_at(w, pc) ||
	       (w->current == LIBC ? handler_at(w, pc) != LIBC : pc == w->return_pc);
}

/* ---- Steps ---- */

static const char *pc_name(const struct audit_walk *w, char *text, size_t size)
{
	return symbols_name(w->run->symbols, arch_pc(&w->regs), text, size);
}

/* The possible ends of a step; 0 when the thread has moved on. */
static int after_step(struct audit_walk *w, int error, enum step_event event)
{
	char where[MODEL_NAME_MAX * 2];
	if (error)
		return audit_run_fail(w->run, error,
			"the thread that forks cannot be stepped further: %s", strerror(-error));
	switch (event) {
	case STEP_RUNNING:
		return audit_run_fail(w->run, -EDEADLK, "fork() waits in its %s handlers, at %s",
			atfork_phase_name(w->phase), pc_name(w, where, sizeof(where)));
	case STEP_EXITED:
	case STEP_KILLED:
		return audit_run_fail(w->run, -ESRCH, "the process ended in its %s handlers, at %s",
			atfork_phase_name(w->phase), pc_name(w, where, sizeof(where)));
	case STEP_EXEC:
	case STEP_STOPPED:
		return audit_run_fail(w->run, -EPROTO, "the process left fork() unexpectedly");
	default:
		return arch_get_regs(w->tracee->tid, &w->regs);
	}
}

/* The child starts with one thread but may start others. The check costs as much as a step. */
static void know_if_alone(struct audit_walk *w)
{
	if (!hw_breakpoints_fire())
		w->tracee->alone = alone_now(&w->alone);
}

/* Without a limit (0) where nothing can wait: that is cheaper. */
static int step_to_address(struct audit_walk *w, uint64_t address, unsigned wait_ms)
{
	enum step_event event = STEP_DONE;
	know_if_alone(w);
	int error = step_to_within(w->tracee, address, wait_ms, &event);
	return after_step(w, error, event);
}

static bool read_word(void *context, uint64_t address, void *bytes, uint32_t size)
{
	const struct audit_walk *w = context;
	return proc_mem_read(w->tracee->tid, address, bytes, size) == (ssize_t)size;
}

static void record_store(struct audit_walk *w, const struct lock_word_store *store)
{
	lock_words_store(w->in_malloc ? &w->of_malloc : &w->words, w->phase, store, w->known,
		w->known_count);
}

/* Runs one of libc's mutex functions in one go. */
static int run_call(struct audit_walk *w, const struct symbol_found *call)
{
	static const enum store_kind kind[CALLS] = {[MUTEX_CALL_LOCK] = STORE_ATOMIC,
		[MUTEX_CALL_TRYLOCK] = STORE_ATOMIC,
		[MUTEX_CALL_UNLOCK] = STORE_UNLOCK,
		[MUTEX_CALL_INIT] = STORE_INIT,
		[MUTEX_CALL_DESTROY] = STORE_INIT};
	struct lock_word_store store = {
		.address = arch_call_argument(&w->regs, 0),
		.size = LOCK_WORD_BYTES,
		.pc = call->address,
		.taker = w->current,
		.kind = kind[call->name],
		.mutex = true,
	};
	unsigned char after[LOCK_WORD_BYTES];
	uint64_t back;
	int error = arch_return_address(w->tracee->tid, &w->regs, &back);
	if (error)
		return after_step(w, error, STEP_DONE);
	bool known = read_word(w, store.address, store.before, LOCK_WORD_BYTES);
	action(w)->mutex_calls++;
	error = step_to_address(w, back, WAIT_MS);
	/* An unlock may wake other threads. */
	alone_woken(&w->alone, 0);
	if (error || !known || !read_word(w, store.address, after, LOCK_WORD_BYTES))
		return error;
	store.changed = memcmp(after, store.before, LOCK_WORD_BYTES) != 0;
	record_store(w, &store);
	return 0;
}

/* At the clone: what is locked, and whose memory is read from here on. */
static int forked(struct audit_walk *w)
{
	enum step_event event;
	w->child = w->tracee->detail;
	lock_words_compare(&w->words, ATFORK_PREPARE, read_word, w);
	int error = step_once(w->tracee, WAIT_MS, &event);
	error = after_step(w, error, event);
	w->phase = ATFORK_PARENT;
	return error;
}

static int step_syscall(struct audit_walk *w)
{
	enum step_event event = STEP_DONE;
	action(w)->syscalls++;
	action(w)->instructions++;
	int error = step_once(w->tracee, WAIT_MS, &event);
	alone_woken(&w->alone, 0);
	if (!error && event == STEP_FORKED)
		return forked(w);
	return after_step(w, error, event);
}

static bool inside(const struct arch_range *range, const struct address_range *span)
{
	return range->address >= span->low && range->address + range->size <= span->high;
}

/* The store that is about to be made, if it counts. */
static bool predict_store(
	const struct audit_walk *w, const struct arch_insn *insn, struct arch_range *range)
{
	struct arch_range ranges[ARCH_STORES_MAX];
	if (!insn->stores_known || arch_stores(insn, &w->regs, ranges) == 0)
		return false;
	*range = ranges[0];
	return range->size <= STORE_MAX && !inside(range, &w->stack) && !inside(range, &w->shm);
}

static void compare_store(struct audit_walk *w, const struct arch_insn *insn,
	const struct arch_range *range, const unsigned char before[STORE_MAX])
{
	unsigned char after[STORE_MAX] = {0};
	struct lock_word_store store = {
		.address = range->address,
		.size = range->size,
		.pc = insn->pc,
		.taker = w->current,
		.kind = insn->is_atomic ? STORE_ATOMIC : STORE_PLAIN,
	};
	if (proc_mem_read(w->tracee->tid, range->address, after, range->size) !=
		(ssize_t)range->size)
		return;
	store.changed = memcmp(before, after, range->size) != 0;
	memcpy(store.before, before, LOCK_WORD_MAX);
	action(w)->stores++;
	record_store(w, &store);
}

/* Steps one instruction; of a repeated one, all iterations. */
static int step_insn(struct audit_walk *w, const struct arch_insn *insn)
{
	struct arch_regs before = w->regs;
	struct arch_range range;
	unsigned char bytes[STORE_MAX] = {0};
	enum step_event event = STEP_DONE;
	bool stores = predict_store(w, insn, &range) &&
		      proc_mem_read(w->tracee->tid, range.address, bytes, range.size) ==
			      (ssize_t)range.size;
	action(w)->instructions++;
	int error = step_once(w->tracee, insn->length ? 0 : WAIT_MS, &event);
	error = after_step(w, error, event);
	if (!error && insn->is_repeated && arch_pc(&w->regs) == insn->pc)
		error = step_to_address(w, insn->pc + insn->length, 0);
	if (error)
		return error;
	if (insn->pushes_flags)
		arch_clear_trap_flag(w->tracee->tid, insn, &before);
	if (stores)
		compare_store(w, insn, &range, bytes);
	return 0;
}

/* Runs through instructions that store nothing, to the next landmark. 0: there are none. */
static unsigned predict_run(const struct audit_walk *w, uint64_t *stop)
{
	uint64_t visited[LOOKAHEAD_MAX];
	unsigned count = lookahead(w->decoder, w->tracee->tid, &w->regs, visited, stop);
	for (unsigned i = 1; i < count; i++)
		if (is_stop_address(w, visited[i])) {
			*stop = visited[i];
			return i;
		}
	return count;
}

static int step_one(struct audit_walk *w)
{
	const struct arch_insn *found;
	uint64_t stop;
	unsigned count = predict_run(w, &stop);
	if (count > 1) {
		action(w)->instructions += count;
		return step_to_address(w, stop, 0);
	}
	int error = arch_decode(w->decoder, w->tracee->tid, arch_pc(&w->regs), &found);
	if (error)
		return after_step(w, error, STEP_DONE);
	struct arch_insn insn = *found;
	return insn.is_syscall ? step_syscall(w) : step_insn(w, &insn);
}

/* Steps until fork() returns on this side. */
static int walk_side(struct audit_walk *w)
{
	int error = 0;
	w->current = LIBC;
	while (!error) {
		uint64_t pc = arch_pc(&w->regs), sp = arch_sp(&w->regs);
		if (pc == w->end_pc && sp > w->end_sp)
			return 0;
		if (w->current != LIBC && pc == w->return_pc && sp > w->return_sp)
			w->current = LIBC;
		int handler = w->current == LIBC ? handler_at(w, pc) : LIBC;
		if (handler != LIBC)
			error = enter_handler(w, handler);
		const struct symbol_found *call = call_at(w, pc);
		if (!error)
			error = call ? run_call(w, call) : step_one(w);
		if (!error && audit_run_is_over(w->run))
			error = audit_run_fail(w->run, -ETIMEDOUT,
				"time limit exceeded in the %s handlers",
				atfork_phase_name(w->phase));
	}
	return error;
}

/* ---- The two sides ---- */

static void read_published_locks(struct audit_walk *w)
{
	const struct shm *shm = w->run->session.runner.shm;
	struct audit *audit = w->run->audit;
	uint32_t count = atomic_load(&shm->locks);
	for (uint32_t i = 0;
		i < count && i < SHM_LOCKS_MAX && w->known_count < AUDIT_PUBLISHED_LOCKS_MAX; i++) {
		const struct named_lock *lock = &shm->lock[i];
		if (!lock->of_allocator)
			continue;
		ascii_sanitize(audit->known_lock[w->known_count].name, MODEL_NAME_MAX, lock->name,
			sizeof(lock->name));
		w->known[w->known_count++] = (struct published_lock){
			lock->address, lock->size < LOCK_MAX ? lock->size : LOCK_MAX};
	}
	audit->known = w->known_count;
}

static int find_ranges(struct audit_walk *w)
{
	struct proc_mapping mapping;
	pid_t pid = w->run->session.runner.pid;
	int error = proc_mapping(pid, arch_sp(&w->regs), &mapping);
	if (error)
		return error;
	w->stack = (struct address_range){mapping.start, mapping.end};
	error = proc_mapping(pid, w->run->session.runner.shm->audit.shm, &mapping);
	if (!error && mapping.shared)
		w->shm = (struct address_range){mapping.start, mapping.end};
	return error;
}

/* Runs the thread, whose tracee's `alone` is set, to a function and records the return address. */
static int run_to_function(struct audit_walk *w, uint64_t function, const char *name)
{
	enum step_event event = STEP_DONE;
	int error = step_to_within(w->tracee, function, WAIT_MS, &event);
	/* Where the way is single-stepped it takes as long as the audit may take. */
	while (!error && event == STEP_RUNNING && !audit_run_is_over(w->run))
		error = step_wait(w->tracee, WAIT_MS, &event);
	if (!error && event != STEP_RUNNING)
		error = after_step(w, error, event);
	if (!error && (event == STEP_RUNNING || arch_pc(&w->regs) != function))
		return audit_run_fail(w->run, -EPROTO, "the program never reached its %s()", name);
	if (!error)
		error = arch_return_address(w->tracee->tid, &w->regs, &w->end_pc);
	w->end_sp = arch_sp(&w->regs);
	return error ? error : find_ranges(w);
}

static bool has_handlers(const struct audit *audit)
{
	for (uint32_t i = 0; i < audit->registrations; i++)
		if (audit_is_allocators(&audit->registration[i]))
			return true;
	return false;
}

/* The locks that a malloc without handlers takes, to recognise them when fork() takes them. */
static int walk_malloc(struct audit_walk *w)
{
	know_if_alone(w);
	int error = run_to_function(w, w->run->session.runner.shm->audit.malloc_at, "malloc");
	w->in_malloc = true;
	w->phase = ATFORK_PREPARE;
	if (!error)
		error = walk_side(w);
	lock_words_compare(&w->of_malloc, ATFORK_PREPARE, read_word, w);
	w->in_malloc = false;
	return error;
}

/* From the wait for `go` to the first instruction of fork(). */
static int run_to_fork(struct audit_walk *w)
{
	struct shm_audit *line = &w->run->session.runner.shm->audit;
	atomic_store(&line->go, 1);
	int error = has_handlers(w->run->audit) ? 0 : walk_malloc(w);
	/*
	 * No other thread calls fork(): a trap instruction there is for this one. Single steps
	 * might never arrive: on a busy machine they do not get through the vDSO's clock_gettime(),
	 * which starts over whenever the kernel's clock has ticked meanwhile.
	 */
	w->tracee->alone = true;
	return error ? error : run_to_function(w, line->fork_at, "fork");
}

static int walk_parent(struct audit_walk *w)
{
	w->phase = ATFORK_PREPARE;
	int error = walk_side(w);
	if (!error && !w->child)
		return audit_run_fail(w->run, -EPROTO, "fork() did not make a process");
	if (!error)
		lock_words_compare(&w->words, ATFORK_PARENT, read_word, w);
	return error;
}

static int walk_child(struct audit_walk *w)
{
	struct tracee tracee;
	int status;
	if (step_next_change(w->child, 0, &status) != 0 || !WIFSTOPPED(status))
		return audit_run_fail(w->run, -ESRCH, "the child ended before its handlers");
	step_adopt(&tracee, w->child);
	tracee.continues = true;
	w->tracee = &tracee;
	w->alone = (struct alone){.pid = w->child, .tid = w->child};
	w->phase = ATFORK_CHILD;
	int error = arch_get_regs(w->child, &w->regs);
	if (!error)
		error = walk_side(w);
	if (!error)
		lock_words_compare(&w->words, ATFORK_CHILD, read_word, w);
	if (error)
		kill(w->child, SIGKILL);
	else
		error = step_detach(&tracee);
	return error;
}

int audit_run_walk(struct audit_run *run, struct tracee *tracee)
{
	struct audit_walk *w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->run = run;
	w->tracee = tracee;
	w->alone = (struct alone){.pid = tracee->tid, .tid = tracee->tid};
	int error = arch_decoder_new(&w->decoder);
	read_published_locks(w);
	if (!error)
		error = run_to_fork(w);
	if (!error)
		error = walk_parent(w);
	if (!error)
		error = step_detach(tracee);
	if (!error)
		error = walk_child(w);
	lock_words_conclude(&w->words, run->audit, w->known, w->known_count);
	lock_words_mark_malloc(&w->of_malloc, run->audit);
	arch_decoder_free(w->decoder);
	free(w);
	return error;
}
