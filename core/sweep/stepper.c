#include "stepper.h"

#include "proc.h"
#include "proc_mem.h"
#include "syscall_effects.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum {
	ATTACH_MS = 2000,
	SYSCALL_MS = 20,   /* after that a system call is said to wait */
	UNKNOWN_MS = 1000, /* for an instruction that is not understood */
	LONG = 1 << 14,    /* steps without an event */
	STORE_MAX = 1024,  /* bytes that one instruction may write and be compared */
};

static void lost(struct stepper *s, enum stepper_event *event, const char *what, int error)
{
	snprintf(s->why, sizeof s->why, "%s%s%s", what, error ? ": " : "",
		error ? strerror(-error) : "");
	*event = STEPPER_LOST;
}

/* ---- Beginning and end ---- */

static int learn_ranges(struct stepper *s, const struct page *page)
{
	struct proc_mapping mapping;
	int error = proc_mapping(s->pid, arch_sp(&s->regs), &mapping);
	if (error)
		return error;
	s->stack = (struct memory_range){mapping.start, page->sweep.stack_top};
	if (s->stack.high < arch_sp(&s->regs) || s->stack.high > mapping.end)
		s->stack.high = arch_sp(&s->regs);
	error = proc_mapping(s->pid, page->sweep.page, &mapping);
	if (error)
		return error;
	if (mapping.shared)
		s->page = (struct memory_range){mapping.start, mapping.end};
	return 0;
}

/* It waits in a system call, so right before the program counter there is the instruction for one.
 */
static int learn_syscall_pc(struct stepper *s)
{
	const struct arch_insn *insn;
	for (uint64_t back = 1; back <= 4; back++) {
		uint64_t pc = arch_pc(&s->regs) - back;
		if (arch_decode(s->decoder, s->step.tid, pc, &insn) == 0 && insn->is_syscall &&
			insn->length == back) {
			s->syscall_pc = pc;
			return 0;
		}
	}
	return -ENOTSUP;
}

int stepper_begin(
	struct stepper *s, pid_t pid, pid_t tid, const struct page *page, bool every_instruction)
{
	*s = (struct stepper){.pid = pid, .line = &page->sweep, .every = every_instruction};
	int error = arch_decoder_new(&s->decoder);
	if (!error)
		error = step_attach(&s->step, tid, STEP_PIN, ATTACH_MS);
	if (!error)
		error = arch_get_regs(tid, &s->regs);
	if (!error)
		error = learn_ranges(s, page);
	if (!error)
		error = learn_syscall_pc(s);
	if (!error)
		error = world_open(&s->world, pid);
	if (error)
		stepper_let_go(s);
	return error;
}

void stepper_let_go(struct stepper *s)
{
	step_detach(&s->step);
}

void stepper_free(struct stepper *s)
{
	arch_decoder_free(s->decoder);
	reach_free(&s->reach);
	s->decoder = NULL;
}

/* ---- One step ---- */

static bool lies_in(const struct arch_range *range, const struct memory_range *memory)
{
	return range->address >= memory->low && range->address + range->size <= memory->high;
}

/* The store that an instruction is about to make, as far as children would inherit it. */
struct store {
	bool any;     /* it may make one */
	bool unknown; /* nobody knows where, or how much */
	struct arch_range range;
	unsigned char before[STORE_MAX];
	ssize_t had; /* bytes that could be read */
};

static void look_at_store(
	const struct stepper *s, const struct arch_insn *insn, struct store *store)
{
	struct arch_range range[ARCH_STORES_MAX];
	store->any = store->unknown = !insn->stores_known;
	if (store->unknown || arch_stores(insn, &s->regs, range) == 0)
		return;
	if (lies_in(&range[0], &s->stack) || lies_in(&range[0], &s->page))
		return;
	store->any = true;
	store->range = range[0];
	store->unknown = range[0].size > STORE_MAX;
	if (!store->unknown)
		store->had =
			remote_read(s->step.tid, range[0].address, store->before, range[0].size);
}

static bool store_changed(const struct stepper *s, const struct store *store)
{
	unsigned char after[STORE_MAX];
	if (!store->any || store->unknown)
		return store->any;
	ssize_t has = remote_read(s->step.tid, store->range.address, after, store->range.size);
	return has != store->had || (has > 0 && memcmp(after, store->before, (size_t)has) != 0);
}

