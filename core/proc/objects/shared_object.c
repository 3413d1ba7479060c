#include "shared_object.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAMAGED "it is truncated or damaged; build or copy it again"

/* A file, and the buffer for the sentence about it. */
struct elf_file {
	const char *path;
	Elf *elf;
	GElf_Ehdr header;
	uint64_t bytes; /* of the file */
	char *error;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static int refuse(
	const struct elf_file *elf_file, const char *format, ...)
{
	va_list args;
	int used = snprintf(elf_file->error, elf_file->size, "cannot preload %s: ", elf_file->path);
	if (used < 0 || (size_t)used >= elf_file->size)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(elf_file->error + used, elf_file->size - (size_t)used, format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- Kind of file ---- */

static const char *machine_name(unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} known[] = {
		{EM_386, "x86"},
		{EM_X86_64, "x86-64"},
		{EM_ARM, "ARM"},
		{EM_AARCH64, "AArch64"},
		{EM_RISCV, "RISC-V"},
		{EM_PPC64, "POWER"},
		{EM_S390, "S/390"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].machine == machine)
			return known[i].name;
	return "another architecture";
}

static const char *word_size(const GElf_Ehdr *header)
{
	return header->e_ident[EI_CLASS] == ELFCLASS32 ? "32-bit" : "64-bit";
}

/* Told only where the other one's differs. */
static const char *byte_order(const GElf_Ehdr *header, const GElf_Ehdr *other)
{
	unsigned order = header->e_ident[EI_DATA];
	if (order == other->e_ident[EI_DATA])
		return "";
	return order == ELFDATA2MSB ? ", big-endian" : ", little-endian";
}

/* Runners are built for the same machine as forklab. */
static int check_machine(const struct elf_file *elf_file)
{
	GElf_Ehdr mine;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	bool known = elf && gelf_getehdr(elf, &mine);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	if (!known || (mine.e_machine == elf_file->header.e_machine &&
			      mine.e_ident[EI_CLASS] == elf_file->header.e_ident[EI_CLASS] &&
			      mine.e_ident[EI_DATA] == elf_file->header.e_ident[EI_DATA]))
		return 0;
	return refuse(elf_file,
		"it is a %s%s object (%s), and this machine's programs are %s%s (%s)",
		word_size(&elf_file->header), byte_order(&elf_file->header, &mine),
		machine_name(elf_file->header.e_machine), word_size(&mine),
		byte_order(&mine, &elf_file->header), machine_name(mine.e_machine));
}

static int check_kind(const struct elf_file *elf_file)
{
	if (elf_kind(elf_file->elf) == ELF_K_AR)
		return refuse(elf_file,
			"it is an archive; link a shared object from it (cc -shared "
			"-Wl,--whole-archive)");
	if (elf_kind(elf_file->elf) != ELF_K_ELF)
		return refuse(elf_file, "it is not an ELF file");
	return 0;
}

/* ---- Completeness ---- */

static bool within(const struct elf_file *elf_file, uint64_t offset, uint64_t bytes)
{
	return offset <= elf_file->bytes && bytes <= elf_file->bytes - offset;
}

/* Accessing a mapping beyond the end of a truncated file raises SIGBUS. */
static int check_whole(const struct elf_file *elf_file)
{
	size_t headers = 0;
	const GElf_Ehdr *h = &elf_file->header;
	bool whole = within(elf_file, h->e_phoff, (uint64_t)h->e_phnum * h->e_phentsize) &&
		     within(elf_file, h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize) &&
		     elf_getphdrnum(elf_file->elf, &headers) == 0;
	for (size_t i = 0; whole && i < headers; i++) {
		GElf_Phdr segment;
		whole = gelf_getphdr(elf_file->elf, (int)i, &segment) &&
			within(elf_file, segment.p_offset, segment.p_filesz);
	}
	return whole ? 0 : refuse(elf_file, DAMAGED);
}

/* ---- Type ---- */

/* The first section of that type, or NULL. */
static Elf_Scn *find_section(Elf *elf, unsigned type, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, header) && header->sh_type == type)
			return section;
	return NULL;
}

