/* Single-stepping through every kind of event, and the proof that a loop is endless. */
#include "step_tracee.h"

#if defined(__x86_64__)

#include "lookahead.h"
#include "loop.h"
#include "proc_mem.h"
#include "step_loops.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

enum { WAIT_MS = 2000, LOOP_STEPS = 6000, LOOP_MS = 3000, SHORT_MS = 60 };

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t pc_of(const struct tracee *tracee)
{
	struct arch_regs regs;
	assert_int_equal(arch_get_regs(tracee->tid, &regs), 0);
	return arch_pc(&regs);
}

/* Steps until an event other than STEP_DONE, or until `until` is the next instruction. */
static enum step_event step_until(struct tracee *tracee, uint64_t until)
{
	for (unsigned i = 0; i < 20000; i++) {
		enum step_event event;
		assert_int_equal(step_once(tracee, WAIT_MS, &event), 0);
		if (event != STEP_DONE)
			return event;
		if (pc_of(tracee) == until)
			return event;
	}
	fail_msg("nothing happened");
	return STEP_DONE;
}

static void finish(struct tracee *tracee, pid_t pid)
{
	assert_int_equal(step_detach(tracee), 0);
	tracee_end(pid);
}

static bool is_alive(pid_t pid)
{
	int status;
	return waitpid(pid, &status, WNOHANG) == 0;
}

/* ---- Stepping ---- */

extern const char strings_here[], strings_end[], flags_here[], flags_end[];
static unsigned char filled[16];

static void fill_five(void *unused)
{
	(void)unused;
	__asm__ volatile(".globl strings_here, strings_end\n"
			 "strings_here: rep stosb\n"
			 "strings_end: nop" ::"D"(filled),
			 "a"(7), "c"(5)
			 : "memory");
}

static void test_repeated_instruction_is_stepped_through(void **state)
{
	(void)state;
	struct tracee tracee;
	pid_t pid = tracee_begin(&tracee, fill_five);
	assert_int_equal(step_until(&tracee, (uintptr_t)strings_here), STEP_DONE);
	for (unsigned i = 0; i < 5; i++) {
		enum step_event event;
		assert_int_equal(pc_of(&tracee), (uintptr_t)strings_here);
		assert_int_equal(step_once(&tracee, 0, &event), 0);
		assert_int_equal(event, STEP_DONE);
	}
	assert_int_equal(pc_of(&tracee), (uintptr_t)strings_end);
	finish(&tracee, pid);
}

static void push_and_pop_flags(void *unused)
{
	(void)unused;
	for (;;)
		__asm__ volatile(".globl flags_here, flags_end\n"
				 "lea -128(%%rsp), %%rsp\n"
				 "flags_here: pushfq\n"
				 "popfq\n"
				 "flags_end: lea 128(%%rsp), %%rsp" ::
					 : "memory");
}

static void test_pushed_flags_do_not_kill(void **state)
{
	(void)state;
	struct tracee tracee;
	struct arch_decoder *decoder;
	assert_int_equal(arch_decoder_new(&decoder), 0);
	pid_t pid = tracee_begin(&tracee, push_and_pop_flags);
	assert_int_equal(step_until(&tracee, (uintptr_t)flags_here), STEP_DONE);
	const struct arch_insn *insn;
	struct arch_regs regs;
	enum step_event event;
	assert_int_equal(arch_get_regs(pid, &regs), 0);
	assert_int_equal(arch_decode(decoder, pid, arch_pc(&regs), &insn), 0);
	assert_true(insn->pushes_flags);
	assert_int_equal(step_once(&tracee, 0, &event), 0);
	assert_int_equal(arch_clear_trap_flag(pid, insn, &regs), 0);
	/* After a step over popf the kernel takes its own trap flag for the program's. */
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(step_once(&tracee, 0, &event), 0);
	assert_int_equal(step_detach(&tracee), 0);
	usleep(20000);
	assert_true(is_alive(pid));
	tracee_end(pid);
	arch_decoder_free(decoder);
}

static void pause_once(void *unused)
{
	(void)unused;
	pause();
}