/*
 * ---- The watched word ----
 *
 * Not looked after in system calls: there others may run, and what changes is theirs.
 */

static uint32_t watched_word(const struct stepper *s)
{
	uint32_t word = 0;
	if (s->watch.address)
		remote_read(s->step.tid, s->watch.address, &word, sizeof word);
	return word;
}

/* The instruction that `regs` stood before was executed; the word had that value then. */
static void tell_change(const struct stepper *s, const struct arch_regs *regs, uint32_t before)
{
	struct stepper_change change = {.regs = regs,
		.instruction = s->instructions,
		.before = before,
		.after = watched_word(s)};
	if (s->watch.address && s->begun && change.after != before)
		s->watch.changed(s->watch.context, s->step.tid, &change);
}

static bool may_change_watched(const struct stepper *s, const struct store *store)
{
	const struct arch_range *range = &store->range;
	if (!s->watch.address || !store->any)
		return false;
	return store->unknown || (s->watch.address < range->address + range->size &&
					 range->address < s->watch.address + sizeof(uint32_t));
}

/* After the instruction at `pc`. */
static void made_point(struct stepper *s, uint64_t pc, enum stepper_event *event)
{
	s->pc = pc;
	if (s->begun)
		*event = run_try(&s->run, pc) ? STEPPER_POINT : STEPPER_LEFT_OUT;
}

/* The diary is in the page, so whoever writes there is seen to do it at once. */
static void follow_diary(struct stepper *s)
{
	uint64_t progress = atomic_load(&s->line->diary.progress);
	if (progress == s->diary_progress)
		return;
	s->diary_progress = progress;
	s->call_begun = s->instructions;
}

static void executed(struct stepper *s, uint64_t pc)
{
	if (s->begun) {
		s->instructions++;
		reach_pc(&s->reach, pc);
		follow_diary(s);
	} else {
		s->begun = atomic_load(&s->line->begun) != 0;
	}
}

/* What follows is of no interest: the thread sleeps until it is killed. */
static bool is_over(const struct stepper *s)
{
	return s->begun && !s->line->thread_ends && atomic_load(&s->line->over);
}

/* What any kind of step may end with. True when the instruction was executed. */
static bool went_well(
	struct stepper *s, int error, enum step_event happened, enum stepper_event *event)
{
	if (!error &&
		(happened == STEP_DONE || happened == STEP_SIGNAL || happened == STEP_HANDLER))
		error = arch_get_regs(s->step.tid, &s->regs);
	/* -EINTR is an interrupt of forklab's own: it will be seen outside. */
	if (error == -EINTR || (!error && happened == STEP_RUNNING))
		*event = STEPPER_BLOCKED;
	else if (error)
		lost(s, event, "the thread cannot be stepped on", error);
	else if (happened == STEP_EXITED || happened == STEP_KILLED)
		*event = STEPPER_ENDED;
	else if (happened == STEP_EXEC)
		lost(s, event, "the process executed another program", 0);
	return !error && happened == STEP_DONE;
}

/* ---- System calls ---- */

static void after_syscall(struct stepper *s, uint64_t pc, enum stepper_event *event)
{
	const struct arch_syscall *call = &s->call;
	executed(s, pc);
	if (s->begun)
		reach_syscall(&s->reach, call->number);
	if (arch_syscall_result(&s->regs) >= 0)
		world_after_syscall(&s->world, s->step.tid, call);
	if ((call->number == SYS_mmap || call->number == SYS_mprotect) &&
		call->argument[2] & PROT_EXEC)
		arch_decoder_flush(s->decoder);
	if (s->every || effects_memory(call))
		made_point(s, pc, event);
	else
		*event = STEPPER_SYSCALL;
}

static void step_syscall(struct stepper *s, uint64_t pc, enum stepper_event *event)
{
	enum step_event happened = STEP_DONE;
	if (run_ends(&s->run, pc)) {
		*event = STEPPER_LAST;
		return;
	}
	if (!arch_in_syscall(&s->regs)) {
		arch_get_syscall(&s->regs, &s->call);
		s->syscall_pc = pc;
	}
	int error = step_once(&s->step, SYSCALL_MS, &happened);
	if (went_well(s, error, happened, event) && !arch_in_syscall(&s->regs))
		after_syscall(s, pc, event);
}

