#include "plot.h"

#include "drawing.h"
#include "external_tool.h"
#include "output.h"

#include <errno.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TIMEOUT_MS = 60 * 1000, DRAWING_BYTES_MAX = 16 << 20, WHY_MAX = 256, CAUSE_MAX = 512 };

/* Without the user's settings: an unknown terminal in the environment would make it fail. */
static const struct external_tool gnuplot = {
	.argv = {"gnuplot", "--default-settings"},
	.env = "GNUTERM=svg",
	.timeout_ms = TIMEOUT_MS,
	.output_max = DRAWING_BYTES_MAX,
};

static const struct {
	const char *name;
	unsigned of; /* enum plot_files */
	drawing_writer *write;
} files[] = {
	{"fork-latency.svg", PLOT_DISTRIBUTIONS, draw_fork_latency},
	{"stall-latency.svg", PLOT_DISTRIBUTIONS, draw_stall_latency},
	{"request-latency.svg", PLOT_REQUESTS, draw_request_latency},
	{"cost-by-heap.svg", PLOT_SCALING, draw_cost_by_heap},
	{"cost-by-threads.svg", PLOT_SCALING, draw_cost_by_threads},
	{"pareto.svg", PLOT_PARETO, draw_pareto},
};
enum { FILES = sizeof(files) / sizeof(files[0]) };

/* ---- Before ---- */

static int make_directory(const char *directory, char *error, size_t size)
{
	struct stat there;
	if (mkdir(directory, 0777) == 0)
		return 0;
	int status = -errno;
	if (status == -EEXIST && stat(directory, &there) != 0)
		status = -errno;
	else if (status == -EEXIST)
		status = S_ISDIR(there.st_mode) ? 0 : -ENOTDIR;
	if (status == -ENOTDIR || status == -EEXIST)
		(void)snprintf(error, size,
			"--plot %s: that is no directory; name one, or a new one", directory);
	else if (status != 0)
		(void)snprintf(error, size,
			"--plot %s: the directory cannot be made: %s; name another one", directory,
			strerror(-status));
	return status;
}

static int path_in(const struct plot *plot, const char *name, char **path, char *error, size_t size)
{
	if (asprintf(path, "%s/%s", plot->directory, name) >= 0)
		return 0;
	*path = NULL;
	(void)snprintf(error, size, "no memory");
	return -ENOMEM;
}

/* Opens the file and abandons it, which leaves nothing behind. */
static int try_file(const struct plot *plot, const char *name, char *error, size_t size)
{
	struct output output = {0};
	char *path;
	int status = path_in(plot, name, &path, error, size);
	if (status == 0)
		status = output_open(&output, path, error, size);
	output_abandon(&output);
	free(path);
	return status;
}

int plot_prepare(const struct plot *plot, char *error, size_t size)
{
	if (!external_tool_exists(gnuplot.argv[0])) {
		(void)snprintf(error, size,
			"--plot needs the program gnuplot, which is not here: install the package "
			"gnuplot-nox");
		return -ENOENT;
	}
	int status = make_directory(plot->directory, error, size);
	for (size_t i = 0; i < FILES && status == 0; i++)
		if (files[i].of & plot->files)
			status = try_file(plot, files[i].name, error, size);
	return status;
}

/* ---- Drawing ---- */

struct plot_job {
	const struct plot *plot;
	struct drawing drawing;
	struct external_tool_output svg[FILES];
	FILE *notes;
};

static void assign_styles(struct drawing *drawing)
{
	for (size_t i = 0; drawing->choice && i < drawing->choice->choices; i++)
		palette_add(&drawing->palette, drawing->choice->choice[i].cell->allocator);
	for (size_t i = 0; drawing->costs && i < drawing->costs->cells; i++)
		palette_add(&drawing->palette, drawing->costs->cell[i].allocator);
	palette_assign(&drawing->palette);
}

/* gnuplot may stop in the middle of a drawing without an error. */
static bool is_complete_svg(const struct external_tool_output *svg)
{
	xmlDocPtr document = xmlReadMemory(svg->text, (int)svg->size, NULL, NULL,
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	const xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
	bool whole = root && strcmp((const char *)root->name, "svg") == 0;
	xmlFreeDoc(document);
	return whole;
}

static int run_gnuplot(const char *script, size_t length, struct external_tool_output *svg,
	char *error, size_t size)
{
	int status = external_tool_run(&gnuplot, script, length, svg, error, size);
	if (status == 0 && !is_complete_svg(svg)) {
		(void)snprintf(error, size, "what gnuplot has written is no whole SVG");
		status = -EPROTO;
	}
	return status;
}

static void report_missing(struct plot_job *job, size_t file, const char *why)
{
	char *path = NULL;
	bool old = asprintf(&path, "%s/%s", job->plot->directory, files[file].name) >= 0 &&
		   access(path, F_OK) == 0;
	(void)fprintf(job->notes, "forklab: %s is not drawn: %s%s\n", files[file].name, why,
		old ? " (the file of that name is an earlier one)" : "");
	free(path);
}

static int draw(struct plot_job *job, size_t file, char *error, size_t size)
{
	char why[WHY_MAX] = "", cause[CAUSE_MAX] = "no memory", *text = NULL;
	size_t length = 0;
	FILE *script = open_memstream(&text, &length);
	int status = -ENOMEM;
	bool drawn = script && files[file].write(script, &job->drawing, why, sizeof(why));
	bool failed = !script || ferror(script);
	if ((!script || fclose(script) == 0) && !failed)
		status = drawn ? run_gnuplot(text, length, &job->svg[file], cause, sizeof(cause))
			       : 0;
	free(text);
	if (status != 0)
		(void)snprintf(error, size, "%s cannot be drawn, so no plot was written: %s",
			files[file].name, cause);
	else if (!drawn)
		report_missing(job, file, why);
	return status;
}

/* ---- Writing ---- */

static int write_file(const struct plot_job *job, size_t file, char *error, size_t size)
{
	const struct external_tool_output *svg = &job->svg[file];
	struct output output = {0};
	char *path;
	int status = path_in(job->plot, files[file].name, &path, error, size);
	if (status == 0)
		status = output_open(&output, path, error, size);
	if (status == 0) {
		/* output_commit() reports a failed write. */
		(void)fwrite(svg->text, 1, svg->size, output.stream);
		status = output_commit(&output, error, size);
	}
	output_abandon(&output);
	free(path);
	return status;
}

static void report_written(const struct plot_job *job)
{
	const char *separator = "forklab: plots: ";
	for (size_t i = 0; i < FILES; i++)
		if (job->svg[i].text) {
			(void)fprintf(job->notes, "%s%s/%s", separator, job->plot->directory,
				files[i].name);
			separator = ", ";
		}
	if (*separator == ',')
		(void)fputc('\n', job->notes);
}

int plot_draw(const struct plot *plot, const struct cost_report *costs,
	const struct choose_report *choice, FILE *notes, bool quiet, char *error, size_t size)
{
	struct plot_job job = {.plot = plot, .drawing = {costs, choice, {0}}, .notes = notes};
	int status = 0;
	assign_styles(&job.drawing);
	for (size_t i = 0; i < FILES && status == 0; i++)
		if (files[i].of & plot->files)
			status = draw(&job, i, error, size);
	for (size_t i = 0; i < FILES && status == 0; i++)
		if (job.svg[i].text)
			status = write_file(&job, i, error, size);
	if (status == 0 && !quiet)
		report_written(&job);
	for (size_t i = 0; i < FILES; i++)
		external_tool_output_free(&job.svg[i]);
	return status;
}
