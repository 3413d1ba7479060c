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
enum { SECONDS_PER_READ = 1000 };

int determinism_init(struct determinism *determinism, pid_t pid)
{
	char path[32], line[256];
	*determinism = (struct determinism){0};
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	FILE *maps = fopen(path, "re");
	if (!maps)
		return -errno;
	while (fgets(line, sizeof(line), maps)) {
		if (strstr(line, "[vdso]"))
			sscanf(line, "%" SCNx64 "-%" SCNx64, &determinism->vdso_low,
				&determinism->vdso_high);
	}
	fclose(maps);
	return 0;
}

/* ---- Answers ---- */

/* struct timespec and struct timeval have the same layout: seconds and a fraction. */
static void put_time(struct determinism *determinism, pid_t tid, uint64_t address)
{
	determinism->result_address = address;
	int64_t now[2] = {
		(int64_t)(first_second + SECONDS_PER_READ * determinism->clock_reads++), 0};
	if (address)
		proc_mem_write(tid, address, now, sizeof(now));
}

static void put_cpu(struct determinism *determinism, pid_t tid, uint64_t cpu, uint64_t node)
{
	const uint32_t zero = 0;
	determinism->result_address = cpu ? cpu : node;
	if (cpu)
		proc_mem_write(tid, cpu, &zero, sizeof(zero));
	if (node)
		proc_mem_write(tid, node, &zero, sizeof(zero));
}

static void put_random(struct determinism *determinism, pid_t tid, uint64_t address, uint64_t size)
{
	enum { GETRANDOM_MAX = 256 }; /* what getrandom() gives uninterrupted */
	unsigned char bytes[GETRANDOM_MAX];
	if (size > GETRANDOM_MAX)
		size = GETRANDOM_MAX;
	/* Any bytes will do, as long as each sweep gets the same: Knuth's MMIX generator. */
	for (uint64_t i = 0; i < size; i++) {
		determinism->random_state =
			determinism->random_state * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
		bytes[i] = (unsigned char)(determinism->random_state >> 56);
	}
	proc_mem_write(tid, address, bytes, size);
}

void determinism_after_syscall(
	struct determinism *determinism, pid_t tid, const struct arch_syscall *call)
{
	switch (call->number) {
	case SYS_clock_gettime:
		put_time(determinism, tid, call->argument[1]);
		break;
#ifdef SYS_gettimeofday
	case SYS_gettimeofday:
		put_time(determinism, tid, call->argument[0]);
		break;
#endif
	case SYS_getcpu:
		put_cpu(determinism, tid, call->argument[0], call->argument[1]);
		break;
	case SYS_getrandom:
		put_random(determinism, tid, call->argument[0], call->argument[1]);
		break;
	default:
		break;
	}
}

/* ---- The vDSO ---- */

enum vdso_function { VDSO_OTHER, VDSO_CLOCK_GETTIME, VDSO_GETTIMEOFDAY, VDSO_GETCPU };

/*
 * Which vDSO function begins at the address. forklab has the same vDSO, and its loader knows the
 * symbols. An entry point has two names, with and without "__vdso_".
 */
static enum vdso_function vdso_function_at(uint64_t offset)
{
	static const struct {
		const char *name;
		enum vdso_function vdso_function;
	} known[] = {{"clock_gettime", VDSO_CLOCK_GETTIME}, {"gettimeofday", VDSO_GETTIMEOFDAY},
		{"getcpu", VDSO_GETCPU}};
	Dl_info info;
	uint64_t own_vdso = getauxval(AT_SYSINFO_EHDR);
	if (!own_vdso || !dladdr((void *)(uintptr_t)(own_vdso + offset), &info) || !info.dli_sname)
		return VDSO_OTHER;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(info.dli_sname, known[i].name))
			return known[i].vdso_function;
	return VDSO_OTHER;
}

int determinism_run_vdso(struct determinism *determinism, struct tracee *tracee,
	const struct arch_regs *regs, enum step_event *event)
{
	uint64_t back;
	determinism->result_address = 0;
	enum vdso_function vdso_function = vdso_function_at(arch_pc(regs) - determinism->vdso_low);
	int error = arch_return_address(tracee->tid, regs, &back);
	if (!error)
		error = step_to(tracee, back, event);
	if (error || *event != STEP_DONE)
		return error;
	if (vdso_function == VDSO_CLOCK_GETTIME)
		put_time(determinism, tracee->tid, arch_call_argument(regs, 1));
	else if (vdso_function == VDSO_GETTIMEOFDAY)
		put_time(determinism, tracee->tid, arch_call_argument(regs, 0));
	else if (vdso_function == VDSO_GETCPU)
		put_cpu(determinism, tracee->tid, arch_call_argument(regs, 0),
			arch_call_argument(regs, 1));
	return 0;
}
