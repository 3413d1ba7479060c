#include "checker_reports.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libxml/xmlreader.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Limits on what a process under test can make forklab read. */
enum { FILES_MAX = 512, BYTES_MAX = 4 << 20 };

static char directory[PATH_MAX / 2];

/* ---- The directory ---- */

int checker_reports_begin(void)
{
	const char *parent = getenv("TMPDIR");
	if (*directory)
		return 0;
	int length = snprintf(directory, sizeof(directory), "%s/forklab-reports-XXXXXX",
		parent && *parent ? parent : "/tmp");
	if (length >= (int)sizeof(directory) || !mkdtemp(directory)) {
		*directory = '\0';
		return length >= (int)sizeof(directory) ? -ENAMETOOLONG : -errno;
	}
	return setenv("FORKLAB_REPORTS", directory, 1) == 0 ? 0 : -errno;
}

typedef void take_file(void *context, int at, const char *name);

static void for_each_file(take_file *take, void *context)
{
	DIR *files = *directory ? opendir(directory) : NULL;
	for (struct dirent *entry; files && (entry = readdir(files));)
		if (entry->d_name[0] != '.')
			take(context, dirfd(files), entry->d_name);
	if (files)
		closedir(files);
}

static void remove_file(void *context, int at, const char *name)
{
	(void)context;
	unlinkat(at, name, 0);
}

void checker_reports_end(void)
{
	if (!*directory)
		return;
	for_each_file(remove_file, NULL);
	rmdir(directory);
	*directory = '\0';
	unsetenv("FORKLAB_REPORTS");
}

/* ---- A report ---- */

static void count_kind(struct checker_reports *reports, const char *name)
{
	unsigned i = 0;
	while (i < reports->kinds && strcmp(reports->kind[i].name, name) != 0)
		i++;
	reports->errors++;
	if (i == CHECKER_KINDS_MAX)
		return;
	if (i == reports->kinds) {
		reports->kinds++;
		snprintf(reports->kind[i].name, sizeof(reports->kind[i].name), "%s", name);
	}
	reports->kind[i].count++;
}

static void take_kind(struct checker_reports *reports, xmlTextReaderPtr reader)
{
	char name[MODEL_NAME_MAX];
	xmlChar *text = xmlTextReaderReadString(reader);
	size_t length = 0;
	for (const xmlChar *c = text; c && *c && length < sizeof(name) - 1; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_')
			name[length++] = (char)*c;
	name[length] = '\0';
	/*
	 * memcheck always reports leaks in XML. A child leaks what its parent had: that is no
	 * damage.
	 */
	if (length && strncmp(name, "Leak_", strlen("Leak_")) != 0)
		count_kind(reports, name);
	xmlFree(text);
}

static bool is_element(xmlTextReaderPtr reader, const char *name, int depth)
{
	const xmlChar *found = xmlTextReaderConstName(reader);
	return xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT &&
	       xmlTextReaderDepth(reader) == depth && found &&
	       strcmp((const char *)found, name) == 0;
}

void checker_reports_add(struct checker_reports *reports, const char *xml, size_t length)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
	unsigned before = reports->errors;
	int more = -1;
	xmlTextReaderPtr reader =
		length > 0 && length <= INT_MAX
			? xmlReaderForMemory(xml, (int)length, NULL, NULL, options)
			: NULL;
	bool known = false, in_error = false;
	while (reader && (more = xmlTextReaderRead(reader)) == 1) {
		known |= is_element(reader, "valgrindoutput", 0);
		if (xmlTextReaderDepth(reader) == 1)
			in_error = is_element(reader, "error", 1);
		if (known && in_error && is_element(reader, "kind", 2))
			take_kind(reports, reader);
	}
	xmlFreeTextReader(reader);
	reports->processes++;
	reports->reported += reports->errors > before;
	reports->cut += more != 0 || !known;
}

/* ---- The reports of a cell ---- */

static void add_file(void *context, int at, const char *name)
{
	struct checker_reports *reports = context;
	struct stat status;
	int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *text = NULL;
	size_t length = 0;
	if (fd >= 0 && reports->processes < FILES_MAX && fstat(fd, &status) == 0 &&
		S_ISREG(status.st_mode) && status.st_size <= BYTES_MAX)
		text = malloc((size_t)status.st_size + 1);
	for (ssize_t got = 1; text && got > 0 && length < (size_t)status.st_size;
		length += (size_t)got) {
		got = read(fd, text + length, (size_t)status.st_size - length);
		if (got < 0)
			break;
	}
	if (text)
		checker_reports_add(reports, text, length);
	free(text);
	if (fd >= 0)
		close(fd);
	unlinkat(at, name, 0);
}

static void name_kinds(const struct checker_reports *reports, char *text, size_t size)
{
	size_t used = 0;
	for (unsigned i = 0; i < reports->kinds && used < size; i++) {
		int more = snprintf(text + used, size - used, "%s%s %u", i ? ", " : "",
			reports->kind[i].name, reports->kind[i].count);
		used += more > 0 ? (size_t)more : 0;
	}
}

void checker_reports_collect(struct cell *cell, const char *tool)
{
	struct checker_reports reports = {0};
	for_each_file(add_file, &reports);
	if (!reports.processes || cell->notes == DAMAGE_KINDS)
		return;
	struct damage *damage = &cell->note[cell->notes++];
	*damage = (struct damage){.kind = DAMAGE_CHECKER_REPORTS,
		.count = reports.errors,
		.total = reports.processes,
		.affected = reports.reported};
	snprintf(damage->name, sizeof(damage->name), "%s", tool);
	name_kinds(&reports, damage->kinds, sizeof(damage->kinds));
}
