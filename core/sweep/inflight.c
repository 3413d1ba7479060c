#include "inflight.h"

#include "descendants.h"
#include "evidence.h"
#include "monotonic.h"
#include "points_log.h"
#include "proc.h"
#include "process_exit.h"
#include "shm_map.h"
#include "sweep_hooks.h"
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A child is looked at when it made no progress for QUIET_NS, and then ever more rarely. What is
 * printed by the child in place n of the ring goes to its own stretch of the output, so that no
 * other's words are taken for its own.
 */
enum {
	QUIET_NS = 150 * 1000,
	LOOK_NS = 300 * 1000,
	LOOK_MAX_NS = 2000 * 1000,
	LATE_CPU_NS = 4000 * 1000, /* without progress: strange; */
	SOON_CPU_NS = 500 * 1000,  /* where others spun already */
	EXIT_NS = 60 * 1000        /* from the last step of a child's to its end */
};

bool flights_full(const struct flights *f)
{
	return f->next - f->first == FLIGHTS_MAX || f->places == UINT64_MAX;
}

struct flight *flights_add(struct flights *f)
{
	struct flight *flight = &f->ring[f->next++ % FLIGHTS_MAX];
	memset(flight, 0, sizeof *flight);
	return flight;
}

static struct trial *trial_of(const struct flights *f, const struct flight *flight)
{
	return &f->runner->page->trial[flight->place];
}

static void fill_trial(const struct flights *f, const struct flight *flight)
{
	const struct diary *diary = &f->runner->page->sweep.diary;
	struct trial *trial = trial_of(f, flight);
	trial->number = flight->result.point;
	trial->brief = !flight->wanted;
	trial->where[0] = (struct place){
		.tid = atomic_load(&diary->tid),
		.op = atomic_load(&diary->op),
		.inside = atomic_load(&diary->inside),
		.size = atomic_load(&diary->size),
	};
}

void flights_board(struct flights *f, struct flight *flight)
{
	flight->place = 0;
	while (f->places >> flight->place & 1)
		flight->place++;
	f->places |= UINT64_C(1) << flight->place;
	struct trial *trial = trial_of(f, flight);
	memset(trial, 0, sizeof *trial);
	fill_trial(f, flight);
	trial->workers = 1;
	trial->output_begin = PAGE_OUTPUT_RUNNER + (uint64_t)flight->place * PAGE_OUTPUT_CHILD;
	trial->output_end = trial->output_begin + PAGE_OUTPUT_CHILD;
	trial->begin_ns = monotonic_ns();
	atomic_store(&trial->state, TRIAL_AIMING);
}

void flights_hand_over(struct flights *f, struct flight *from, struct flight *to)
{
	to->place = from->place;
	to->wanted |= from->wanted && f->plan->hooks;
	fill_trial(f, to);
}

void flights_take_off(struct flights *f, struct flight *flight, pid_t copy)
{
	flight->state = FLIGHT_AIRBORNE;
	flight->copy = copy;
	flight->since_ns = monotonic_ns();
	flight->look_ns = flight->since_ns + QUIET_NS;
	f->airborne++;
}

/* ---- Results ---- */

static void give_command(const struct flights *f, struct flight *flight)
{
	const struct cell_plan *plan = f->plan;
	snprintf(flight->finding.command, sizeof flight->finding.command,
		"forklab sweep -a %s -s %s -m %s --point %u%s%s%s", plan->allocator, plan->scenario,
		plan->method_name, flight->result.point,
		plan->every_instruction ? " --every-instruction" : "",
		plan->repeat ? plan->repeat : "", plan->given ? plan->given : "");
}

static void log_point(const struct flights *f, const struct flight *flight)
{
	const char *held[FLIGHTS_HELD_MAX];
	for (unsigned i = 0; i < flight->held_count; i++)
		held[i] = flight->held[i];
	if (f->plan->points)
		points_log_add(f->plan->points, f->cell, &flight->result, held, flight->held_count);
}

