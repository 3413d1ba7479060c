/*
 * One fork, step by step: the parent's side from the first instruction of fork() to its return,
 * then the child's from the copy to its return. Runs of instructions that store nothing elsewhere
 * than on the stack are crossed in one stop, and libc's mutex functions as well: there the word is
 * compared before and after.
 */
#include "audit_run.h"

#include "arch.h"
#include "lock_words.h"
#include "lookahead.h"
#include "proc.h"
#include "proc_mem.h"
#include "shm_map.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
	WAIT_MS = 3000, /* for what may wait: system calls, mutex functions */
	STORE_MAX = 64,
	LOCK_MAX = 256, /* bytes: no published lock is believed to be larger */
	LOCK_WORD = 4,  /* bytes: the first ones of a mutex tell whether it is taken */
	LIBC = -1,
};

struct span {
	uint64_t low, high;
};

struct walk {
	struct watch *watch;
	struct step *step;
	struct arch_decoder *decoder;
	struct arch_regs regs;
	enum audit_side side;
	struct span stack, page;
	uint64_t end_pc, end_sp; /* where fork() returns to */
	int current;             /* the registration whose handler runs; LIBC: none does */
	uint64_t back_pc, back_sp;
	bool done[AUDIT_SIDES][AUDIT_REGISTRATIONS_MAX];
	uint32_t ran[AUDIT_SIDES];
	pid_t child; /* 0: not made yet */
	struct words words;
	bool in_malloc; /* what follows belongs to a call of malloc(), not to a fork */
	struct words of_malloc;
	struct audit_deed unused;
	struct word_known known[AUDIT_KNOWN_MAX];
	uint32_t knowns;
};

/* ---- Handlers ---- */

static struct audit_deed *deed(struct walk *w)
{
	struct audit *audit = w->watch->audit;
	if (w->in_malloc)
		return &w->unused;
	return w->current == LIBC ? &audit->libc[w->side]
				  : &audit->registration[w->current].handler[w->side].deed;
}

/*
 * The registration whose handler begins at pc and is next to run: the last of them before a fork,
 * the first after it. -1: none.
 */
static int handler_at(const struct walk *w, uint64_t pc)
{
	const struct audit *audit = w->watch->audit;
	int count = w->in_malloc ? 0 : (int)audit->registrations, found = LIBC;
	for (int i = 0; i < count; i++) {
		bool fits = audit->registration[i].handler[w->side].address == pc &&
			    !w->done[w->side][i];
		if (fits && (w->side == AUDIT_PREPARE || found == LIBC))
			found = i;
	}
	return found;
}

static int enter(struct walk *w, int which)
{
	struct arch_regs *regs = &w->regs;
	int error = arch_return_address(w->step->tid, regs, &w->back_pc);
	w->back_sp = arch_sp(regs);
	w->current = which;
	w->done[w->side][which] = true;
	deed(w)->ran = true;
	deed(w)->order = ++w->ran[w->side];
	return error;
}

/* Where the walk has to look: whatever is run through ends in front of such an address. */
static bool is_landmark(const struct walk *w, uint64_t pc)
{
	if (pc == w->end_pc || (w->current != LIBC && pc == w->back_pc))
		return true;
	if (w->current == LIBC && handler_at(w, pc) != LIBC)
		return true;
	for (size_t i = 0; i < w->watch->calls; i++)
		if (w->watch->call[i].address == pc)
			return true;
	return false;
}

static const struct symbol_found *call_at(const struct walk *w, uint64_t pc)
{
	for (size_t i = 0; i < w->watch->calls; i++)
		if (w->watch->call[i].address == pc)
			return &w->watch->call[i];
	return NULL;
}

/* ---- Steps ---- */

static const char *place(const struct walk *w, char *text, size_t size)
{
	return symbols_name(w->watch->symbols, arch_pc(&w->regs), text, size);
}

