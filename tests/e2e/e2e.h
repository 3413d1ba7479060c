/*
 * Shared by the end-to-end tests: they run forklab as users do, read its output, and search /proc
 * for processes that it left behind. Every error in here fails the running test.
 */
#pragma once

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
/* cmocka needs some of the above. */
#include <cmocka.h>

enum { E2E_PATH_MAX = 512, E2E_MARK_MAX = 64, E2E_SKIPPED = 77 };

/* A list of strings with NULL at its end. */
#define E2E_ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- Running ---- */

/* A forklab under way. */
struct e2e_process {
	pid_t pid;
	int pidfd, out, err;
	char mark[E2E_MARK_MAX]; /* in the environment of all its processes */
	double begin_s;
};

/* A forklab that has ended. */
struct e2e_result {
	int status; /* exit status, or minus the signal that killed it */
	char *out, *err;
	size_t out_size;
	double seconds;
};

/* Starts forklab with these arguments, in the environment that setenv() has made. */
void e2e_start(struct e2e_process *process, const char *const *args);

/* True when it ended within that time. */
bool e2e_ended(const struct e2e_process *process, double seconds);

/*
 * Waits for its end, which must come within `seconds`, and for the end of all its processes, which
 * must come within some seconds more. Release the result with e2e_free().
 */
void e2e_finish(struct e2e_process *process, struct e2e_result *result, double seconds);

/* The same, with a limit on how long its processes may stay afterwards. */
void e2e_finish_within(struct e2e_process *process, struct e2e_result *result, double seconds,
	double gone_seconds);

/* e2e_start() and e2e_finish() in one, with plenty of time. */
void e2e_run(struct e2e_result *result, const char *const *args);

void e2e_free(struct e2e_result *result);

/* Runs it, checks the exit status, and returns its JSON, schema forklab/1. The caller releases it.
 */
json_t *e2e_run_json(const char *const *args, int status);

/* The JSON of a stress run of these cells in which nothing was broken. The caller releases it. */
json_t *e2e_stress(
	const char *allocators, const char *scenarios, const char *methods, int trials, int seed);

/*
 * Whether the runs from here on begin with their controls, as those of users do. Off at first: the
 * controls take longer than most runs of the tests.
 */
void e2e_controls(bool on);

/*
 * Whether all runs from here on have the same mark, and so the same environment: sweeps are reused
 * only in the one in which they were measured. Runs at the same time must all have ended before
 * e2e_finish().
 */
void e2e_same_environment(bool on);

double e2e_now(void); /* seconds */
void e2e_sleep_ms(long ms);

/* The environment: a value, or NULL to remove it. */
void e2e_env(const char *name, const char *value);

/* $FORKLAB_RUNNERS, $FORKLAB_FAULTS or $FORKLAB; a test that was started without them says so and
 * ends. */
const char *e2e_directory(const char *variable);

/* True when that runner was built. */
bool e2e_has_runner(const char *allocator);

/* True if the loader can preload it: otherwise it says so, and goes on without it. */
bool e2e_can_preload(const char *library);

/*
 * For main(): runs the tests. An argument n/m selects the n-th of m parts; any other argument is a
 * name, perhaps with wildcards. Selecting nothing is an error.
 */
int e2e_main(int argc, char **argv, const struct CMUnitTest *tests, size_t count,
	CMFixtureFunction setup, CMFixtureFunction teardown);

#define E2E_MAIN(argc, argv, tests, setup, teardown)                                               \
	e2e_main(argc, argv, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)

/* ---- The processes of a run ---- */

struct e2e_found {
	pid_t pid, parent;
	char state;  /* 'R', 'S', 'T', ... */
	bool runner; /* a runner or a child of one, by the program that it runs */
};

/* All living processes with that mark, the outer forklab among them. How many there are. */
size_t e2e_processes(const char *mark, struct e2e_found *found, size_t max);

/* Waits until no process with that mark is alive; how long it took, negative if it took too long.
 */
double e2e_all_gone(const char *mark, double seconds);

/*
 * Waits up to some seconds for a process of the run and stores it: the inner forklab, a runner, or
 * the child of a runner (in that state, 0: any).
 */
bool e2e_find_inner(const struct e2e_process *process, struct e2e_found *found);
bool e2e_find_runner(const struct e2e_process *process, struct e2e_found *found);
bool e2e_find_child(const struct e2e_process *process, char state, struct e2e_found *found);

/* ---- Reading ---- */

/* The whole output as JSON, schema forklab/1. The caller releases it. */
json_t *e2e_json(const struct e2e_result *result);

/* The same for a command with another schema. */
json_t *e2e_json_of(const struct e2e_result *result, const char *schema);

/* All verdicts, in the order of the report. */
enum { E2E_VERDICTS = 10 };
extern const char *const e2e_verdict[E2E_VERDICTS];

/* The member of report[list] that is about that allocator; it must be there. Borrowed. */
json_t *e2e_of_allocator(const json_t *report, const char *list, const char *allocator);

/* The cell of that name; it must be there. Borrowed. */
json_t *e2e_cell(
	const json_t *report, const char *allocator, const char *scenario, const char *method);

/* The only cell. Borrowed. */
json_t *e2e_only_cell(const json_t *report);

/* Members that must be there, with that type. A null text is "". */
const char *e2e_text(const json_t *object, const char *key);
json_int_t e2e_number(const json_t *object, const char *key);
bool e2e_bool(const json_t *object, const char *key);

/*
 * The exit status of a run that had nothing broken, by its controls. That a fork hits a known-bad
 * allocator's lock is chance, so a control may have found nothing, if the run says so; but it must
 * not have found anything that is not there.
 */
void e2e_check_controls(const json_t *report, int status);

json_int_t e2e_count(const json_t *cell, const char *verdict);

/* The finding of a cell; it must have one. Borrowed. */
json_t *e2e_finding(const json_t *cell);

/* True if `word` is one of the words in `words`, which are separated by blanks. */
bool e2e_is_one_of(const char *word, const char *words);

/* Fails the test with this message. */
__attribute__((format(printf, 1, 2))) _Noreturn void e2e_fail(const char *format, ...);

/* ---- Files ---- */

/* A new directory under /tmp; e2e_remove() takes it away with all that is in it. */
void e2e_temporary(char path[E2E_PATH_MAX]);
void e2e_remove(const char *path);

/* A directory of the running test's: set-up, teardown, and the path of a file in it (NULL: its
 * own). */
int e2e_make_home(void **state);
int e2e_remove_home(void **state);
const char *e2e_in_home(const char *name);

/*
 * Copies a directory of runners: the catalogue, and the runners as links. Of these allocators only,
 * separated by blanks; NULL: of all.
 */
void e2e_copy_runners(const char *from, const char *to, const char *allocators);

/*
 * A new directory of runners in which that allocator's is started with that variable, "NAME=VALUE":
 * e2e_remove() takes it away.
 */
void e2e_runners_with(char path[E2E_PATH_MAX], const char *allocator, const char *variable);

/* A file's contents, terminated. The caller frees it. */
char *e2e_read(const char *path);
void e2e_write(const char *path, const char *text);
