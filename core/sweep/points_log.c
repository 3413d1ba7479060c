#include "points_log.h"

#include "shm_map.h"

#include <errno.h>
#include <inttypes.h>

static const char header[] = "allocator\tscenario\tmethod\tpoint\tinstruction\toutcome\tverdict\tpr"
			     "oven\tstep\theld\tcall\tplace\n";

static const char *const outcomes[] = {
	[POINT_TRIED] = "tried",
	[POINT_WAITED] = "waited",
	[POINT_LEFT_OUT] = "left-out",
};

/* Replaces what would end the field by a blank: tab, newline, and `separator`. */
static void put_text(FILE *stream, const char *text, char separator)
{
	for (; text && *text; text++) {
		unsigned char byte = (unsigned char)*text;
		(void)putc(byte < ' ' || byte == 0x7f || *text == separator ? ' ' : byte, stream);
	}
}

static void put_field(FILE *stream, const char *text)
{
	(void)putc('\t', stream);
	put_text(stream, text, '\t');
}

static void put_locks(FILE *stream, const char *const held[], size_t count)
{
	(void)putc('\t', stream);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			(void)putc(';', stream);
		put_text(stream, held[i], ';');
	}
}

/* NULL: none. */
static const char *step_of(const struct finding *finding)
{
	if (!finding || finding->step == CHILD_STEP_NONE)
		return NULL;
	return finding->step_name[0] ? finding->step_name : child_step_name(finding->step);
}

void points_log_begin(FILE *stream)
{
	(void)fputs(header, stream);
}

void points_log_add(FILE *stream, const struct cell *cell, const struct point_result *result,
	const char *const held[], size_t held_count)
{
	char call[MODEL_NAME_MAX] = "";
	bool tried = result->outcome == POINT_TRIED;
	const char *proven = result->proven ? "yes" : "no";
	put_text(stream, model_subject(cell), '\t');
	put_field(stream, cell->scenario);
	put_field(stream, fork_method_name(cell->method));
	(void)fprintf(stream, "\t%" PRIu32 "\t%" PRIu64, result->point, result->instruction);
	put_field(stream, outcomes[result->outcome]);
	put_field(stream, tried ? verdict_name(result->verdict) : NULL);
	put_field(stream, tried ? proven : NULL);
	put_field(stream, tried ? step_of(result->finding) : NULL);
	put_locks(stream, held, held_count);
	if (result->call.op != OP_NONE)
		call_text(call, sizeof(call), result->call.op, result->call.size);
	put_field(stream, call);
	put_field(stream, result->worker);
	(void)putc('\n', stream);
}