/* What any step may end with; 0 when the thread stands somewhere new. */
static int after_step(struct walk *w, int error, enum step_event event)
{
	char where[MODEL_NAME_MAX * 2];
	if (error)
		return watch_fail(w->watch, error, "the thread that forks cannot be stepped on: %s",
			strerror(-error));
	switch (event) {
	case STEP_RUNNING:
		return watch_fail(w->watch, -EDEADLK, "fork() waits in its %s handlers, at %s",
			audit_side_name(w->side), place(w, where, sizeof where));
	case STEP_EXITED:
	case STEP_KILLED:
		return watch_fail(w->watch, -ESRCH, "the process ended in its %s handlers, at %s",
			audit_side_name(w->side), place(w, where, sizeof where));
	case STEP_EXEC:
	case STEP_STOPPED:
		return watch_fail(w->watch, -EPROTO, "the process left its fork()");
	default:
		return arch_get_regs(w->step->tid, &w->regs);
	}
}

/* Without a limit (0) where nothing on the way can wait: it is cheaper. */
static int step_to_place(struct walk *w, uint64_t address, unsigned wait_ms)
{
	enum step_event event = STEP_DONE;
	int error = step_to_within(w->step, address, wait_ms, &event);
	return after_step(w, error, event);
}

static bool read_word(void *context, uint64_t address, void *bytes, uint32_t size)
{
	const struct walk *w = context;
	return remote_read(w->step->tid, address, bytes, size) == (ssize_t)size;
}

static void see_store(struct walk *w, const struct word_store *store)
{
	words_store(w->in_malloc ? &w->of_malloc : &w->words, w->side, store, w->known, w->knowns);
}

/* libc's mutex functions, in one go. */
static int run_call(struct walk *w, const struct symbol_found *call)
{
	static const enum word_how how[CALLS] = {[CALL_LOCK] = HOW_ATOMIC,
		[CALL_TRYLOCK] = HOW_ATOMIC,
		[CALL_UNLOCK] = HOW_UNLOCK,
		[CALL_INIT] = HOW_INIT,
		[CALL_DESTROY] = HOW_INIT};
	struct word_store store = {
		.address = arch_call_argument(&w->regs, 0),
		.size = LOCK_WORD,
		.pc = call->address,
		.taker = w->current,
		.how = how[call->name],
		.mutex = true,
	};
	unsigned char after[LOCK_WORD];
	uint64_t back;
	int error = arch_return_address(w->step->tid, &w->regs, &back);
	if (error)
		return after_step(w, error, STEP_DONE);
	bool known = read_word(w, store.address, store.before, LOCK_WORD);
	deed(w)->mutex_calls++;
	error = step_to_place(w, back, WAIT_MS);
	if (error || !known || !read_word(w, store.address, after, LOCK_WORD))
		return error;
	store.changed = memcmp(after, store.before, LOCK_WORD) != 0;
	see_store(w, &store);
	return 0;
}

/* At the moment of the copy: what is held, and whose memory is to be followed from here on. */
static int forked(struct walk *w)
{
	enum step_event event;
	w->child = w->step->detail;
	words_compare(&w->words, AUDIT_PREPARE, read_word, w);
	int error = step_once(w->step, WAIT_MS, &event);
	error = after_step(w, error, event);
	w->side = AUDIT_PARENT;
	return error;
}

static int step_syscall(struct walk *w)
{
	enum step_event event = STEP_DONE;
	deed(w)->syscalls++;
	deed(w)->instructions++;
	int error = step_once(w->step, WAIT_MS, &event);
	if (!error && event == STEP_FORKED)
		return forked(w);
	return after_step(w, error, event);
}

static bool inside(const struct arch_range *range, const struct span *span)
{
	return range->address >= span->low && range->address + range->size <= span->high;
}

/* The store that is about to be made, if it is one that counts. */
static bool foresee_store(
	const struct walk *w, const struct arch_insn *insn, struct arch_range *range)
{
	struct arch_range ranges[ARCH_STORES_MAX];
	if (!insn->stores_known || arch_stores(insn, &w->regs, ranges) == 0)
		return false;
	*range = ranges[0];
	return range->size <= STORE_MAX && !inside(range, &w->stack) && !inside(range, &w->page);
}

