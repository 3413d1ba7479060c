#include "inflight.h"

#include "deadlock_proof.h"
#include "descendants.h"
#include "environment.h"
#include "evidence.h"
#include "monotonic.h"
#include "points_log.h"
#include "proc.h"
#include "process_exit.h"
#include "shm_map.h"
#include "sweep_hooks.h"
#include "watchdog.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A child is checked when it has made no progress for QUIET_NS, and then at growing intervals. Each
 * slot has a range of the output of its own, so that no child is blamed for what another printed.
 */
enum {
	QUIET_NS = 150 * 1000,
	RECHECK_NS = 300 * 1000,
	RECHECK_MAX_NS = 2000 * 1000,
	SUSPECT_CPU_NS = 4000 * 1000,      /* without progress: conspicuous; */
	SUSPECT_AGAIN_CPU_NS = 500 * 1000, /* the same, once another child was found to spin */
	EXIT_GRACE_NS = 60 * 1000,         /* from a child's last step to its exit */
	OVER_MEMORY_MAX = 3                /* children over the memory limit, then it is over */
};

bool inflight_full(const struct inflight *f)
{
	return f->next - f->first == INFLIGHT_MAX || f->slots == UINT64_MAX;
}

struct inflight_child *inflight_add(struct inflight *f)
{
	struct inflight_child *entry = &f->ring[f->next++ % INFLIGHT_MAX];
	memset(entry, 0, sizeof(*entry));
	return entry;
}

static struct trial *trial_of(const struct inflight *f, const struct inflight_child *entry)
{
	return &f->runner->shm->trial[entry->slot];
}

static void fill_trial(const struct inflight *f, const struct inflight_child *entry)
{
	const struct activity *activity = &f->runner->shm->sweep.activity;
	struct trial *trial = trial_of(f, entry);
	trial->number = entry->result.point;
	trial->exits_at_once = !entry->wanted;
	trial->worker[0] = (struct worker_state){
		.tid = atomic_load(&activity->tid),
		.op = atomic_load(&activity->op),
		.inside = atomic_load(&activity->inside),
		.size = atomic_load(&activity->size),
	};
}

void inflight_prepare_trial(struct inflight *f, struct inflight_child *entry)
{
	entry->slot = 0;
	while (f->slots >> entry->slot & 1)
		entry->slot++;
	f->slots |= UINT64_C(1) << entry->slot;
	struct trial *trial = trial_of(f, entry);
	memset(trial, 0, sizeof(*trial));
	fill_trial(f, entry);
	trial->workers = 1;
	trial->output_begin = SHM_OUTPUT_RUNNER + (uint64_t)entry->slot * SHM_OUTPUT_CHILD;
	trial->output_end = trial->output_begin + SHM_OUTPUT_CHILD;
	trial->begin_ns = monotonic_ns();
	atomic_store(&trial->state, TRIAL_AIMING);
}

void inflight_hand_over(struct inflight *f, struct inflight_child *from, struct inflight_child *to)
{
	to->slot = from->slot;
	to->wanted |= from->wanted && f->plan->hooks;
	fill_trial(f, to);
}

void inflight_start(struct inflight *f, struct inflight_child *entry, pid_t twin)
{
	entry->state = INFLIGHT_RUNNING;
	entry->twin = twin;
	entry->progress_ns = monotonic_ns();
	entry->recheck_ns = entry->progress_ns + QUIET_NS;
	f->running++;
}

/* ---- Results ---- */

void inflight_command(const struct inflight *f, uint32_t point, struct finding *finding)
{
	const struct cell_plan *plan = f->plan;
	char prefix[MODEL_PREFIX_MAX], at[32] = "";
	environment_prefix(prefix, sizeof(prefix), environ);
	if (point)
		snprintf(at, sizeof(at), " --point %" PRIu32, point);
	snprintf(finding->command, sizeof(finding->command),
		"%sforklab sweep -a %s -s %s -m %s%s%s%s%s", prefix, plan->allocator,
		cell_scenario_argument(plan), fork_method_name(plan->method), at,
		plan->every_instruction ? " --every-instruction" : "",
		plan->repro_options ? plan->repro_options : "",
		plan->preload_options ? plan->preload_options : "");
}

