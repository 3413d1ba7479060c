/*
 * What a run found, as data: built by plan/campaign.c, read by report/, which makes the sentences.
 * Strings are names, places and what other programs say, in printable ASCII or UTF-8: what came
 * from the process under test has been sanitized on its way in.
 */
#pragma once

#include "audit_summary.h"
#include "finding.h"
#include "link_kind.h"
#include "mapped_files.h"
#include "shm.h"
#include "verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A run of neighbouring fork points with the same bad verdict. Fork points are counted from 1,
 * instructions of the stepped thread from 0. All from `step` on is of the first point.
 */
struct window {
	uint32_t first, last; /* fork points */
	/* Forks after so many instructions fall into the window, up to the last one's next point.
	 */
	uint64_t first_instruction, end_instruction;
	enum verdict verdict;
	uint32_t proven;              /* of its points */
	uint32_t left_out;            /* points between first and last that were not tried */
	enum child_step step;         /* CHILD_STEP_NONE when the parent was stuck */
	char step_name[SHM_NAME_MAX]; /* of CHILD_STEP_NAMED; else "" */
	struct heap_call call;        /* of the stepped thread */
	char worker[MODEL_TEXT_MAX];  /* where it was: symbol, or module+offset */
	char lock[MODEL_TEXT_MAX];    /* that the stuck thread waits for, or "" */
	enum lock_origin lock_origin; /* whose it is */
	struct thread_role owner;     /* of that lock, if its owner word tells */
	char waiter[MODEL_TEXT_MAX];  /* where the stuck thread is, or "" */
};

/* How much of the program a sweep went through. */
struct coverage {
	uint32_t instructions; /* distinct ones that the stepped thread executed */
	uint32_t functions;    /* distinct ones that these lie in; 0: no symbols */
	uint32_t syscalls;     /* that it made */
	uint32_t calls;        /* distinct system calls among them */
};

/* What only a sweep has; all zero in stress mode. */
struct sweep {
	uint32_t points; /* fork points that it reached: tried + waited + left_out */
	uint32_t tried;  /* with a fork of their own: their verdicts are counted */
	/*
	 * Points at which fork() did not go through: a handler waited for a lock that the stepped
	 * thread held, or the signal was blocked.
	 */
	uint32_t waited;
	uint32_t left_out; /* points in long runs of stores that were sampled */
	/* Bad verdicts on the parent that belong to no fork point: it died between two, or at the
	 * end. Counted in the cell, but not among its bad points.
	 */
	uint32_t parent_bad;
	uint64_t instructions;
	bool complete; /* the whole sequence was stepped through */
	int files;     /* that the runner had mapped at its end, see mapped_files.h; 0: not known */
	char file[MAPPED_FILES_MAX][MAPPED_PATH_MAX];
	bool shared_lock; /* a child waited for a word in shared memory: counts vary */
	struct coverage coverage;
	size_t windows;
	struct window *window; /* in the order of their points; owned by the report */
	uint32_t windows_lost; /* beyond those that are kept */
};

/* How fast the workers are without forks, and how long fork() takes in the parent beside them. */
struct speed {
	double operations_per_s; /* calls into the allocator of all workers together; 0: none */
	uint32_t forks;
	double fork_median_us, fork_max_us; /* 0 without forks */
};

/* What a mitigation costs: the same allocator and scenario in the same run, with and without. */
struct mitigation_cost {
	bool measured;
	struct speed with, without;
};

/* Damage that shows only later: no verdict, unless blocks overlap. */
enum damage_kind {
	DAMAGE_DOUBLE_ALLOCATION, /* a block was handed out twice */
	DAMAGE_STRANDED_MEMORY,   /* the child cannot release what its parent could */
	DAMAGE_LOST_THREADS,      /* background threads of the allocator */
	DAMAGE_SHARED_LAYOUT,     /* siblings share what should be random */
	DAMAGE_CHECKER_REPORTS,   /* what a checking tool reported of the cell's processes */
	DAMAGE_KINDS
};