/* It was left within a system call that waits. */
static void wait_for_syscall(struct stepper *s, enum stepper_event *event)
{
	enum step_event happened = STEP_DONE;
	int error = step_wait(&s->step, SYSCALL_MS, &happened);
	if (went_well(s, error, happened, event) && !arch_in_syscall(&s->regs))
		after_syscall(s, s->syscall_pc, event);
}

/* ---- Everything else ---- */

static void run_vdso(struct stepper *s, enum stepper_event *event)
{
	enum step_event happened = STEP_DONE;
	uint64_t pc = arch_pc(&s->regs);
	int error = world_run_vdso(&s->world, &s->step, &s->regs, &happened);
	if (!went_well(s, error, happened, event))
		return;
	executed(s, pc);
	struct arch_range answer = {.address = s->world.wrote, .size = 1};
	if (s->every || (answer.address && !lies_in(&answer, &s->stack)))
		made_point(s, pc, event);
}

/* A repeated string instruction is one instruction, as it is for the processor. */
static int step_repeated(struct stepper *s, const struct arch_insn *insn, enum step_event *event)
{
	int error = step_once(&s->step, 0, event);
	struct arch_regs regs;
	if (!error && *event == STEP_DONE)
		error = arch_get_regs(s->step.tid, &regs);
	if (!error && *event == STEP_DONE && arch_pc(&regs) == insn->pc)
		error = step_to(&s->step, insn->pc + insn->length, event);
	return error;
}

static void step_insn(struct stepper *s, const struct arch_insn *insn, enum stepper_event *event)
{
	struct store store = {0};
	enum step_event happened = STEP_DONE;
	struct arch_regs before = s->regs;
	look_at_store(s, insn, &store);
	/* A repeated one writes more than its first iteration. */
	store.unknown |= store.any && insn->is_repeated;
	bool watched = may_change_watched(s, &store);
	uint32_t word = watched ? watched_word(s) : 0;
	if (s->begun && store.any && run_ends(&s->run, insn->pc)) {
		*event = STEPPER_LAST;
		return;
	}
	int error = insn->is_repeated
			    ? step_repeated(s, insn, &happened)
			    : step_once(&s->step, insn->length ? 0 : UNKNOWN_MS, &happened);
	if (!went_well(s, error, happened, event))
		return;
	if (insn->pushes_flags)
		arch_clean_flags(s->step.tid, insn, &before);
	executed(s, insn->pc);
	if (watched)
		tell_change(s, &before, word);
	if (s->every || store_changed(s, &store))
		made_point(s, insn->pc, event);
}

/* Runs through what decides nothing. False when there is nothing of that kind here. */
static bool run_ahead(struct stepper *s, enum stepper_event *event)
{
	uint64_t visited[AHEAD_MAX], stop;
	enum step_event happened = STEP_DONE;
	if (s->every || !s->begun)
		return false;
	unsigned count = ahead(s->decoder, s->step.tid, &s->regs, visited, &stop);
	/* The vDSO is never run into: what it does depends on the clock. */
	if (count < 2 || world_entered(&s->world, stop))
		return false;
	int error = step_to(&s->step, stop, &happened);
	if (went_well(s, error, happened, event))
		for (unsigned i = 0; i < count; i++)
			executed(s, visited[i]);
	return true;
}

static void advance_one(struct stepper *s, enum stepper_event *event)
{
	const struct arch_insn *found;
	uint64_t pc = arch_pc(&s->regs);
	if (s->step.running) {
		wait_for_syscall(s, event);
		return;
	}
	if (arch_in_syscall(&s->regs)) {
		step_syscall(s, s->syscall_pc, event);
		return;
	}
	if (world_entered(&s->world, pc)) {
		run_vdso(s, event);
		return;
	}
	if (run_ahead(s, event))
		return;
	if (arch_decode(s->decoder, s->step.tid, pc, &found) != 0) {
		/* It will fault there: let it. */
		enum step_event happened = STEP_DONE;
		went_well(s, step_once(&s->step, UNKNOWN_MS, &happened), happened, event);
		return;
	}
	struct arch_insn insn = *found;
	if (insn.is_syscall)
		step_syscall(s, pc, event);
	else
		step_insn(s, &insn, event);
}

void stepper_advance(struct stepper *s, enum stepper_event *event)
{
	*event = STEPPER_NONE;
	for (unsigned i = 0; i < LONG && *event == STEPPER_NONE; i++) {
		if (is_over(s))
			*event = STEPPER_ENDED;
		else
			advance_one(s, event);
	}
}