static void log_point(const struct inflight *f, const struct inflight_child *entry)
{
	const char *held[INFLIGHT_LOCKS_MAX];
	for (unsigned i = 0; i < entry->held_count; i++)
		held[i] = entry->held[i];
	if (f->plan->points)
		points_log_add(f->plan->points, f->cell, &entry->result, held, entry->held_count);
}

static void record_attempt(struct inflight *f, const struct inflight_child *entry)
{
	f->wanted = (struct point_attempt){
		.reached = true,
		.instruction = entry->result.instruction,
		.pc = entry->pc,
		.waited = entry->result.outcome != POINT_TRIED,
		.verdict = entry->result.verdict,
		.step = entry->finding.step,
	};
	memcpy(f->wanted.step_name, entry->finding.step_name, sizeof(f->wanted.step_name));
}

static void notify_judged(struct inflight *f, const struct point_result *result)
{
	const struct sweep_hooks *hooks = f->plan->hooks;
	if (hooks && hooks->judged && !f->stop_requested)
		f->stop_requested = hooks->judged(hooks->context, result);
}

/* In the order of the points: a result waits for those before it. */
static void pass_on(struct inflight *f)
{
	char worker[MODEL_TEXT_MAX];
	while (f->first != f->next && f->ring[f->first % INFLIGHT_MAX].state == INFLIGHT_DONE) {
		struct inflight_child *entry = &f->ring[f->first++ % INFLIGHT_MAX];
		struct point_result *result = &entry->result;
		bool tried = result->outcome == POINT_TRIED;
		bool bad = tried && result->verdict != VERDICT_OK;
		if (!entry->wanted)
			continue;
		if (f->plan->point)
			record_attempt(f, entry);
		if (bad || f->plan->points)
			result->worker =
				symbols_name(f->symbols, entry->pc, worker, sizeof(worker));
		if (bad) {
			entry->finding.trial = result->point;
			inflight_command(f, result->point, &entry->finding);
			result->finding = &entry->finding;
			result->proven = entry->finding.certainty == CERTAINTY_PROVEN;
			f->cell->sweep.shared_lock |=
				finding_has_obstacle(&entry->finding, DEADLOCK_SHARED_FUTEX);
		}
		if (tried)
			tally_add(f->tally, result->verdict, bad ? &entry->finding : NULL);
		int error = windows_add(&f->windows, result);
		f->error = f->error ? f->error : error;
		log_point(f, entry);
		notify_judged(f, result);
	}
}

static void release_slot(struct inflight *f, struct inflight_child *entry)
{
	f->slots &= ~(UINT64_C(1) << entry->slot);
	f->running -= entry->state == INFLIGHT_RUNNING;
}

void inflight_set_outcome(
	struct inflight *f, struct inflight_child *entry, enum point_outcome outcome)
{
	entry->state = INFLIGHT_DONE;
	entry->result.outcome = outcome;
	pass_on(f);
}

void inflight_set_verdict(struct inflight *f, struct inflight_child *entry, enum verdict verdict,
	const struct finding *finding)
{
	release_slot(f, entry);
	entry->state = INFLIGHT_DONE;
	entry->result.outcome = POINT_TRIED;
	entry->result.verdict = verdict;
	if (finding && finding != &entry->finding)
		entry->finding = *finding;
	pass_on(f);
}

struct inflight_child *inflight_requeue_wanted(struct inflight *f)
{
	for (uint64_t i = f->first; f->plan->point && i != f->next; i++) {
		struct inflight_child *entry = &f->ring[i % INFLIGHT_MAX];
		if (entry->state != INFLIGHT_RUNNING || !entry->wanted)
			continue;
		entry->state = INFLIGHT_PENDING;
		f->running--;
		return entry;
	}
	return NULL;
}

void inflight_abandon(struct inflight *f)
{
	for (uint64_t i = f->first; i != f->next; i++) {
		struct inflight_child *entry = &f->ring[i % INFLIGHT_MAX];
		if (entry->state != INFLIGHT_RUNNING)
			continue;
		release_slot(f, entry);
		entry->wanted = false;
		entry->state = INFLIGHT_DONE;
	}
	pass_on(f);
}

/* ---- Children that have ended ---- */

