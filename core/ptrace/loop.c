#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "loop_read_set.h"
#include "loop_syscalls.h"
#include "loop_write_set.h"
#include "monotonic.h"
#include "proc_mem.h"

/*
 * A thread stops at once, but only when it gets a processor: on a loaded machine that takes a
 * while, and one that was given up on stays attached.
 */
enum { ATTACH_MS = 2000, STOP_MS = 2000 };

static const char stopped[] = "it is stopped by job control";
static const uint64_t ns_per_ms = 1000 * 1000;

/*
 * Brent's way of finding a cycle: every state is compared with one candidate, and the candidate is
 * replaced after 1, 2, 4, 8, … steps. Needs memory for one state, and finds any cycle after at most
 * three times the steps that lead to it and through it.
 */
struct loop {
	struct step *step;
	struct arch_decoder *decoder;
	unsigned max_steps;
	uint64_t deadline_ns;
	struct loop_result *result;

	struct arch_regs regs; /* now */
	unsigned since;        /* steps since the candidate, */
	unsigned limit;        /* after which it is replaced */

	/* The candidate, and what happened since. */
	struct arch_regs candidate;
	struct arch_extended extended;
	const char *spoiled; /* why a repetition of the candidate would prove nothing, or NULL */
	const char *spoiled_before; /* the same for the candidate before */
	struct loop_result earlier; /* what there was to tell of it */
	const char *near_miss;      /* what was missing when the registers, at least, did recur */
	struct journal journal;
	bool wrote_much;
	struct reads reads;

	struct arch_extended extended_now; /* scratch */
};

static void spoil(struct loop *loop, const char *why)
{
	if (why && !loop->spoiled)
		loop->spoiled = why;
}

static void note_much_written(struct loop *loop)
{
	loop->wrote_much = true;
	spoil(loop, "it writes too much memory");
}

/* The likeliest to be the lock first. */
static unsigned rank_of(const struct loop_watch *watch)
{
	return watch->futex ? 0 : watch->on_stack ? 2 : 1;
}

/* What is to be told of the instructions since the candidate. */
static void describe(struct loop *loop)
{
	struct loop_result *result = loop->result;
	result->round = loop->since;
	result->watches = 0;
	for (unsigned rank = 0; rank < 3; rank++) {
		for (unsigned i = 0; i < loop->reads.watches; i++) {
			if (rank_of(&loop->reads.watch[i]) == rank)
				result->watch[result->watches++] = loop->reads.watch[i];
		}
	}
	for (unsigned i = 0; i < result->watches; i++) {
		struct loop_watch *watch = &result->watch[i];
		struct arch_range range = {watch->address, watch->size};
		size_t size =
			watch->size < sizeof(watch->value) ? watch->size : sizeof(watch->value);
		journal_look_up(&loop->journal, &range, &watch->written, &watch->changed);
		if (loop->step->tid)
			remote_read(loop->step->tid, watch->address, &watch->value, size);
	}
	result->more_watches = loop->reads.more_watches;
	result->wrote_much = loop->wrote_much;
}

static void take_candidate(struct loop *loop)
{
	struct loop_result *result = loop->result;
	describe(loop);
	loop->earlier = *result;
	loop->limit = loop->limit ? 2 * loop->limit : 1;
	loop->since = 0;
	loop->candidate = loop->regs;
	loop->spoiled_before = loop->spoiled;
	loop->spoiled = NULL;
	if (arch_get_extended(loop->step->tid, &loop->extended) != 0)
		spoil(loop, "its vector registers cannot be read");
	/* What the next step does is then not what stands at the program counter. */
	if (arch_in_syscall(&loop->regs))
		spoil(loop, "it is in the middle of a system call");
	journal_reset(&loop->journal);
	loop->wrote_much = false;
	reads_reset(&loop->reads);
	result->syscalls = 0;
	result->first_syscall = 0;
	result->pc_low = result->pc_high = arch_pc(&loop->regs);
}

