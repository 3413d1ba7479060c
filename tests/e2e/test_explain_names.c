/*
 * Names in a story are true or absent: a stripped runner gives module and offset, a truncated or
 * damaged one does not disturb forklab, and of the real allocators' locks the right module is
 * named, and the symbol if there is one.
 */
#include "e2e.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char runner[] = "forklab-run-teach-forgot";

/* With the runners in that directory; NULL: those that were built. */
static json_t *explain(
	const char *directory, const char *allocator, const char *scenario, const char *method)
{
	return e2e_run_json(E2E_ARGS("explain", "-a", allocator, "-s", scenario, "-m", method,
				    "--format", "json", directory ? "--runners" : NULL, directory),
		0);
}

static uint64_t address(const json_t *object, const char *key)
{
	return strtoull(e2e_text(object, key), NULL, 0);
}

/* ---- Files ---- */

/* A directory of runners with a copy of the one that the test damages. */
static void make_runner_dir(char directory[E2E_PATH_MAX], char path[E2E_PATH_MAX * 2])
{
	char command[E2E_PATH_MAX * 4];
	e2e_temporary(directory);
	e2e_copy_runners(e2e_directory("FORKLAB_RUNNERS"), directory, "teach-forgot");
	snprintf(path, E2E_PATH_MAX * 2, "%s/%s", directory, runner);
	snprintf(command, sizeof(command), "rm %s && cp %s/%s %s", path,
		e2e_directory("FORKLAB_RUNNERS"), runner, path);
	assert_int_equal(system(command), 0);
}

/* Up to where the program itself needs its file. */
static off_t end_of_segments(int fd)
{
	Elf64_Ehdr header;
	off_t end = 0;
	assert_int_equal(pread(fd, &header, sizeof(header), 0), sizeof(header));
	for (unsigned i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;
		off_t at = (off_t)(header.e_phoff + i * sizeof(segment));
		assert_int_equal(pread(fd, &segment, sizeof(segment), at), sizeof(segment));
		if (segment.p_type == PT_LOAD && (off_t)(segment.p_offset + segment.p_filesz) > end)
			end = (off_t)(segment.p_offset + segment.p_filesz);
	}
	return end;
}

static off_t size_of(int fd)
{
	struct stat status;
	assert_int_equal(fstat(fd, &status), 0);
	return status.st_size;
}

static void cut_behind_segments(int fd)
{
	assert_int_equal(ftruncate(fd, end_of_segments(fd)), 0);
}

static void cut_in_the_middle(int fd)
{
	assert_int_equal(ftruncate(fd, (end_of_segments(fd) + size_of(fd)) / 2), 0);
}

/* Symbol tables and debug information are noise, the section headers are not. */
static void fill_with_noise(int fd)
{
	Elf64_Ehdr header;
	assert_int_equal(pread(fd, &header, sizeof(header), 0), sizeof(header));
	uint32_t state = 1;
	for (off_t at = end_of_segments(fd); at < (off_t)header.e_shoff; at++) {
		state = state * 1664525 + 1013904223;
		unsigned char byte = (unsigned char)(state >> 24);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
}

/* ---- Stripped ---- */

/* The true name of the function that an address lies in: the outermost of the frames that have it.
 */
static const char *true_name(const json_t *frames, uint64_t pc)
{
	const char *name = NULL;
	size_t i;
	json_t *frame;
	json_array_foreach(frames, i,
		frame) if (address(frame, "pc") == pc && !e2e_bool(frame, "inlined")) name =
		json_string_value(json_object_get(frame, "function"));
	return name;
}

static const json_t *worker_frames(const json_t *report)
{
	const json_t *worker = json_object_get(json_object_get(report, "story"), "worker");
	return json_object_get(json_object_get(worker, "stack"), "frames");
}

/* How many frames of the runner have no name; one that has a name must have the true one. */
static unsigned count_nameless(const json_t *frames, const json_t *true_frames)
{
	unsigned nameless = 0;
	size_t i;
	json_t *frame;
	json_array_foreach(frames, i, frame)
	{
		const char *name = json_string_value(json_object_get(frame, "function"));
		uint64_t pc = address(frame, "pc");
		if (strcmp(e2e_text(frame, "module"), runner) != 0 || e2e_bool(frame, "inlined"))
			continue;
		if (name)
			assert_string_equal(name, true_name(true_frames, pc));
		else
			assert_int_equal(pc - address(frame, "module_offset"), 0x555555554000);
		nameless += name == NULL;
	}
	return nameless;
}

static void a_stripped_runner_gives_offsets(void **state)
{
	char directory[E2E_PATH_MAX], path[E2E_PATH_MAX * 2], command[E2E_PATH_MAX * 3];
	(void)state;
	if (system("command -v strip >/dev/null") != 0)
		skip();
	make_runner_dir(directory, path);
	snprintf(command, sizeof(command), "strip %s", path);
	assert_int_equal(system(command), 0);
	json_t *full = explain(NULL, "teach-forgot", "pool", "fork");
	json_t *stripped = explain(directory, "teach-forgot", "pool", "fork");
	const json_t *lock = json_object_get(json_object_get(stripped, "story"), "lock");
	const json_t *true_lock = json_object_get(json_object_get(full, "story"), "lock");
	assert_true(count_nameless(worker_frames(stripped), worker_frames(full)) > 2);
	assert_int_equal(count_nameless(worker_frames(full), worker_frames(full)), 0);
	assert_string_equal(e2e_text(lock, "published"), e2e_text(true_lock, "published"));
	assert_string_equal(e2e_text(lock, "module"), runner);
	assert_string_equal(e2e_text(lock, "module_offset"), e2e_text(true_lock, "module_offset"));
	assert_true(json_is_null(json_object_get(lock, "variable")));
	/* And it says once what is missing. */
	const json_t *notes = json_object_get(json_object_get(stripped, "story"), "notes");
	unsigned about = 0;
	for (size_t i = 0; i < json_array_size(notes); i++)
		about += strstr(json_string_value(json_array_get(notes, i)), runner) != NULL;
	assert_int_equal(about, 1);
	json_decref(full);
	json_decref(stripped);
	e2e_remove(directory);
}

/* ---- Damaged ---- */

static void a_damaged_runner_does_not_disturb(void **state)
{
	static void (*const damage[])(int fd) = {
		cut_behind_segments, cut_in_the_middle, fill_with_noise};
	(void)state;
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		char directory[E2E_PATH_MAX], path[E2E_PATH_MAX * 2];
		make_runner_dir(directory, path);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		assert_true(fd >= 0);
		damage[i](fd);
		close(fd);
		json_t *report = explain(directory, "teach-forgot", "pool", "fork");
		const json_t *explanation = json_object_get(report, "story");
		assert_string_equal(e2e_text(explanation, "verdict"), "deadlock");
		assert_string_equal(e2e_text(json_object_get(explanation, "lock"), "published"),
			"teach chunks lock");
		json_decref(report);
		e2e_remove(directory);
	}
}

