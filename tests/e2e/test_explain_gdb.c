/*
 * Stacks and variables of an explanation, compared with gdb's: while a process is stuck, and before
 * forklab ends it, both read the same threads of the same live process. Every frame must have the
 * same address and, with debug information, the same function, file and line; the lock must be the
 * same variable.
 */
#include "e2e.h"

#include "address_info.h"
#include "catalogue.h"
#include "cli.h"
#include "descendants.h"
#include "plan.h"
#include "runner_process.h"
#include "snapshot_stuck.h"
#include "stack.h"
#include "sweep.h"
#include "sweep_hooks.h"
#include "symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 1024, GDB_FRAMES_MAX = 256, THREADS_MAX = 4 };

/* One line per frame; "-": unknown to gdb. Tail calls are inferred by gdb: they are on no stack. */
static const char script[] =
	"import gdb\n"
	"for thread in gdb.selected_inferior().threads():\n"
	"    thread.switch()\n"
	"    frame = gdb.newest_frame()\n"
	"    while frame is not None:\n"
	"        kind = frame.type()\n"
	"        if kind != gdb.TAILCALL_FRAME:\n"
	"            function = frame.function()\n"
	"            start = 0\n"
	"            if function is not None and kind != gdb.INLINE_FRAME:\n"
	"                start = int(function.value().address)\n"
	"            sal = frame.find_sal()\n"
	"            file = sal.symtab.filename.split('/')[-1] if sal.symtab else '-'\n"
	"            print('FRAME %d %#x %d %d %s %#x %s %d' % (thread.ptid[1], frame.pc(),\n"
	"                kind == gdb.INLINE_FRAME, kind == gdb.SIGTRAMP_FRAME,\n"
	"                function.name if function is not None else '-', start, file,\n"
	"                sal.line if sal.symtab else 0))\n"
	"        frame = frame.older()\n";

struct gdb_frame {
	int tid, inlined, trampoline, line;
	uint64_t pc, start;
	char function[256], file[256];
};

struct gdb_cell {
	const char *allocator, *scenario, *method;
	bool has_variable; /* the lock's name is known to gdb, too */
};

static const struct gdb_cell subjects[] = {
	{"glibc", "basic", "_Fork", true},
	{"glibc", "signal", "fork", true},
	{"teach-forgot", "basic", "fork", true},
	{"jemalloc", "pool", "_Fork", false},
};
enum { SUBJECTS = sizeof(subjects) / sizeof(subjects[0]) };

static struct catalogue catalogue;
static char directory[E2E_PATH_MAX];

/* ---- gdb ---- */

/* forklab's functions block SIGCHLD in this process. gdb would inherit that, and wait forever. */
static FILE *start_gdb(pid_t pid, const char *commands)
{
	char line[LINE_SIZE];
	sigset_t sigchld, before;
	sigemptyset(&sigchld);
	sigaddset(&sigchld, SIGCHLD);
	snprintf(line, sizeof(line),
		"exec gdb -nx -batch -iex 'set debuginfod enabled off' "
		"-iex 'set backtrace past-main on' -iex 'set backtrace past-entry on' -p %d %s "
		"2>/dev/null",
		(int)pid, commands);
	assert_int_equal(sigprocmask(SIG_UNBLOCK, &sigchld, &before), 0);
	FILE *gdb = popen(line, "re");
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	assert_non_null(gdb);
	return gdb;
}

static size_t gdb_stacks(pid_t pid, struct gdb_frame *frame)
{
	char line[LINE_SIZE], commands[E2E_PATH_MAX + 32];
	size_t count = 0;
	snprintf(commands, sizeof(commands), "-x %s/frames.py", directory);
	FILE *gdb = start_gdb(pid, commands);
	while (fgets(line, sizeof(line), gdb) && count < GDB_FRAMES_MAX) {
		struct gdb_frame *f = &frame[count];
		count += sscanf(line, "FRAME %d %" SCNx64 " %d %d %255s %" SCNx64 " %255s %d",
				 &f->tid, &f->pc, &f->inlined, &f->trampoline, f->function,
				 &f->start, f->file, &f->line) == 8;
	}
	pclose(gdb);
	return count;
}

/* "main_arena in section .data of ..." */
static void gdb_symbol(pid_t pid, uint64_t address, char *text, size_t size)
{
	char line[LINE_SIZE], commands[64];
	text[0] = '\0';
	snprintf(commands, sizeof(commands), "-ex 'info symbol 0x%" PRIx64 "'", address);
	FILE *gdb = start_gdb(pid, commands);
	while (fgets(line, sizeof(line), gdb))
		if (strstr(line, " in section "))
			snprintf(text, size, "%s", line);
	pclose(gdb);
}

/* ---- The comparison ---- */

static void same_frame(const struct stack_frame *ours, const struct gdb_frame *theirs)
{
	const char *slash = strrchr(ours->source, '/');
	if (ours->pc != theirs->pc || ours->inlined != theirs->inlined ||
		ours->trampoline != theirs->trampoline)
		e2e_fail("0x%" PRIx64 " in %s, inlined %d, trampoline %d: gdb has 0x%" PRIx64
			 " in %s, %d, %d",
			ours->pc, ours->function, ours->inlined, ours->trampoline, theirs->pc,
			theirs->function, theirs->inlined, theirs->trampoline);
	if (ours->inlined)
		assert_string_equal(ours->function, theirs->function);
	else if (theirs->start)
		assert_int_equal(ours->pc - ours->offset, theirs->start);
	if (theirs->line == 0 || theirs->trampoline)
		return;
	assert_string_equal(slash ? slash + 1 : ours->source, theirs->file);
	assert_int_equal(ours->line, theirs->line);
}

