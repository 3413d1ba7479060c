#include "option_table.h"

#include "cli.h"

#include <stdlib.h>
#include <string.h>

static const char help_before_options[] =
	"After a multithreaded process forks, can the child still use this allocator?\n"
	"forklab runs the same workloads on many allocators, forks at bad moments, and\n"
	"proves that a hung child is hung.\n"
	"\n"
	"Commands:\n";

static const char help_after_options[] =
	"Defaults are in parentheses. A LIST is separated by commas; its option can be\n"
	"repeated; \"all\" selects everything.\n"
	"\n"
	"Exit status:\n"
	"  0  everything was judged, whatever the verdicts\n"
	"  1  a verdict matched --fail-on\n"
	"  2  error in the command line\n"
	"  3  something was broken, or a control gave a wrong answer\n"
	"\n"
	"Examples:\n"
	"  forklab                                  the whole table, in 90 seconds\n"
	"  forklab -a jemalloc,glibc -m fork        two allocators, plain fork()\n"
	"  forklab stress -a glibc -s basic -m _Fork --trials 5000\n"
	"  forklab sweep -a glibc -s basic -m _Fork --windows\n"
	"  forklab sweep -a glibc -s basic -m _Fork --point 210\n"
	"  forklab trace -a teach-none -s basic --format chrome -o trace.json\n"
	"  forklab audit -a jemalloc,tcmalloc       what their atfork handlers do\n"
	"  forklab explain -a glibc -s basic -m _Fork\n"
	"  forklab cost -a glibc,jemalloc --quick   what a fork costs with each of them\n"
	"  forklab cost --threads 4,8 --heap 64M,1G --format csv -o cost.csv\n"
	"  forklab cost -a glibc,jemalloc --plot plots\n"
	"  forklab choose --server snapshot --heap 256M\n"
	"  forklab sweep -a teach-none --cure none,quiesce\n"
	"  forklab --preload ./libmine.so --fail-on bad\n"
	"  forklab -a glibc -m fork --scenario mine.c\n"
	"  forklab sweep --preload old/libmine.so --name old --preload ./libmine.so\n"
	"  forklab --format json -o result.json --fail-on bad";

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
		"cost: background threads (0,1,4,16 with the middle heap, 4 with the others); "
		"choose: one number (4)",
		0},
	{"heap", KEY_HEAP, "LIST", 0,
		"cost: live heaps, as 64M or 1G (1M,32M,256M); choose: one size (32M)", 0},
	{"pages", KEY_PAGES, "LIST", 0,
		"cost: usual, huge (usual; with the middle heap and 4 threads also huge)", 0},
	{"server", KEY_SERVER, "KIND", 0,
		"choose: prefork (a child for each connection), snapshot (a child that writes "
		"the heap) or pool (long-lived children); cost: run such a server, too",
		0},
	{"port", KEY_PORT, "PORT", 0,
		"Loopback port of the servers prefork and pool (chosen by the kernel)", 0},
	{"weight", KEY_WEIGHT, "WHAT", 0,
		"choose: latency, memory or throughput, which then counts four times (equal)", 0},
	{"from", KEY_FROM, "FILE", 0,
		"choose: read the costs from a file of 'forklab cost --format json'", 0},
	{"trial", KEY_TRIAL, "N", 0, "Run only trial N of each cell, to reproduce a finding", 0},
	{"point", KEY_POINT, "N", 0,
		"Try only fork point N of each cell, to reproduce a finding; explain: the fork "
		"point to explain",
		0},
	{"runners", KEY_RUNNERS, "DIR", 0, "Directory of the programs forklab-run-*", 0},

	{.doc = "How much:", .group = 2},
	{"trials", KEY_TRIALS, "N", 0, "Random trials per cell (40; stress: 400; trace: 3)", 0},
	{"budget", KEY_BUDGET, "SECONDS", 0,
		"End after about that time, with fewer trials, points, rounds or cells; the "
		"controls and the first cell take some seconds in any case (76; stress: 50; cost: "
		"85; choose: 140)",
		0},
	{"quick", KEY_QUICK, 0, 0,
		"Less than half a minute: --trials 20 --budget 20 (stress: 100 and 10); cost: a "
		"small grid, in 18 s",
		0},
	{"thorough", KEY_THOROUGH, 0, 0,
		"--trials 20000, no budget, and without -s all scenarios in all rows; cost: the "
		"whole grid, up to 1G",
		0},
	{"rounds", KEY_ROUNDS, "N", 0,
		"cost, choose: processes per cell, one after the other (5; quick: 3)", 0},
	{"workers", KEY_WORKERS, "N", 0, "Background threads that allocate (4)", 0},
	{"seed", KEY_SEED, "N", 0,
		"Seed of the plan; the same seed and options give the same plan (1)", 0},
	{"no-aim", KEY_NO_AIM, 0, 0,
		"Fork at any moment, not only when a worker is inside the allocator", 0},
	{"every-instruction", KEY_EVERY_INSTRUCTION, 0, 0,
		"Sweep: fork after each instruction, also where no memory has changed", 0},
	{"deadline", KEY_DEADLINE, "SECONDS", 0,
		"Give up on a stuck child about which nothing can be proven (10)", 0},
	{"memory", KEY_MEMORY, "SIZE", 0,
		"Kill a process under test when it and its descendants have more than that "
		"resident, as 512M or 2G; its trial is broken (2G)",
		0},

	{.doc = "Result:", .group = 3},
	{"format", KEY_FORMAT, "FORMAT", 0,
		"text, json, csv, markdown or junit; trace: text, lines (of JSON) or chrome (for "
		"trace viewers); explain also: dot or svg (text)",
		0},
	{"all-variants", KEY_ALL_VARIANTS, 0, 0,
		"Show every way of linking an allocator, even if the verdicts are the same", 0},
	{"windows", KEY_WINDOWS, 0, 0,
		"List all windows: runs of neighbouring fork points with the same bad verdict", 0},
	{"points", KEY_POINTS, "FILE", 0, "Write a line for each fork point to FILE", 0},
	{"output", 'o', "FILE", 0, "Write the result to FILE, completely or not at all", 0},
	{"plot", KEY_PLOT, "DIR", 0,
		"cost, choose: also draw DIR/*.svg with gnuplot: distributions, cost against heap "
		"and threads, the Pareto front",
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

/* Each line of a summary in the second column. */
static void print_command(FILE *out, const struct command *command)
{
	const char *name = command->name;
	for (const char *line = command->summary; *line; name = "") {
		int length = (int)strcspn(line, "\n");
		fprintf(out, "  %-8s %.*s\n", name, length, line);
		line += length + (line[length] == '\n');
	}
}

/* The text before the options, a '\v', and the text after them, for argp; NULL: no memory. */
static char *help_text(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	fputs(help_before_options, out);
	for (size_t i = 0; command_table[i]; i++)
		print_command(out, command_table[i]);
	fprintf(out, "\v%s", help_after_options);
	return fclose(out) == 0 ? text : NULL;
}

void cli_help(FILE *stream)
{
	char *text = help_text();
	struct argp help = {.options = option_table, .args_doc = "[COMMAND]", .doc = text};
	/* argp has no other way to leave out its paragraph on mandatory arguments. */
	(void)setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);
	argp_help(&help, stream,
		ARGP_HELP_SHORT_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG | ARGP_HELP_POST_DOC,
		"forklab");
	free(text);
}