/* The registers are the candidate's: NULL when nothing can make it go on differently. */
static const char *missing(struct loop *loop)
{
	pid_t tid = loop->step->tid;
	if (loop->spoiled)
		return loop->spoiled;
	if (!journal_is_undone(&loop->journal, tid))
		return "its registers recur, but the memory that it writes does not";
	if (arch_get_extended(tid, &loop->extended_now) != 0 ||
		!arch_extended_equal(&loop->extended, &loop->extended_now))
		return "its registers recur, but the vector registers do not";
	return reads_are_private(&loop->reads, tid);
}

static bool repeated(struct loop *loop)
{
	if (loop->since == 0 || !arch_regs_equal(&loop->regs, &loop->candidate))
		return false;
	loop->near_miss = missing(loop);
	return !loop->near_miss;
}

/* The most telling of the reasons there are. */
static const char *best_reason(const struct loop *loop)
{
	const char *reasons[] = {loop->near_miss, loop->spoiled, loop->spoiled_before};
	for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i])
			return reasons[i];
	}
	return "its registers did not recur";
}

/* One instruction: what was decoded, what it will touch, and what is asked of the kernel. */
struct action {
	const struct arch_insn *insn;
	unsigned stores;
	struct arch_range store[ARCH_STORES_MAX];
	struct arch_syscall call;
};

static void expect_syscall(struct loop *loop, struct action *action)
{
	struct loop_result *result = loop->result;
	struct call_reads reads;
	arch_get_syscall(&loop->regs, &action->call);
	if (result->syscalls++ == 0)
		result->first_syscall = action->call.number;
	spoil(loop, call_refused(&action->call, &reads));
	for (unsigned i = 0; i < reads.count; i++)
		spoil(loop, reads_add(&loop->reads, &reads.range[i],
				    reads.futex && i == 0 ? READ_FUTEX : READ_DATA));
}

/* Everything that has to be known before the instruction is executed. */
static void expect(struct loop *loop, struct action *action)
{
	pid_t tid = loop->step->tid;
	uint64_t pc = arch_pc(&loop->regs);
	struct loop_result *result = loop->result;
	result->pc_low = pc < result->pc_low ? pc : result->pc_low;
	result->pc_high = pc > result->pc_high ? pc : result->pc_high;
	*action = (struct action){0};
	if (arch_decode(loop->decoder, tid, pc, &action->insn) != 0) {
		spoil(loop, "its code cannot be read");
		return;
	}
	const struct arch_insn *insn = action->insn;
	if (!insn->stores_known || !insn->loads_known)
		spoil(loop, "it executes an instruction that is not understood");
	if (insn->from_outside)
		spoil(loop, "it asks a clock, a random number or the processor");
	spoil(loop, reads_add_code(&loop->reads, pc));
	struct arch_range load[ARCH_LOADS_MAX];
	unsigned loads = arch_loads(insn, &loop->regs, load);
	for (unsigned i = 0; i < loads; i++)
		spoil(loop, reads_add(&loop->reads, &load[i],
				    insn->is_branch ? READ_TARGET : READ_DATA));
	action->stores = arch_stores(insn, &loop->regs, action->store);
	for (unsigned i = 0; i < action->stores; i++) {
		if (!journal_before(&loop->journal, tid, &action->store[i]))
			note_much_written(loop);
	}
	if (insn->is_syscall)
		expect_syscall(loop, action);
}

/* And after it. */
static int conclude(struct loop *loop, const struct action *action)
{
	pid_t tid = loop->step->tid;
	struct arch_regs before = loop->regs;
	int error = arch_get_regs(tid, &loop->regs);
	if (error)
		return error;
	if (!action->insn)
		return 0;
	error = arch_clean_flags(tid, action->insn, &before);
	for (unsigned i = 0; i < action->stores; i++) {
		if (!journal_after(&loop->journal, tid, &action->store[i]))
			note_much_written(loop);
	}
	if (action->insn->is_syscall)
		spoil(loop, call_result_refused(&action->call, arch_syscall_result(&loop->regs)));
	return error;
}

/* Milliseconds that are left, rounded up; 0: none. */
static unsigned remaining_ms(const struct loop *loop)
{
	uint64_t now = monotonic_ns();
	if (now >= loop->deadline_ns)
		return 0;
	return (unsigned)((loop->deadline_ns - now + ns_per_ms - 1) / ns_per_ms);
}