static void note_store(struct walk *w, const struct arch_insn *insn, const struct arch_range *range,
	const unsigned char before[STORE_MAX])
{
	unsigned char after[STORE_MAX] = {0};
	struct word_store store = {
		.address = range->address,
		.size = range->size,
		.pc = insn->pc,
		.taker = w->current,
		.how = insn->is_atomic ? HOW_ATOMIC : HOW_PLAIN,
	};
	if (remote_read(w->step->tid, range->address, after, range->size) != (ssize_t)range->size)
		return;
	store.changed = memcmp(before, after, range->size) != 0;
	memcpy(store.before, before, WORD_MAX);
	deed(w)->stores++;
	see_store(w, &store);
}

/* One instruction; all iterations of a repeated one. */
static int step_insn(struct walk *w, const struct arch_insn *insn)
{
	struct arch_regs before = w->regs;
	struct arch_range range;
	unsigned char bytes[STORE_MAX] = {0};
	enum step_event event = STEP_DONE;
	bool stores =
		foresee_store(w, insn, &range) &&
		remote_read(w->step->tid, range.address, bytes, range.size) == (ssize_t)range.size;
	deed(w)->instructions++;
	int error = step_once(w->step, insn->length ? 0 : WAIT_MS, &event);
	error = after_step(w, error, event);
	if (!error && insn->is_repeated && arch_pc(&w->regs) == insn->pc)
		error = step_to_place(w, insn->pc + insn->length, 0);
	if (error)
		return error;
	if (insn->pushes_flags)
		arch_clean_flags(w->step->tid, insn, &before);
	if (stores)
		note_store(w, insn, &range, bytes);
	return 0;
}

/* Runs through what stores nothing, up to the next landmark. 0: there is nothing of that kind. */
static unsigned foresee_run(const struct walk *w, uint64_t *stop)
{
	uint64_t visited[AHEAD_MAX];
	unsigned count = ahead(w->decoder, w->step->tid, &w->regs, visited, stop);
	for (unsigned i = 1; i < count; i++)
		if (is_landmark(w, visited[i])) {
			*stop = visited[i];
			return i;
		}
	return count;
}

static int step_one(struct walk *w)
{
	const struct arch_insn *found;
	uint64_t stop;
	unsigned count = foresee_run(w, &stop);
	if (count > 1) {
		deed(w)->instructions += count;
		return step_to_place(w, stop, 0);
	}
	int error = arch_decode(w->decoder, w->step->tid, arch_pc(&w->regs), &found);
	if (error)
		return after_step(w, error, STEP_DONE);
	struct arch_insn insn = *found;
	return insn.is_syscall ? step_syscall(w) : step_insn(w, &insn);
}

/* Until fork() returns on this side. */
static int walk_side(struct walk *w)
{
	int error = 0;
	w->current = LIBC;
	while (!error) {
		uint64_t pc = arch_pc(&w->regs), sp = arch_sp(&w->regs);
		if (pc == w->end_pc && sp > w->end_sp)
			return 0;
		if (w->current != LIBC && pc == w->back_pc && sp > w->back_sp)
			w->current = LIBC;
		int handler = w->current == LIBC ? handler_at(w, pc) : LIBC;
		if (handler != LIBC)
			error = enter(w, handler);
		const struct symbol_found *call = call_at(w, pc);
		if (!error)
			error = call ? run_call(w, call) : step_one(w);
		if (!error && watch_is_over(w->watch))
			error = watch_fail(w->watch, -ETIMEDOUT,
				"the time was over within the %s handlers",
				audit_side_name(w->side));
	}
	return error;
}

/* ---- The two sides ---- */

static void learn_known(struct walk *w)
{
	const struct page *page = w->watch->runner.page;
	struct audit *audit = w->watch->audit;
	uint32_t count = atomic_load(&page->locks);
	for (uint32_t i = 0; i < count && i < PAGE_LOCKS_MAX && w->knowns < AUDIT_KNOWN_MAX; i++) {
		const struct named_lock *lock = &page->lock[i];
		if (!lock->of_allocator)
			continue;
		pages_text(audit->known_lock[w->knowns].name, MODEL_NAME_MAX, lock->name,
			sizeof lock->name);
		w->known[w->knowns++] = (struct word_known){
			lock->address, lock->size < LOCK_MAX ? lock->size : LOCK_MAX};
	}
	audit->known = w->knowns;
}