/* The rest of the child's output range is a hole, which reads as zeros. */
static void find_output_end(const struct inflight *f, struct trial *trial)
{
	char text[4096];
	ssize_t got = pread(f->runner->output, text, sizeof(text), (off_t)trial->output_begin);
	const char *end = got > 0 ? memchr(text, '\0', (size_t)got) : NULL;
	trial->output_end = trial->output_begin + (end              ? (uint64_t)(end - text)
							  : got > 0 ? (uint64_t)got
								    : 0);
}

static void discard_output(const struct inflight *f, const struct trial *trial)
{
	if (trial->output_end > trial->output_begin)
		fallocate(f->runner->output, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)trial->output_begin, SHM_OUTPUT_CHILD);
}

static bool is_of_trial(const struct shm *shm, pid_t pid)
{
	for (int i = 0; i < SHM_TRIALS; i++)
		if (atomic_load(&shm->trial[i].child_pid) == pid)
			return true;
	return false;
}

/*
 * A living child of the forking thread that belongs to no trial: what a child leaves behind is
 * reparented to the runner. Valid only while that thread is idle: each child that it has forked is
 * in the shared page then. 0: none.
 */
static pid_t find_orphan(const struct inflight *f)
{
	enum { MAX = 64 };
	pid_t pids[MAX];
	int status;
	const struct shm *shm = f->runner->shm;
	const struct shm_sweep *line = &shm->sweep;
	if (atomic_load(&line->answered) != atomic_load(&line->request))
		return 0;
	int count = proc_thread_children(f->runner->pid, atomic_load(&shm->main_tid), pids, MAX);
	for (int i = 0; i < count && i < MAX; i++)
		if (!is_of_trial(shm, pids[i]) && !proc_is_zombie(pids[i], f->runner->pid, &status))
			return pids[i];
	return 0;
}

static void judge(struct inflight *f, struct inflight_child *entry, int twin_status)
{
	struct finding finding;
	struct trial *trial = trial_of(f, entry);
	uint32_t state = atomic_load(&trial->state);
	bool child_over = state == TRIAL_DONE || state == TRIAL_PARENT;
	struct finding stuck = entry->finding;
	struct process_exit ended = {.runner = f->runner,
		.trial = trial,
		.twin = entry->twin,
		.stuck = entry->stuck ? &stuck : NULL};
	if (!entry->twin && !entry->stuck)
		ended.orphan_pid = find_orphan(f);
	if (ended.orphan_pid)
		descendants_kill_tree(ended.orphan_pid);
	find_output_end(f, trial);
	enum verdict verdict = VERDICT_OK;
	if (child_over && !trial->childless && !(entry->stuck && stuck.in_parent))
		verdict = process_exit_judge_child(&ended, &finding);
	if (verdict == VERDICT_OK && entry->twin && twin_status != 0)
		verdict = process_exit_judge_parent(&ended, twin_status, true, &finding);
	/* Checked last: all of the above may have been read from an overwritten page. */
	if (shm_map_is_overwritten(f->runner->shm, f->runner->pid))
		return;
	discard_output(f, trial);
	bool over_memory = verdict == VERDICT_BROKEN && finding.cause == CAUSE_OVER_MEMORY;
	f->stop_requested |= over_memory && ++f->over_memory == OVER_MEMORY_MAX;
	inflight_set_verdict(f, entry, verdict, &finding);
}

/* A twin that ended without running its signal handler: the signal is blocked there. */
static bool was_signal_blocked(const struct trial *trial, int status)
{
	return status == 0 && atomic_load(&trial->state) == TRIAL_AIMING;
}

static void poll_twin(struct inflight *f, struct inflight_child *entry)
{
	int status;
	if (!reap_child(entry->twin, &status))
		return;
	/* A stuck one that was killed may have been reaped before. */
	if (entry->stuck)
		status = SIGKILL;
	if (!was_signal_blocked(trial_of(f, entry), status)) {
		judge(f, entry, status);
		return;
	}
	release_slot(f, entry);
	inflight_set_outcome(f, entry, POINT_WAITED);
}

/*
 * Children die with the thread that forked them (PR_SET_PDEATHSIG). That thread is gone then; or,
 * after an exec(2) of the stepped thread, which takes over its tid, it is traced. The runner is
 * judged elsewhere; its children are not to blame.
 */
