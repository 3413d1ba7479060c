#include "attribution.h"

#include "address_info.h"
#include "ascii.h"
#include "call_chain.h"
#include "deadlock.h"
#include "proc.h"
#include "stack.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- Files ---- */

/* The files of the process under test that matter. */
struct process_files {
	struct link_facts link;
	char program[OBJECT_NAME_MAX], allocator[OBJECT_NAME_MAX];
	const struct attribution *needed; /* has those that the allocator brings with it; or NULL */
};

static void copy_base_name(char *to, size_t size, const char *path, size_t path_max)
{
	char clean[SHM_PATH_MAX];
	ascii_sanitize(clean, sizeof(clean), path, path_max);
	const char *slash = strrchr(clean, '/');
	snprintf(to, size, "%.*s", (int)size - 1, slash ? slash + 1 : clean);
}

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

/* musl's loader is its libc. */
static bool is_libc(const char *module)
{
	return begins(module, "libc.so") || begins(module, "libc-2.") ||
	       begins(module, "libpthread") || begins(module, "ld-musl") ||
	       begins(module, "libc.musl") || begins(module, "[vdso");
}

static bool is_loader(const char *module)
{
	return begins(module, "ld-linux") || begins(module, "ld.so") || begins(module, "ld-2.") ||
	       begins(module, "ld64.so");
}

/* The runtime of C++, and what belongs to libc: any program may bring these. */
static bool is_runtime(const char *module)
{
	return begins(module, "libstdc++") || begins(module, "libgcc_s") ||
	       begins(module, "libm.so") || begins(module, "libdl.so") ||
	       begins(module, "librt.so");
}

/* libtbbmalloc.so.2 is a link to libtbbmalloc.so.2.8, and /proc/PID/maps has the file's name. */
static bool is_file_of(const char *soname, const char *module)
{
	size_t length = strlen(soname);
	return strncmp(module, soname, length) == 0 &&
	       (module[length] == '\0' || module[length] == '.');
}

/* A file that passes calls on, such as libtbbmalloc_proxy.so.2, brings the allocator with it. */
static bool is_brought_by_allocator(const struct process_files *files, const char *module)
{
	const struct attribution *a = files->needed;
	if (!a || is_runtime(module))
		return false;
	for (int i = 0; i < a->needed; i++)
		if (is_file_of(a->needed_name[i], module))
			return true;
	return false;
}

static void read_needed(struct attribution *a, const struct identity *identity)
{
	char path[SHM_PATH_MAX];
	if (a->needed_known)
		return;
	(void)snprintf(path, sizeof(path), "%.*s", (int)sizeof(identity->malloc_from) - 1,
		identity->malloc_from);
	a->needed = shared_object_needed(path, a->needed_name);
	a->needed_known = true;
}

static void read_files(
	struct attribution *a, struct process_files *files, const struct suspect *suspect)
{
	const struct identity *identity = &suspect->shm->identity;
	char path[64], program[SHM_PATH_MAX] = "";
	*files = (struct process_files){0};
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)suspect->pid);
	ssize_t length = readlink(path, program, sizeof(program) - 1);
	copy_base_name(
		files->program, sizeof(files->program), program, length > 0 ? (size_t)length : 1);
	copy_base_name(files->allocator, sizeof(files->allocator), identity->malloc_from,
		sizeof(identity->malloc_from));
	files->link.libc_in_program =
		strncmp(identity->link, "static", sizeof(identity->link)) == 0;
	files->link.allocator_in_program = strcmp(files->program, files->allocator) == 0;
	files->link.allocator_in_libc = is_libc(files->allocator);
	if (files->link.allocator_in_program || files->link.allocator_in_libc)
		return;
	read_needed(a, identity);
	files->needed = a;
}

static enum module_kind module_kind(const struct process_files *files, const char *module)
{
	if (!*module)
		return MODULE_NONE;
	if (is_libc(module))
		return MODULE_LIBC;
	if (is_loader(module))
		return MODULE_LOADER;
	if (strcmp(module, files->program) == 0)
		return MODULE_PROGRAM;
	return is_file_of(files->allocator, module) || is_brought_by_allocator(files, module)
		       ? MODULE_ALLOCATOR
		       : MODULE_LIBRARY;
}

/* ---- The stuck thread ---- */

/*
 * The thread that sleeps with that stack pointer. One that spins has no fixed one: in a child it is
 * the thread that runs, while the main thread perhaps joins it. Else the main thread.
 */
