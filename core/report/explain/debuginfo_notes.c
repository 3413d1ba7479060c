#include "explain_texts.h"

#include <stdio.h>
#include <string.h>

/* The Debian package with the debug information of a file. */
static const struct debug_package {
	const char *file; /* prefix of its name */
	const char *name;
	bool debug_archive; /* in Debian's archive of debug packages, not in the main one */
} packages[] = {
	{"libc.so.", "libc6-dbg", false},
	{"ld-linux", "libc6-dbg", false},
	{"libm.so.", "libc6-dbg", false},
	{"libc_malloc_debug", "libc6-dbg", false},
	{"libjemalloc.so.", "libjemalloc2-dbgsym", true},
	{"libmimalloc.so.", "libmimalloc2.0-dbgsym", true},
	{"libtcmalloc_minimal.so.", "libtcmalloc-minimal4-dbgsym", true},
	{"libtcmalloc_minimal_debug.so.", "libtcmalloc-minimal4-dbgsym", true},
	{"libtcmalloc", "libgoogle-perftools4-dbgsym", true},
	{"libtbbmalloc", "libtbbmalloc2-dbgsym", true},
	{"libstdc++.so.", "libstdc++6-dbgsym", true},
};

static const struct debug_package *package_of(const char *file)
{
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (strncmp(file, packages[i].file, strlen(packages[i].file)) == 0)
			return &packages[i];
	return NULL;
}

struct debuginfo_module {
	const char *name;
	bool nameless; /* some address has no symbol */
	bool lines;    /* some address has a source line */
};

enum { MODULES_MAX = 16 };

struct debuginfo_modules {
	unsigned count;
	struct debuginfo_module module[MODULES_MAX];
};

static void collect_frame(struct debuginfo_modules *modules, const struct stack_frame *frame)
{
	unsigned i = 0;
	if (!frame->module[0] || frame->module[0] == '[' || frame->trampoline)
		return;
	while (i < modules->count && strcmp(modules->module[i].name, frame->module) != 0)
		i++;
	if (i == MODULES_MAX)
		return;
	if (i == modules->count)
		modules->module[modules->count++] =
			(struct debuginfo_module){.name = frame->module};
	modules->module[i].nameless |= !frame->function[0];
	modules->module[i].lines |= frame->source[0] != '\0';
}

static void collect_stack(struct debuginfo_modules *modules, const struct stack *stack)
{
	for (size_t i = 0; i < stack->frames; i++)
		collect_frame(modules, &stack->frame[i]);
}

static void add_note(struct explain_texts *texts, const struct debuginfo_module *module)
{
	const struct debug_package *package = package_of(module->name);
	if (texts->count == EXPLAIN_TEXTS_MAX)
		return;
	snprintf(texts->text[texts->count++], MODEL_TEXT_MAX,
		"%s has no %s here for some of these places; %s%s%s", module->name,
		module->nameless ? "symbols" : "source lines",
		package ? "they come with the Debian package "
			: "a build with debug information (-g), or its -dbgsym package, has them",
		package ? package->name : "",
		package && package->debug_archive ? ", from the archive debian-debug" : "");
}

void explain_missing_names(struct explain_texts *texts, const struct explanation *explanation)
{
	struct debuginfo_modules modules = {0};
	collect_stack(&modules, &explanation->worker.stack);
	collect_stack(&modules, &explanation->lock.taken.stack);
	collect_stack(&modules, &explanation->lock.released.stack);
	collect_stack(&modules, &explanation->fork.stack);
	for (unsigned i = 0; i < explanation->threads; i++)
		collect_stack(&modules, &explanation->thread[i].stack);
	for (unsigned i = 0; i < modules.count; i++)
		if (modules.module[i].nameless || !modules.module[i].lines)
			add_note(texts, &modules.module[i]);
}
