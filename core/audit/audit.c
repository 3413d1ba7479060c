#include "audit.h"

#include "audit_run.h"
#include "descendants.h"
#include "futex.h"
#include "interrupt.h"
#include "monotonic.h"
#include "proc.h"
#include "shm_map.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint64_t look_ns = 500 * 1000;

int watch_fail(struct watch *watch, int error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(watch->audit->why, sizeof watch->audit->why, format, arguments);
	va_end(arguments);
	return error;
}

bool watch_is_over(const struct watch *watch)
{
	return interrupt_came() || monotonic_ns() > watch->deadline_ns;
}

/* ---- What the page says ---- */

static void take_identity(struct watch *w)
{
	const struct identity *identity = &w->runner.page->identity;
	struct audit *audit = w->audit;
	pages_text(
		audit->version, sizeof audit->version, identity->version, sizeof identity->version);
	pages_text(audit->link, sizeof audit->link, identity->link, sizeof identity->link);
}

/* The application's own: its handlers' addresses are in the page. */
static void find_own(struct watch *w)
{
	const struct audit_line *line = &w->runner.page->audit;
	for (uint32_t i = 0; i < w->audit->registrations; i++) {
		struct audit_registration *registration = &w->audit->registration[i];
		registration->own = true;
		for (int side = 0; side < AUDIT_SIDES; side++)
			registration->own &=
				registration->handler[side].address == line->marker[side];
	}
}

static const char *known_name(const struct watch *w, const struct audit_word *word)
{
	const struct page *page = w->runner.page;
	uint32_t count = atomic_load(&page->locks), known = 0;
	for (uint32_t i = 0; i < count && i < PAGE_LOCKS_MAX; i++) {
		if (!page->lock[i].of_allocator)
			continue;
		if (page->lock[i].address == word->address && known < w->audit->known)
			return w->audit->known_lock[known].name;
		known++;
	}
	return NULL;
}

static void name_words(struct watch *w)
{
	for (uint32_t i = 0; i < w->audit->words; i++) {
		struct audit_word *word = &w->audit->word[i];
		const char *name = known_name(w, word);
		if (name)
			snprintf(word->name, sizeof word->name, "%s", name);
		else
			proc_place(w->runner.pid, word->address, word->name, sizeof word->name);
	}
}

/* ---- How long a prepare handler takes ---- */

/* Only one that is undone by a parent handler can be called again and again; each once. */
static bool can_be_timed(const struct audit_registration *registration)
{
	return registration->handler[AUDIT_PREPARE].deed.ran &&
	       registration->handler[AUDIT_PARENT].deed.ran && !registration->duplicate_of;
}

static void time_handlers(struct watch *w)
{
	struct audit_line *line = &w->runner.page->audit;
	struct audit_deed *of[PAGE_TIMED_MAX];
	uint32_t count = 0;
	int status;
	for (uint32_t i = 0; i < w->audit->registrations && count < PAGE_TIMED_MAX; i++) {
		struct audit_registration *registration = &w->audit->registration[i];
		if (!can_be_timed(registration))
			continue;
		of[count] = &registration->handler[AUDIT_PREPARE].deed;
		line->pair[count].prepare = registration->handler[AUDIT_PREPARE].address;
		line->pair[count++].parent = registration->handler[AUDIT_PARENT].address;
	}
	futex_announce(&line->pairs, count + 1);
	while (!spawn_ended(&w->runner, &status) && !watch_is_over(w))
		futex_wait(&w->runner.page->finished, 0, look_ns);
	for (uint32_t i = 0; i < count && i < atomic_load(&line->timed); i++)
		of[i]->median_ns = (double)line->pair[i].median_ns;
}

/* ---- The whole ---- */

/* What is traced and not waited for would stay a zombie, and keep its process from ending. */
static void end(struct watch *w)
{
	pid_t pid = w->runner.pid;
	if (pid > 0) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		while (waitpid(-pid, NULL, __WALL) > 0)
			;
	}
	spawn_end(&w->runner);
	symbols_close(w->symbols);
}

static int watch(struct watch *w, const struct catalogue_allocator *allocator)
{
	struct step step = {0};
	const char *why;
	if (!arch_supported(&why))
		return watch_fail(w, -ENOSYS, "%s", why);
	int error = watch_start(w, allocator, &step);
	if (error && !w->runner.page)
		return error;
	take_identity(w);
	find_own(w);
	if (error)
		return error;
	error = watch_walk(w, &step);
	name_words(w);
	if (error)
		return error;
	audit_conclude(w->audit);
	time_handlers(w);
	return 0;
}

int audit_allocator(const struct catalogue_allocator *allocator, double limit_s,
	struct audit *audit, char *error, size_t size)
{
	uint64_t begin = monotonic_ns();
	struct watch w = {
		.audit = audit,
		.runner = {.pid = -1, .pidfd = -1, .output = -1, .page_fd = -1},
		.deadline_ns = begin + (uint64_t)(limit_s * 1e9),
	};
	*audit = (struct audit){0};
	snprintf(audit->allocator, sizeof audit->allocator, "%s", allocator->name);
	snprintf(audit->link, sizeof audit->link, "%s", allocator->link);
	int failed = allocator->unswept[0] ? -ENOSYS : watch(&w, allocator);
	if (allocator->unswept[0])
		snprintf(audit->why, sizeof audit->why, "%s", allocator->unswept);
	if (failed && !*audit->why)
		snprintf(audit->why, sizeof audit->why, "%s", strerror(-failed));
	audit->not_allowed = failed == -EPERM || failed == -ENOSYS;
	end(&w);
	audit_conclude(audit);
	audit->seconds = (double)(monotonic_ns() - begin) / 1e9;
	snprintf(error, size, "%s", audit->why);
	return failed;
}
