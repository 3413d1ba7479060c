#include "deadlock_proof.h"

#include "deadlock.h"
#include "interval_timers.h"
#include "monotonic.h"
#include "paused_workers.h"
#include "proc_mem.h"

#include <signal.h>

enum { GROUP_MAX = 8 };

/* A process, and the child processes that it waits for: they are judged together. */
struct group {
	unsigned count;
	pid_t pid[GROUP_MAX];
	struct proc_scan scan[GROUP_MAX];
	bool waits_for_children[GROUP_MAX]; /* all its living children are in the group then */
	struct paused_workers paused;       /* of the first process */
	bool near_only;                     /* see struct descriptor_scope */
	/* Of the thread that stands in the way of a proof, else of the main thread. */
	struct wait_source source[GROUP_MAX];
};

static struct group group;

/*
 * A thread that joins another one (the word holds its tid until it ends) is not the stuck one: the
 * other is.
 */
const struct proc_task *deadlock_joined_thread(
	const struct suspect *suspect, const struct proc_scan *scan, const struct proc_task *task)
{
	uint32_t word;
	for (unsigned hops = 0; hops < scan->tasks; hops++) {
		struct task_wait wait = task_wait(task);
		if (!wait.futex || proc_mem_read(suspect->pid, wait.futex, &word, sizeof(word)) !=
					   (ssize_t)sizeof(word))
			break;
		const struct proc_task *next = proc_scan_task(scan, (pid_t)word);
		if (!next || next == task)
			break;
		task = next;
	}
	return task;
}

/* ---- The processes ---- */

static bool waits_for_child(const struct proc_scan *scan)
{
	for (unsigned i = 0; i < scan->tasks; i++)
		if (task_wait(&scan->task[i]).kind == WAIT_CHILD)
			return true;
	return false;
}

/* A zombie is about to be reaped, and without a child the wait is about to end as well. */
static bool add_children(pid_t parent)
{
	pid_t child[GROUP_MAX];
	int status, count = proc_children(parent, child, GROUP_MAX);
	if (count <= 0 || count > GROUP_MAX)
		return false;
	for (int i = 0; i < count; i++) {
		if (group.count == GROUP_MAX || proc_is_zombie(child[i], parent, &status))
			return false;
		group.pid[group.count++] = child[i];
	}
	return true;
}

/* At one moment none of them ran: each scan covers a time of its own, the second look all. */
static bool all_still_asleep(void)
{
	for (unsigned i = 0; group.count > 1 && i < group.count; i++)
		if (!proc_scan_unchanged(&group.scan[i]))
			return false;
	return true;
}

static enum deadlock_obstacle find_group(const struct suspect *suspect)
{
	group.paused = paused_workers_read(suspect);
	group.near_only = suspect->known_wait;
	group.count = 1;
	group.pid[0] = suspect->pid;
	group.scan[0].tasks = 0;
	for (unsigned i = 0; i < group.count; i++) {
		group.source[i].fd = -1;
		if (proc_scan(group.pid[i], &group.scan[i]) != 0)
			return DEADLOCK_UNREADABLE;
		group.waits_for_children[i] = waits_for_child(&group.scan[i]);
		if (group.waits_for_children[i] && !add_children(group.pid[i]))
			return DEADLOCK_CHILD_RUNS;
	}
	return DEADLOCK_PROVEN;
}

/* ---- Their facts ---- */

static bool is_in_shared_memory(pid_t pid, const struct task_wait *wait)
{
	struct proc_mapping mapping;
	return wait->kind == WAIT_FUTEX && !wait->private_futex && !wait->words &&
	       (proc_mapping(pid, wait->futex, &mapping) != 0 || mapping.shared);
}

/* The sources of a wait are expensive to find: not for a thread that is no candidate anyway. */
static void fill_threads(
	unsigned member, struct deadlock_thread *threads, struct wait_source *sources)
{
	const struct proc_scan *scan = &group.scan[member];
	const struct descriptor_scope scope = {group.pid, group.count, group.near_only};
	for (unsigned i = 0; i < scan->tasks; i++) {
		const struct proc_task *task = &scan->task[i];
		struct task_wait wait = task_wait(task);
		threads[i] = (struct deadlock_thread){
			.paused = member == 0 && paused_workers_have(&group.paused, task->tid),
			.memory_shared = is_in_shared_memory(scan->pid, &wait)};
		sources[i] = (struct wait_source){.fd = wait.fd};
		if (task->asleep && !threads[i].paused)
			threads[i].source = wait_source(scan, task, &scope, &sources[i]);
	}
}

static bool shares_memory(const struct proc_scan *scan)
{
	pid_t child[GROUP_MAX];
	if (wait_source_same_memory(scan->pid, proc_parent(scan->pid)))
		return true;
	int count = scan->no_children ? 0 : proc_children(scan->pid, child, GROUP_MAX);
	for (int i = 0; i < count && i < GROUP_MAX; i++)
		if (wait_source_same_memory(scan->pid, child[i]))
			return true;
	return count > GROUP_MAX;
}

