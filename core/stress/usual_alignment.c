#include "usual_alignment.h"

#include <string.h>

enum { KNOWN_MAX = 128, PROGRAM_MAX = 512, TIMEOUT_MS = 10 * 1000 };

/* A runner, with the object that it preloads. */
struct known {
	char program[PROGRAM_MAX], object[SHM_PATH_MAX];
	struct alignment alignment[ALIGNMENT_KINDS];
};

/* The page was written by the process under test. */
static void read_alignment(struct known *known, const struct shm *shm)
{
	for (unsigned kind = 0; kind < ALIGNMENT_KINDS; kind++) {
		struct alignment alignment = shm->alignment[kind];
		if (alignment.actual < alignment.required && alignment.required <= 4096)
			known->alignment[kind] = alignment;
	}
}

static void measure(struct known *known, const struct cell_plan *plan)
{
	int status;
	struct runner_session session = {
		.program = plan->runner,
		.limits = {.env = plan->env, .memory_bytes = plan->memory_bytes},
		.plan = {.mode = MODE_DESCRIBE},
	};
	if (plan->object)
		session.plan.object = *plan->object;
	int error = runner_session_start(&session);
	if (!error)
		error = runner_session_wait(&session, TIMEOUT_MS, true, &status);
	if (!error && status == 0)
		read_alignment(known, session.runner.shm);
	runner_session_end(&session);
}

const struct alignment *usual_alignment(const struct cell_plan *plan)
{
	static struct known all[KNOWN_MAX], other;
	static size_t count;
	static const struct known of_checker;
	const char *object = plan->object ? plan->object->path : "";
	/* The reports of a checker are counted by process: one more would be counted, too. */
	if (plan->checker)
		return of_checker.alignment;
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].program, plan->runner) == 0 && strcmp(all[i].object, object) == 0)
			return all[i].alignment;
	struct known *known = count < KNOWN_MAX ? &all[count++] : &other;
	*known = (struct known){0};
	(void)snprintf(known->program, sizeof(known->program), "%s", plan->runner);
	(void)snprintf(known->object, sizeof(known->object), "%s", object);
	measure(known, plan);
	return known->alignment;
}
