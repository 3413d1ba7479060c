/*
 * From facts to a verdict: a pure function of what the kernel said and what the page says. Its
 * whole input table is unit tested.
 */
#pragma once

#include "finding.h"

#include <stdbool.h>
#include <stdint.h>

/* What is known of a process that has ended: the child of a trial, or the runner in one. */
struct judge_facts {
	int wait_status;           /* as from waitpid() */
	enum verdict hang;         /* as which the watchdog killed it; VERDICT_OK: it did not */
	enum failure_kind failure; /* what a check in the process itself found */
	uint32_t checks;           /* that the child passed; the parent's are not counted */
	bool complained;           /* its last output is a complaint about the heap */
	bool wrote_output;         /* it printed something */
	bool orphan;               /* it left a process behind */
	bool unfinished;           /* child: it ended before its last step; parent: in a call */
	bool before_trials;        /* parent: it ended before its first trial */
	bool over_memory;          /* forklab killed it for exceeding its memory limit */
	bool oom_killed;           /* the kernel killed a process of the run for lack of memory */
	/* Parent: how far the scenario's file was loaded, if it has one. */
	enum scenario_load_state load;
};

struct judgement {
	enum verdict verdict;
	enum finding_cause cause;
};

/* On a trial's child. Never VERDICT_SKIPPED. */
struct judgement judge_child(const struct judge_facts *facts);

/* On the runner, which ended in the middle of a trial. */
struct judgement judge_parent(const struct judge_facts *facts);

/* True when the text says that a heap is corrupt: "double free", "corrupted". Pure. */
bool judge_is_heap_complaint(const char *text);