static void test_waiting_system_call_does_not_hang_us(void **state)
{
	(void)state;
	struct tracee tracee;
	pid_t pid = tracee_begin(&tracee, pause_once);
	enum step_event event = STEP_DONE;
	uint64_t start = now_ms();
	while (event == STEP_DONE)
		assert_int_equal(step_once(&tracee, SHORT_MS, &event), 0);
	assert_int_equal(event, STEP_RUNNING);
	assert_true(now_ms() - start < 10 * WAIT_MS);
	assert_int_equal(step_wait(&tracee, 1, &event), 0);
	assert_int_equal(event, STEP_RUNNING);
	assert_int_equal(step_stop(&tracee, WAIT_MS, &event), 0);
	assert_int_equal(event, STEP_RUNNING);
	struct arch_regs regs;
	assert_int_equal(arch_get_regs(pid, &regs), 0);
	assert_true(arch_in_syscall(&regs));
	assert_int_equal(step_once(&tracee, 20, &event), 0);
	assert_int_equal(event, STEP_RUNNING);
	assert_int_equal(step_detach(&tracee), 0);
	assert_true(is_alive(pid));
	tracee_end(pid);
}

static void handle_and_spin(void *unused)
{
	(void)unused;
	struct sigaction action = {.sa_handler = on_alarm};
	sigaction(SIGALRM, &action, NULL);
	raise(SIGALRM);
	while (alarms < 2)
		__builtin_ia32_pause();
}

static void test_signal_is_reported_and_delivered(void **state)
{
	(void)state;
	struct tracee tracee;
	pid_t pid = tracee_begin(&tracee, handle_and_spin);
	enum step_event event;
	assert_int_equal(step_until(&tracee, 0), STEP_SIGNAL);
	assert_int_equal(tracee.detail, SIGALRM);
	assert_int_equal(step_once(&tracee, WAIT_MS, &event), 0);
	assert_int_equal(event, STEP_HANDLER);
	assert_int_equal(pc_of(&tracee), (uintptr_t)on_alarm);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(step_once(&tracee, WAIT_MS, &event), 0);
		assert_int_equal(event, STEP_DONE);
	}
	kill(pid, SIGALRM);
	assert_int_equal(step_until(&tracee, 0), STEP_SIGNAL);
	assert_int_equal(step_detach(&tracee), 0); /* with the signal */
	uint64_t start = now_ms();
	while (!tracee_signals->done && now_ms() - start < WAIT_MS)
		sched_yield();
	assert_true(tracee_signals->done);
	tracee_end(pid);
}

static void test_dropped_signal_never_arrives(void **state)
{
	(void)state;
	struct tracee tracee;
	pid_t pid = tracee_begin(&tracee, spin_on_word);
	kill(pid, SIGTERM);
	enum step_event event;
	assert_int_equal(step_until(&tracee, 0), STEP_SIGNAL);
	assert_int_equal(tracee.detail, SIGTERM);
	step_drop_signal(&tracee);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(step_once(&tracee, 0, &event), 0);
		assert_int_equal(event, STEP_DONE);
	}
	assert_int_equal(step_detach(&tracee), 0);
	assert_true(is_alive(pid));
	tracee_end(pid);
}