static void note_wanted(struct flights *f, const struct flight *flight)
{
	f->wanted = (struct sighting){
		.seen = true,
		.instruction = flight->result.instruction,
		.pc = flight->pc,
		.outcome = flight->result.outcome,
		.verdict = flight->result.verdict,
	};
	snprintf(f->wanted.step, sizeof f->wanted.step, "%s", flight->finding.step);
}

static void tell_hooks(struct flights *f, const struct point_result *result)
{
	const struct sweep_hooks *hooks = f->plan->hooks;
	if (hooks && hooks->landed && !f->enough)
		f->enough = hooks->landed(hooks->context, result);
}

/* In their order: a point that is over waits for those before it. */
static void pass_on(struct flights *f)
{
	char worker[MODEL_TEXT_MAX];
	while (f->first != f->next && f->ring[f->first % FLIGHTS_MAX].state == FLIGHT_LANDED) {
		struct flight *flight = &f->ring[f->first++ % FLIGHTS_MAX];
		struct point_result *result = &flight->result;
		bool tried = result->outcome == POINT_TRIED;
		bool bad = tried && result->verdict != VERDICT_OK;
		if (!flight->wanted)
			continue;
		if (f->plan->point)
			note_wanted(f, flight);
		result->call = flight->call;
		if (bad || f->plan->points)
			result->worker =
				symbols_name(f->symbols, flight->pc, worker, sizeof worker);
		if (bad) {
			flight->finding.trial = result->point;
			give_command(f, flight);
			result->finding = &flight->finding;
			result->proven = flight->finding.certainty == CERTAINTY_PROVEN;
		}
		if (tried)
			tally_add(f->tally, result->verdict, bad ? &flight->finding : NULL);
		int error = windows_add(&f->windows, result);
		f->error = f->error ? f->error : error;
		log_point(f, flight);
		tell_hooks(f, result);
	}
}

static void leave_place(struct flights *f, struct flight *flight)
{
	f->places &= ~(UINT64_C(1) << flight->place);
	f->airborne -= flight->state == FLIGHT_AIRBORNE;
}

void flights_ground(struct flights *f, struct flight *flight, enum point_outcome outcome)
{
	flight->state = FLIGHT_LANDED;
	flight->result.outcome = outcome;
	pass_on(f);
}

void flights_land(struct flights *f, struct flight *flight, enum verdict verdict,
	const struct finding *finding)
{
	leave_place(f, flight);
	flight->state = FLIGHT_LANDED;
	flight->result.outcome = POINT_TRIED;
	flight->result.verdict = verdict;
	if (finding && finding != &flight->finding)
		flight->finding = *finding;
	pass_on(f);
}

struct flight *flights_recall_wanted(struct flights *f)
{
	for (uint64_t i = f->first; f->plan->point && i != f->next; i++) {
		struct flight *flight = &f->ring[i % FLIGHTS_MAX];
		if (flight->state != FLIGHT_AIRBORNE || !flight->wanted)
			continue;
		flight->state = FLIGHT_GROUNDED;
		f->airborne--;
		return flight;
	}
	return NULL;
}

void flights_abandon(struct flights *f)
{
	for (uint64_t i = f->first; i != f->next; i++) {
		struct flight *flight = &f->ring[i % FLIGHTS_MAX];
		if (flight->state != FLIGHT_AIRBORNE)
			continue;
		leave_place(f, flight);
		flight->wanted = false;
		flight->state = FLIGHT_LANDED;
	}
	pass_on(f);
}

/* ---- What is over ---- */

/* Where this child's words end: behind them its stretch of the output is empty. */
static void find_words(const struct flights *f, struct trial *trial)
{
	char text[4096];
	ssize_t got = pread(f->runner->output, text, sizeof text, (off_t)trial->output_begin);
	const char *end = got > 0 ? memchr(text, '\0', (size_t)got) : NULL;
	trial->output_end = trial->output_begin + (end              ? (uint64_t)(end - text)
							  : got > 0 ? (uint64_t)got
								    : 0);
}

static void forget_words(const struct flights *f, const struct trial *trial)
{
	if (trial->output_end > trial->output_begin)
		fallocate(f->runner->output, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)trial->output_begin, PAGE_OUTPUT_CHILD);
}

