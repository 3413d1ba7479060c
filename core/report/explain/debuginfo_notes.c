#include "debug_package.h"
#include "explain_texts.h"

#include <stdio.h>
#include <string.h>

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

/* The file whose data has the lock, where no symbol names it. */
static void collect_lock(struct debuginfo_modules *modules, const struct explanation_lock *lock)
{
	struct stack_frame place = {0};
	if (!lock->known || lock->object.kind != ADDRESS_VARIABLE || *lock->object.name)
		return;
	(void)snprintf(place.module, sizeof(place.module), "%.*s", (int)sizeof(place.module) - 1,
		lock->object.module);
	collect_frame(modules, &place);
}

static void add_note(struct explain_texts *texts, const struct debuginfo_module *module)
{
	const struct debug_package *package = debug_package_of(module->name);
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
	collect_lock(&modules, &explanation->lock);
	for (unsigned i = 0; i < modules.count; i++)
		if (modules.module[i].nameless || !modules.module[i].lines)
			add_note(texts, &modules.module[i]);
}