static bool died_with_runner(const struct inflight *f, const struct trial *trial)
{
	const struct runner_process *runner = f->runner;
	return WIFSIGNALED(trial->wait_status) && WTERMSIG(trial->wait_status) == SIGKILL &&
	       !proc_is_untraced(runner->pid, atomic_load(&runner->shm->main_tid));
}

/*
 * The forking thread reaps its children before its next fork, which may take a while. The wait
 * status can be read before.
 */
static bool is_over(const struct inflight *f, const struct inflight_child *entry, uint64_t now)
{
	struct trial *trial = trial_of(f, entry);
	if (atomic_load(&trial->state) == TRIAL_DONE)
		return true;
	bool leaving = entry->stuck || !entry->wanted ||
		       atomic_load(&trial->child.step) == CHILD_STEP_EXIT;
	if (now < (leaving ? entry->progress_ns + EXIT_GRACE_NS : entry->recheck_ns) ||
		!proc_is_zombie(
			atomic_load(&trial->child_pid), f->runner->pid, &trial->wait_status) ||
		(!entry->stuck && died_with_runner(f, trial)))
		return false;
	atomic_store(&trial->state, TRIAL_DONE);
	return true;
}

/* An unwanted child has no result: only its exit matters. */
static void end_unwanted(struct inflight *f, struct inflight_child *entry)
{
	release_slot(f, entry);
	inflight_set_outcome(f, entry, POINT_TRIED);
}

/* ---- Running children ---- */

static bool made_progress(const struct inflight *f, struct inflight_child *entry, uint64_t now)
{
	const struct trial *trial = trial_of(f, entry);
	uint64_t progress = atomic_load(&trial->child.progress) +
			    atomic_load(&trial->parent.progress) + atomic_load(&trial->state);
	if (progress == entry->progress)
		return false;
	entry->progress = progress;
	entry->progress_ns = now;
	entry->recheck_ns = now + QUIET_NS;
	entry->rechecks = 0;
	entry->history = (struct livelock_history){0};
	entry->stop = (struct stop_record){0};
	return true;
}

/* The process that must make progress, or false. A pid from the shared page is checked first. */
static bool find_suspect(
	const struct inflight *f, const struct inflight_child *entry, struct suspect *suspect)
{
	const struct trial *trial = trial_of(f, entry);
	pid_t parent = entry->twin ? entry->twin : f->runner->pid;
	*suspect = (struct suspect){.shm = f->runner->shm,
		.trial = trial,
		.deadline_ns = (uint64_t)(f->plan->deadline_s * 1e9)};
	if (entry->twin && atomic_load(&trial->state) != TRIAL_CHILD) {
		suspect->pid = parent;
		suspect->parent = true;
		return true;
	}
	pid_t child = atomic_load(&trial->child_pid);
	if (child <= 1 || proc_parent(child) != parent)
		return false;
	suspect->pid = watchdog_last_descendant(trial, child);
	return true;
}

/* After that, strong evidence will do instead of proof. */
static const uint64_t proof_only_ns = UINT64_C(2) * 1000 * 1000 * 1000;

static bool deadline_expired(const struct suspect *suspect, const struct inflight_child *entry,
	uint64_t now, struct finding *finding)
{
	uint64_t quiet_ns = now - entry->progress_ns;
	if (quiet_ns < suspect->deadline_ns)
		return false;
	deadlock_describe_unknown(suspect, suspect->pid, quiet_ns, finding);
	return true;
}

/*
 * A thread that runs, or wakes and sleeps, is examined once it is conspicuous: after some CPU time,
 * or at the second check in a timed wait. After a first livelock, less CPU time is enough.
 */
static bool is_conspicuous(
	const struct inflight *f, struct inflight_child *entry, const struct proc_task *task)
{
	struct livelock_history *history = &entry->history;
	uint64_t enough_ns = f->stuck_cache.livelocks ? SUSPECT_AGAIN_CPU_NS : SUSPECT_CPU_NS;
	livelock_sample(history, task->tid, task);
	if (task_wait(task).kind == WAIT_FUTEX_TIMED)
		return entry->rechecks > 1;
	return task->cpu_ns - history->cpu_start_ns >= enough_ns;
}