struct damage {
	enum damage_kind kind;
	uint32_t count;                 /* blocks, threads or errors */
	uint32_t total;                 /* LOST_THREADS: all of them; CHECKER_REPORTS: processes */
	uint32_t affected;              /* CHECKER_REPORTS: processes with errors */
	uint64_t address;               /* DOUBLE_ALLOCATION: the first such block */
	uint64_t live, child, parent;   /* STRANDED_MEMORY: bytes live, and resident after free() */
	char name[MODEL_NAME_MAX];      /* LOST_THREADS: of a thread; CHECKER_REPORTS: the tool */
	char kinds[MODEL_TEXT_MAX / 2]; /* CHECKER_REPORTS: "InvalidRead 3, ..." */
};

/* What was measured of a cell. */
enum cell_mode { CELL_UNMEASURED, CELL_STRESS, CELL_SWEEP };

/* Why a cell was skipped; in brackets what number and text of struct skip hold. */
enum skip_reason {
	SKIP_NONE,
	SKIP_BUDGET,          /* the budget ended before the first trial or fork point */
	SKIP_NO_TRACE_RIGHT,  /* ptrace(2) is refused */
	SKIP_ARCHITECTURE,    /* nothing can be stepped on this machine (its name) */
	SKIP_ALLOCATOR,       /* its runner cannot be stepped (what its CMakeLists.txt says) */
	SKIP_SCENARIO,        /* it does not apply to this runner (what the runner says) */
	SKIP_NO_SEQUENCE,     /* the scenario has nothing to sweep */
	SKIP_POINT_UNREACHED, /* --point is beyond the last fork point (their number) */
	SKIP_POINT_WAITED,    /* fork() waits at --point (the point) */
};

struct skip {
	enum skip_reason reason;
	uint32_t number;
	char text[MODEL_TEXT_MAX];
};

/* One (allocator, mitigation, scenario, method) and mode. */
struct cell {
	char allocator[MODEL_NAME_MAX];
	char mitigation[MODEL_NAME_MAX]; /* "quiesce"; "" for none */
	char subject[MODEL_NAME_MAX];    /* with a cure: "teach-none +quiesce"; else "" */
	char version[MODEL_NAME_MAX];
	enum link_kind link;
	char scenario[MODEL_NAME_MAX];
	bool scenario_from_file; /* of the user's, not built in */
	enum fork_method method;
	enum cell_mode mode;
	/* Blocks that are less aligned than required, also without a fork. */
	struct alignment alignment[ALIGNMENT_KINDS];
	bool audited; /* the allocator's atfork handlers were: */
	struct audit_summary atfork;
	enum verdict verdict;
	uint32_t planned; /* trials asked for; 0 in a sweep */
	uint32_t trials;  /* trials judged, broken ones not among them; one for each point tried */
	uint32_t aimed;   /* of them, forked while a worker was inside the allocator */
	uint32_t count[VERDICT_COUNT];
	uint32_t foreign[VERDICT_COUNT]; /* of them, not held against the allocator */
	uint32_t proven;                 /* of the deadlocks, livelocks and parent-deadlocks */
	uint32_t pid_changes;            /* trials in which an allocation changed its pid */
	double bad_rate;                 /* bad / trials; 0 when trials is 0 */
	double upper95; /* upper 95 % bound of the bad rate, 0 to 1; 1 when trials is 0 */
	double seconds;
	double latency_median_ms, latency_p99_ms; /* last progress to verdict; < 0: no hang */
	double trial_median_ms;                   /* of the trials that were ok; < 0: none */
	bool cut;                                 /* the budget or an interrupt ended it early */
	bool secondary; /* of a tool, a debugging or teaching allocator, a variant */
	bool dropped;   /* not run: the budget was exhausted before */
	int64_t reused; /* of the store of results: when it was measured, time(2); 0: in this run */
	struct skip skip; /* of VERDICT_SKIPPED */
	bool has_finding;
	struct finding finding; /* the first of the worst verdict, broken ones among them */
	bool wants_heap_check;  /* the scenario asks for it */
	bool heap_checked;      /* silent damage was searched for */
	unsigned notes;
	struct damage note[DAMAGE_KINDS];
	struct sweep sweep;
	struct mitigation_cost cost; /* of one of the cells of a result */
};

/* Whose row of a table the cell belongs to: the allocator, with its mitigation if there is one. */
static inline const char *model_subject(const struct cell *cell)
{
	return *cell->subject ? cell->subject : cell->allocator;
}

