#include "stepper.h"

#include "hw_breakpoint.h"
#include "proc.h"
#include "proc_mem.h"
#include "syscall_effects.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum {
	SYSCALL_MS = 20,     /* then a system call is said to wait */
	UNKNOWN_MS = 1000,   /* for an instruction that the decoder does not know */
	STEPS_MAX = 1 << 14, /* steps without an event */
	STORE_MAX = 1024,    /* bytes that one instruction may write and be compared */
};

static void fail(struct stepper *s, enum stepper_event *event, enum finding_cause cause, int error)
{
	s->lost_cause = cause;
	s->lost_error = error;
	*event = STEPPER_LOST;
}

/* ---- Beginning and end ---- */

static int find_ranges(struct stepper *s, const struct shm *shm)
{
	struct proc_mapping mapping;
	int error = proc_mapping(s->pid, arch_sp(&s->regs), &mapping);
	if (error)
		return error;
	s->stack = (struct memory_range){mapping.start, shm->sweep.stack_top};
	if (s->stack.high < arch_sp(&s->regs) || s->stack.high > mapping.end)
		s->stack.high = arch_sp(&s->regs);
	error = proc_mapping(s->pid, shm->sweep.shm, &mapping);
	if (error)
		return error;
	if (mapping.shared)
		s->shm = (struct memory_range){mapping.start, mapping.end};
	return 0;
}

/* The thread waits in a system call, so its instruction is right before the program counter. */
static int find_syscall_pc(struct stepper *s)
{
	const struct arch_insn *insn;
	for (uint64_t back = 1; back <= 4; back++) {
		uint64_t pc = arch_pc(&s->regs) - back;
		if (arch_decode(s->decoder, s->tracee.tid, pc, &insn) == 0 && insn->is_syscall &&
			insn->length == back) {
			s->syscall_pc = pc;
			return 0;
		}
	}
	return -ENOTSUP;
}

int stepper_attach(
	struct stepper *s, pid_t pid, pid_t tid, const struct shm *shm, bool every_instruction)
{
	*s = (struct stepper){.pid = pid, .line = &shm->sweep, .every_insn = every_instruction};
	s->alone = (struct alone){.pid = pid, .tid = tid};
	int error = arch_decoder_new(&s->decoder);
	if (!error)
		error = step_attach(&s->tracee, tid, STEP_PIN | STEP_CONTINUE, STEP_ATTACH_MS);
	if (!error)
		error = arch_get_regs(tid, &s->regs);
	if (!error)
		error = find_ranges(s, shm);
	if (!error)
		error = find_syscall_pc(s);
	if (!error)
		error = determinism_init(&s->determinism, pid);
	if (error)
		stepper_detach(s);
	return error;
}

void stepper_detach(struct stepper *s)
{
	step_detach(&s->tracee);
}

void stepper_free(struct stepper *s)
{
	arch_decoder_free(s->decoder);
	coverage_free(&s->coverage);
	s->decoder = NULL;
}

/* ---- One step ---- */

static bool is_within(const struct arch_range *range, const struct memory_range *memory)
{
	return range->address >= memory->low && range->address + range->size <= memory->high;
}

/* The store that an instruction is about to make, as far as a child would inherit it. */
struct store {
	bool any;     /* there may be one */
	bool unknown; /* its address or size is not known */
	struct arch_range range;
	unsigned char before[STORE_MAX];
	ssize_t before_size; /* bytes that could be read */
};

static void predict_store(
	const struct stepper *s, const struct arch_insn *insn, struct store *store)
{
	struct arch_range range[ARCH_STORES_MAX];
	store->any = store->unknown = !insn->stores_known;
	if (store->unknown || arch_stores(insn, &s->regs, range) == 0)
		return;
	if (is_within(&range[0], &s->stack) || is_within(&range[0], &s->shm))
		return;
	store->any = true;
	store->range = range[0];
	store->unknown = range[0].size > STORE_MAX;
	if (!store->unknown)
		store->before_size = proc_mem_read(
			s->tracee.tid, range[0].address, store->before, range[0].size);
}

static bool covers(const struct arch_range *range, uint64_t word)
{
	return word && word < range->address + range->size &&
	       range->address < word + sizeof(uint32_t);
}

/*
 * The word that a waiting fork looks at counts as changed: when the worker releases the lock, the
 * forking thread may have taken it before the bytes are read again, and they are as before.
 */
static bool store_changed(const struct stepper *s, const struct store *store)
{
	unsigned char after[STORE_MAX];
	if (!store->any || store->unknown || covers(&store->range, s->awaited))
		return store->any;
	ssize_t has = proc_mem_read(s->tracee.tid, store->range.address, after, store->range.size);
	return has != store->before_size ||
	       (has > 0 && memcmp(after, store->before, (size_t)has) != 0);
}

/*
 * ---- The watched word ----
 *
 * Not checked across system calls: other threads run meanwhile, and the change may be theirs.
 */