/* Executes one instruction. NULL to go on, or a static sentence on why it cannot go on. */
static const char *advance(struct loop *loop, int *error)
{
	struct action action;
	enum step_event event;
	expect(loop, &action);
	unsigned limit_ms = remaining_ms(loop);
	bool may_wait = !action.insn || action.insn->is_syscall || !action.insn->stores_known ||
			arch_in_syscall(&loop->regs);
	*error = step_once(loop->step, may_wait ? limit_ms + !limit_ms : 0, &event);
	if (!*error && event == STEP_RUNNING) {
		*error = step_stop(loop->step, STOP_MS, &event);
		if (!*error)
			return "it was still waiting in a system call when the time was over";
	}
	if (*error)
		return "it could not be stepped";
	if (event == STEP_EXITED || event == STEP_KILLED)
		return "it ended";
	if (event == STEP_EXEC)
		return "it executed another program";
	if (event == STEP_STOPPED)
		return stopped;
	if (event == STEP_SIGNAL || event == STEP_HANDLER)
		spoil(loop, "it received a signal");
	loop->since++;
	loop->result->steps++;
	*error = conclude(loop, &action);
	return *error ? "it could not be stepped" : NULL;
}

/* Until the proof is found, or time or steps are over; or returns why it cannot go on. */
static const char *search(struct loop *loop, int *error)
{
	struct loop_result *result = loop->result;
	if (loop->step->stopped)
		return stopped;
	take_candidate(loop);
	for (;;) {
		if (repeated(loop)) {
			result->outcome = LOOP_PROVEN;
			return "";
		}
		if (result->steps >= loop->max_steps || remaining_ms(loop) == 0)
			return best_reason(loop);
		if (loop->since == loop->limit)
			take_candidate(loop);
		const char *why = advance(loop, error);
		if (why)
			return why;
	}
}

/* Without a proof, what was seen with the candidate before may tell more. */
static void describe_best(struct loop *loop)
{
	struct loop_result *result = loop->result;
	describe(loop);
	if (result->outcome == LOOP_PROVEN || loop->earlier.round <= result->round)
		return;
	loop->earlier.reason = result->reason;
	loop->earlier.steps = result->steps;
	*result = loop->earlier;
}

static int run(struct loop *loop)
{
	struct loop_result *result = loop->result;
	int error = arch_get_regs(loop->step->tid, &loop->regs);
	if (error)
		return error;
	reads_begin(&loop->reads, loop->step->tid, &loop->regs);
	result->reason = search(loop, &error);
	describe_best(loop);
	result->pc = arch_pc(&loop->regs);
	result->sp = arch_sp(&loop->regs);
	return error;
}

int loop_prove_stopped(
	struct step *step, unsigned max_steps, unsigned deadline_ms, struct loop_result *result)
{
	const char *why;
	memset(result, 0, sizeof(*result));
	result->reason = "";
	if (!arch_supported(&why))
		return -ENOSYS;
	struct loop *loop = calloc(1, sizeof(*loop));
	if (!loop)
		return -ENOMEM;
	loop->step = step;
	loop->max_steps = max_steps;
	loop->deadline_ns = monotonic_ns() + deadline_ms * ns_per_ms;
	loop->result = result;
	int error = arch_decoder_new(&loop->decoder);
	if (!error) {
		error = run(loop);
		arch_decoder_free(loop->decoder);
	}
	free(loop);
	return error;
}

int loop_prove(pid_t tid, unsigned max_steps, unsigned deadline_ms, struct loop_result *result)
{
	struct step step;
	const char *why;
	memset(result, 0, sizeof(*result));
	result->reason = "";
	if (!arch_supported(&why))
		return -ENOSYS;
	int error = step_attach(&step, tid, STEP_PIN, ATTACH_MS);
	if (!error)
		error = loop_prove_stopped(&step, max_steps, deadline_ms, result);
	int detached = step_detach(&step);
	return error ? error : detached;
}