static struct deadlock_process process_facts(unsigned member)
{
	const struct proc_scan *scan = &group.scan[member];
	struct descriptor_table table;
	bool readable =
		descriptor_table_read(scan->pid, deadlock_catches_signals(scan), &table) == 0;
	return (struct deadlock_process){
		.children_stuck = group.waits_for_children[member],
		.memory_of_process = shares_memory(scan),
		.io_uring = !readable || table.io_uring,
		.io_signals = table.signals,
	};
}

static enum deadlock_obstacle check_member(unsigned member)
{
	static struct deadlock_thread threads[PROC_TASKS_MAX];
	static struct wait_source sources[PROC_TASKS_MAX];
	const struct proc_scan *scan = &group.scan[member];
	fill_threads(member, threads, sources);
	struct deadlock_process process = process_facts(member);
	enum deadlock_obstacle obstacle = deadlock_check(scan, &process, threads);
	for (unsigned i = 0; i < scan->tasks; i++)
		if (i == 0 || (obstacle && threads[i].source == obstacle))
			group.source[member] = sources[i];
	return obstacle;
}

/* ---- Timers ---- */

/* Ignored, or blocked in a process that does not ask for pending signals: it changes nothing. */
static bool alarm_matters(const struct proc_task *task)
{
	static const uint64_t alarms = UINT64_C(1) << (SIGALRM - 1) |
				       UINT64_C(1) << (SIGVTALRM - 1) |
				       UINT64_C(1) << (SIGPROF - 1);
	enum wait_kind kind = task_wait(task).kind;
	bool may_take = kind == WAIT_SIGNAL || kind == WAIT_DESCRIPTOR;
	return alarms & ~task->ignored & ~(may_take ? 0 : task->blocked);
}

/* A waiter on one futex word that would go on if it looked again, since the word has this value. */
static bool has_lost_wakeup(const struct task_wait *wait, uint32_t value)
{
	return wait->futex && !wait->words && !wait->pi_word && value != wait->expected;
}

/*
 * The question interrupts the thread, which then waits again. After a lost wakeup it would see the
 * new value of the futex word and go on: forklab would have ended the hang.
 */
static bool interruption_ends_wait(const struct proc_scan *scan, const struct proc_task *task)
{
	struct task_wait wait = task_wait(task);
	uint32_t word = ~wait.expected; /* what cannot be read counts as changed */
	if (wait.futex)
		(void)proc_mem_read(scan->pid, wait.futex, &word, sizeof(word));
	return wait.words || has_lost_wakeup(&wait, word);
}

static bool has_interval_timers(const struct proc_scan *scan, bool cpu_timers, bool *unknown)
{
	bool matters = false;
	*unknown = false;
	for (unsigned i = 0; i < scan->tasks; i++)
		matters |= alarm_matters(&scan->task[i]);
	/* A thread that somebody traces already cannot be asked. */
	for (unsigned i = 0; matters && i < scan->tasks; i++) {
		if (interruption_ends_wait(scan, &scan->task[i]))
			continue;
		enum interval_timers timers = interval_timers(scan->task[i].tid, cpu_timers);
		if (timers != INTERVAL_TIMERS_UNKNOWN)
			return timers == INTERVAL_TIMERS_ARMED;
	}
	*unknown = matters;
	return false;
}

static bool is_signal_pending(const struct proc_scan *scan)
{
	for (unsigned i = 0; i < scan->tasks; i++)
		if (scan->task[i].pending & scan->task[i].caught & ~scan->task[i].blocked)
			return true;
	return false;
}

bool deadlock_may_get_signal(pid_t pid, bool *unknown)
{
	static struct proc_scan scan;
	*unknown = true;
	if (proc_scan(pid, &scan) != 0)
		return false;
	return !scan.no_timers || is_signal_pending(&scan) ||
	       (!scan.no_children && deadlock_catches_signals(&scan)) ||
	       has_interval_timers(&scan, true, unknown);
}

/* Asked last, since it interrupts the process. */
static enum deadlock_obstacle check_timers(bool *unknown)
{
	bool here;
	*unknown = false;
	for (unsigned i = 0; i < group.count; i++) {
		if (has_interval_timers(&group.scan[i], false, &here))
			return DEADLOCK_ALARM;
		*unknown |= here;
	}
	return DEADLOCK_PROVEN;
}

/* ---- The proof ---- */

static enum deadlock_obstacle look(const struct suspect *suspect)
{
	enum deadlock_obstacle obstacle = find_group(suspect);
	for (unsigned i = group.count; !obstacle && i > 0; i--)
		obstacle = check_member(i - 1);
	return obstacle || all_still_asleep() ? obstacle : DEADLOCK_RAN;
}

/* After the question the thread needs a moment to get back to its wait. */
static enum deadlock_obstacle look_until_asleep(const struct suspect *suspect)
{
	enum { ATTEMPTS = 20 };
	enum deadlock_obstacle obstacle = look(suspect);
	for (int i = 0; obstacle && i < ATTEMPTS; i++) {
		sleep_ns(100 * NS_PER_US);
		obstacle = look(suspect);
	}
	return obstacle;
}

