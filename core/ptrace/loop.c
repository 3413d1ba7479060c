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

enum { STOP_MS = 2000 };

/*
 * Brent's algorithm for finding a cycle: every state is compared with one candidate, which is
 * replaced after 1, 2, 4, 8, … steps. It stores one state and finds a cycle within three times the
 * steps that lead to it and through it.
 */
struct loop {
	struct tracee *tracee;
	struct arch_decoder *decoder;
	unsigned max_steps;
	uint64_t deadline_ns;
	struct loop_result *result;

	struct arch_regs regs; /* now */
	unsigned since;        /* steps since the candidate, */
	unsigned limit;        /* after which it is replaced */

	/* The candidate, and what happened since then. */
	struct arch_regs candidate;
	struct arch_extended extended;
	enum loop_obstacle invalid;          /* why its recurrence would prove nothing */
	enum loop_obstacle previous_invalid; /* the same for the candidate before */
	struct loop_result previous;         /* the result for that one */
	enum loop_obstacle mismatch;         /* what differed when only the registers recurred */
	struct write_set write_set;
	bool wrote_too_much;
	struct read_set reads;

	struct arch_extended extended_now; /* scratch */
};

static void invalidate(struct loop *loop, enum loop_obstacle obstacle)
{
	if (!loop->invalid)
		loop->invalid = obstacle;
}

static void note_too_much_written(struct loop *loop)
{
	loop->wrote_too_much = true;
	invalidate(loop, LOOP_WRITES_TOO_MUCH);
}

/* The most likely lock word first. */
static unsigned rank_of(const struct loop_location *location)
{
	return location->futex ? 0 : location->on_stack ? 2 : 1;
}

/* Describes the instructions since the candidate. */
static void fill_result(struct loop *loop)
{
	struct loop_result *result = loop->result;
	result->period = loop->since;
	result->locations = 0;
	for (unsigned rank = 0; rank < 3; rank++)
		for (unsigned i = 0; i < loop->reads.locations; i++)
			if (rank_of(&loop->reads.location[i]) == rank)
				result->location[result->locations++] = loop->reads.location[i];
	for (unsigned i = 0; i < result->locations; i++) {
		struct loop_location *location = &result->location[i];
		struct arch_range range = {location->address, location->size};
		size_t size = location->size < sizeof(location->value) ? location->size
								       : sizeof(location->value);
		write_set_lookup(&loop->write_set, &range, &location->written, &location->changed);
		if (loop->tracee->tid)
			proc_mem_read(loop->tracee->tid, location->address, &location->value, size);
	}
	result->more_locations = loop->reads.more_locations;
	result->wrote_too_much = loop->wrote_too_much;
}

static void take_candidate(struct loop *loop)
{
	struct loop_result *result = loop->result;
	fill_result(loop);
	loop->previous = *result;
	loop->limit = loop->limit ? 2 * loop->limit : 1;
	loop->since = 0;
	loop->candidate = loop->regs;
	loop->previous_invalid = loop->invalid;
	loop->invalid = LOOP_NO_OBSTACLE;
	if (arch_get_extended(loop->tracee->tid, &loop->extended) != 0)
		invalidate(loop, LOOP_EXTENDED_UNKNOWN);
	/* The next step then does not execute the instruction at the program counter. */
	if (arch_in_syscall(&loop->regs))
		invalidate(loop, LOOP_SYSCALL_ENTERED);
	write_set_reset(&loop->write_set);
	loop->wrote_too_much = false;
	read_set_reset(&loop->reads);
	result->syscalls = 0;
	result->other_syscalls = 0;
	result->pc_low = result->pc_high = arch_pc(&loop->regs);
}

/* The registers equal the candidate's; is the rest of the state equal as well? */
static enum loop_obstacle find_mismatch(struct loop *loop)
{
	pid_t tid = loop->tracee->tid;
	if (loop->invalid)
		return loop->invalid;
	if (!write_set_is_restored(&loop->write_set, tid))
		return LOOP_MEMORY_DIFFERS;
	if (arch_get_extended(tid, &loop->extended_now) != 0 ||
		!arch_extended_equal(&loop->extended, &loop->extended_now))
		return LOOP_EXTENDED_DIFFER;
	return read_set_is_private(&loop->reads, tid);
}