static uint32_t watched_word(const struct stepper *s)
{
	uint32_t word = 0;
	if (s->watchpoint.address)
		proc_mem_read(s->tracee.tid, s->watchpoint.address, &word, sizeof(word));
	return word;
}

/* The instruction at `regs` was executed; the word had that value before. */
static void report_hit(const struct stepper *s, const struct arch_regs *regs, uint32_t before)
{
	struct watchpoint_hit change = {.regs = regs,
		.instruction = s->instructions,
		.before = before,
		.after = watched_word(s)};
	if (s->watchpoint.address && s->begun && change.after != before)
		s->watchpoint.changed(s->watchpoint.context, s->tracee.tid, &change);
}

static bool may_hit_watchpoint(const struct stepper *s, const struct store *store)
{
	const struct arch_range *range = &store->range;
	if (!s->watchpoint.address || !store->any)
		return false;
	return store->unknown || covers(range, s->watchpoint.address);
}

/* After the instruction at `pc`. */
static void at_fork_point(struct stepper *s, uint64_t pc, enum stepper_event *event)
{
	s->pc = pc;
	if (s->begun)
		*event = store_run_sample(&s->store_run, pc) ? STEPPER_POINT : STEPPER_LEFT_OUT;
}

/* The activity record is in the shared page, so a write to it is seen at once. */
static void follow_activity(struct stepper *s)
{
	uint64_t progress = atomic_load(&s->line->activity.progress);
	if (progress == s->activity_progress)
		return;
	s->activity_progress = progress;
	s->call_begin_instruction = s->instructions;
}

static void count_insn(struct stepper *s, uint64_t pc)
{
	if (s->begun) {
		s->instructions++;
		coverage_add_pc(&s->coverage, pc);
		follow_activity(s);
	} else {
		s->begun = atomic_load(&s->line->begun) != 0;
	}
}

/* Nothing after that matters: the thread sleeps until it is killed. */
static bool is_over(const struct stepper *s)
{
	return s->begun && !s->line->thread_ends && atomic_load(&s->line->over);
}

static void note_signal(struct stepper *s)
{
	atomic_store(&s->signal.noted, CRASH_SEEN);
	s->signal.tid = s->tracee.tid;
	s->signal.signal = s->tracee.detail;
	s->signal.pc = arch_pc(&s->regs);
}

/* The possible ends of any kind of step. True when the instruction was executed. */
static bool step_completed(
	struct stepper *s, int error, enum step_event happened, enum stepper_event *event)
{
	if (!error &&
		(happened == STEP_DONE || happened == STEP_SIGNAL || happened == STEP_HANDLER))
		error = arch_get_regs(s->tracee.tid, &s->regs);
	if (!error && happened == STEP_SIGNAL)
		note_signal(s);
	if (error || happened != STEP_DONE)
		alone_woken(&s->alone, 0);
	/* -EINTR: the user interrupted forklab; the caller will see that. */
	if (error == -EINTR || (!error && happened == STEP_RUNNING))
		*event = STEPPER_BLOCKED;
	else if (error == -ETIMEDOUT)
		fail(s, event, CAUSE_STEP_TIMEOUT, 0);
	else if (error)
		fail(s, event, CAUSE_STEP_FAILED, -error);
	else if (happened == STEP_EXITED || happened == STEP_KILLED)
		*event = STEPPER_ENDED;
	else if (happened == STEP_EXEC)
		fail(s, event, CAUSE_PROCESS_EXEC, 0);
	return !error && happened == STEP_DONE;
}

/* Before a step_to(). Matters, and costs something, only without breakpoint registers. */
static void know_if_alone(struct stepper *s)
{
	if (!hw_breakpoints_fire())
		s->tracee.alone = alone_now(&s->alone);
}

/* ---- System calls ---- */

static void after_syscall(struct stepper *s, uint64_t pc, enum stepper_event *event)
{
	const struct arch_syscall *call = &s->call;
	count_insn(s, pc);
	alone_called(&s->alone, call->number);
	if (s->begun)
		coverage_add_syscall(&s->coverage, call->number);
	if (arch_syscall_result(&s->regs) >= 0)
		determinism_after_syscall(&s->determinism, s->tracee.tid, call);
	if ((call->number == SYS_mmap || call->number == SYS_mprotect) &&
		call->argument[2] & PROT_EXEC)
		arch_decoder_flush(s->decoder);
	if (s->every_insn || syscall_affects_child(call))
		at_fork_point(s, pc, event);
	else
		*event = STEPPER_SYSCALL;
}