static bool is_of_trial(const struct page *page, pid_t pid)
{
	for (int i = 0; i < PAGE_TRIALS; i++)
		if (atomic_load(&page->trial[i].child_pid) == pid)
			return true;
	return false;
}

/*
 * A living child of the forking thread that no trial made: what a child left behind falls to the
 * runner. Only while that thread is at rest, when every child that it made is in the page. 0: none.
 */
static pid_t find_stray(const struct flights *f)
{
	enum { MAX = 64 };
	pid_t pids[MAX];
	int status;
	const struct page *page = f->runner->page;
	const struct sweep_line *line = &page->sweep;
	if (atomic_load(&line->answered) != atomic_load(&line->request))
		return 0;
	int count = proc_thread_children(f->runner->pid, atomic_load(&page->main_tid), pids, MAX);
	for (int i = 0; i < count && i < MAX; i++)
		if (!is_of_trial(page, pids[i]) &&
			!proc_is_zombie(pids[i], f->runner->pid, &status))
			return pids[i];
	return 0;
}

/* True when there was one; its name in text. */
static bool end_stray(const struct flights *f, char *text, size_t size)
{
	pid_t pid = find_stray(f);
	if (pid)
		descendants_kill_tree(pid);
	snprintf(text, size, "pid %d", (int)pid);
	return pid != 0;
}

static void judge(struct flights *f, struct flight *flight, int copy_status)
{
	struct finding finding;
	char stray[MODEL_NAME_MAX];
	struct trial *trial = trial_of(f, flight);
	uint32_t state = atomic_load(&trial->state);
	bool child_over = state == TRIAL_DONE || state == TRIAL_PARENT;
	struct finding stuck = flight->finding;
	struct ended ended = {
		.runner = f->runner, .trial = trial, .stuck = flight->stuck ? &stuck : NULL};
	if (!flight->copy && !flight->stuck && end_stray(f, stray, sizeof stray))
		ended.stray = stray;
	find_words(f, trial);
	enum verdict verdict = VERDICT_OK;
	if (child_over && !(flight->stuck && stuck.in_parent))
		verdict = ended_child(&ended, &finding);
	if (verdict == VERDICT_OK && flight->copy && copy_status != 0)
		verdict = ended_parent(&ended, copy_status, true, &finding);
	/* Looked at last: what was read before may be from an overwritten page otherwise. */
	if (pages_overwritten(f->runner->page, f->runner->pid))
		return;
	forget_words(f, trial);
	flights_land(f, flight, verdict, &finding);
}

/* A copy that ended without its handler having run: the signal is blocked there. */
static bool was_deaf(const struct trial *trial, int status)
{
	return status == 0 && atomic_load(&trial->state) == TRIAL_AIMING;
}

static void poll_copy(struct flights *f, struct flight *flight)
{
	int status;
	if (!spawn_reaped(flight->copy, &status))
		return;
	/* One that was killed for being stuck may be reaped already. */
	if (flight->stuck)
		status = SIGKILL;
	if (!was_deaf(trial_of(f, flight), status)) {
		judge(f, flight, status);
		return;
	}
	leave_place(f, flight);
	flights_ground(f, flight, POINT_WAITED);
}

/*
 * Children die with the thread that made them (PR_SET_PDEATHSIG). It is dead when they are: or,
 * after an exec of the stepped thread's, which takes over its tid, it is traced. What became of the
 * runner is told elsewhere; its children are not to blame.
 */
static bool died_with_runner(const struct flights *f, const struct trial *trial)
{
	const struct spawned *runner = f->runner;
	return WIFSIGNALED(trial->wait_status) && WTERMSIG(trial->wait_status) == SIGKILL &&
	       !proc_runs_free(runner->pid, atomic_load(&runner->page->main_tid));
}

/*
 * The forking thread reaps its children when it comes to fork again, which may take a while. What
 * it will find is known before.
 */
