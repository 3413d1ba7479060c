#include "evidence.h"

#include "proc_mem.h"
#include "shm_map.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void evidence_reason(struct finding *finding, const char *format, ...)
{
	if (finding->reasons == MODEL_REASONS_MAX)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(finding->reason[finding->reasons++], MODEL_TEXT_MAX, format, args);
	va_end(args);
}

static void activity_call_text(const struct activity *activity, char *text, size_t size)
{
	text[0] = '\0';
	if (atomic_load(&activity->inside))
		call_text(text, size, atomic_load(&activity->op), atomic_load(&activity->size));
}

void evidence_from_shm(struct finding *finding, const struct suspect *suspect)
{
	const struct trial *trial = suspect->trial;
	const struct activity *activity = suspect->parent ? &trial->parent : &trial->child;
	finding->trial = trial->number;
	finding->in_parent = suspect->parent;
	activity_call_text(activity, finding->call, sizeof(finding->call));
	finding->step[0] = '\0';
	if (!suspect->parent)
		snprintf(finding->step, sizeof(finding->step), "%s",
			child_step_name(atomic_load(&activity->step)));
}

/* ---- Locks and their owners ---- */

void evidence_thread_role(const struct shm *shm, int32_t tid, char *text, size_t size)
{
	text[0] = '\0';
	if (tid <= 0)
		return;
	if (atomic_load(&shm->main_tid) == tid)
		snprintf(text, size, "the main thread");
	for (int i = 0; i < SHM_WORKERS_MAX; i++)
		if (atomic_load(&shm->worker_tid[i]) == tid)
			snprintf(text, size, "worker %d", i);
}

bool evidence_named_lock(const struct shm *shm, uint64_t address, struct named_lock *found)
{
	uint32_t count = atomic_load(&shm->locks);
	for (uint32_t i = 0; i < count && i < SHM_LOCKS_MAX; i++) {
		*found = shm->lock[i];
		if (address >= found->address && address - found->address < found->size)
			return true;
	}
	return false;
}

/* glibc's pthread_mutex_t is {lock, count, owner, ...}: the owner's tid stands 8 bytes behind. */
enum { GLIBC_MUTEX_OWNER = 8 };

static void find_owner(struct finding *finding, const struct suspect *suspect, uint64_t where)
{
	int32_t tid = 0;
	if (proc_mem_read(suspect->pid, where, &tid, sizeof(tid)) != sizeof(tid))
		return;
	evidence_thread_role(suspect->shm, tid, finding->owner, sizeof(finding->owner));
	finding->owner_tid = finding->owner[0] ? tid : 0;
}

static bool thread_exists(const struct proc_scan *scan, int32_t tid)
{
	for (unsigned i = 0; i < scan->tasks; i++)
		if (scan->task[i].tid == tid)
			return true;
	return false;
}

void evidence_lock(struct finding *finding, const struct suspect *suspect, uint64_t futex,
	const struct proc_scan *scan)
{
	struct named_lock named;
	char name[SHM_NAME_MAX];
	finding->futex = futex;
	proc_mem_read(suspect->pid, futex, &finding->futex_value, sizeof(finding->futex_value));
	if (evidence_named_lock(suspect->shm, futex, &named)) {
		ascii_sanitize(name, sizeof(name), named.name, sizeof(named.name));
		snprintf(finding->lock, sizeof(finding->lock), "%s", name);
		finding->lock_of_application = !named.of_allocator;
		if (named.owner_offset >= 0)
			find_owner(finding, suspect, named.address + (uint64_t)named.owner_offset);
	} else {
		proc_location(suspect->pid, futex, finding->lock, sizeof(finding->lock));
		find_owner(finding, suspect, futex + GLIBC_MUTEX_OWNER);
	}
	if (finding->owner[0])
		evidence_reason(finding, "the lock's owner word names tid %d, %s, which %s",
			(int)finding->owner_tid, finding->owner,
			thread_exists(scan, finding->owner_tid) ? "waits itself"
								: "does not exist in this process");
}

void evidence_waiter(
	struct finding *finding, const struct suspect *suspect, uint64_t pc, uint64_t sp)
{
	finding->pc = pc;
	finding->sp = sp;
	proc_location(suspect->pid, pc, finding->waiter, sizeof(finding->waiter));
}

void evidence_allocator_calls(const struct suspect *suspect, char *text, size_t size)
{
	const struct trial *trial = suspect->trial;
	size_t used = 0;
	text[0] = '\0';
	for (uint32_t i = 0; i < trial->workers && i < SHM_WORKERS_MAX && used < size; i++) {
		char call[MODEL_NAME_MAX];
		if (!trial->worker[i].inside)
			continue;
		call_text(call, sizeof(call), trial->worker[i].op, trial->worker[i].size);
		used += (size_t)snprintf(text + used, size - used, "%sworker %u was in %s",
			used ? ", " : "", i, call);
	}
}

/* ---- The sentence ---- */

static void location_text(const struct finding *finding, char *text, size_t size)
{
	const char *who = finding->in_parent ? "the parent" : "the child";
	if (finding->call[0])
		snprintf(text, size, "%s in %s", who, finding->call);
	else if (finding->verdict == VERDICT_PARENT_DEADLOCK)
		snprintf(text, size, "the parent in fork()");
	else
		snprintf(text, size, "%s outside of the allocator", who);
	size_t used = strlen(text);
	if (finding->step[0])
		snprintf(text + used, size - used, ", step %s", finding->step);
}

static void lock_text(const struct finding *finding, char *text, size_t size)
{
	bool named = strncmp(finding->lock, "0x", 2) != 0;
	text[0] = '\0';
	if (!finding->futex)
		return;
	snprintf(text, size, " on %s at 0x%" PRIx64 " (word %" PRIu32 ")%s%s",
		named ? finding->lock : "the lock", finding->futex, finding->futex_value,
		finding->owner[0] ? ", held by " : "", finding->owner);
}

static const char *hang_text(const struct finding *finding)
{
	if (finding->verdict == VERDICT_DEADLOCK)
		return "blocked forever";
	if (finding->verdict == VERDICT_LIVELOCK)
		return "spins forever";
	if (finding->verdict == VERDICT_PARENT_DEADLOCK)
		return "stuck forever";
	return NULL;
}

void evidence_sentence(
	struct finding *finding, const struct suspect *suspect, const char *why, const char *output)
{
	char where[MODEL_NAME_MAX * 3], lock[192], inside[256];
	location_text(finding, where, sizeof(where));
	lock_text(finding, lock, sizeof(lock));
	evidence_allocator_calls(suspect, inside, sizeof(inside));
	const char *hang = hang_text(finding);
	snprintf(finding->sentence, sizeof(finding->sentence), "%s: %s%s%s%s%s%.120s%s", where,
		hang ? hang : why, lock, inside[0] && !finding->owner[0] ? "; at the fork " : "",
		finding->owner[0] ? "" : inside, output[0] ? " (" : "", output,
		output[0] ? ")" : "");
}