static void step_syscall(struct stepper *s, uint64_t pc, enum stepper_event *event)
{
	enum step_event happened = STEP_DONE;
	if (store_run_ends(&s->store_run, pc)) {
		*event = STEPPER_LAST;
		return;
	}
	if (!arch_in_syscall(&s->regs)) {
		arch_get_syscall(&s->regs, &s->call);
		s->syscall_pc = pc;
	}
	int error = step_once(&s->tracee, SYSCALL_MS, &happened);
	if (step_completed(s, error, happened, event) && !arch_in_syscall(&s->regs))
		after_syscall(s, pc, event);
}

/* The thread was left within a system call that waits. */
static void wait_for_syscall(struct stepper *s, enum stepper_event *event)
{
	enum step_event happened = STEP_DONE;
	int error = step_wait(&s->tracee, SYSCALL_MS, &happened);
	if (step_completed(s, error, happened, event) && !arch_in_syscall(&s->regs))
		after_syscall(s, s->syscall_pc, event);
}

/* ---- All other instructions ---- */

static void run_vdso(struct stepper *s, enum stepper_event *event)
{
	enum step_event happened = STEP_DONE;
	uint64_t pc = arch_pc(&s->regs);
	know_if_alone(s);
	int error = determinism_run_vdso(&s->determinism, &s->tracee, &s->regs, &happened);
	if (!step_completed(s, error, happened, event))
		return;
	count_insn(s, pc);
	struct arch_range answer = {.address = s->determinism.result_address, .size = 1};
	if (s->every_insn || (answer.address && !is_within(&answer, &s->stack)))
		at_fork_point(s, pc, event);
}

/* A repeated string instruction counts as one instruction, as it does for the processor. */
static int step_repeated(struct stepper *s, const struct arch_insn *insn, enum step_event *event)
{
	int error = step_once(&s->tracee, 0, event);
	struct arch_regs regs;
	if (!error && *event == STEP_DONE)
		error = arch_get_regs(s->tracee.tid, &regs);
	if (error || *event != STEP_DONE || arch_pc(&regs) != insn->pc)
		return error;
	know_if_alone(s);
	return step_to(&s->tracee, insn->pc + insn->length, event);
}

static void step_insn(struct stepper *s, const struct arch_insn *insn, enum stepper_event *event)
{
	struct store store = {0};
	enum step_event happened = STEP_DONE;
	struct arch_regs before = s->regs;
	predict_store(s, insn, &store);
	/* A repeated instruction writes more than its first iteration. */
	store.unknown |= store.any && insn->is_repeated;
	bool watched = may_hit_watchpoint(s, &store);
	uint32_t word = watched ? watched_word(s) : 0;
	if (s->begun && store.any && store_run_ends(&s->store_run, insn->pc)) {
		*event = STEPPER_LAST;
		return;
	}
	int error = insn->is_repeated
			    ? step_repeated(s, insn, &happened)
			    : step_once(&s->tracee, insn->length ? 0 : UNKNOWN_MS, &happened);
	if (!step_completed(s, error, happened, event))
		return;
	if (insn->pushes_flags)
		arch_clear_trap_flag(s->tracee.tid, insn, &before);
	count_insn(s, insn->pc);
	if (watched)
		report_hit(s, &before, word);
	if (s->every_insn || store_changed(s, &store))
		at_fork_point(s, insn->pc, event);
}

/* Runs through code that has no fork points. False when there is none here. */
static bool run_ahead(struct stepper *s, enum stepper_event *event)
{
	uint64_t visited[LOOKAHEAD_MAX], stop;
	enum step_event happened = STEP_DONE;
	if (s->every_insn || !s->begun)
		return false;
	unsigned count = lookahead(s->decoder, s->tracee.tid, &s->regs, visited, &stop);
	/* Never runs into the vDSO: what it does depends on the clock. */
	if (count < 2 || determinism_in_vdso(&s->determinism, stop))
		return false;
	know_if_alone(s);
	int error = step_to(&s->tracee, stop, &happened);
	if (step_completed(s, error, happened, event))
		for (unsigned i = 0; i < count; i++)
			count_insn(s, visited[i]);
	return true;
}

static void advance_one(struct stepper *s, enum stepper_event *event)
{
	const struct arch_insn *found;
	uint64_t pc = arch_pc(&s->regs);
	if (s->tracee.running) {
		wait_for_syscall(s, event);
		return;
	}
	if (arch_in_syscall(&s->regs)) {
		step_syscall(s, s->syscall_pc, event);
		return;
	}
	if (determinism_in_vdso(&s->determinism, pc)) {
		run_vdso(s, event);
		return;
	}
	if (run_ahead(s, event))
		return;
	if (arch_decode(s->decoder, s->tracee.tid, pc, &found) != 0) {
		/* The instruction will fault there. */
		enum step_event happened = STEP_DONE;
		step_completed(s, step_once(&s->tracee, UNKNOWN_MS, &happened), happened, event);
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
	for (unsigned i = 0; i < STEPS_MAX && *event == STEPPER_NONE; i++) {
		if (is_over(s))
			*event = STEPPER_ENDED;
		else
			advance_one(s, event);
	}
}