static pid_t stuck_tid(const struct suspect *suspect, uint64_t sp)
{
	enum { MAX = 64 };
	pid_t tids[MAX], running = 0;
	struct proc_task task;
	int count = proc_tasks(suspect->pid, tids, MAX);
	for (int i = 0; i < count && i < MAX; i++) {
		if (proc_task_call(suspect->pid, tids[i], &task) != 0)
			continue;
		if (task.in_syscall && task.sp == sp)
			return tids[i];
		if (task.state == 'R' && !running)
			running = tids[i];
	}
	return running && !suspect->parent ? running : suspect->pid;
}

static bool has_symbols(struct attribution *a, const struct suspect *suspect)
{
	if (!a->symbols && symbols_open(&a->symbols, suspect->pid) != 0)
		a->symbols = NULL;
	return a->symbols != NULL;
}

/* No frames: it cannot be stopped, or its files cannot be read. */
static void read_stack(
	struct attribution *a, const struct suspect *suspect, pid_t tid, struct stack *stack)
{
	if (!has_symbols(a, suspect) || snapshot_take_running(&a->snapshot, tid) != 0)
		return;
	if (stack_unwind(a->symbols, &a->snapshot, stack) != 0 || stack->truncated)
		(void)call_chain_extend(a->symbols, &a->snapshot, tid, stack);
}

static void read_frames(struct lock_facts *facts, const struct process_files *files,
	const struct stack *stack, struct attribution_entry *entry)
{
	for (size_t i = 0; i < stack->frames && facts->frames < LOCK_FRAMES_MAX; i++) {
		const struct stack_frame *frame = &stack->frame[i];
		enum module_kind module = module_kind(files, frame->module);
		enum frame_kind kind = lock_frame_kind(&facts->link, module, frame->function);
		enum wait_object object = lock_wait_object(frame->function);
		bool in_libc = kind == FRAME_PRIMITIVE || kind == FRAME_LIBC;
		/* The outer one says more: a condition waits for a futex. */
		if (in_libc && object != WAIT_OBJECT_UNKNOWN)
			entry->object = object;
		facts->frame[facts->frames++] = kind;
		if (kind != FRAME_PRIMITIVE && kind != FRAME_NAMELESS)
			break;
	}
	for (size_t i = facts->frames; i < stack->frames && facts->frames < LOCK_FRAMES_MAX; i++)
		facts->frame[facts->frames++] = lock_frame_kind(&facts->link,
			module_kind(files, stack->frame[i].module), stack->frame[i].function);
}

/* ---- The lock ---- */

static void read_location(struct attribution *a, const struct suspect *suspect,
	const struct process_files *files, struct lock_facts *facts,
	struct attribution_entry *entry)
{
	struct address_info info;
	if (!entry->futex || !has_symbols(a, suspect))
		return;
	address_info_find(&info, a->symbols, suspect->pid, entry->futex, NULL, 0);
	if (info.kind != ADDRESS_VARIABLE)
		return;
	facts->location = module_kind(files, info.module);
	facts->malloc_variable =
		(facts->location == MODULE_LIBC && facts->link.allocator_in_libc &&
			lock_is_malloc_variable(info.name)) ||
		(facts->location == MODULE_PROGRAM && facts->link.libc_in_program &&
			facts->link.allocator_in_program && lock_is_malloc_variable(info.name));
	snprintf(entry->module, sizeof(entry->module), "%.63s", info.module);
	ascii_sanitize(entry->variable, sizeof(entry->variable), info.name, sizeof(info.name));
	entry->nameless = !*info.name;
	entry->offset = *info.name ? info.address - info.start : 0;
}

/*
 * Names the function that takes the lock. A file without its local symbols leaves inner functions
 * nameless; then it is the function of the same file that called them. The decision is not
 * affected.
 */
static void name_taker(struct attribution_entry *entry, const struct stack *stack, size_t taker)
{
	const struct stack_frame *frame = &stack->frame[taker];
	size_t named = taker;
	while (named < stack->frames && !*stack->frame[named].function &&
		strcmp(stack->frame[named].module, frame->module) == 0)
		named++;
	if (named < stack->frames && strcmp(stack->frame[named].module, frame->module) == 0)
		snprintf(entry->taker, sizeof(entry->taker), "%.63s", stack->frame[named].function);
	snprintf(entry->taker_module, sizeof(entry->taker_module), "%.63s", frame->module);
	if (!*entry->module)
		snprintf(entry->module, sizeof(entry->module), "%.63s", frame->module);
}

