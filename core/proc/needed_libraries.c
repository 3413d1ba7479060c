#include "needed_libraries.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <unistd.h>

static int read_dynamic(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
	char name[NEEDED_LIBRARIES_MAX][NEEDED_NAME_MAX])
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Dyn entry;
	int count = 0;
	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		const char *needed = entry.d_tag == DT_NEEDED
					     ? elf_strptr(elf, header->sh_link, entry.d_un.d_val)
					     : NULL;
		if (needed && count < NEEDED_LIBRARIES_MAX)
			(void)snprintf(name[count++], NEEDED_NAME_MAX, "%s", needed);
	}
	return count;
}

static int read_elf(Elf *elf, char name[NEEDED_LIBRARIES_MAX][NEEDED_NAME_MAX])
{
	if (elf_kind(elf) != ELF_K_ELF)
		return -EINVAL;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNAMIC)
			return read_dynamic(elf, section, &header, name);
	}
	return 0;
}

int needed_libraries(const char *path, char name[NEEDED_LIBRARIES_MAX][NEEDED_NAME_MAX])
{
	elf_version(EV_CURRENT);
	/* O_NONBLOCK: do not wait for the writer of a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	/* Read, not mapped: a file that is truncated meanwhile would raise SIGBUS. */
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	int count = elf ? read_elf(elf, name) : -EINVAL;
	elf_end(elf);
	close(fd);
	return count;
}
