#include "determinism.h"

#include "proc_mem.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>

/*
 * Later than any real clock: CLOCK_REALTIME reaches it in 2096, the others count from the start of
 * the machine.
 */
static const uint64_t first_second = UINT64_C(4000000000);
enum { SECONDS_A_LOOK = 1000 };

int world_open(struct world *world, pid_t pid)
{
	char path[32], line[256];
	*world = (struct world){0};
	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	FILE *maps = fopen(path, "re");
	if (!maps)
		return -errno;
	while (fgets(line, sizeof line, maps)) {
		if (strstr(line, "[vdso]"))
			sscanf(line, "%" SCNx64 "-%" SCNx64, &world->vdso_low, &world->vdso_high);
	}
	fclose(maps);
	return 0;
}

/* ---- Answers ---- */

/* struct timespec and struct timeval alike: seconds, and a part of one. */
static void put_time(struct world *world, pid_t tid, uint64_t address)
{
	world->wrote = address;
	int64_t now[2] = {(int64_t)(first_second + SECONDS_A_LOOK * world->looks++), 0};
	if (address)
		remote_write(tid, address, now, sizeof now);
}

static void put_cpu(struct world *world, pid_t tid, uint64_t cpu, uint64_t node)
{
	const uint32_t zero = 0;
	world->wrote = cpu ? cpu : node;
	if (cpu)
		remote_write(tid, cpu, &zero, sizeof zero);
	if (node)
		remote_write(tid, node, &zero, sizeof zero);
}

static void put_random(struct world *world, pid_t tid, uint64_t address, uint64_t size)
{
	enum { MOST = 256 }; /* what getrandom() gives uninterrupted */
	unsigned char bytes[MOST];
	if (size > MOST)
		size = MOST;
	/* Any bytes will do, as long as they are the same ones: Knuth's MMIX generator. */
	for (uint64_t i = 0; i < size; i++) {
		world->random = world->random * UINT64_C(6364136223846793005) +
				UINT64_C(1442695040888963407);
		bytes[i] = (unsigned char)(world->random >> 56);
	}
	remote_write(tid, address, bytes, size);
}

void world_after_syscall(struct world *world, pid_t tid, const struct arch_syscall *call)
{
	switch (call->number) {
	case SYS_clock_gettime:
		put_time(world, tid, call->argument[1]);
		break;
#ifdef SYS_gettimeofday
	case SYS_gettimeofday:
		put_time(world, tid, call->argument[0]);
		break;
#endif
	case SYS_getcpu:
		put_cpu(world, tid, call->argument[0], call->argument[1]);
		break;
	case SYS_getrandom:
		put_random(world, tid, call->argument[0], call->argument[1]);
		break;
	default:
		break;
	}
}

/* ---- The vDSO ---- */

enum function { OTHER, CLOCK_GETTIME, GETTIMEOFDAY, GETCPU };

/*
 * Which of its functions begins there. forklab has the same vDSO, and its loader knows the symbols.
 * An entry point has two names, with and without "__vdso_".
 */
static enum function function_at(uint64_t offset)
{
	static const struct {
		const char *name;
		enum function function;
	} known[] = {{"clock_gettime", CLOCK_GETTIME}, {"gettimeofday", GETTIMEOFDAY},
		{"getcpu", GETCPU}};
	Dl_info info;
	uint64_t mine = getauxval(AT_SYSINFO_EHDR);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): that is what the auxiliary vector holds */
	if (!mine || !dladdr((void *)(uintptr_t)(mine + offset), &info) || !info.dli_sname)
		return OTHER;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strstr(info.dli_sname, known[i].name))
			return known[i].function;
	return OTHER;
}

int world_run_vdso(struct world *world, struct step *step, const struct arch_regs *regs,
	enum step_event *event)
{
	uint64_t back;
	world->wrote = 0;
	enum function function = function_at(arch_pc(regs) - world->vdso_low);
	int error = arch_return_address(step->tid, regs, &back);
	if (!error)
		error = step_to(step, back, event);
	if (error || *event != STEP_DONE)
		return error;
	if (function == CLOCK_GETTIME)
		put_time(world, step->tid, arch_call_argument(regs, 1));
	else if (function == GETTIMEOFDAY)
		put_time(world, step->tid, arch_call_argument(regs, 0));
	else if (function == GETCPU)
		put_cpu(world, step->tid, arch_call_argument(regs, 0), arch_call_argument(regs, 1));
	return 0;
}