static void same_stack(
	const struct stack *ours, pid_t tid, const struct gdb_frame *frame, size_t count)
{
	size_t i = 0;
	assert_false(ours->truncated);
	for (size_t f = 0; f < count; f++) {
		if (frame[f].tid != tid)
			continue;
		if (i == ours->frames)
			e2e_fail("gdb has a frame more: 0x%" PRIx64 " in %s", frame[f].pc,
				frame[f].function);
		same_frame(&ours->frame[i++], &frame[f]);
	}
	assert_int_equal(i, ours->frames);
	assert_true(i > 5);
}

struct comparison {
	const struct gdb_cell *of;
	unsigned stuck; /* how often it was called */
};

static void compare_lock(
	const struct gdb_cell *of, struct symbols *symbols, pid_t pid, uint64_t address)
{
	struct address_info object;
	char theirs[LINE_SIZE];
	address_info_find(&object, symbols, pid, address, NULL, 0);
	gdb_symbol(pid, address, theirs, sizeof(theirs));
	if (!of->has_variable)
		return;
	assert_int_equal(object.kind, ADDRESS_VARIABLE);
	if (object.name[0] == '\0' || strncmp(theirs, object.name, strlen(object.name)) != 0)
		e2e_fail("the lock at 0x%" PRIx64 " is '%s'; gdb has: %s", address, object.name,
			theirs);
	assert_non_null(strstr(theirs, object.module));
}

static void on_stuck(void *context, const struct suspect *suspect, const struct finding *finding)
{
	struct comparison *comparison = context;
	static struct stack stack[THREADS_MAX];
	static struct gdb_frame frame[GDB_FRAMES_MAX];
	static struct proc_scan scan;
	struct symbols *symbols;
	comparison->stuck++;
	assert_int_equal(proc_scan(suspect->pid, &scan), 0);
	assert_int_equal(symbols_open(&symbols, suspect->pid), 0);
	for (unsigned i = 0; i < scan.tasks && i < THREADS_MAX; i++) {
		struct snapshot snapshot = {0};
		struct proc_task task;
		assert_int_equal(snapshot_stuck_take(&snapshot, &task, suspect->pid,
					 scan.task[i].tid, finding->futex),
			0);
		assert_int_equal(stack_unwind(symbols, &snapshot, &stack[i]), 0);
		snapshot_free(&snapshot);
	}
	size_t frames = gdb_stacks(suspect->pid, frame);
	for (unsigned i = 0; i < scan.tasks && i < THREADS_MAX; i++)
		same_stack(&stack[i], scan.task[i].tid, frame, frames);
	compare_lock(comparison->of, symbols, suspect->pid, finding->futex);
	symbols_close(symbols);
}

/* The first bad one is enough. */
static bool on_judged(void *context, const struct point_result *result)
{
	(void)result;
	return ((struct comparison *)context)->stuck > 0;
}

static void run(const struct gdb_cell *of, struct comparison *comparison, uint32_t point)
{
	char error[LINE_SIZE];
	char *argv[] = {(char *)"forklab", (char *)"explain", (char *)"-a", (char *)of->allocator,
		(char *)"-s", (char *)of->scenario, (char *)"-m", (char *)of->method, NULL};
	static struct options options;
	static struct cell cell;
	struct plan_list list;
	const struct sweep_hooks hooks = {
		.context = comparison, .stuck = on_stuck, .judged = on_judged};
	assert_int_equal(cli_parse(8, argv, NULL, &options, error, sizeof(error)), CLI_PROCEED);
	assert_int_equal(plan_make(&list, &options, &catalogue, error, sizeof(error)), 0);
	struct cell_plan plan = list.cell[0];
	plan.hooks = &hooks;
	plan.point = point;
	memset(&cell, 0, sizeof(cell));
	sweep_run(&plan, &cell, NULL, NULL);
	free(cell.sweep.window);
	plan_free(&list);
}

/* The first bad point, as explain itself finds it. */
static uint32_t find_point(const struct gdb_cell *of)
{
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("explain", "-a", of->allocator, "-s", of->scenario, "-m",
				 of->method, "--format", "json"));
	assert_int_equal(result.status, 0);
	json_t *report = e2e_json(&result);
	uint32_t point = (uint32_t)e2e_number(json_object_get(report, "story"), "point");
	json_decref(report);
	e2e_free(&result);
	return point;
}

static void all_frames_are_gdbs(void **state)
{
	const struct gdb_cell *of = *state;
	struct comparison comparison = {.of = of};
	if (!e2e_has_runner(of->allocator))
		skip();
	run(of, &comparison, find_point(of));
	assert_int_equal(comparison.stuck, 1);
}

int main(int argc, char **argv)
{
	char error[LINE_SIZE], path[E2E_PATH_MAX + 16];
	struct CMUnitTest tests[SUBJECTS];
	if (system("gdb -nx -batch -ex 'python print(1)' >/dev/null 2>&1") != 0) {
		printf("skipped: there is no gdb with Python here (package gdb)\n");
		return E2E_SKIPPED;
	}
	if (descendants_become_subreaper() != 0 ||
		catalogue_load(
			&catalogue, e2e_directory("FORKLAB_RUNNERS"), error, sizeof(error)) != 0)
		return 1;
	e2e_temporary(directory);
	snprintf(path, sizeof(path), "%s/frames.py", directory);
	e2e_write(path, script);
	for (size_t i = 0; i < SUBJECTS; i++)
		tests[i] = (struct CMUnitTest){
			.name = subjects[i].allocator,
			.test_func = all_frames_are_gdbs,
			.initial_state = (void *)&subjects[i],
		};
	int failed = E2E_MAIN(argc, argv, tests, NULL, NULL);
	e2e_remove(directory);
	catalogue_free(&catalogue);
	return failed;
}