static inline bool model_is_sweep(const struct cell *cell)
{
	return cell->mode == CELL_SWEEP;
}

/* What to do where ptrace(2) is refused. */
extern const char model_no_trace_right[];

/* "stress", "sweep"; "" of a cell that was not measured. */
const char *cell_mode_name(enum cell_mode mode);

/* Makes the cell VERDICT_SKIPPED; text (or NULL) and number: see enum skip_reason. */
void cell_skip(struct cell *cell, enum skip_reason reason, const char *text, uint32_t number);

/*
 * True of a whole sweep without a single fork point: the sequence changes nothing that a child
 * inherits. A result like any other, and `ok`.
 */
bool cell_nothing_changes(const struct cell *cell);

/* Whether two cells were skipped for the same reason. */
bool cell_same_skip(const struct cell *a, const struct cell *b);

/* Whether that verdict was given: in a trial, or of the whole cell (skipped is no trial's). */
static inline bool model_has_verdict(const struct cell *cell, enum verdict verdict)
{
	return cell->count[verdict] > 0 || (cell->verdict == verdict && verdict != VERDICT_OK);
}

/* The same without what is not held against the allocator. */
static inline bool model_has_held_verdict(const struct cell *cell, enum verdict verdict)
{
	return cell->count[verdict] > cell->foreign[verdict] ||
	       (model_has_verdict(cell, verdict) && cell->foreign[verdict] == 0);
}

/* A teaching allocator with a known answer, tried at the beginning of every run. */
struct control {
	const char *allocator, *scenario;
	enum fork_method method;
	enum verdict expected;
	enum verdict got;
	uint32_t hits;   /* trials with the expected verdict */
	uint32_t trials; /* trials judged */
	bool passed;
	bool has_finding; /* when not passed, the first of the worst verdict: */
	struct finding finding;
};

/* A variable of the environment: see base/environment.h. */
enum { HOST_VARIABLES_MAX = 24 };
struct host_variable {
	char name[MODEL_NAME_MAX], value[MODEL_TEXT_MAX / 2];
};

struct host {
	char kernel[MODEL_NAME_MAX];  /* uname -r */
	char machine[MODEL_NAME_MAX]; /* uname -m */
	char libc[MODEL_NAME_MAX];    /* "glibc 2.36" */
	unsigned cpus;                /* that this process may run on */
	uint64_t memory_mib;
	size_t variables; /* of the environment that are in force for every row, by name */
	struct host_variable variable[HOST_VARIABLES_MAX];
	size_t removed; /* and those that are in force for none */
	struct host_variable removed_variable[1];
};

struct run_options {
	const char *command; /* "run", "stress", "sweep" */
	char version[MODEL_NAME_MAX];
	uint64_t seed;
	uint32_t trials;
	uint32_t workers;
	double budget_s;   /* 0: none */
	double deadline_s; /* last resort for a stuck child */
	bool aim;
	bool every_instruction; /* the sweep forks after each instruction */
	bool windows;           /* the text lists all windows */
	bool fail_on[VERDICT_COUNT];
	bool fail_on_any; /* also for what is not held against the allocator */
};

/* The stress and the sweep cell of one (allocator, mitigation, scenario, method). */
struct result {
	const struct cell *stress, *sweep; /* of the report; NULL: missing, but never both */
	enum verdict verdict;              /* of both: see result_deciding_cell() */
};

struct results {
	size_t count;
	struct result *result; /* in the order of their first cells */
};

struct report {
	struct host host;
	struct run_options options;
	size_t cells;
	struct cell
		*cell; /* in the order of the plan: method, allocator, mitigation, scenario, mode */
	struct results results; /* of these cells: results_build() */
	size_t controls;
	struct control *control;
	bool controls_ran;
	double controls_s;    /* how long they took */
	bool partial;         /* interrupted: what is here was measured, the rest was not */
	bool keeps_sweeps;    /* a later run takes whole sweeps from the store of results */
	bool controls_passed; /* every control passed */
	double seconds;
	size_t notes; /* sentences under the table: report/run/report_summary.h */
	char (*note)[MODEL_TEXT_MAX];
};