static bool is_in_loop(const struct inflight *f, const struct suspect *suspect,
	const struct proc_task *task, struct finding *finding)
{
	const struct finding *known[STUCK_CACHE_MAX], *same;
	unsigned count = stuck_cache_loops(&f->stuck_cache, known);
	if (!livelock_detect_stepped(suspect, task, known, count, finding, &same))
		return false;
	if (same)
		stuck_cache_share(finding, same);
	return true;
}

static bool is_livelocked(struct inflight *f, struct inflight_child *entry,
	const struct suspect *suspect, struct finding *finding)
{
	struct proc_task task;
	if (!watchdog_active_thread(suspect, &task))
		return false;
	enum wait_kind kind = task_wait(&task).kind;
	if (kind != WAIT_NONE && kind != WAIT_FUTEX_TIMED && kind != WAIT_SLEEP &&
		kind != WAIT_YIELD)
		return false;
	finding->verdict = suspect->parent ? VERDICT_PARENT_DEADLOCK : VERDICT_LIVELOCK;
	return is_conspicuous(f, entry, &task) && is_in_loop(f, suspect, &task, finding);
}

static bool is_deadlocked(
	const struct inflight *f, const struct suspect *suspect, struct finding *finding)
{
	const struct finding *earlier = stuck_cache_known_wait(&f->stuck_cache, suspect);
	struct suspect examined = *suspect;
	examined.known_wait = earlier != NULL;
	if (!watchdog_check_deadlock(&examined, finding))
		return false;
	if (earlier)
		stuck_cache_refer(finding, earlier);
	return true;
}

/*
 * Checks that do not depend on time come first: a child must get the same verdict, with the same
 * certainty, on a busy machine.
 */
static bool is_stuck(struct inflight *f, struct inflight_child *entry,
	const struct suspect *suspect, uint64_t now, struct finding *finding)
{
	*finding = (struct finding){.latency_ms = -1};
	if (stuck_cache_lookup(&f->stuck_cache, suspect, now - entry->progress_ns, finding) ||
		is_livelocked(f, entry, suspect, finding))
		return true;
	bool patient = now - entry->progress_ns < proof_only_ns;
	*finding = (struct finding){.latency_ms = -1};
	if (patient)
		return is_deadlocked(f, suspect, finding);
	return watchdog_check_process(&entry->history, suspect, finding) ||
	       deadline_expired(suspect, entry, now, finding);
}

static void complete(struct finding *finding, const struct suspect *suspect)
{
	evidence_from_shm(finding, suspect);
	if (finding->cause == CAUSE_NONE)
		finding->cause = finding->verdict == VERDICT_UNKNOWN ? CAUSE_DEADLINE : CAUSE_STUCK;
}

static void end_stuck(struct inflight *f, struct inflight_child *entry,
	const struct suspect *suspect, struct finding *finding)
{
	complete(finding, suspect);
	finding->trial = entry->result.point;
	attribution_fill(&f->attribution, suspect, finding);
	if (finding->cause != CAUSE_CHILD_STOPPED)
		stuck_cache_add(&f->stuck_cache, finding);
	const struct sweep_hooks *hooks = f->plan->hooks;
	if (hooks && hooks->stuck)
		hooks->stuck(hooks->context, suspect, finding);
	entry->finding = *finding;
	entry->stuck = true;
	descendants_kill_tree(suspect->pid);
}

/* A child that was stopped (SIGSTOP) may be continued, so time stopped does not count; a twin is.
 */
static void recheck_stopped(struct inflight *f, struct inflight_child *entry,
	const struct suspect *suspect, uint64_t now)
{
	struct finding finding = {.latency_ms = -1};
	entry->progress_ns = now;
	if (suspect->parent)
		kill(suspect->pid, SIGCONT);
	else if (stopped_for_good(&entry->stop, suspect->pid, now, &f->patience, &finding)) {
		f->patience.self_stop_seen |= finding.reason[0].kind == REASON_STOPPED_ITSELF;
		end_stuck(f, entry, suspect, &finding);
	}
}

