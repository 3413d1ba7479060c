/*
 * Breakpoints: several at a time, step_to() with an address that may never be reached, its side
 * effects on other threads and children, the report of a fork, and which instructions are atomic.
 * Runs twice, with breakpoint registers and (FORKLAB_BREAKPOINTS) with trap instructions.
 */
#include "step_tracee.h"

#if defined(__x86_64__)

#include "breakpoints.h"
#include "hw_breakpoint.h"
#include "proc_mem.h"

#include <pthread.h>
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

static struct breakpoints breakpoints;

/* Runs the process to its next breakpoint; returns the address. */
static uint64_t run(pid_t pid)
{
	struct arch_regs regs;
	siginfo_t info = {0};
	int status, deliver = 0;
	assert_int_equal(breakpoints_pass(&breakpoints, pid, &deliver), 0);
	assert_int_equal(deliver, 0);
	assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(WSTOPSIG(status), SIGTRAP);
	assert_int_equal(ptrace(PTRACE_GETSIGINFO, pid, NULL, &info), 0);
	assert_true(breakpoints_hit(&breakpoints, pid, &info));
	assert_int_equal(arch_get_regs(pid, &regs), 0);
	return arch_pc(&regs);
}

static void all_breakpoints_stop_in_turn(void **state)
{
	(void)state;
	const uint64_t places[] = {
		at(first_here), at(second_here), at(third_here), at(fourth_here)};
	struct tracee tracee;
	pid_t pid = tracee_begin(&tracee, go_round);
	breakpoints = (struct breakpoints){0};
	assert_int_equal(breakpoints_set(&breakpoints, pid, places, 4), 0);
	uint64_t pc = run(pid);
	unsigned where = 0;
	while (where < 3 && places[where] != pc)
		where++;
	for (unsigned i = 1; i < 10; i++)
		assert_int_equal(run(pid), places[(where + i) % 4]);
	/* Breakpoints that are not in the list are removed. */
	assert_int_equal(breakpoints_set(&breakpoints, pid, &places[1], 1), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(run(pid), places[1]);
	tracee_end(pid);
}

/* More addresses in all than fit at a time. */
static void breakpoints_can_be_changed(void **state)
{
	(void)state;
	const uint64_t places[] = {
		at(first_here), at(second_here), at(third_here), at(fourth_here)};
	struct tracee tracee;
	pid_t pid = tracee_begin(&tracee, go_round);
	breakpoints = (struct breakpoints){0};
	for (unsigned i = 0; i < 20; i++) {
		uint64_t two[] = {places[i % 4], places[(i + 1) % 4]};
		assert_int_equal(breakpoints_set(&breakpoints, pid, two, 2), 0);
		uint64_t one = run(pid), other = run(pid);
		assert_true(one != other);
		assert_true(one == two[0] || one == two[1]);
		assert_true(other == two[0] || other == two[1]);
	}
	tracee_end(pid);
}

static void without_breakpoints_nothing_stops(void **state)
{
	(void)state;
	const uint64_t places[] = {at(first_here), at(second_here)};
	struct tracee tracee;
	int status;
	pid_t pid = tracee_begin(&tracee, go_round);
	breakpoints = (struct breakpoints){0};
	assert_int_equal(breakpoints_set(&breakpoints, pid, places, 2), 0);
	(void)run(pid);
	assert_int_equal(breakpoints_set(&breakpoints, pid, NULL, 0), 0);
	assert_int_equal(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
	usleep(20000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	tracee_end(pid);
}

/* A signal with a handler arrives before the breakpoint is passed: it is hit only once. */
static void count_signal(int number)
{
	(void)number;
	tracee_signals->done++;
}

static void go_round_with_handler(void *unused)
{
	struct sigaction action = {.sa_handler = count_signal};
	sigaction(SIGUSR1, &action, NULL);
	go_round(unused);
}

static void a_signal_is_held_back_at_a_breakpoint(void **state)
{
	(void)state;
	const uint64_t places[] = {at(second_here), at(fourth_here)};
	struct tracee tracee;
	int deliver, status;
	if (hw_breakpoints_fire())
		skip(); /* the kernel handles it */
	pid_t pid = tracee_begin(&tracee, go_round_with_handler);
	breakpoints = (struct breakpoints){0};
	assert_int_equal(breakpoints_set(&breakpoints, pid, places, 2), 0);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t pc = run(pid);
		kill(pid, SIGUSR1);
		assert_int_equal(breakpoints_pass(&breakpoints, pid, &deliver), 0);
		assert_int_equal(deliver, SIGUSR1);
		assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, (void *)SIGUSR1), 0);
		assert_int_equal(waitpid(pid, &status, __WALL), pid);
		siginfo_t info;
		assert_int_equal(ptrace(PTRACE_GETSIGINFO, pid, NULL, &info), 0);
		assert_true(breakpoints_hit(&breakpoints, pid, &info));
		struct arch_regs regs;
		assert_int_equal(arch_get_regs(pid, &regs), 0);
		assert_true(arch_pc(&regs) != pc);
		assert_int_equal(tracee_signals->done, (int)i + 1);
	}
	tracee_end(pid);
}

