/*
 * The threads load and unload libraries while main forks; the child allocates and looks up a
 * symbol. The loader has locks of its own and allocates while it holds them. These locks are named,
 * so a hang on them is not attributed to the allocator.
 *
 * The child ends by _exit(). Unloading runs a library's exit handlers under libc's lock for their
 * list; a child forked at that moment would hang in exit() on a lock without a name.
 */
#include "scenario.h"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

/* Small and obsolete libraries without initialisation. */
static const char *const candidates[] = {
	"libanl.so.1", "libBrokenLocale.so.1", "librt.so.1", "libutil.so.1", "libnsl.so.1"};
enum { CANDIDATES = sizeof(candidates) / sizeof(candidates[0]) };

static const char *library[CANDIDATES]; /* those that exist and are not loaded */
static unsigned libraries;

static void try_candidate(const char *name)
{
	void *handle = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
	if (handle) {
		dlclose(handle);
		return;
	}
	handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return;
	dlclose(handle);
	library[libraries++] = name;
}

static const char *unavailable(void)
{
	for (unsigned i = 0; i < CANDIDATES; i++)
		try_candidate(candidates[i]);
	return libraries ? NULL : "no library can be loaded into this runner while it runs";
}

#ifdef __GLIBC__
/* One object holds all of the loader's shared state, including its locks. */
static void name_locks(void)
{
	Dl_info info;
	const ElfW(Sym) *symbol = NULL;
	const void *global = dlsym(RTLD_DEFAULT, "_rtld_global");
	if (global && dladdr1(global, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol)
		lab_name_lock("the loader's lock", global, (uint32_t)symbol->st_size, -1);
}
#else
static void name_locks(void)
{
}
#endif

static int setup(void)
{
	name_locks();
	return 0;
}

static void load_and_unload(const char *name)
{
	void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		lab_broken("a library can no longer be loaded", 0);
	dlclose(handle);
}

static void work(struct task *worker)
{
	load_and_unload(library[worker->index % libraries]);
	lab_mixed_work(worker);
}

static void child(struct task *me)
{
	lab_child_steps(me);
	lab_child_step(me, CHILD_STEP_LOAD);
	if (dlsym(RTLD_DEFAULT, "a_symbol_that_nobody_defines"))
		lab_fail(me, FAILURE_ENGINE);
	lab_child_step(me, CHILD_STEP_EXIT);
	_exit(0);
}

const struct scenario scenario_dlopen = {
	.name = "dlopen",
	.summary = "threads load and unload libraries, the child allocates and uses dlsym",
	.forker = FORKER_MAIN,
	.optional = true,
	.unavailable = unavailable,
	.setup = setup,
	.work = work,
	.child = child,
};