static int learn_spans(struct walk *w)
{
	struct proc_mapping mapping;
	pid_t pid = w->watch->runner.pid;
	int error = proc_mapping(pid, arch_sp(&w->regs), &mapping);
	if (error)
		return error;
	w->stack = (struct span){mapping.start, mapping.end};
	error = proc_mapping(pid, w->watch->runner.page->audit.page, &mapping);
	if (!error && mapping.shared)
		w->page = (struct span){mapping.start, mapping.end};
	return error;
}

/* Lets the thread run on to the beginning of a function; notes where that will return to. */
static int go_to(struct walk *w, uint64_t function, const char *name)
{
	enum step_event event = STEP_DONE;
	int error = step_to_within(w->step, function, WAIT_MS, &event);
	if (!error && event != STEP_RUNNING)
		error = after_step(w, error, event);
	if (!error && (event == STEP_RUNNING || arch_pc(&w->regs) != function))
		return watch_fail(w->watch, -EPROTO, "the program never came to its %s()", name);
	if (!error)
		error = arch_return_address(w->step->tid, &w->regs, &w->end_pc);
	w->end_sp = arch_sp(&w->regs);
	return error ? error : learn_spans(w);
}

static bool has_handlers(const struct audit *audit)
{
	for (uint32_t i = 0; i < audit->registrations; i++)
		if (audit_is_allocators(&audit->registration[i]))
			return true;
	return false;
}

/* The locks that a malloc without handlers takes, to know them again when fork() takes them. */
static int walk_malloc(struct walk *w)
{
	int error = go_to(w, w->watch->runner.page->audit.malloc_at, "malloc");
	w->in_malloc = true;
	w->side = AUDIT_PREPARE;
	if (!error)
		error = walk_side(w);
	w->in_malloc = false;
	return error;
}

/* From the wait for `go` to the first instruction of fork(). */
static int go_to_fork(struct walk *w)
{
	struct audit_line *line = &w->watch->runner.page->audit;
	atomic_store(&line->go, 1);
	int error = has_handlers(w->watch->audit) ? 0 : walk_malloc(w);
	return error ? error : go_to(w, line->fork_at, "fork");
}

static int walk_parent(struct walk *w)
{
	w->side = AUDIT_PREPARE;
	int error = walk_side(w);
	if (!error && !w->child)
		return watch_fail(w->watch, -EPROTO, "fork() made no process");
	if (!error)
		words_compare(&w->words, AUDIT_PARENT, read_word, w);
	return error;
}

static int walk_child(struct walk *w)
{
	struct step step;
	int status;
	if (waitpid(w->child, &status, __WALL) < 0 || !WIFSTOPPED(status))
		return watch_fail(w->watch, -ESRCH, "the child ended before its handlers");
	step_adopt(&step, w->child);
	w->step = &step;
	w->side = AUDIT_CHILD;
	int error = arch_get_regs(w->child, &w->regs);
	if (!error)
		error = walk_side(w);
	if (!error)
		words_compare(&w->words, AUDIT_CHILD, read_word, w);
	if (error)
		kill(w->child, SIGKILL);
	else
		error = step_detach(&step);
	return error;
}

int watch_walk(struct watch *watch, struct step *step)
{
	struct walk *w = calloc(1, sizeof *w);
	if (!w)
		return -ENOMEM;
	w->watch = watch;
	w->step = step;
	int error = arch_decoder_new(&w->decoder);
	learn_known(w);
	if (!error)
		error = go_to_fork(w);
	if (!error)
		error = walk_parent(w);
	if (!error)
		error = step_detach(step);
	if (!error)
		error = walk_child(w);
	words_conclude(&w->words, watch->audit, w->known, w->knowns);
	words_mark_malloc(&w->of_malloc, watch->audit);
	arch_decoder_free(w->decoder);
	free(w);
	return error;
}
