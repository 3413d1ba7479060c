#include "evidence.h"

#include "proc_mem.h"
#include "shm_map.h"

#include <linux/futex.h>

struct reason *evidence_reason(
	struct finding *finding, enum reason_kind kind, uint64_t number, uint64_t more)
{
	if (finding->reasons == MODEL_REASONS_MAX)
		return NULL;
	struct reason *reason = &finding->reason[finding->reasons++];
	*reason = (struct reason){.kind = kind, .number = {number, more}};
	return reason;
}

static void read_worker_calls(struct finding *finding, const struct trial *trial)
{
	finding->calls = 0;
	for (uint32_t i = 0; i < trial->workers && i < SHM_WORKERS_MAX; i++) {
		const struct worker_state *worker = &trial->worker[i];
		if (worker->inside && finding->calls < MODEL_CALLS_MAX)
			finding->worker_call[finding->calls++] =
				(struct worker_call){i, {(enum heap_op)worker->op, worker->size}};
	}
}

void evidence_from_shm(struct finding *finding, const struct suspect *suspect)
{
	const struct trial *trial = suspect->trial;
	const struct activity *activity = suspect->parent ? &trial->parent : &trial->child;
	finding->trial = trial->number;
	finding->in_parent = suspect->parent;
	finding->call = (struct heap_call){OP_NONE, 0};
	if (atomic_load(&activity->inside))
		finding->call = (struct heap_call){
			(enum heap_op)atomic_load(&activity->op), atomic_load(&activity->size)};
	finding->step =
		suspect->parent ? CHILD_STEP_NONE : (enum child_step)atomic_load(&activity->step);
	finding->step_name[0] = '\0';
	if (finding->step == CHILD_STEP_NAMED)
		ascii_sanitize(finding->step_name, sizeof(finding->step_name), trial->step_name,
			sizeof(trial->step_name));
	read_worker_calls(finding, trial);
}

/* ---- Locks and their owners ---- */

struct thread_role evidence_role(const struct shm *shm, int32_t tid)
{
	for (unsigned i = 0; tid > 0 && i < SHM_WORKERS_MAX; i++)
		if (atomic_load(&shm->worker_tid[i]) == tid)
			return (struct thread_role){THREAD_WORKER, i};
	bool main = tid > 0 && atomic_load(&shm->main_tid) == tid;
	return (struct thread_role){main ? THREAD_MAIN : THREAD_UNKNOWN, 0};
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

/*
 * Where a lock of libc names its owner, in bytes from the futex word. Only the number of a thread
 * that forklab started is believed, so that a wrong layout names nobody.
 */
static const struct owner_layout {
	int offset;
	uint32_t mask; /* of the tid; */
	bool self;     /* or it is a pthread_self() */
} owner_layouts[] = {
	{0, FUTEX_TID_MASK, false}, /* musl, and robust and priority-inheriting mutexes */
	{8, UINT32_MAX, false},     /* glibc's pthread_mutex_t: {lock, count, owner, ...} */
	{8, 0, true},               /* glibc's FILE and recursive locks: {lock, count, owner} */
	{16, UINT32_MAX, false},    /* glibc's pthread_rwlock_t from the word of its readers, */
	{12, UINT32_MAX, false},    /* and of its writers: cur_writer */
};

/* The tid of the thread with that pthread_self(); 0: none of forklab's. */
static int32_t tid_of_self(const struct shm *shm, uint64_t self)
{
	for (unsigned i = 0; self && i < SHM_WORKERS_MAX; i++)
		if (atomic_load(&shm->worker_self[i]) == self)
			return atomic_load(&shm->worker_tid[i]);
	return self && atomic_load(&shm->main_self) == self ? atomic_load(&shm->main_tid) : 0;
}

static bool try_owner(struct finding *finding, const struct suspect *suspect, uint64_t where,
	const struct owner_layout *layout)
{
	uint64_t value = 0;
	size_t size = layout->self ? sizeof(value) : sizeof(int32_t);
	if (proc_mem_read(suspect->pid, where, &value, size) != (ssize_t)size)
		return false;
	int32_t tid =
		layout->self ? tid_of_self(suspect->shm, value) : (int32_t)(value & layout->mask);
	finding->owner = evidence_role(suspect->shm, tid);
	finding->owner_tid = finding->owner.kind != THREAD_UNKNOWN ? tid : 0;
	return finding->owner_tid != 0;
}

static void find_owner(struct finding *finding, const struct suspect *suspect, uint64_t futex)
{
	for (size_t i = 0; i < sizeof(owner_layouts) / sizeof(owner_layouts[0]); i++)
		if (try_owner(finding, suspect, futex + (uint64_t)owner_layouts[i].offset,
			    &owner_layouts[i]))
			return;
}

void evidence_lock(struct finding *finding, const struct suspect *suspect, uint64_t futex,
	const struct proc_scan *scan)
{
	static const struct owner_layout published = {.mask = UINT32_MAX};
	struct named_lock named;
	finding->futex = futex;
	proc_mem_read(suspect->pid, futex, &finding->futex_value, sizeof(finding->futex_value));
	if (evidence_named_lock(suspect->shm, futex, &named)) {
		ascii_sanitize(
			finding->lock, sizeof(finding->lock), named.name, sizeof(named.name));
		finding->lock_named = finding->lock_published = true;
		finding->lock_origin =
			named.of_allocator ? LOCK_ORIGIN_ALLOCATOR : LOCK_ORIGIN_APPLICATION;
		if (named.owner_offset >= 0)
			(void)try_owner(finding, suspect,
				named.address + (uint64_t)named.owner_offset, &published);
		else if (!named.of_allocator)
			find_owner(finding, suspect, futex);
	} else {
		finding->lock_named =
			proc_location(suspect->pid, futex, finding->lock, sizeof(finding->lock));
		find_owner(finding, suspect, futex);
	}
	if (finding->owner.kind != THREAD_UNKNOWN)
		evidence_reason(finding,
			proc_scan_task(scan, finding->owner_tid) ? REASON_OWNER_WAITS
								 : REASON_OWNER_ABSENT,
			0, 0);
}

void evidence_waiter(
	struct finding *finding, const struct suspect *suspect, uint64_t pc, uint64_t sp)
{
	finding->pc = pc;
	finding->sp = sp;
	proc_location(suspect->pid, pc, finding->waiter, sizeof(finding->waiter));
}