/* A position-independent executable differs from a shared object only by a flag. */
static bool is_pie(const struct elf_file *elf_file)
{
	GElf_Shdr header;
	GElf_Dyn entry;
	Elf_Data *data;
	Elf_Scn *section = find_section(elf_file->elf, SHT_DYNAMIC, &header);
	if (!section || !(data = elf_getdata(section, NULL)))
		return false;
	for (int i = 0; gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
		if (entry.d_tag == DT_FLAGS_1)
			return (entry.d_un.d_val & DF_1_PIE) != 0;
	return false;
}

static int check_type(const struct elf_file *elf_file)
{
	switch (elf_file->header.e_type) {
	case ET_DYN:
		if (!is_pie(elf_file))
			return 0;
		return refuse(elf_file, "it is an executable, not a shared object");
	case ET_EXEC:
		return refuse(elf_file, "it is an executable, not a shared object");
	case ET_REL:
		return refuse(elf_file,
			"it is an object file; link a shared object from it (cc -shared)");
	default:
		return refuse(elf_file, "it is an ELF file, but not a shared object");
	}
}

/* ---- Exports ---- */

static bool is_exported_function(const GElf_Sym *symbol)
{
	unsigned bind = GELF_ST_BIND(symbol->st_info), type = GELF_ST_TYPE(symbol->st_info);
	unsigned visibility = GELF_ST_VISIBILITY(symbol->st_other);
	return symbol->st_shndx != SHN_UNDEF && bind != STB_LOCAL &&
	       (visibility == STV_DEFAULT || visibility == STV_PROTECTED) &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

static int check_exports(const struct elf_file *elf_file)
{
	GElf_Shdr header;
	GElf_Sym symbol;
	bool has_malloc = false, has_free = false;
	Elf_Scn *section = find_section(elf_file->elf, SHT_DYNSYM, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		const char *name = elf_strptr(elf_file->elf, header.sh_link, symbol.st_name);
		if (!name || !is_exported_function(&symbol))
			continue;
		has_malloc |= strcmp(name, "malloc") == 0;
		has_free |= strcmp(name, "free") == 0;
	}
	if (!data || (has_malloc && has_free))
		return 0;
	if (!has_malloc && !has_free)
		return refuse(
			elf_file, "it exports neither malloc nor free: it is not an allocator");
	return refuse(elf_file,
		"it exports %s but not %s, so its blocks would mix with those of another allocator",
		has_malloc ? "malloc" : "free", has_malloc ? "free" : "malloc");
}

static void take_build_id(const struct elf_file *elf_file, struct plan_object *object)
{
	enum { SHOWN = 4 };
	const void *id = NULL;
	if (dwelf_elf_gnu_build_id(elf_file->elf, &id) < SHOWN)
		return;
	const unsigned char *byte = id;
	snprintf(object->version, sizeof(object->version), "build %02x%02x%02x%02x", byte[0],
		byte[1], byte[2], byte[3]);
}

static int check_elf(struct elf_file *elf_file, int fd, struct plan_object *object)
{
	elf_file->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	int error = elf_file->elf ? check_kind(elf_file) : refuse(elf_file, DAMAGED);
	if (!error && !gelf_getehdr(elf_file->elf, &elf_file->header))
		error = refuse(elf_file, DAMAGED);
	if (!error)
		error = check_machine(elf_file);
	if (!error)
		error = check_whole(elf_file);
	if (!error)
		error = check_type(elf_file);
	if (!error)
		error = check_exports(elf_file);
	if (!error)
		take_build_id(elf_file, object);
	elf_end(elf_file->elf);
	return error;
}

/* O_NONBLOCK: does not wait for the writer of a FIFO. */
static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int shared_object_check(const char *path, struct plan_object *object, char *error, size_t size)
{
	struct elf_file elf_file = {.path = path, .error = error, .size = size};
	struct stat status = {0};
	error[0] = '\0';
	elf_version(EV_CURRENT);
	*object = (struct plan_object){0};
	int fd = open_file(path);
	if (fd < 0)
		return refuse(&elf_file, "%s",
			errno == ENOENT ? "there is no such file" : strerror(errno));
	int result = fstat(fd, &status) == 0 ? 0 : refuse(&elf_file, "%s", strerror(errno));
	if (!result && !S_ISREG(status.st_mode))
		result = refuse(&elf_file, "%s",
			S_ISDIR(status.st_mode) ? "it is a directory" : "it is not a regular file");
	if (!result && status.st_size == 0)
		result = refuse(&elf_file, "it is empty");
	snprintf(object->path, sizeof(object->path), "%s", path);
	object->device = status.st_dev;
	object->inode = status.st_ino;
	elf_file.bytes = (uint64_t)status.st_size;
	if (!result)
		result = check_elf(&elf_file, fd, object);
	close(fd);
	return result;
}

/* ---- What it is linked with ---- */

static int read_needed(Elf *elf, char name[NEEDED_LIBRARIES_MAX][NEEDED_NAME_MAX])
{
	GElf_Shdr header;
	GElf_Dyn entry;
	int count = 0;
	Elf_Scn *section = find_section(elf, SHT_DYNAMIC, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		const char *needed = entry.d_tag == DT_NEEDED
					     ? elf_strptr(elf, header.sh_link, entry.d_un.d_val)
					     : NULL;
		if (needed && count < NEEDED_LIBRARIES_MAX)
			(void)snprintf(name[count++], NEEDED_NAME_MAX, "%s", needed);
	}
	return count;
}

int shared_object_needed(const char *path, char name[NEEDED_LIBRARIES_MAX][NEEDED_NAME_MAX])
{
	elf_version(EV_CURRENT);
	int fd = open_file(path);
	if (fd < 0)
		return -errno;
	/* Read, not mapped: a file that is truncated meanwhile would raise SIGBUS. */
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	int count = elf_kind(elf) == ELF_K_ELF ? read_needed(elf, name) : -EINVAL;
	elf_end(elf);
	close(fd);
	return count;
}