static void go_round_the_first(void *unused)
{
	(void)unused;
	for (;;)
		first();
}

/* After the limit the thread can still be stopped. */
static void a_place_may_never_be_reached(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event;
	pid_t pid = tracee_begin(&tracee, go_round_the_first);
	assert_int_equal(step_to_within(&tracee, at(first_here), WAIT_MS, &event), 0);
	assert_int_equal(event, STEP_DONE);
	assert_int_equal(step_to_within(&tracee, at(second_here), SHORT_MS, &event), 0);
	assert_int_equal(event, STEP_RUNNING);
	assert_int_equal(step_stop(&tracee, WAIT_MS, &event), 0);
	assert_int_equal(step_detach(&tracee), 0);
	tracee_end(pid);
}

/* ---- Side effects of step_to() ---- */

/* The code there is the same in the process as in this one. */
static bool is_intact(pid_t pid, const char *location)
{
	unsigned char byte;
	assert_int_equal(proc_mem_read(pid, at(location), &byte, 1), 1);
	return byte == (unsigned char)*location;
}

static enum run_to_method usual_method(bool alone)
{
	if (hw_breakpoints_fire())
		return RUN_TO_REGISTER;
	return alone ? RUN_TO_TRAP : RUN_TO_STEPS;
}

static void code_is_changed_only_while_it_runs_alone(void **state)
{
	(void)state;
	for (int alone = 0; alone < 2; alone++) {
		struct tracee tracee;
		enum step_event event;
		pid_t pid = tracee_begin(&tracee, go_round_the_first);
		tracee.alone = alone;
		assert_int_equal(step_to_within(&tracee, at(first_here), WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_DONE);
		assert_int_equal(tracee.run_to_method, usual_method(alone));
		assert_true(is_intact(pid, first_here));
		assert_int_equal(step_to_within(&tracee, at(second_here), SHORT_MS, &event), 0);
		assert_int_equal(event, STEP_RUNNING);
		assert_int_equal(is_intact(pid, second_here), tracee.run_to_method != RUN_TO_TRAP);
		assert_int_equal(step_wait(&tracee, SHORT_MS, &event), 0);
		assert_int_equal(event, STEP_RUNNING);
		assert_int_equal(step_stop(&tracee, WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_RUNNING);
		assert_true(is_intact(pid, second_here));
		assert_int_equal(step_to_within(&tracee, at(second_here), SHORT_MS, &event), 0);
		assert_int_equal(step_detach(&tracee), 0);
		assert_true(is_intact(pid, second_here));
		tracee_end(pid);
	}
}

LOCATION(calls, "syscall")

static void go_round_a_call(void *unused)
{
	(void)unused;
	for (;;) {
		first();
		__asm__ volatile("mov $39, %%eax\n\tcall calls" ::
					 : "rax", "rcx", "r11", "memory"); /* getpid */
	}
}

/* A thread that sleeps in it would die of SIGTRAP when a signal makes it restart the call. */
static void no_system_call_is_replaced_by_a_trap(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event;
	pid_t pid = tracee_begin(&tracee, go_round_a_call);
	tracee.alone = true;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(step_to_within(&tracee, at(calls_here), WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_DONE);
		assert_int_equal(tracee.run_to_method, usual_method(false));
		assert_int_equal(step_to_within(&tracee, at(first_here), WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_DONE);
		assert_int_equal(tracee.run_to_method, usual_method(true));
	}
	assert_int_equal(step_detach(&tracee), 0);
	tracee_end(pid);
}

static void come_to_the_second(void *unused)
{
	(void)unused;
	for (unsigned i = 0;; i++) {
		first();
		for (volatile unsigned j = 0; j < i % 64 * 1000; j++)
			continue;
		second();
	}
}

/* The interruption may come after the trap is executed and before it is reported. */
static void a_stop_may_come_at_the_same_time(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event;
	unsigned there = 0;
	pid_t pid = tracee_begin(&tracee, come_to_the_second);
	tracee.alone = true;
	for (unsigned i = 0; i < 1000; i++) {
		struct arch_regs regs;
		int error = step_to_within(&tracee, at(second_here), 1, &event);
		assert_int_equal(error, 0);
		if (event == STEP_RUNNING)
			assert_int_equal(step_stop(&tracee, WAIT_MS, &event), 0);
		assert_true(event == STEP_DONE || event == STEP_RUNNING);
		assert_int_equal(arch_get_regs(pid, &regs), 0);
		assert_true(event != STEP_DONE || arch_pc(&regs) == at(second_here));
		assert_true(is_intact(pid, second_here));
		there += event == STEP_DONE;
		if (i % 10 == 0) {
			assert_int_equal(step_detach(&tracee), 0);
			assert_int_equal(step_attach(&tracee, pid, 0, STEP_ATTACH_MS), 0);
			tracee.alone = true;
		}
	}
	print_message("%u of 1000 came to the place\n", there);
	assert_int_equal(step_detach(&tracee), 0);
	usleep(20000);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	tracee_end(pid);
}

/* A signal on the way is reported; the next step_to() delivers it and reaches the address. */
static void a_signal_comes_first(void **state)
{
	(void)state;
	for (int alone = 0; alone < 2; alone++) {
		struct tracee tracee;
		enum step_event event;
		pid_t pid = tracee_begin(&tracee, go_round_with_handler);
		tracee.alone = alone;
		assert_int_equal(step_to_within(&tracee, at(first_here), WAIT_MS, &event), 0);
		kill(pid, SIGUSR1);
		assert_int_equal(step_to_within(&tracee, at(third_here), WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_SIGNAL);
		assert_int_equal(tracee.detail, SIGUSR1);
		assert_true(is_intact(pid, third_here));
		assert_int_equal(step_to_within(&tracee, at(third_here), WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_DONE);
		assert_int_equal(tracee_signals->done, 1);
		assert_int_equal(step_detach(&tracee), 0);
		tracee_end(pid);
	}
}

LOCATION(own_trap, "int3")

static void trap_by_itself(void *unused)
{
	struct sigaction action = {.sa_handler = count_signal};
	(void)unused;
	sigaction(SIGTRAP, &action, NULL);
	first();
	own_trap();
	second();
	for (;;)
		first();
}

/* A trap instruction of the program is reported as a signal, even at the address to run to. */
static void a_trap_of_the_programs_own_is_a_signal(void **state)
{
	(void)state;
	for (int alone = 0; alone < 2; alone++) {
		struct tracee tracee;
		enum step_event event;
		struct arch_regs regs;
		pid_t pid = tracee_begin(&tracee, trap_by_itself);
		tracee.alone = alone;
		assert_int_equal(step_to_within(&tracee, at(own_trap_here), WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_DONE);
		assert_int_equal(arch_get_regs(pid, &regs), 0);
		assert_int_equal(arch_pc(&regs), at(own_trap_here));
		assert_int_equal(step_to_within(&tracee, at(second_here), WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_SIGNAL);
		assert_int_equal(tracee.detail, SIGTRAP);
		assert_int_equal(step_to_within(&tracee, at(second_here), WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_DONE);
		assert_int_equal(tracee_signals->done, 1);
		assert_int_equal(step_detach(&tracee), 0);
		tracee_end(pid);
	}
}

static void *pass_them_all(void *unused)
{
	go_round(unused);
	return unused;
}

static void go_round_in_two_threads(void *unused)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, pass_them_all, NULL) != 0)
		abort();
	tracee_signals->done = 1;
	go_round(unused);
}

/* The other thread is not traced: a trap instruction would kill the process. */
static void another_thread_passes_the_place(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event;
	const uint64_t places[] = {at(second_here), at(fourth_here)};
	tracee_need_stepping();
	pid_t pid = tracee_start(go_round_in_two_threads, NULL);
	/* AddressSanitizer's pthread_create() is too long to be single-stepped. */
	tracee_signals->go = 1;
	while (!tracee_signals->done)
		sched_yield();
	tracee_attach(&tracee, pid);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(step_to_within(&tracee, places[i % 2], WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_DONE);
	}
	assert_int_equal(step_detach(&tracee), 0);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	tracee_end(pid);
}

LOCATION(flags_away, "lea -128(%rsp), %rsp\n pushfq\n popfq\n lea 128(%rsp), %rsp")

static void push_flags_on_the_way(void *unused)
{
	(void)unused;
	for (;;) {
		first();
		flags_away();
		second();
	}
}

/* The trap flag that stepping sets must not stay in pushed flags that are popped later. */
static void flags_pushed_on_the_way_are_clean(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event;
	pid_t pid = tracee_begin(&tracee, push_flags_on_the_way);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(step_to_within(&tracee, at(first_here), WAIT_MS, &event), 0);
		assert_int_equal(step_to_within(&tracee, at(second_here), WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_DONE);
	}
	assert_int_equal(step_to_within(&tracee, at(flags_away_here) + 6, WAIT_MS, &event), 0);
	assert_int_equal(step_detach(&tracee), 0);
	usleep(20000);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
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

/* The child is stopped and must be resumed by the tracer; the next step ends the call. */
static void a_fork_is_reported(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event = STEP_DONE;
	int status;
	pid_t pid = tracee_begin(&tracee, fork_once);
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
	do /* SIGCHLD */
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
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
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
		cmocka_unit_test(breakpoints_can_be_changed),
		cmocka_unit_test(without_breakpoints_nothing_stops),
		cmocka_unit_test(a_signal_is_held_back_at_a_breakpoint),
		cmocka_unit_test(a_place_may_never_be_reached),
		cmocka_unit_test(code_is_changed_only_while_it_runs_alone),
		cmocka_unit_test(no_system_call_is_replaced_by_a_trap),
		cmocka_unit_test(a_stop_may_come_at_the_same_time),
		cmocka_unit_test(a_signal_comes_first),
		cmocka_unit_test(a_trap_of_the_programs_own_is_a_signal),
		cmocka_unit_test(another_thread_passes_the_place),
		cmocka_unit_test(flags_pushed_on_the_way_are_clean),
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
