/*
 * forklab-run-<allocator>: the process under test. forklab starts it with a page that says what to
 * do; it does it, writes what happened into the page, and judges nothing.
 */
#include "mode_cost.h"
#include "recorder.h"
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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

/* The descriptor of the page, or -1. */
static int parse_fd(const char *text)
{
	char *end;
	errno = 0;
	long fd = strtol(text, &end, 10);
	return errno || *end || end == text || fd < 0 || fd > 1 << 20 ? -1 : (int)fd;
}

/* The place of a trial, if the runner is what a child executes; else -1. */
static int place = -1;

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
			place = parse_fd(optarg);
		else
			break;
	}
	if (fd >= 0)
		return fd;
	usage(stderr);
	exit(2);
}

static void describe(struct page *page)
{
	uint32_t count = 0;
	for (; scenario_table[count] && count < PAGE_SCENARIOS_MAX; count++) {
		const struct scenario *scenario = scenario_table[count];
		snprintf(page->scenario[count].name, PAGE_NAME_MAX, "%s", scenario->name);
		snprintf(page->scenario[count].summary, PAGE_TEXT_MAX, "%s", scenario->summary);
		page->scenario[count].long_sweep =
			scenario->sequence && scenario->sequence->is_long;
		page->scenario[count].further = scenario->further;
	}
	page->identity.scenarios = count;
}

static const struct scenario *find_scenario(const char *name)
{
	for (size_t i = 0; scenario_table[i]; i++)
		if (strncmp(scenario_table[i]->name, name, PAGE_NAME_MAX) == 0)
			return scenario_table[i];
	return NULL;
}

/* Ends the runner when the scenario has a reason not to be run here. */
static void see_whether_it_applies(void)
{
	struct page *page = runner.page;
	const char *why = runner.scenario->unavailable ? runner.scenario->unavailable() : NULL;
	if (!runner.scenario->work && page->plan.mode != MODE_SWEEP)
		why = "there are no random moments to be hit in it: it can only be swept";
	if (!why)
		return;
	snprintf(page->unavailable_why, sizeof page->unavailable_why, "%s", why);
	atomic_store(&page->unavailable, 1);
	_exit(RUNNER_OK);
}

static void prepare(const struct plan *plan)
{
	runner.scenario = find_scenario(plan->scenario);
	if (!runner.scenario)
		lab_broken("no such scenario in this runner", 0);
	if (plan->workers > PAGE_WORKERS_MAX || plan->method >= METHOD_COUNT ||
		plan->cure >= CURE_COUNT)
		lab_broken("the plan is out of range", 0);
	see_whether_it_applies();
	runner.page->is_examined = runner.scenario->examined;
	runner.workers = plan->workers;
	actor_adopt(actor_main());
	int error = cure_start((enum cure)plan->cure);
	if (error)
		lab_broken("the cure cannot be put in force", -error);
	error = runner.scenario->setup ? runner.scenario->setup() : 0;
	if (error)
		lab_broken("the scenario's setup failed", -error);
	if (plan->mode == MODE_SWEEP) {
		sweep_prepare();
		return;
	}
	if (sweep_imitated()) {
		sweep_imitate();
		return;
	}
	error = plan->mode == MODE_BARE ? workers_imitate() : workers_start();
	if (error)
		lab_broken("the workers cannot be started", -error);
}

/* Whoever executes the runner passes the page on; to all others it is a mapping and nothing else.
 */
static void settle_descriptor(int fd)
{
	const struct scenario *scenario = find_scenario(runner.page->plan.scenario);
	if (!scenario || !scenario->executes) {
		close(fd);
		runner.page_fd = -1;
		return;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	runner.page_fd = fd;
}

/* It would be inherited by what a child executes, and make another program's malloc this one. */
static void forget_preload(const struct plan *plan)
{
	if (plan->object.path[0])
		unsetenv("LD_PRELOAD");
}

/* The first allocation of the process is the scenario's own. */
static bool starts_untouched(const struct plan *plan)
{
	const struct scenario *scenario = find_scenario(plan->scenario);
	return plan->mode == MODE_SWEEP && scenario && scenario->sequence &&
	       scenario->sequence->first;
}

int main(int argc, char **argv)
{
	int fd = parse(argc, argv);
	const char *why = NULL;
	struct page *page = page_attach(fd, &why);
	if (!page) {
		fprintf(stderr, "forklab-run-%s: %s\n", allocator.name, why);
		return RUNNER_NO_PAGE;
	}
	int trace_error = page->plan.trace ? record_attach(fd) : 0;
	int cost_error = page->plan.mode == MODE_COST ? cost_attach(fd) : 0;
	forget_preload(&page->plan);
	runner.page = page;
	settle_descriptor(fd);
	runner.pid = getpid();
	if (place >= 0)
		executed_main((uint32_t)place);
	atomic_store(&page->main_tid, (int32_t)syscall(SYS_gettid));
	locks_flush();
	describe(page);
	if (!identity_prove(page, !starts_untouched(&page->plan)))
		_exit(RUNNER_CANNOT);
	if (trace_error)
		lab_broken("the trace cannot be mapped", -trace_error);
	if (cost_error)
		lab_broken("the sheet of costs cannot be mapped", -cost_error);
	if (page->plan.mode == MODE_COST) {
		strays_prepare();
		cost_serve();
		_exit(RUNNER_OK);
	}
	if (page->plan.mode == MODE_AUDIT) {
		audit_serve();
		_exit(RUNNER_OK);
	}
	if (page->plan.mode == MODE_EXAMINE) {
		examine_serve();
		_exit(RUNNER_OK);
	}
	if (page->plan.mode != MODE_DESCRIBE) {
		strays_prepare();
		prepare(&page->plan);
	}
	if (page->plan.mode == MODE_SWEEP)
		sweep_serve();
	else if (page->plan.mode == MODE_CURE_COST)
		cure_cost_measure();
	else if (page->plan.mode != MODE_DESCRIBE)
		trials_run();
	/* Not exit(): the heap may be damaged, and nothing is left to flush. */
	_exit(RUNNER_OK);
}
