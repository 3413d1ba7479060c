/*
 * forklab-run-<allocator>: the process under test. forklab starts it with a shm that holds the
 * plan; the runner carries it out and writes what happens into the shm. It judges nothing.
 */
#include "common/atfork.h"
#include "common/crash_note.h"
#include "common/identity.h"
#include "common/lock_names.h"
#include "common/recorder.h"
#include "common/runner.h"
#include "common/scenario_file.h"
#include "common/shm_attach.h"
#include "common/subreaper.h"
#include "cost/cost_shm_attach.h"
#include "cost/mode_cost.h"
#include "modes/modes.h"
#include "trial/block.h"
#include "trial/exec_target.h"
#include "trial/mitigation.h"
#include "trial/sweep_state.h"
#include "trial/task.h"
#include "trial/trial.h"
#include "trial/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct runner runner;

static void usage(FILE *out)
{
	fprintf(out,
		"Usage: forklab-run-%s --page FD\n"
		"The process under test of forklab, which starts it: see forklab --help.\n",
		allocator.name);
}

/* The descriptor number, or -1. */
static int parse_fd(const char *text)
{
	char *end;
	errno = 0;
	long fd = strtol(text, &end, 10);
	return errno || *end || end == text || fd < 0 || fd > 1 << 20 ? -1 : (int)fd;
}

/* Index of a trial if this runner was executed by a child or spawned; else -1. */
static int exec_slot = -1;