static void decide(struct attribution *a, const struct suspect *suspect, pid_t tid,
	struct attribution_entry *entry)
{
	static struct stack stack;
	struct process_files files;
	struct named_lock named;
	const struct activity *activity =
		suspect->parent ? &suspect->trial->parent : &suspect->trial->child;
	read_files(a, &files, suspect);
	struct lock_facts facts = {
		.link = files.link,
		.in_parent = suspect->parent,
		.in_call = atomic_load(&activity->inside) != 0,
	};
	facts.published = entry->futex && evidence_named_lock(suspect->shm, entry->futex, &named);
	facts.published_of_allocator = facts.published && named.of_allocator;
	stack.frames = 0;
	if (!facts.published) {
		read_location(a, suspect, &files, &facts, entry);
		read_stack(a, suspect, tid, &stack);
	}
	read_frames(&facts, &files, &stack, entry);
	facts.object = entry->object;
	struct lock_decision decision = lock_decide(&facts);
	entry->origin = decision.origin;
	entry->by_allocator = decision.by_allocator;
	if (decision.taker >= 0)
		name_taker(entry, &stack, (size_t)decision.taker);
}

/*
 * Another thread of the parent that waits for a lock of the allocator: then fork() and that thread
 * may wait for each other, and the allocator has its part in it. A thread that waits for work does
 * not count.
 */
static bool allocator_takes_part(struct attribution *a, const struct suspect *suspect, pid_t stuck)
{
	enum { MAX = 64 };
	pid_t tids[MAX];
	struct suspect other = *suspect;
	int count = proc_tasks(suspect->pid, tids, MAX);
	other.parent = false; /* its own functions count, whichever they are */
	for (int i = 0; i < count && i < MAX; i++) {
		struct proc_task task;
		struct proc_mapping mapping;
		struct attribution_entry entry = {0};
		if (tids[i] == stuck || proc_task_call(suspect->pid, tids[i], &task) != 0)
			continue;
		entry.futex = task_wait(&task).futex;
		if (!entry.futex || proc_mapping(suspect->pid, entry.futex, &mapping) != 0 ||
			mapping.shared)
			continue;
		decide(a, &other, tids[i], &entry);
		bool for_work = entry.object == WAIT_OBJECT_CONDITION ||
				entry.object == WAIT_OBJECT_SEMAPHORE;
		if (!for_work && (entry.origin == LOCK_ORIGIN_ALLOCATOR ||
					 entry.origin == LOCK_ORIGIN_UNKNOWN))
			return true;
	}
	return false;
}

/* ---- The cache ---- */

static const struct attribution_entry *find_known(
	const struct attribution *a, const struct finding *finding, bool in_parent)
{
	for (unsigned i = 0; i < a->count; i++) {
		const struct attribution_entry *entry = &a->entry[i];
		if (entry->pc == finding->pc && entry->sp == finding->sp &&
			entry->futex == finding->futex && entry->in_parent == in_parent)
			return entry;
	}
	return NULL;
}

static const struct attribution_entry *examine(
	struct attribution *a, const struct suspect *suspect, const struct finding *finding)
{
	struct attribution_entry *entry = &a->entry[a->next++ % ATTRIBUTION_CACHE_MAX];
	a->count += a->count < ATTRIBUTION_CACHE_MAX;
	*entry = (struct attribution_entry){
		.pc = finding->pc,
		.sp = finding->sp,
		.futex = finding->futex,
		.in_parent = suspect->parent,
	};
	pid_t tid = stuck_tid(suspect, finding->sp);
	decide(a, suspect, tid, entry);
	if (suspect->parent && lock_origin_is_foreign(entry->origin) && !entry->by_allocator)
		entry->by_allocator = allocator_takes_part(a, suspect, tid);
	return entry;
}

void attribution_fill(struct attribution *a, const struct suspect *suspect, struct finding *finding)
{
	if (!finding->pc && !finding->futex)
		return;
	const struct attribution_entry *entry = find_known(a, finding, suspect->parent);
	if (!entry)
		entry = examine(a, suspect, finding);
	finding->lock_origin = entry->origin;
	finding->by_allocator = entry->by_allocator;
	finding->wait_object = entry->object;
	memcpy(finding->lock_module, entry->module, sizeof(finding->lock_module));
	memcpy(finding->lock_variable, entry->variable, sizeof(finding->lock_variable));
	memcpy(finding->taker, entry->taker, sizeof(finding->taker));
	memcpy(finding->taker_module, entry->taker_module, sizeof(finding->taker_module));
	finding->lock_offset = entry->offset;
	finding->lock_nameless = entry->nameless;
}

void attribution_free(struct attribution *a)
{
	if (!a->borrowed)
		symbols_close(a->symbols);
	snapshot_free(&a->snapshot);
	*a = (struct attribution){0};
}