/*
 * An alarm may have gone off between the look and the question for timers: none is left then, and
 * the handler has perhaps ended the wait. So there is a second look.
 */
static enum deadlock_obstacle examine(const struct suspect *suspect, bool *timers_unknown)
{
	struct suspect again = *suspect;
	enum deadlock_obstacle obstacle = look(suspect);
	if (!obstacle)
		obstacle = check_timers(timers_unknown);
	again.known_wait = true; /* who else holds a descriptor is known from the first look */
	return obstacle ? obstacle : look_until_asleep(&again);
}

/* The process at the end of the chain: it waits for none of its children. */
static unsigned leaf_of_group(void)
{
	unsigned leaf = 0;
	while (leaf + 1 < group.count && group.waits_for_children[leaf])
		leaf++;
	return leaf;
}

/* The thread that a finding is about, in its process. */
struct stuck_thread {
	unsigned member;
	struct suspect suspect;
	const struct proc_task *task;
	struct task_wait wait;
};

static struct stuck_thread find_stuck_thread(
	unsigned member, const struct suspect *suspect, pid_t tid)
{
	struct stuck_thread stuck = {.member = member, .suspect = *suspect};
	const struct proc_scan *scan = &group.scan[member];
	stuck.suspect.pid = scan->pid;
	const struct proc_task *task = proc_scan_task(scan, member ? scan->pid : tid);
	stuck.task = deadlock_joined_thread(&stuck.suspect, scan, task ? task : &scan->task[0]);
	stuck.wait = task_wait(stuck.task);
	return stuck;
}

static void fill_wait(struct finding *finding, const struct stuck_thread *stuck)
{
	const struct wait_source *source = &group.source[stuck->member];
	finding->wait = (struct finding_wait){.kind = stuck->wait.kind,
		.syscall = stuck->task->syscall,
		.fd = source->fd,
		.descriptor = source->kind};
}

static void fill_lock(struct finding *finding, const struct stuck_thread *stuck)
{
	if (stuck->wait.futex)
		evidence_lock(
			finding, &stuck->suspect, stuck->wait.futex, &group.scan[stuck->member]);
	if (stuck->wait.kind == WAIT_FUTEX && has_lost_wakeup(&stuck->wait, finding->futex_value))
		evidence_reason(
			finding, REASON_LOST_WAKEUP, stuck->wait.expected, finding->futex_value);
	evidence_waiter(finding, &stuck->suspect, stuck->task->pc, stuck->task->sp);
}

static void add_reasons(struct finding *finding, const struct stuck_thread *stuck)
{
	const struct task_wait *wait = &stuck->wait;
	unsigned tasks = group.scan[stuck->member].tasks;
	if (stuck->member > 0)
		evidence_reason(finding, REASON_CHILD_STUCK, 0, 0);
	evidence_reason(finding, tasks == 1 ? REASON_ONE_THREAD : REASON_ALL_THREADS, tasks, 0);
	if (wait->kind == WAIT_FUTEX)
		evidence_reason(finding,
			wait->private_futex ? REASON_PRIVATE_FUTEX : REASON_PRIVATE_MEMORY, 0, 0);
	if (finding->wait.descriptor != DESCRIPTOR_CLOSED)
		evidence_reason(finding, REASON_HELD_INSIDE, (uint64_t)finding->wait.fd,
			finding->wait.descriptor);
	evidence_reason(
		finding, wait->kind == WAIT_SIGNAL ? REASON_NO_SENDER : REASON_NO_SIGNAL, 0, 0);
}

bool deadlock_prove(const struct suspect *suspect, pid_t tid, struct finding *finding)
{
	bool timers_unknown;
	if (examine(suspect, &timers_unknown) != DEADLOCK_PROVEN)
		return false;
	struct stuck_thread stuck = find_stuck_thread(leaf_of_group(), suspect, tid);
	finding->certainty = timers_unknown ? CERTAINTY_STRONG : CERTAINTY_PROVEN;
	fill_wait(finding, &stuck);
	add_reasons(finding, &stuck);
	if (timers_unknown)
		evidence_reason(finding, REASON_TIMERS_UNKNOWN, 0, 0);
	fill_lock(finding, &stuck);
	return true;
}

void deadlock_describe_unknown(
	const struct suspect *suspect, pid_t tid, uint64_t quiet_ns, struct finding *finding)
{
	bool timers_unknown;
	*finding = (struct finding){.verdict = VERDICT_UNKNOWN, .latency_ms = -1};
	evidence_reason(finding, REASON_NO_PROGRESS, quiet_ns / NS_PER_MS, 0);
	if (suspect->pid <= 0)
		return;
	enum deadlock_obstacle obstacle = examine(suspect, &timers_unknown);
	if (group.scan[0].tasks == 0)
		return;
	struct stuck_thread stuck = find_stuck_thread(0, suspect, tid);
	fill_wait(finding, &stuck);
	if (obstacle)
		evidence_reason(finding, REASON_OBSTACLE, obstacle, 0);
	fill_lock(finding, &stuck);
}
