#include "audit.h"

#include "audit_run.h"
#include "futex.h"
#include "interrupt.h"
#include "monotonic.h"
#include "proc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static const uint64_t poll_ns = 500 * 1000;

int audit_run_fail(struct audit_run *run, int error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(run->audit->summary.why, sizeof(run->audit->summary.why), format, arguments);
	va_end(arguments);
	return error;
}

/* Stepping takes at least half of its time as CPU time of forklab, however busy the machine is. */
enum { BUSY_SHARE = 2, BLOCKED_FACTOR = 6 };

bool audit_run_is_over(const struct audit_run *run)
{
	uint64_t ns = monotonic_ns() - run->begin_ns, cpu_ns = process_cpu_ns() - run->begin_cpu_ns;
	bool expired = ns > run->limit_ns && cpu_ns > run->limit_ns / BUSY_SHARE;
	return interrupt_received() || expired || ns > run->limit_ns * BLOCKED_FACTOR;
}

/* ---- Out of the shared page ---- */

/* The application's own registration: its handlers' addresses are in the shared page. */
static void find_application(struct audit_run *w)
{
	const struct shm_audit *line = &w->session.runner.shm->audit;
	for (uint32_t i = 0; i < w->audit->registrations; i++) {
		struct audit_registration *registration = &w->audit->registration[i];
		registration->own = true;
		for (int phase = 0; phase < ATFORK_PHASES; phase++)
			registration->own &=
				registration->handler[phase].address == line->marker[phase];
	}
}

static const char *published_name(const struct audit_run *w, const struct audit_lock_word *word)
{
	const struct shm *shm = w->session.runner.shm;
	uint32_t count = atomic_load(&shm->locks), known = 0;
	for (uint32_t i = 0; i < count && i < SHM_LOCKS_MAX; i++) {
		if (!shm->lock[i].of_allocator)
			continue;
		if (shm->lock[i].address == word->address && known < w->audit->known)
			return w->audit->known_lock[known].name;
		known++;
	}
	return NULL;
}

static void name_lock_words(struct audit_run *w)
{
	for (uint32_t i = 0; i < w->audit->words; i++) {
		struct audit_lock_word *word = &w->audit->word[i];
		const char *name = published_name(w, word);
		if (name)
			snprintf(word->name, sizeof(word->name), "%s", name);
		else
			proc_location(w->session.runner.pid, word->address, word->name,
				sizeof(word->name));
	}
}

/* ---- How long a prepare handler takes ---- */

/* Only a handler that a parent handler undoes can be called repeatedly. Duplicates: once. */
static bool can_be_timed(const struct audit_registration *registration)
{
	return registration->handler[ATFORK_PREPARE].action.ran &&
	       registration->handler[ATFORK_PARENT].action.ran && !registration->duplicate_of;
}

static void time_handlers(struct audit_run *w)
{
	struct shm_audit *line = &w->session.runner.shm->audit;
	struct audit_action *of[SHM_TIMED_MAX];
	uint32_t count = 0;
	int status;
	for (uint32_t i = 0; i < w->audit->registrations && count < SHM_TIMED_MAX; i++) {
		struct audit_registration *registration = &w->audit->registration[i];
		if (!can_be_timed(registration))
			continue;
		of[count] = &registration->handler[ATFORK_PREPARE].action;
		line->pair[count].prepare = registration->handler[ATFORK_PREPARE].address;
		line->pair[count++].parent = registration->handler[ATFORK_PARENT].address;
	}
	futex_store_and_wake(&line->pairs, count + 1);
	while (!runner_process_has_ended(&w->session.runner, &status) && !audit_run_is_over(w)) {
		memory_watch_tick(&w->session.runner.memory);
		futex_wait(&w->session.runner.shm->finished, 0, poll_ns);
	}
	for (uint32_t i = 0; i < count && i < atomic_load(&line->timed); i++)
		of[i]->median_ns = (double)line->pair[i].median_ns;
}

/* ---- The whole audit ---- */

/* A tracee that is not waited for stays a zombie and keeps its process from ending. */
static void end_run(struct audit_run *w)
{
	pid_t pid = w->session.runner.pid;
	if (pid > 0) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		while (waitpid(-pid, NULL, __WALL) > 0)
			;
	}
	runner_session_end(&w->session);
	symbols_close(w->symbols);
}

static int run(struct audit_run *w, const struct catalogue_allocator *allocator)
{
	struct audit *audit = w->audit;
	struct tracee tracee = {0};
	const char *why;
	if (!arch_supported(&why))
		return audit_run_fail(w, -ENOSYS, "%s", why);
	int error = audit_run_start(w, allocator, &tracee);
	if (error && !w->session.runner.shm)
		return error;
	runner_session_identity(&w->session, audit->version, sizeof(audit->version), &audit->link);
	find_application(w);
	if (error)
		return error;
	error = audit_run_walk(w, &tracee);
	name_lock_words(w);
	if (error)
		return error;
	audit_conclude(w->audit);
	time_handlers(w);
	return 0;
}

int audit_allocator(const struct catalogue_allocator *allocator, double limit_s,
	struct audit *audit, char *error, size_t size)
{
	struct audit_run w = {
		.audit = audit,
		.begin_ns = monotonic_ns(),
		.begin_cpu_ns = process_cpu_ns(),
		.limit_ns = (uint64_t)(limit_s * 1e9),
	};
	*audit = (struct audit){0};
	snprintf(audit->allocator, sizeof(audit->allocator), "%s", allocator->name);
	audit->link = allocator->link;
	int failed = allocator->unswept[0] ? -ENOSYS : run(&w, allocator);
	if (allocator->unswept[0])
		snprintf(audit->summary.why, sizeof(audit->summary.why), "%s", allocator->unswept);
	if (failed && !*audit->summary.why)
		snprintf(audit->summary.why, sizeof(audit->summary.why), "%s", strerror(-failed));
	audit->not_allowed = failed == -EPERM || failed == -ENOSYS;
	end_run(&w);
	audit_conclude(audit);
	audit->seconds = seconds_since(w.begin_ns);
	snprintf(error, size, "%s", audit->summary.why);
	return failed;
}