static bool is_over(const struct flights *f, const struct flight *flight, uint64_t now)
{
	struct trial *trial = trial_of(f, flight);
	if (atomic_load(&trial->state) == TRIAL_DONE)
		return true;
	bool leaving =
		flight->stuck || !flight->wanted || atomic_load(&trial->child.step) == STEP_EXIT;
	if (now < (leaving ? flight->since_ns + EXIT_NS : flight->look_ns) ||
		!proc_is_zombie(
			atomic_load(&trial->child_pid), f->runner->pid, &trial->wait_status) ||
		(!flight->stuck && died_with_runner(f, trial)))
		return false;
	atomic_store(&trial->state, TRIAL_DONE);
	return true;
}

/* A child that nobody looks at: its end is all that counts. */
static void end_brief(struct flights *f, struct flight *flight)
{
	leave_place(f, flight);
	flights_ground(f, flight, POINT_TRIED);
}

/* ---- What is still in the air ---- */

static bool moved_on(const struct flights *f, struct flight *flight, uint64_t now)
{
	const struct trial *trial = trial_of(f, flight);
	uint64_t progress = atomic_load(&trial->child.progress) +
			    atomic_load(&trial->parent.progress) + atomic_load(&trial->state);
	if (progress == flight->progress)
		return false;
	flight->progress = progress;
	flight->since_ns = now;
	flight->look_ns = now + QUIET_NS;
	flight->looks = 0;
	flight->track = (struct livelock_track){0};
	return true;
}

/* The process that is to make progress, or false. Pids of the page must be what they claim to be.
 */
static bool find_suspect(
	const struct flights *f, const struct flight *flight, struct suspect *suspect)
{
	const struct trial *trial = trial_of(f, flight);
	pid_t parent = flight->copy ? flight->copy : f->runner->pid;
	*suspect = (struct suspect){.page = f->runner->page, .trial = trial};
	if (flight->copy && atomic_load(&trial->state) != TRIAL_CHILD) {
		suspect->pid = parent;
		suspect->parent = true;
		return true;
	}
	pid_t child = atomic_load(&trial->child_pid);
	if (child <= 1 || proc_parent(child) != parent)
		return false;
	suspect->pid = watch_last_generation(trial, child);
	return true;
}

/* After that weaker evidence will do. */
static const uint64_t patience_ns = UINT64_C(2) * 1000 * 1000 * 1000;

static bool overdue(
	const struct flights *f, const struct flight *flight, uint64_t now, struct finding *finding)
{
	double quiet_s = (double)(now - flight->since_ns) / 1e9;
	if (quiet_s < f->plan->deadline_s)
		return false;
	finding->verdict = VERDICT_UNKNOWN;
	evidence_reason(finding,
		"no progress for %.1f s, and neither proof nor strong evidence why", quiet_s);
	return true;
}

/*
 * A thread that runs or comes and goes is examined once it is conspicuous: after some CPU time, or
 * in a timed wait at its second look. What was found once is looked for sooner.
 */
static bool is_conspicuous(
	const struct flights *f, struct flight *flight, const struct proc_task *task)
{
	struct livelock_track *track = &flight->track;
	uint64_t enough_ns = f->precedents.livelocks ? SOON_CPU_NS : LATE_CPU_NS;
	livelock_follow(track, task->tid, task);
	if (hang_wait(task).kind == WAIT_FUTEX_TIMED)
		return flight->looks > 1;
	return task->cpu_ns - track->cpu_start_ns >= enough_ns;
}

static bool is_livelocked(struct flights *f, struct flight *flight, const struct suspect *suspect,
	struct finding *finding)
{
	struct proc_task task;
	if (!watch_in_charge(suspect, &task))
		return false;
	enum wait_kind kind = hang_wait(&task).kind;
	if (kind != WAIT_NONE && kind != WAIT_FUTEX_TIMED && kind != WAIT_SLEEP &&
		kind != WAIT_YIELD)
		return false;
	finding->verdict = suspect->parent ? VERDICT_PARENT_DEADLOCK : VERDICT_LIVELOCK;
	return is_conspicuous(f, flight, &task) && livelock_examine(suspect, &task, finding);
}

/*
 * By steps that do not depend on time as long as possible: the same child must get the same
 * verdict, with the same certainty, on a busy machine.
 */