static void recheck(struct inflight *f, struct inflight_child *entry, uint64_t now)
{
	struct suspect suspect;
	struct finding finding;
	uint64_t wait = RECHECK_NS * (uint64_t)++entry->rechecks;
	entry->recheck_ns = now + (wait < RECHECK_MAX_NS ? wait : RECHECK_MAX_NS);
	if (entry->stuck || !find_suspect(f, entry, &suspect))
		return;
	if (proc_state(suspect.pid) == 'T')
		recheck_stopped(f, entry, &suspect, now);
	/* What holds for a twin that is about to fork does not for the one that awaits its child. */
	else if (is_stuck(f, entry, &suspect, now, &finding) &&
		 !made_progress(f, entry, monotonic_ns()))
		end_stuck(f, entry, &suspect, &finding);
}

/*
 * A process that a hook traces must be neither waited for nor examined: its stops belong to the
 * hook, which handles them when it is called here. Only until the deadline.
 */
static bool is_traced_by_hook(
	const struct inflight *f, const struct inflight_child *entry, uint64_t now)
{
	const struct sweep_hooks *hooks = f->plan->hooks;
	if (!hooks || !hooks->traces ||
		(double)(now - entry->progress_ns) / 1e9 > f->plan->deadline_s)
		return false;
	pid_t child = atomic_load(&trial_of(f, entry)->child_pid);
	bool twin_traced = entry->twin && hooks->traces(hooks->context, entry->twin);
	return twin_traced || (child > 0 && hooks->traces(hooks->context, child));
}

static void poll_one(struct inflight *f, struct inflight_child *entry, uint64_t now)
{
	if (is_traced_by_hook(f, entry, now))
		return;
	if (entry->twin)
		poll_twin(f, entry);
	else if (!is_over(f, entry, now))
		;
	else if (entry->wanted)
		judge(f, entry, 0);
	else
		end_unwanted(f, entry);
	if (entry->state == INFLIGHT_RUNNING && !made_progress(f, entry, now) &&
		now >= entry->recheck_ns)
		recheck(f, entry, now);
}

/* ---- The end of the budget ---- */

/* Shorter than that, it may just be slow. */
static const uint64_t given_up_quiet_ns = UINT64_C(500) * 1000 * 1000;

static bool give_up(struct inflight *f, struct inflight_child *entry, uint64_t now)
{
	struct suspect suspect;
	struct finding finding;
	uint64_t quiet_ns = now - entry->progress_ns;
	if (entry->stuck) {
		inflight_set_verdict(f, entry, entry->finding.verdict, &entry->finding);
		return true;
	}
	if (quiet_ns < given_up_quiet_ns || !find_suspect(f, entry, &suspect))
		return false;
	/* Up to 64 children, and no time left to look through all processes for each. */
	suspect.known_wait = true;
	deadlock_describe_unknown(&suspect, suspect.pid, quiet_ns, &finding);
	complete(&finding, &suspect);
	descendants_kill_tree(suspect.pid);
	inflight_set_verdict(f, entry, VERDICT_UNKNOWN, &finding);
	return true;
}

void inflight_give_up(struct inflight *f)
{
	uint64_t now = monotonic_ns();
	for (uint64_t i = f->first; i != f->next; i++) {
		struct inflight_child *entry = &f->ring[i % INFLIGHT_MAX];
		if (entry->state != INFLIGHT_RUNNING || !entry->wanted || give_up(f, entry, now))
			continue;
		release_slot(f, entry);
		entry->wanted = false;
		entry->state = INFLIGHT_DONE;
	}
	pass_on(f);
}

/* As in a stress trial, time in which forklab itself did not poll does not count. */
static uint64_t unpolled_ns(struct inflight *f, uint64_t now)
{
	static const uint64_t most_ns = UINT64_C(100) * 1000 * 1000;
	uint64_t gap = f->polled_ns ? now - f->polled_ns : 0;
	f->polled_ns = now;
	return gap > most_ns ? gap - most_ns : 0;
}

void inflight_poll(struct inflight *f)
{
	memory_watch_tick(&f->runner->memory);
	uint64_t now = monotonic_ns(), absent_ns = unpolled_ns(f, now);
	for (uint64_t i = f->first; i != f->next; i++) {
		struct inflight_child *entry = &f->ring[i % INFLIGHT_MAX];
		if (entry->state != INFLIGHT_RUNNING)
			continue;
		if (f->until_ns && monotonic_ns() > f->until_ns)
			return;
		entry->progress_ns += absent_ns;
		entry->progress_ns = entry->progress_ns < now ? entry->progress_ns : now;
		poll_one(f, entry, now);
	}
}