static void a_runner_that_does_not_start_is_one_sentence(void **state)
{
	char directory[E2E_PATH_MAX], path[E2E_PATH_MAX * 2];
	struct e2e_result result;
	(void)state;
	make_runner_dir(directory, path);
	assert_int_equal(truncate(path, 1000), 0);
	e2e_run(&result,
		E2E_ARGS("explain", "-a", "teach-forgot", "-s", "pool", "--runners", directory));
	const char *end = strchr(result.err, '\n');
	if (result.status != 2 || !end || end[1])
		e2e_fail("exit status %d: %s", result.status, result.err);
	e2e_free(&result);
	e2e_remove(directory);
}

/* ---- Real allocators ---- */

/* The variable that `nm -D` has at that offset of a library, or "". */
static void dynamic_symbol(const char *library, uint64_t offset, char *name, size_t size)
{
	char line[1024], command[1024];
	snprintf(command, sizeof(command),
		"nm -D -S --defined-only \"$(ldconfig -p | awk '/x86-64/ && $1 ~ /^%s/ {print $NF; "
		"exit}')\"",
		library);
	FILE *nm = popen(command, "re");
	assert_non_null(nm);
	name[0] = '\0';
	while (fgets(line, sizeof(line), nm)) {
		uint64_t start, length;
		char kind, symbol[512];
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %c %511s", &start, &length, &kind,
			    symbol) == 4 &&
			strchr("bBdDvVuR", kind) && offset >= start && offset - start < length)
			snprintf(name, size, "%s", symbol);
	}
	pclose(nm);
}

static void a_real_lock_has_its_module(void **state)
{
	static const struct {
		const char *allocator, *module, *library;
	} real[] = {
		{"glibc", "libc.so.6", NULL},
		{"jemalloc", "libjemalloc.so.2", "libjemalloc.so.2"},
		{"tcmalloc", "libtcmalloc.so", "libtcmalloc.so.4"},
		{"tcmalloc-minimal", "libtcmalloc_minimal.so", "libtcmalloc_minimal.so.4"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		char symbol[512] = "";
		if (!e2e_has_runner(real[i].allocator))
			continue;
		json_t *report = explain(NULL, real[i].allocator, "basic", "_Fork");
		const json_t *explanation = json_object_get(report, "story");
		const json_t *lock = json_object_get(explanation, "lock");
		const char *variable = json_string_value(json_object_get(lock, "variable"));
		assert_string_equal(e2e_text(lock, "kind"), "variable");
		assert_non_null(strstr(e2e_text(lock, "module"), real[i].module));
		assert_true(json_is_object(json_object_get(lock, "taken")));
		if (real[i].library)
			dynamic_symbol(real[i].library, address(lock, "module_offset"), symbol,
				sizeof(symbol));
		/* A C++ name is told as in its source. */
		if (symbol[0] && strncmp(symbol, "_Z", 2) == 0)
			assert_non_null(strstr(variable, "::"));
		else if (symbol[0])
			assert_string_equal(variable, symbol);
		/* Where debug symbols are installed. */
		if (strcmp(real[i].allocator, "glibc") == 0 && variable)
			assert_string_equal(variable, "main_arena");
		json_decref(report);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stripped_runner_gives_offsets),
		cmocka_unit_test(a_damaged_runner_does_not_disturb),
		cmocka_unit_test(a_runner_that_does_not_start_is_one_sentence),
		cmocka_unit_test(a_real_lock_has_its_module),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
