/*
 * From facts to a verdict: a pure function of what the kernel said and what the page says. Its
 * whole input table is unit tested.
 */
#ifndef FORKLAB_JUDGE_H
#define FORKLAB_JUDGE_H

#include "shm.h"
#include "verdict.h"

#include <stdbool.h>
#include <stdint.h>

/* What is known of a process that has ended: the child of a trial, or the runner in one. */
struct judge_facts {
	int wait_status; /* as from waitpid() */
	enum verdict
		hang; /* what the watch found before it killed the process; VERDICT_OK: nothing */
	enum failure_kind failure; /* what a check of its own found */
	uint32_t checks;           /* that the child passed; the parent's are not counted */
	bool complained;           /* its last words tell of a corrupt heap */
	bool wrote_output;         /* it printed something */
	bool orphan;               /* it left a process behind */
	bool unfinished;           /* child: it ended before the end of its ladder */
	bool before_trials;        /* parent: it ended before its first trial */
};

/*
 * The verdict on a trial's child, and in *why a static sentence. Never returns VERDICT_SKIPPED.
 */
enum verdict judge_child(const struct judge_facts *facts, const char **why);

/*
 * The verdict when the runner itself ended in the middle of a trial (`hang` tells if forklab killed
 * it), and in *why a static sentence.
 */
enum verdict judge_parent(const struct judge_facts *facts, const char **why);

/* True when an allocator's last words speak of a corrupt heap: "double free", "corrupted". Pure. */
bool judge_is_heap_complaint(const char *text);

#endif