static bool state_recurs(struct loop *loop)
{
	if (loop->since == 0 || !arch_regs_equal(&loop->regs, &loop->candidate))
		return false;
	loop->mismatch = find_mismatch(loop);
	return !loop->mismatch;
}

/* The most specific obstacle. */
static enum loop_obstacle best_obstacle(const struct loop *loop)
{
	if (loop->mismatch)
		return loop->mismatch;
	if (loop->invalid)
		return loop->invalid;
	return loop->previous_invalid ? loop->previous_invalid : LOOP_NO_RECURRENCE;
}

/* One instruction, what it writes, and its system call. */
struct step_effects {
	const struct arch_insn *insn;
	unsigned stores;
	struct arch_range store[ARCH_STORES_MAX];
	struct arch_syscall call;
};

static void before_syscall(struct loop *loop, struct step_effects *step_effects)
{
	struct loop_result *result = loop->result;
	struct syscall_reads reads;
	arch_get_syscall(&loop->regs, &step_effects->call);
	enum loop_obstacle obstacle = loop_syscall_check(&step_effects->call, &reads);
	result->syscalls++;
	result->other_syscalls += obstacle == LOOP_SYSCALL_UNKNOWN;
	invalidate(loop, obstacle);
	for (unsigned i = 0; i < reads.count; i++)
		invalidate(loop, read_set_add(&loop->reads, &reads.range[i],
					 reads.futex && i == 0 ? READ_FUTEX : READ_DATA));
}

static enum read_kind read_kind_of(const struct arch_insn *insn)
{
	return insn->is_branch ? READ_TARGET : insn->is_atomic ? READ_ATOMIC : READ_DATA;
}

/* Records what must be known before the instruction is executed. */
static void before_step(struct loop *loop, struct step_effects *step_effects)
{
	pid_t tid = loop->tracee->tid;
	uint64_t pc = arch_pc(&loop->regs);
	struct loop_result *result = loop->result;
	result->pc_low = pc < result->pc_low ? pc : result->pc_low;
	result->pc_high = pc > result->pc_high ? pc : result->pc_high;
	*step_effects = (struct step_effects){0};
	if (arch_decode(loop->decoder, tid, pc, &step_effects->insn) != 0) {
		invalidate(loop, LOOP_CODE_UNREADABLE);
		return;
	}
	const struct arch_insn *insn = step_effects->insn;
	if (!insn->stores_known || !insn->loads_known)
		invalidate(loop, LOOP_INSN_UNKNOWN);
	if (insn->nondeterministic)
		invalidate(loop, LOOP_NONDETERMINISTIC);
	invalidate(loop, read_set_add_code(&loop->reads, pc));
	struct arch_range load[ARCH_LOADS_MAX];
	unsigned loads = arch_loads(insn, &loop->regs, load);
	for (unsigned i = 0; i < loads; i++)
		invalidate(loop, read_set_add(&loop->reads, &load[i], read_kind_of(insn)));
	step_effects->stores = arch_stores(insn, &loop->regs, step_effects->store);
	for (unsigned i = 0; i < step_effects->stores; i++)
		if (!write_set_before_store(&loop->write_set, tid, &step_effects->store[i]))
			note_too_much_written(loop);
	if (insn->is_syscall)
		before_syscall(loop, step_effects);
}

/* And what must be known after it. */
static int after_step(struct loop *loop, const struct step_effects *step_effects)
{
	pid_t tid = loop->tracee->tid;
	struct arch_regs before = loop->regs;
	int error = arch_get_regs(tid, &loop->regs);
	if (error)
		return error;
	if (!step_effects->insn)
		return 0;
	error = arch_clear_trap_flag(tid, step_effects->insn, &before);
	for (unsigned i = 0; i < step_effects->stores; i++)
		if (!write_set_after_store(&loop->write_set, tid, &step_effects->store[i]))
			note_too_much_written(loop);
	if (step_effects->insn->is_syscall)
		invalidate(loop, loop_syscall_result_check(
					 &step_effects->call, arch_syscall_result(&loop->regs)));
	return error;
}