static bool is_stuck(struct flights *f, struct flight *flight, const struct suspect *suspect,
	uint64_t now, struct finding *finding)
{
	*finding = (struct finding){.latency_ms = -1};
	if (precedents_apply(&f->precedents, suspect, finding) ||
		is_livelocked(f, flight, suspect, finding))
		return true;
	bool patient = now - flight->since_ns < patience_ns;
	*finding = (struct finding){.latency_ms = -1};
	if (patient)
		return watch_alone(suspect, finding);
	return watch_process(&flight->track, suspect, finding) || overdue(f, flight, now, finding);
}

static void end_stuck(struct flights *f, struct flight *flight, const struct suspect *suspect,
	struct finding *finding)
{
	const char *why =
		finding->verdict == VERDICT_UNKNOWN ? "no progress before the deadline" : "stuck";
	finding->trial = flight->result.point;
	precedents_add(&f->precedents, finding);
	evidence_from_page(finding, suspect);
	evidence_sentence(finding, suspect, why, "");
	const struct sweep_hooks *hooks = f->plan->hooks;
	if (hooks && hooks->stuck)
		hooks->stuck(hooks->context, suspect, finding);
	flight->finding = *finding;
	flight->stuck = true;
	descendants_kill_tree(suspect->pid);
}

/* Somebody stopped it, and may let it go on: the deadline does not come nearer meanwhile. */
static bool is_stopped(pid_t pid)
{
	struct proc_task task;
	return proc_task(pid, pid, &task) == 0 && task.state == 'T';
}

static void look(struct flights *f, struct flight *flight, uint64_t now)
{
	struct suspect suspect;
	struct finding finding;
	uint64_t wait = LOOK_NS * (uint64_t)++flight->looks;
	flight->look_ns = now + (wait < LOOK_MAX_NS ? wait : LOOK_MAX_NS);
	if (flight->stuck || !find_suspect(f, flight, &suspect))
		return;
	if (is_stopped(suspect.pid))
		flight->since_ns = now;
	else if (is_stuck(f, flight, &suspect, now, &finding))
		end_stuck(f, flight, &suspect, &finding);
}

/*
 * Traced by a hook, which sees to what it traces when it is asked. It must be neither waited for
 * nor looked at then: its stops are the hook's. But not for ever.
 */
static bool is_held(const struct flights *f, const struct flight *flight, uint64_t now)
{
	const struct sweep_hooks *hooks = f->plan->hooks;
	if (!hooks || !hooks->holds || (double)(now - flight->since_ns) / 1e9 > f->plan->deadline_s)
		return false;
	pid_t child = atomic_load(&trial_of(f, flight)->child_pid);
	bool copy_held = flight->copy && hooks->holds(hooks->context, flight->copy);
	return copy_held || (child > 0 && hooks->holds(hooks->context, child));
}

static void poll_one(struct flights *f, struct flight *flight, uint64_t now)
{
	if (is_held(f, flight, now))
		return;
	if (flight->copy)
		poll_copy(f, flight);
	else if (!is_over(f, flight, now))
		;
	else if (flight->wanted)
		judge(f, flight, 0);
	else
		end_brief(f, flight);
	if (flight->state == FLIGHT_AIRBORNE && !moved_on(f, flight, now) && now >= flight->look_ns)
		look(f, flight, now);
}

/* As in a stress trial, time that passes while nobody looks brings no deadline nearer. */
static uint64_t absence(struct flights *f, uint64_t now)
{
	static const uint64_t most_ns = UINT64_C(100) * 1000 * 1000;
	uint64_t gap = f->polled_ns ? now - f->polled_ns : 0;
	f->polled_ns = now;
	return gap > most_ns ? gap - most_ns : 0;
}

void flights_poll(struct flights *f)
{
	uint64_t now = monotonic_ns(), absent_ns = absence(f, now);
	for (uint64_t i = f->first; i != f->next; i++) {
		struct flight *flight = &f->ring[i % FLIGHTS_MAX];
		if (flight->state != FLIGHT_AIRBORNE)
			continue;
		flight->since_ns += absent_ns;
		flight->since_ns = flight->since_ns < now ? flight->since_ns : now;
		poll_one(f, flight, now);
	}
}
