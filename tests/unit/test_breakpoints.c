/* What an audit needs of stepping: several breakpoints, a step to a place that may never be
 * reached, the report of a fork, and which instructions are atomic. */
#include "step_tracee.h"

#if defined(__x86_64__)

#include <sys/ptrace.h>

enum { WAIT_MS = 3000, SHORT_MS = 50 };

#define LOCATION(name, code)                                                                       \
	extern const char name##_here[];                                                           \
	__attribute__((noinline, used)) static void name(void)                                     \
	{                                                                                          \
		__asm__ volatile(".globl " #name "_here\n" #name "_here: " code);                  \
	}

LOCATION(first, "nop")
LOCATION(second, "nop")
LOCATION(third, "nop")
LOCATION(fourth, "nop")

static void go_round(void *unused)
{
	(void)unused;
	for (;;) {
		first();
		second();
		third();
		fourth();
	}
}

static uint64_t at(const char *location)
{
	return (uintptr_t)location;
}

static pid_t begin(struct tracee *tracee, void (*body)(void *))
{
	tracee_need_stepping();
	pid_t pid = tracee_start(body, NULL);
	tracee_attach(tracee, pid);
	tracee_signals->go = 1;
	return pid;
}

/* Lets it run until it stops; where that is. */
static uint64_t run(pid_t pid)
{
	struct arch_regs regs;
	int status;
	assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(WSTOPSIG(status), SIGTRAP);
	assert_int_equal(arch_get_regs(pid, &regs), 0);
	return arch_pc(&regs);
}

static void all_breakpoints_stop_in_turn(void **state)
{
	(void)state;
	const uint64_t places[] = {
		at(first_here), at(second_here), at(third_here), at(fourth_here)};
	struct tracee tracee;
	pid_t pid = begin(&tracee, go_round);
	assert_int_equal(arch_set_breakpoints(pid, places, 4), 0);
	uint64_t pc = run(pid);
	unsigned where = 0;
	while (where < 3 && places[where] != pc)
		where++;
	for (unsigned i = 1; i < 10; i++)
		assert_int_equal(run(pid), places[(where + i) % 4]);
	/* Those that are left out are gone. */
	assert_int_equal(arch_set_breakpoints(pid, &places[1], 1), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(run(pid), places[1]);
	tracee_end(pid);
}

static void without_breakpoints_nothing_stops(void **state)
{
	(void)state;
	const uint64_t places[] = {at(first_here), at(second_here)};
	struct tracee tracee;
	int status;
	pid_t pid = begin(&tracee, go_round);
	assert_int_equal(arch_set_breakpoints(pid, places, 2), 0);
	(void)run(pid);
	assert_int_equal(arch_set_breakpoints(pid, NULL, 0), 0);
	assert_int_equal(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
	usleep(20000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	tracee_end(pid);
}

static void go_round_the_first(void *unused)
{
	(void)unused;
	for (;;)
		first();
}

/* What does not come in time can still be stopped. */
static void a_place_may_never_be_reached(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event;
	pid_t pid = begin(&tracee, go_round_the_first);
	assert_int_equal(step_to_within(&tracee, at(first_here), WAIT_MS, &event), 0);
	assert_int_equal(event, STEP_DONE);
	assert_int_equal(step_to_within(&tracee, at(second_here), SHORT_MS, &event), 0);
	assert_int_equal(event, STEP_RUNNING);
	assert_int_equal(step_stop(&tracee, WAIT_MS, &event), 0);
	assert_int_equal(step_detach(&tracee), 0);
	tracee_end(pid);
}

static void fork_once(void *unused)
{
	(void)unused;
	first();
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	int status = -1;
	while (waitpid(child, &status, 0) < 0)
		continue;
	if (status == 0)
		second();
}

/* Its child is stopped then, and ours to let go; the next step ends the call. */
static void a_fork_is_reported(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event = STEP_DONE;
	int status;
	pid_t pid = begin(&tracee, fork_once);
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK;
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options), 0);
	assert_int_equal(step_to_within(&tracee, at(first_here), WAIT_MS, &event), 0);
	for (unsigned i = 0; i < 20000 && event == STEP_DONE; i++)
		assert_int_equal(step_once(&tracee, WAIT_MS, &event), 0);
	assert_int_equal(event, STEP_FORKED);
	pid_t child = tracee.detail;
	assert_int_equal(waitpid(child, &status, __WALL), child);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(step_once(&tracee, WAIT_MS, &event), 0);
	assert_int_equal(event, STEP_DONE);
	struct arch_regs regs;
	assert_int_equal(arch_get_regs(pid, &regs), 0);
	assert_int_equal(arch_syscall_result(&regs), child);
	assert_int_equal(ptrace(PTRACE_DETACH, child, NULL, NULL), 0);
	do /* The child's end is a signal. */
		assert_int_equal(step_to_within(&tracee, at(second_here), WAIT_MS, &event), 0);
	while (event == STEP_SIGNAL);
	assert_int_equal(event, STEP_DONE);
	assert_int_equal(step_detach(&tracee), 0);
	tracee_end(pid);
}

/* ---- Atomic instructions: decoded, never executed ---- */

LOCATION(locked_exchange, "lock cmpxchg %eax, (%rdi)")
LOCATION(plain_xchg, "xchg %eax, (%rdi)")
LOCATION(locked_add, "lock addl $1, (%rdi)")
LOCATION(locked_xadd, "lock xadd %rax, 8(%rdi)")
LOCATION(xchg_registers, "xchg %eax, %ebx")
LOCATION(mere_store, "mov %eax, (%rdi)")
LOCATION(mere_add, "addl $1, (%rdi)")
LOCATION(mere_load, "mov (%rdi), %eax")

static void atomic_instructions_are_known(void **state)
{
	static const struct {
		const char *location;
		bool atomic;
	} cases[] = {
		{locked_exchange_here, true},
		{plain_xchg_here, true},
		{locked_add_here, true},
		{locked_xadd_here, true},
		{xchg_registers_here, false},
		{mere_store_here, false},
		{mere_add_here, false},
		{mere_load_here, false},
	};
	struct arch_decoder *decoder;
	(void)state;
	assert_int_equal(arch_decoder_new(&decoder), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct arch_insn *insn;
		assert_int_equal(arch_decode(decoder, getpid(), at(cases[i].location), &insn), 0);
		assert_int_equal(insn->is_atomic, cases[i].atomic);
	}
	arch_decoder_free(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_breakpoints_stop_in_turn),
		cmocka_unit_test(without_breakpoints_nothing_stops),
		cmocka_unit_test(a_place_may_never_be_reached),
		cmocka_unit_test(a_fork_is_reported),
		cmocka_unit_test(atomic_instructions_are_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 0;
}

#endif