/* The time that is left, rounded up; 0: none. */
static unsigned remaining_ms(const struct loop *loop)
{
	uint64_t now = monotonic_ns();
	if (now >= loop->deadline_ns)
		return 0;
	return (unsigned)((loop->deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS);
}

/* Executes one instruction. Returns the obstacle if stepping cannot continue. */
static enum loop_obstacle advance(struct loop *loop, int *error)
{
	struct step_effects step_effects;
	enum step_event event;
	before_step(loop, &step_effects);
	unsigned limit_ms = remaining_ms(loop);
	bool may_wait = !step_effects.insn || step_effects.insn->is_syscall ||
			!step_effects.insn->stores_known || arch_in_syscall(&loop->regs);
	*error = step_once(loop->tracee, may_wait ? limit_ms + !limit_ms : 0, &event);
	if (!*error && event == STEP_RUNNING) {
		*error = step_stop(loop->tracee, STOP_MS, &event);
		if (!*error)
			return LOOP_SYSCALL_WAITS;
	}
	if (*error)
		return LOOP_PTRACE_FAILED;
	if (event == STEP_EXITED || event == STEP_KILLED)
		return LOOP_ENDED;
	if (event == STEP_EXEC)
		return LOOP_EXECED;
	if (event == STEP_STOPPED)
		return LOOP_JOB_CONTROL;
	if (event == STEP_SIGNAL || event == STEP_HANDLER)
		invalidate(loop, LOOP_SIGNAL);
	loop->since++;
	loop->result->steps++;
	*error = after_step(loop, &step_effects);
	return *error ? LOOP_PTRACE_FAILED : LOOP_NO_OBSTACLE;
}

/* Steps until the state recurs, an obstacle ends it, or steps or time are used up. */
static enum loop_obstacle find_cycle(struct loop *loop, int *error)
{
	struct loop_result *result = loop->result;
	if (loop->tracee->stopped)
		return LOOP_JOB_CONTROL;
	take_candidate(loop);
	for (;;) {
		if (state_recurs(loop)) {
			result->outcome = LOOP_PROVEN;
			return LOOP_NO_OBSTACLE;
		}
		if (result->steps >= loop->max_steps || remaining_ms(loop) == 0)
			return best_obstacle(loop);
		if (loop->since == loop->limit)
			take_candidate(loop);
		enum loop_obstacle obstacle = advance(loop, error);
		if (obstacle)
			return obstacle;
	}
}

/* Without a proof, the stretch since the candidate before may be longer. */
static void fill_best_result(struct loop *loop)
{
	struct loop_result *result = loop->result;
	fill_result(loop);
	if (result->outcome == LOOP_PROVEN || loop->previous.period <= result->period)
		return;
	loop->previous.obstacle = result->obstacle;
	loop->previous.steps = result->steps;
	*result = loop->previous;
}

static int prove(struct loop *loop)
{
	struct loop_result *result = loop->result;
	int error = arch_get_regs(loop->tracee->tid, &loop->regs);
	if (error)
		return error;
	read_set_init(&loop->reads, loop->tracee->tid, &loop->regs);
	result->obstacle = find_cycle(loop, &error);
	fill_best_result(loop);
	result->pc = arch_pc(&loop->regs);
	result->sp = arch_sp(&loop->regs);
	return error;
}

int loop_prove_stopped(
	struct tracee *tracee, unsigned max_steps, unsigned deadline_ms, struct loop_result *result)
{
	const char *why;
	memset(result, 0, sizeof(*result));
	if (!arch_supported(&why))
		return -ENOSYS;
	struct loop *loop = calloc(1, sizeof(*loop));
	if (!loop)
		return -ENOMEM;
	loop->tracee = tracee;
	loop->max_steps = max_steps;
	loop->deadline_ns = monotonic_ns() + deadline_ms * NS_PER_MS;
	loop->result = result;
	int error = arch_decoder_new(&loop->decoder);
	if (!error) {
		error = prove(loop);
		arch_decoder_free(loop->decoder);
	}
	free(loop);
	return error;
}

int loop_prove(pid_t tid, unsigned max_steps, unsigned deadline_ms, struct loop_result *result)
{
	struct tracee tracee;
	const char *why;
	memset(result, 0, sizeof(*result));
	if (!arch_supported(&why))
		return -ENOSYS;
	int error = step_attach(&tracee, tid, STEP_PIN, STEP_ATTACH_MS);
	if (!error)
		error = loop_prove_stopped(&tracee, max_steps, deadline_ms, result);
	int detached = step_detach(&tracee);
	return error ? error : detached;
}