/* The parent still gets the exit status. */
static void test_death_is_reported(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event;
	int status = 0;
	pid_t ended = tracee_begin(&tracee, end_at_once);
	assert_int_equal(step_until(&tracee, 0), STEP_EXITED);
	assert_int_equal(tracee.detail, 3);
	assert_int_equal(step_detach(&tracee), 0);
	assert_int_equal(waitpid(ended, &status, WNOHANG), ended);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);

	pid_t pid = tracee_begin(&tracee, spin_on_word);
	kill(pid, SIGKILL);
	assert_int_equal(step_once(&tracee, WAIT_MS, &event), 0);
	assert_int_equal(event, STEP_KILLED);
	assert_int_equal(tracee.detail, SIGKILL);
	assert_int_equal(step_detach(&tracee), 0);
	assert_int_equal(waitpid(pid, &status, WNOHANG), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static struct {
	_Atomic pid_t child;
	_Atomic int go;
} * family;

static void wait_for_child(void *unused)
{
	(void)unused;
	pid_t child = fork();
	if (child == 0) {
		while (!family->go)
			sched_yield();
		_exit(42);
	}
	family->child = child;
	int status = 0;
	waitpid(child, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

static void test_foreign_child_is_given_back(void **state)
{
	(void)state;
	struct tracee tracee;
	int status;
	tracee_need_stepping();
	family = mmap(
		NULL, sizeof(*family), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(family, MAP_FAILED);
	pid_t pid = tracee_start(wait_for_child, NULL);
	tracee_signals->go = 1;
	while (!family->child)
		sched_yield();
	tracee_attach(&tracee, family->child);
	family->go = 1;
	assert_int_equal(step_until(&tracee, 0), STEP_EXITED);
	assert_int_equal(step_detach(&tracee), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	munmap(family, sizeof(*family));
}

static void execute_true(void *unused)
{
	(void)unused;
	execl("/bin/true", "true", (char *)NULL);
}

static void test_exec_is_reported(void **state)
{
	(void)state;
	struct tracee tracee;
	pid_t pid = tracee_begin(&tracee, execute_true);
	assert_int_equal(step_until(&tracee, 0), STEP_EXEC);
	finish(&tracee, pid);
}

static void test_job_control(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event;
	pid_t pid = tracee_begin(&tracee, spin_on_word);
	kill(pid, SIGSTOP);
	assert_int_equal(step_until(&tracee, 0), STEP_SIGNAL);
	assert_int_equal(step_once(&tracee, WAIT_MS, &event), 0);
	assert_int_equal(event, STEP_STOPPED);
	assert_int_equal(tracee.detail, SIGSTOP);
	assert_int_equal(step_once(&tracee, 20, &event), 0);
	assert_int_equal(event, STEP_RUNNING); /* it waits for SIGCONT */
	kill(pid, SIGCONT);
	assert_int_equal(step_wait(&tracee, WAIT_MS, &event), 0);
	assert_int_equal(event, STEP_SIGNAL);
	assert_int_equal(tracee.detail, SIGCONT);
	assert_int_equal(step_once(&tracee, WAIT_MS, &event), 0);
	assert_int_equal(event, STEP_DONE);
	finish(&tracee, pid);
}

static void fork_and_wait(void *unused)
{
	(void)unused;
	pid_t child = fork();
	if (child == 0)
		_exit(42);
	int status = 0;
	waitpid(child, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

static void test_child_of_stepped_thread_runs_free(void **state)
{
	(void)state;
	struct tracee tracee;
	tracee_begin(&tracee, fork_and_wait);
	enum step_event event = step_until(&tracee, 0);
	assert_int_equal(event, STEP_SIGNAL);
	assert_int_equal(tracee.detail, SIGCHLD);
	assert_int_equal(step_until(&tracee, 0), STEP_EXITED);
	assert_int_equal(tracee.detail, 42);
	step_detach(&tracee);
}

static void test_attach_errors(void **state)
{
	(void)state;
	struct tracee tracee, second;
	tracee_need_stepping();
	pid_t gone = fork();
	if (gone == 0)
		_exit(0);
	waitpid(gone, NULL, 0);
	assert_int_equal(step_attach(&tracee, gone, STEP_PIN, WAIT_MS), -ESRCH);
	assert_int_equal(step_detach(&tracee), 0);

	pid_t pid = tracee_begin(&tracee, spin_on_word);
	assert_int_equal(step_attach(&second, pid, 0, WAIT_MS), -EPERM);
	finish(&tracee, pid);
}

static void test_affinity_is_restored(void **state)
{
	(void)state;
	struct tracee tracee;
	cpu_set_t mine, its, before;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	pid_t pid = tracee_begin(&tracee, spin_on_word);
	assert_int_equal(sched_getaffinity(0, sizeof(mine), &mine), 0);
	assert_int_equal(sched_getaffinity(pid, sizeof(its), &its), 0);
	assert_true(CPU_EQUAL(&mine, &its) && CPU_COUNT(&mine) == 1);
	assert_int_equal(step_detach(&tracee), 0);
	assert_int_equal(sched_getaffinity(0, sizeof(mine), &mine), 0);
	assert_int_equal(sched_getaffinity(pid, sizeof(its), &its), 0);
	assert_true(CPU_EQUAL(&mine, &before) && CPU_EQUAL(&its, &before));
	tracee_end(pid);
}

/* A SIGTRAP left in the queue would kill the process; a late interruption disturb a step. */
static void test_attach_and_detach_many_times(void **state)
{
	(void)state;
	struct tracee tracee;
	pid_t pid = tracee_begin(&tracee, yield_loop);
	for (unsigned i = 0; i < 300; i++) {
		enum step_event event = STEP_DONE;
		for (unsigned j = 0; j < i % 7 && event == STEP_DONE; j++)
			assert_int_equal(step_once(&tracee, i % 3, &event), 0);
		assert_true(event == STEP_DONE || event == STEP_RUNNING);
		assert_int_equal(step_detach(&tracee), 0);
		assert_true(is_alive(pid));
		assert_int_equal(step_attach(&tracee, pid, 0, WAIT_MS), 0);
	}
	finish(&tracee, pid);
}

/* A signal that arrives first replaces the requested interruption. */
static void test_attach_amid_signals(void **state)
{
	(void)state;
	tracee_need_stepping();
	struct tracee tracee;
	pid_t pid = tracee_start(wait_for_alarms, NULL);
	tracee_attach(&tracee, pid);
	tracee_signals->go = 1;
	for (unsigned i = 0; i < 300; i++) {
		assert_int_equal(step_detach(&tracee), 0);
		usleep(i % 10 * 20);
		assert_int_equal(step_attach(&tracee, pid, 0, WAIT_MS), 0);
		enum step_event event;
		assert_int_equal(step_once(&tracee, WAIT_MS, &event), 0);
		assert_true(event == STEP_DONE || event == STEP_HANDLER || event == STEP_SIGNAL);
	}
	finish(&tracee, pid);
}

/* ---- Lookahead ---- */

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Branches, calls, returns, string instructions, system calls. */
static void ordinary_work(void *unused)
{
	static int numbers[] = {5, 3, 9, 1, 7, 2};
	char text[64];
	(void)unused;
	for (int i = 0; i < 3; i++) {
		char *volatile block = malloc(100 + 3000 * (size_t)i);
		snprintf(text, sizeof(text), "%d %s %x", i, "and so on", 48879);
		memset(block, i, 90);
		free(block);
		sched_yield();
	}
	qsort(numbers, sizeof(numbers) / sizeof(numbers[0]), sizeof(int), by_value);
}

struct tour {
	struct tracee tracee;
	struct arch_decoder *decoder;
	unsigned instructions, stops;
};

static pid_t tour_begin(struct tour *tour)
{
	*tour = (struct tour){0};
	assert_int_equal(arch_decoder_new(&tour->decoder), 0);
	return tracee_begin(&tour->tracee, ordinary_work);
}

static void tour_end(struct tour *tour, pid_t pid)
{
	finish(&tour->tracee, pid);
	arch_decoder_free(tour->decoder);
}

static void tour_step(struct tour *tour)
{
	enum step_event event;
	assert_int_equal(step_once(&tour->tracee, 0, &event), 0);
	assert_int_equal(event, STEP_DONE);
	tour->instructions++;
	tour->stops++;
}

/* Steps through the predicted instructions and checks the prediction. */
static void test_what_is_foreseen_happens(void **state)
{
	(void)state;
	struct tour tour;
	pid_t pid = tour_begin(&tour);
	while (!tracee_signals->done) {
		struct arch_regs regs;
		uint64_t visited[LOOKAHEAD_MAX], stop;
		assert_int_equal(arch_get_regs(pid, &regs), 0);
		unsigned count = lookahead(tour.decoder, pid, &regs, visited, &stop);
		if (count == 0)
			tour_step(&tour);
		for (unsigned i = 0; i < count; i++) {
			const struct arch_insn *insn;
			uint64_t pc = pc_of(&tour.tracee);
			assert_true(pc != stop);
			assert_true(pc == visited[i]);
			assert_int_equal(arch_decode(tour.decoder, pid, pc, &insn), 0);
			assert_true(insn->stores_on_stack && !insn->is_syscall);
			tour_step(&tour);
		}
		if (count > 0 && !tracee_signals->done)
			assert_int_equal(pc_of(&tour.tracee), stop);
	}
	tour_end(&tour, pid);
}

/* Counting starts here: the number of steps before varies. */
static void tour_begin_work(struct tour *tour)
{
	enum step_event event;
	assert_int_equal(step_to(&tour->tracee, (uintptr_t)ordinary_work, &event), 0);
	assert_int_equal(event, STEP_DONE);
}

static void tour_run(struct tour *tour, bool run)
{
	struct arch_regs regs;
	uint64_t visited[LOOKAHEAD_MAX], stop;
	assert_int_equal(arch_get_regs(tour->tracee.tid, &regs), 0);
	unsigned count =
		run ? lookahead(tour->decoder, tour->tracee.tid, &regs, visited, &stop) : 0;
	if (count < 2) {
		tour_step(tour);
		return;
	}
	enum step_event event;
	assert_int_equal(step_to(&tour->tracee, stop, &event), 0);
	assert_int_equal(event, STEP_DONE);
	assert_int_equal(pc_of(&tour->tracee), stop);
	tour->instructions += count;
	tour->stops++;
}

static void test_running_ahead_skips_nothing(void **state)
{
	(void)state;
	struct tour tour;
	unsigned instructions[2];
	for (int run = 0; run < 2; run++) {
		pid_t pid = tour_begin(&tour);
		uint64_t start = now_ms();
		tour_begin_work(&tour);
		while (!tracee_signals->done)
			tour_run(&tour, run);
		instructions[run] = tour.instructions;
		print_message("%s: %u instructions, %u stops, %u ms\n",
			run ? "running ahead" : "stepping", tour.instructions, tour.stops,
			(unsigned)(now_ms() - start));
		tour_end(&tour, pid);
	}
	/* The last stop may be a few instructions after the end of the work. */
	if (!TRACEE_SANITIZED)
		assert_in_range(instructions[1] - instructions[0], 0, LOOKAHEAD_MAX);
}

extern const char marked_here[];

__attribute__((noinline)) static void marked(void)
{
	__asm__ volatile(".globl marked_here\n"
			 "marked_here: nop");
}

/* Its children execute the marked instruction too. */
static void fork_and_pass_marks(void *unused)
{
	(void)unused;
	sigset_t quiet;
	sigemptyset(&quiet);
	sigaddset(&quiet, SIGCHLD);
	sigprocmask(SIG_BLOCK, &quiet, NULL);
	for (;;) {
		pid_t child = fork();
		marked();
		if (child == 0)
			_exit(0);
		int status = -1;
		while (waitpid(child, &status, 0) < 0)
			continue;
		if (status != 0)
			_exit(1);
	}
}

static void test_breakpoint_stops_nobody_else(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event;
	pid_t pid = tracee_begin(&tracee, fork_and_pass_marks);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(step_to(&tracee, (uintptr_t)marked_here, &event), 0);
		assert_int_equal(event, STEP_DONE);
		assert_int_equal(pc_of(&tracee), (uintptr_t)marked_here);
		assert_int_equal(step_once(&tracee, 0, &event), 0);
		assert_int_equal(event, STEP_DONE);
		assert_true(pc_of(&tracee) > (uintptr_t)marked_here);
	}
	assert_int_equal(step_detach(&tracee), 0);
	usleep(20000);
	assert_true(is_alive(pid));
	tracee_end(pid);
}

static void pass_marks(void *unused)
{
	(void)unused;
	for (;;)
		marked();
}

/* A step that starts at the address of the breakpoint must leave it. */
static void test_breakpoint_does_not_spoil_steps(void **state)
{
	(void)state;
	struct tracee tracee;
	enum step_event event;
	pid_t pid = tracee_begin(&tracee, pass_marks);
	assert_int_equal(step_to(&tracee, (uintptr_t)marked_here, &event), 0);
	uint64_t before = 0;
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(event, STEP_DONE);
		assert_true(pc_of(&tracee) != before);
		before = pc_of(&tracee);
		assert_int_equal(step_once(&tracee, 0, &event), 0);
	}
	finish(&tracee, pid);
}

/* ---- Loops ---- */

/* Waits until the loop runs, then tries to prove it endless. */
static pid_t prove(void (*body)(void *), unsigned steps, unsigned ms, struct loop_result *result)
{
	tracee_need_stepping();
	pid_t pid = tracee_start(body, NULL);
	tracee_signals->go = 1;
	usleep(3000);
	int error = loop_prove(pid, steps, ms, result);
	if (error == -EPERM) {
		tracee_end(pid);
		print_message("skipped: no right to trace\n");
		skip();
	}
	assert_int_equal(error, 0);
	return pid;
}

static const struct loop_location *location_of(
	const struct loop_result *result, const volatile void *address)
{
	for (unsigned i = 0; i < result->locations; i++) {
		if (result->location[i].address == (uintptr_t)address)
			return &result->location[i];
	}
	fail_msg("the word that it waits for is not among %u watched", result->locations);
	abort();
}

static const struct endless {
	const char *name;
	void (*body)(void *);
	const volatile void *watched;
	bool written, changed, syscalls;
} endless[] = {
	{"pause", spin_on_word, &lock_word, false, false, false},
	{"cmpxchg", spin_compare_exchange, &lock_word, true, false, false},
	{"xchg", spin_exchange, &lock_word, true, false, false},
	{"ticket", spin_for_ticket, &now_serving, false, false, false},
	{"backoff", spin_with_backoff, &lock_word, false, false, false},
	{"sched_yield", yield_loop, &lock_word, false, false, true},
	{"timed futex", timed_futex, &lock_word, false, false, true},
	{"nanosleep", sleep_loop, &lock_word, false, false, true},
	{"take and release", take_and_release, &lock_word, true, true, false},
	{"jmp", naked_loop, NULL, false, false, false},
};

static void test_endless_loops_are_proven(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
		const struct endless *loop = &endless[i];
		struct loop_result result;
		uint64_t start = now_ms();
		pid_t pid = prove(loop->body, LOOP_STEPS, LOOP_MS, &result);
		print_message("%-16s %4u per round, %5u steps, %4u ms, %u calls, %u watched\n",
			loop->name, result.period, result.steps, (unsigned)(now_ms() - start),
			result.syscalls, result.locations);
		if (result.outcome != LOOP_PROVEN)
			fail_msg("%s: obstacle %d", loop->name, (int)result.obstacle);
		assert_true(result.pc_low <= result.pc_high);
		assert_int_equal(result.syscalls > 0, loop->syscalls);
		if (loop->watched) {
			const struct loop_location *location = location_of(&result, loop->watched);
			assert_false(location->on_stack);
			assert_int_equal(location->written, loop->written);
			assert_int_equal(location->changed, loop->changed);
		}
		assert_true(is_alive(pid));
		tracee_end(pid);
	}
}

static const struct {
	const char *name;
	void (*body)(void *);
} others[] = {
	{"count to the end", count_to_the_end},
	{"count in memory", count_in_memory},
	{"count in a vector", count_in_vector_register},
	{"count in x87", count_in_x87},
	{"memset", fill_memory},
	{"rdtsc", wait_for_the_tick},
	{"rdrand", random_wait},
	{"clock_gettime", wait_for_the_clock},
	{"time", wait_for_next_second},
	{"shared memory", wait_for_neighbour},
	{"sched_getcpu", wait_for_processor},
	{"getppid", wait_for_parent},
	{"untimed futex", wait_untimed},
	{"absolute futex", wait_until},
	{"random naps", sleep_at_random},
	{"read", read_a_file},
	{"alarms", wait_for_alarms},
	{"pause()", pause_once},
};

static void test_other_loops_are_never_proven(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct loop_result result;
		uint64_t start = now_ms();
		pid_t pid = prove(others[i].body, LOOP_STEPS, 150, &result);
		unsigned spent = (unsigned)(now_ms() - start);
		print_message("%-18s %5u steps, %3u ms: obstacle %d\n", others[i].name,
			result.steps, spent, (int)result.obstacle);
		assert_int_equal(result.outcome, LOOP_NOT_PROVEN);
		assert_int_not_equal(result.obstacle, LOOP_NO_OBSTACLE);
		assert_true(is_alive(pid));
		tracee_end(pid);
	}
}

static unsigned counter_of(pid_t pid)
{
	unsigned value = 0;
	assert_int_equal(
		proc_mem_read(pid, (uintptr_t)&counter, &value, sizeof(value)), sizeof(value));
	return value;
}

static void test_thread_runs_on_after_the_proof(void **state)
{
	(void)state;
	struct loop_result result;
	pid_t pid = prove(count_in_memory, 500, SHORT_MS, &result);
	assert_true(result.steps <= 500);
	unsigned before = counter_of(pid);
	uint64_t start = now_ms();
	while (counter_of(pid) == before && now_ms() - start < 10 * WAIT_MS)
		usleep(1000);
	assert_true(counter_of(pid) > before);
	tracee_end(pid);
}

/* No proof, but evidence: the word that it waits for, which it never writes. */
static void test_evidence_without_proof(void **state)
{
	(void)state;
	struct loop_result result;
	pid_t pid = prove(sleep_at_random, LOOP_STEPS / 2, 5 * LOOP_MS, &result);
	assert_int_equal(result.outcome, LOOP_NOT_PROVEN);
	assert_true(result.syscalls > 0);
	assert_int_equal(result.other_syscalls, 0);
	assert_int_equal(result.location[0].address, (uintptr_t)&lock_word);
	assert_true(result.location[0].futex);
	assert_false(result.location[0].written);
	assert_int_equal(result.location[0].value, 1);
	tracee_end(pid);
}

static void test_proof_needs_a_living_thread(void **state)
{
	(void)state;
	struct loop_result result;
	tracee_need_stepping();
	pid_t gone = fork();
	if (gone == 0)
		_exit(0);
	waitpid(gone, NULL, 0);
	assert_int_equal(loop_prove(gone, LOOP_STEPS, LOOP_MS, &result), -ESRCH);
	assert_int_equal(result.outcome, LOOP_NOT_PROVEN);

	struct tracee tracee;
	pid_t pid = tracee_begin(&tracee, end_at_once);
	assert_int_equal(loop_prove_stopped(&tracee, LOOP_STEPS, LOOP_MS, &result), 0);
	assert_int_equal(result.outcome, LOOP_NOT_PROVEN);
	assert_int_equal(result.obstacle, LOOP_ENDED);
	assert_int_equal(tracee.tid, 0);
	step_detach(&tracee);
	(void)pid;
}

static void test_stopped_process_is_not_proven(void **state)
{
	(void)state;
	struct loop_result result;
	tracee_need_stepping();
	pid_t pid = tracee_start(spin_on_word, NULL);
	tracee_signals->go = 1;
	kill(pid, SIGSTOP);
	int status;
	waitpid(pid, &status, WUNTRACED);
	assert_int_equal(loop_prove(pid, LOOP_STEPS, SHORT_MS, &result), 0);
	assert_int_equal(result.outcome, LOOP_NOT_PROVEN);
	tracee_end(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeated_instruction_is_stepped_through),
		cmocka_unit_test(test_pushed_flags_do_not_kill),
		cmocka_unit_test(test_waiting_system_call_does_not_hang_us),
		cmocka_unit_test(test_signal_is_reported_and_delivered),
		cmocka_unit_test(test_dropped_signal_never_arrives),
		cmocka_unit_test(test_death_is_reported),
		cmocka_unit_test(test_foreign_child_is_given_back),
		cmocka_unit_test(test_exec_is_reported),
		cmocka_unit_test(test_job_control),
		cmocka_unit_test(test_child_of_stepped_thread_runs_free),
		cmocka_unit_test(test_attach_errors),
		cmocka_unit_test(test_affinity_is_restored),
		cmocka_unit_test(test_attach_and_detach_many_times),
		cmocka_unit_test(test_attach_amid_signals),
		cmocka_unit_test(test_what_is_foreseen_happens),
		cmocka_unit_test(test_running_ahead_skips_nothing),
		cmocka_unit_test(test_breakpoint_stops_nobody_else),
		cmocka_unit_test(test_breakpoint_does_not_spoil_steps),
		cmocka_unit_test(test_endless_loops_are_proven),
		cmocka_unit_test(test_other_loops_are_never_proven),
		cmocka_unit_test(test_thread_runs_on_after_the_proof),
		cmocka_unit_test(test_evidence_without_proof),
		cmocka_unit_test(test_proof_needs_a_living_thread),
		cmocka_unit_test(test_stopped_process_is_not_proven),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 0;
}

#endif
