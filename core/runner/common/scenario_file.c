/*
 * A scenario in a shared object of the user's (--scenario FILE).
 *
 * dlopen() allocates from the malloc under test and runs the object's constructors. So it is called
 * first, by the only thread: what it leaves in the heap is the same in every runner, and handlers
 * that the object registers follow the allocator's, as those of a program do.
 */
#include "scenario_file.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Weak: in a static link a strong reference would add the loader to the program. */
#pragma weak dlopen
#pragma weak dlsym
#pragma weak dlerror

static _Noreturn void refuse(struct shm *shm, enum scenario_load_error error, const char *text)
{
	snprintf(shm->scenario_load_text, sizeof(shm->scenario_load_text), "%s", text ? text : "");
	shm->scenario_load_error = error;
	atomic_store(&shm->scenario_load, SCENARIO_REFUSED);
	_exit(RUNNER_BROKEN);
}

static _Noreturn void does_not_apply(struct shm *shm)
{
	snprintf(shm->unavailable_why, sizeof(shm->unavailable_why),
		"this runner is a static program, which cannot load a scenario from a file");
	atomic_store(&shm->unavailable, 1);
	_exit(RUNNER_OK);
}

/* A static program may contain dlopen(), but would load a second libc with the object. */
static bool has_loader(void)
{
	const ElfW(Phdr) *header = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	unsigned long count = getauxval(AT_PHNUM);
	for (unsigned long i = 0; i < count; i++)
		if (header[i].p_type == PT_INTERP)
			return dlopen && dlsym && dlerror;
	return false;
}

static void check_version(struct shm *shm, void *object)
{
	const char *contract = dlsym(object, SCENARIO_CONTRACT_SYMBOL);
	if (!contract || strncmp(contract, FORKLAB_CONTRACT, SHM_NAME_MAX) != 0)
		refuse(shm, SCENARIO_ERROR_VERSION, NULL);
}

/* "scenario_my_name" for "my-name". */
static const struct scenario *find_descriptor(struct shm *shm, void *object)
{
	char symbol[SHM_NAME_MAX + sizeof("scenario_")];
	snprintf(symbol, sizeof(symbol), "scenario_%.*s", SHM_NAME_MAX, shm->plan.scenario);
	for (char *c = symbol; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c))
			*c = '_';
	const struct scenario *scenario = dlsym(object, symbol);
	if (!scenario)
		refuse(shm, SCENARIO_ERROR_SYMBOL, symbol);
	if (!scenario->name || strcmp(scenario->name, shm->plan.scenario) != 0)
		refuse(shm, SCENARIO_ERROR_NAME, scenario->name);
	if (!scenario->child || !scenario->summary)
		refuse(shm, SCENARIO_ERROR_MEMBERS, scenario->child ? "summary" : "child");
	return scenario;
}

/* The loader's message without the name that it was given, which says nothing to the user. */
static const char *loader_error(const char *name)
{
	const char *text = dlerror();
	size_t length = strlen(name);
	return text && strncmp(text, name, length) == 0 && text[length] == ':' ? text + length + 2
									       : text;
}

/*
 * By descriptor: the loader keeps copies of the name that it is given, and their size must not
 * depend on where the file is. At once: lazy binding would run the loader in the middle of a trial.
 */
static void *load(struct shm *shm)
{
	char name[32];
	int fd = open(shm->plan.scenario_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		refuse(shm, SCENARIO_ERROR_LOADER, strerror(errno));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	void *object = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!object)
		refuse(shm, SCENARIO_ERROR_LOADER, loader_error(name));
	close(fd);
	return object;
}

const struct scenario *scenario_file_load(struct shm *shm)
{
	if (!shm->plan.scenario_file[0])
		return NULL;
	if (!has_loader())
		does_not_apply(shm);
	atomic_store(&shm->scenario_load, SCENARIO_LOADING);
	void *object = load(shm);
	check_version(shm, object);
	const struct scenario *scenario = find_descriptor(shm, object);
	atomic_store(&shm->scenario_load, SCENARIO_LOADED);
	return scenario;
}