static int parse(int argc, char **argv)
{
	static const struct option options[] = {
		{"page", required_argument, NULL, 'p'},
		{"executed", required_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int fd = -1, option;
	while ((option = getopt_long(argc, argv, "+p:e:h", options, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			exit(0);
		}
		if (option == 'p')
			fd = parse_fd(optarg);
		else if (option == 'e')
			exec_slot = parse_fd(optarg);
		else
			break;
	}
	if (fd >= 0)
		return fd;
	usage(stderr);
	exit(2);
}

/* The scenario that was loaded from a file, or NULL: then the plan's is one of the table. */
static const struct scenario *loaded;

static void describe_one(struct shm *shm, const struct scenario *scenario)
{
	uint32_t count = shm->identity.scenarios;
	if (count == SHM_SCENARIOS_MAX)
		return;
	snprintf(shm->scenario[count].name, SHM_NAME_MAX, "%s", scenario->name);
	snprintf(shm->scenario[count].summary, SHM_TEXT_MAX, "%s", scenario->summary);
	shm->scenario[count].long_sweep = scenario->sequence && scenario->sequence->is_long;
	shm->scenario[count].optional = scenario->optional;
	shm->identity.scenarios = count + 1;
}

/* The table's scenarios, or only the loaded one. */
static void describe(struct shm *shm)
{
	shm->identity.scenarios = 0;
	if (loaded)
		describe_one(shm, loaded);
	for (size_t i = 0; !loaded && scenario_table[i]; i++)
		describe_one(shm, scenario_table[i]);
}

static const struct scenario *find_scenario(const char *name)
{
	if (loaded)
		return loaded;
	for (size_t i = 0; scenario_table[i]; i++)
		if (strncmp(scenario_table[i]->name, name, SHM_NAME_MAX) == 0)
			return scenario_table[i];
	return NULL;
}

static const char *reason_unavailable(const struct plan *plan)
{
	const struct scenario *scenario = runner.scenario;
	if (loaded && loaded->sequence && loaded->sequence->first)
		return "loading its file allocates, so it cannot be the first that does";
	if (!scenario->work && plan->mode != MODE_SWEEP)
		return "it has no background work: it can only be swept";
	if ((scenario->registers_handlers || plan->mitigation != MITIGATION_NONE) &&
		atfork_would_change_allocator())
		return "a program that registers atfork handlers contains pthread_atfork(), and "
		       "this one does not; -atfork-static does";
	return scenario->unavailable ? scenario->unavailable() : NULL;
}

/* Exits if the scenario does not apply to this runner. */
static void check_available(void)
{
	struct shm *shm = runner.shm;
	const char *why = reason_unavailable(&shm->plan);
	if (!why)
		return;
	snprintf(shm->unavailable_why, sizeof(shm->unavailable_why), "%s", why);
	atomic_store(&shm->unavailable, 1);
	_exit(RUNNER_OK);
}

static void prepare(const struct plan *plan)
{
	runner.scenario = find_scenario(plan->scenario);
	if (!runner.scenario)
		lab_broken("no such scenario in this runner", 0);
	if (plan->workers > SHM_WORKERS_MAX || plan->method >= METHOD_COUNT ||
		plan->mitigation >= MITIGATION_COUNT)
		lab_broken("the plan is out of range", 0);
	crash_note_begin();
	check_available();
	runner.shm->has_heap_check = runner.scenario->heap_checked;
	runner.workers = plan->workers;
	task_set_self(task_main());
	int error = mitigation_start((enum mitigation)plan->mitigation);
	if (error)
		lab_broken("the mitigation cannot be enabled", -error);
	error = runner.scenario->setup ? runner.scenario->setup() : 0;
	if (error)
		lab_broken("the scenario's setup failed", -error);
	if (plan->mode == MODE_SWEEP) {
		sweep_prepare();
		return;
	}
	if (sweep_is_baseline()) {
		sweep_run_baseline();
		return;
	}
	error = plan->mode == MODE_BASELINE ? workers_populate() : workers_start();
	if (error)
		lab_broken("the workers cannot be started", -error);
}

/* A scenario that executes the runner passes the descriptor on; others only need the mapping. */
static void keep_or_close_shm_fd(int fd)
{
	const struct scenario *scenario = find_scenario(runner.shm->plan.scenario);
	if (!scenario || !scenario->execs) {
		close(fd);
		runner.shm_fd = -1;
		return;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	runner.shm_fd = fd;
}

/* A program that a child executes would inherit it, and use this malloc. */
static void unset_preload(const struct plan *plan)
{
	if (plan->object.path[0])
		unsetenv("LD_PRELOAD");
}

/* Whether the first allocation of the process must be made by the scenario. */
static bool must_not_allocate(const struct plan *plan)
{
	const struct scenario *scenario = find_scenario(plan->scenario);
	return plan->mode == MODE_SWEEP && scenario && scenario->sequence &&
	       scenario->sequence->first;
}

int main(int argc, char **argv)
{
	int fd = parse(argc, argv);
	const char *why = NULL;
	struct shm *shm = shm_attach(fd, &why);
	if (!shm) {
		fprintf(stderr, "forklab-run-%s: %s\n", allocator.name, why);
		return RUNNER_NO_SHM;
	}
	int trace_error = shm->plan.trace ? recorder_attach(fd) : 0;
	int cost_error = shm->plan.mode == MODE_COST ? cost_shm_attach(fd) : 0;
	unset_preload(&shm->plan);
	runner.shm = shm;
	runner.pid = getpid();
	/* A program that a child executes does not run the scenario. */
	if (exec_slot < 0)
		loaded = scenario_file_load(shm);
	keep_or_close_shm_fd(fd);
	if (exec_slot >= 0)
		exec_target_main((uint32_t)exec_slot);
	atomic_store(&shm->main_self, (uintptr_t)pthread_self());
	atomic_store(&shm->main_tid, (int32_t)syscall(SYS_gettid));
	lock_names_flush();
	describe(shm);
	if (!identity_prove(shm, !must_not_allocate(&shm->plan)))
		_exit(RUNNER_BROKEN);
	if (trace_error)
		lab_broken("the trace cannot be mapped", -trace_error);
	if (cost_error)
		lab_broken("the cost area cannot be mapped", -cost_error);
	if (shm->plan.mode == MODE_COST) {
		subreaper_enable();
		mode_cost();
		_exit(RUNNER_OK);
	}
	if (shm->plan.mode == MODE_AUDIT) {
		mode_audit();
		_exit(RUNNER_OK);
	}
	if (shm->plan.mode == MODE_HEAP_CHECK) {
		mode_heap_check();
		_exit(RUNNER_OK);
	}
	if (shm->plan.mode == MODE_DESCRIBE)
		block_measure_alignment(shm->alignment);
	if (shm->plan.mode != MODE_DESCRIBE) {
		subreaper_enable();
		prepare(&shm->plan);
	}
	if (shm->plan.mode == MODE_SWEEP)
		mode_sweep();
	else if (shm->plan.mode == MODE_MITIGATION_COST)
		mode_mitigation_cost();
	else if (shm->plan.mode != MODE_DESCRIBE)
		trials_run();
	/* Not exit(): the heap may be damaged, and nothing is left to flush. */
	_exit(RUNNER_OK);
}
