#include "option_table.h"

const struct argp_option option_table[] = {
	{.doc = "What to test:", .group = 1},
	{"alloc", 'a', "LIST", 0, "Allocators (all but the teaching ones)", 0},
	{"preload", KEY_PRELOAD, "PATH", 0,
		"A shared object to test as an allocator: a path, or a soname that the loader "
		"finds; can be repeated. Without --alloc it is compared with glibc",
		0},
	{"name", KEY_NAME, "NAME", 0, "Name of the preceding --preload (from its file name)", 0},
	{"scenario", 's', "LIST", 0,
		"Scenarios (those that forklab list marks as default); a file of C source (.c), "
		"which is "
		"compiled, or a shared object (.so) is one, too",
		0},
	{"method", 'm', "LIST", 0, "Fork methods: fork, _Fork, clone (fork,_Fork)", 0},
	{"cure", KEY_MITIGATION, "LIST", 0,
		"Mitigation in the application: none, quiesce (fork() waits until no thread is "
		"inside the allocator); its cost is measured, too (none)",
		0},
	{"threads", KEY_THREADS, "LIST", 0,
		"Background threads (0,1,4,16 with the middle heap, 4 with the others)", 0},
	{"heap", KEY_HEAP, "LIST", 0, "Live heaps, as 64M or 1G (1M,32M,256M)", 0},
	{"pages", KEY_PAGES, "LIST", 0,
		"usual, huge (usual; with the middle heap and 4 threads also huge)", 0},
	{"server", KEY_SERVER, "KIND", 0,
		"Run a server, too: prefork (a child for each connection), snapshot (a child that "
		"writes the heap) or pool (long-lived children)",
		0},
	{"port", KEY_PORT, "PORT", 0,
		"Loopback port of the servers prefork and pool (chosen by the kernel)", 0},
	{"weight", KEY_WEIGHT, "WHAT", 0,
		"latency, memory or throughput, which then counts four times (equal)", 0},
	{"from", KEY_FROM, "FILE", 0, "Read the costs from a file of 'forklab cost --format json'",
		0},
	{"trial", KEY_TRIAL, "N", 0, "Run only trial N of each cell, to reproduce a finding", 0},
	{"point", KEY_POINT, "N", 0, "Try only fork point N of each cell, to reproduce a finding",
		0},
	{"runners", KEY_RUNNERS, "DIR", 0, "Directory of the programs forklab-run-*", 0},

	{.doc = "How much:", .group = 2},
	{"trials", KEY_TRIALS, "N", 0, "Random trials per cell (40)", 0},
	{"budget", KEY_BUDGET, "SECONDS", 0,
		"End after about that time, with fewer trials, points, rounds or cells; the "
		"controls and the first cell take some seconds in any case (76)",
		0},
	{"quick", KEY_QUICK, 0, 0, "Less than half a minute: --trials 20 --budget 20", 0},
	{"thorough", KEY_THOROUGH, 0, 0,
		"--trials 20000, no budget, and without -s all scenarios in all rows", 0},
	{"rounds", KEY_ROUNDS, "N", 0, "Processes per cell, one after the other (5; quick: 3)", 0},
	{"workers", KEY_WORKERS, "N", 0, "Background threads that allocate (4)", 0},
	{"seed", KEY_SEED, "N", 0,
		"Seed of the plan; the same seed and options give the same plan (1)", 0},
	{"no-aim", KEY_NO_AIM, 0, 0,
		"Fork at any moment, not only when a worker is inside the allocator", 0},
	{"every-instruction", KEY_EVERY_INSTRUCTION, 0, 0,
		"Fork after each instruction of a sweep, also where no memory has changed", 0},
	{"deadline", KEY_DEADLINE, "SECONDS", 0,
		"Give up on a stuck child about which nothing can be proven (10)", 0},
	{"memory", KEY_MEMORY, "SIZE", 0,
		"Kill a process under test when it and its descendants have more than that "
		"resident, as 512M or 2G; its trial is broken (2G)",
		0},

	{.doc = "Result:", .group = 3},
	{"format", KEY_FORMAT, "FORMAT", 0, "One of the formats below (text)", 0},
	{"all-variants", KEY_ALL_VARIANTS, 0, 0,
		"Show every way of linking an allocator, even if the verdicts are the same", 0},
	{"windows", KEY_WINDOWS, 0, 0,
		"List all windows: runs of neighbouring fork points with the same bad verdict", 0},
	{"points", KEY_POINTS, "FILE", 0, "Write a line for each fork point to FILE", 0},
	{"output", 'o', "FILE", 0, "Write the result to FILE, whole or not at all", 0},
	{"plot", KEY_PLOT, "DIR", 0,
		"Also draw DIR/*.svg with gnuplot: distributions, cost against heap and threads, "
		"the Pareto front",
		0},
	{"fail-on", KEY_FAIL_ON, "LIST", 0,
		"Exit with 1 if one of these verdicts occurs; \"bad\" is every bad one. A hang on "
		"a lock that is not the allocator's counts only with \"any\" in the list. junit: "
		"also which verdicts are failures (bad)",
		0},
	{"quiet", 'q', 0, 0, "No progress line; of the text only tables and warnings", 0},
	{"color", KEY_COLOR, "WHEN", 0, "auto, always or never (auto)", 0},

	/* argp puts these two into a group of their own, at the end. */
	{"help", 'h', 0, 0, "Print this help", 4},
	{"version", 'V', 0, 0, "Print the version", 4},
	{0},
};
