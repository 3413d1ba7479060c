#include "audit_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const audit_headings[AUDIT_COLUMNS] = {
	[AUDIT_COLUMN_ALLOCATOR] = "allocator",
	[AUDIT_COLUMN_SIDE] = "side",
	[AUDIT_COLUMN_ORDER] = "runs",
	[AUDIT_COLUMN_HANDLER] = "handler",
	[AUDIT_COLUMN_INSTRUCTIONS] = "instr.",
	[AUDIT_COLUMN_MUTEXES] = "mutexes",
	[AUDIT_COLUMN_SYSCALLS] = "syscalls",
	[AUDIT_COLUMN_STORES] = "stores",
	[AUDIT_COLUMN_LOCKS] = "locks",
	[AUDIT_COLUMN_TIME] = "time",
};

static void set_counts(
	struct audit_row *row, enum atfork_phase phase, const struct audit_action *action)
{
	const uint64_t number[AUDIT_COLUMNS] = {
		[AUDIT_COLUMN_INSTRUCTIONS] = action->instructions,
		[AUDIT_COLUMN_MUTEXES] = action->mutex_calls,
		[AUDIT_COLUMN_SYSCALLS] = action->syscalls,
		[AUDIT_COLUMN_STORES] = action->stores,
		[AUDIT_COLUMN_LOCKS] = action->locked,
	};
	snprintf(row->text[AUDIT_COLUMN_SIDE], AUDIT_TEXT_MAX, "%s", atfork_phase_name(phase));
	for (int column = AUDIT_COLUMN_INSTRUCTIONS; column <= AUDIT_COLUMN_LOCKS; column++)
		snprintf(row->text[column], AUDIT_TEXT_MAX, "%" PRIu64, number[column]);
	if (phase != ATFORK_PREPARE)
		row->text[AUDIT_COLUMN_LOCKS][0] = '\0';
}

static void set_handler(
	struct audit_row *row, enum atfork_phase phase, const struct audit_handler *handler)
{
	const struct audit_action *action = &handler->action;
	set_counts(row, phase, action);
	/* Its file is told with the registration. */
	const char *file = strstr(handler->name, " (");
	int length = file ? (int)(file - handler->name) : (int)strlen(handler->name);
	snprintf(row->text[AUDIT_COLUMN_HANDLER], AUDIT_TEXT_MAX, "%.*s", length, handler->name);
	if (action->ran)
		snprintf(row->text[AUDIT_COLUMN_ORDER], AUDIT_TEXT_MAX, "%" PRIu32, action->order);
	if (action->median_ns >= 0)
		snprintf(
			row->text[AUDIT_COLUMN_TIME], AUDIT_TEXT_MAX, "%.0f ns", action->median_ns);
}

struct audit_row_emitter {
	const struct audit *audit;
	int (*row)(void *context, const struct audit_row *row);
	void *context;
	unsigned count;
};

/* The allocator is named in its first row. */
static int emit_row(struct audit_row_emitter *rows, struct audit_row *row)
{
	if (rows->count++ == 0)
		snprintf(row->text[AUDIT_COLUMN_ALLOCATOR], AUDIT_TEXT_MAX, "%s",
			rows->audit->allocator);
	return rows->row(rows->context, row);
}

static int emit_registration(
	struct audit_row_emitter *rows, const struct audit_registration *registration)
{
	int status = 0;
	for (int phase = 0; phase < ATFORK_PHASES && status == 0; phase++) {
		struct audit_row row = {0};
		if (!registration->handler[phase].address)
			continue;
		set_handler(&row, (enum atfork_phase)phase, &registration->handler[phase]);
		status = emit_row(rows, &row);
	}
	return status;
}

static int emit_libc(struct audit_row_emitter *rows)
{
	int status = 0;
	for (int phase = 0; phase < ATFORK_PHASES && status == 0; phase++) {
		struct audit_row row = {0};
		set_counts(&row, (enum atfork_phase)phase, &rows->audit->libc[phase]);
		snprintf(row.text[AUDIT_COLUMN_HANDLER], AUDIT_TEXT_MAX, "fork() itself");
		status = emit_row(rows, &row);
	}
	return status;
}

int audit_rows(const struct audit *audit, int (*row)(void *context, const struct audit_row *row),
	void *context)
{
	struct audit_row_emitter rows = {audit, row, context, 0};
	struct audit_row single = {0};
	int status = 0;
	for (uint32_t i = 0; i < audit->registrations && status == 0; i++)
		if (audit_is_allocators(&audit->registration[i]))
			status = emit_registration(&rows, &audit->registration[i]);
	if (status == 0 && audit->kind == AUDIT_LIBC)
		status = emit_libc(&rows);
	if (status != 0 || rows.count > 0)
		return status;
	snprintf(single.text[AUDIT_COLUMN_HANDLER], AUDIT_TEXT_MAX, "%s", audit->brief);
	return emit_row(&rows, &single);
}

/* Relative to the application's own registration. */
static const char *order_relative_to_application(const struct audit *audit, uint32_t which)
{
	for (uint32_t i = 0; i < audit->registrations; i++)
		if (audit->registration[i].own)
			return which < i ? "before" : "after";
	return NULL;
}

void audit_registration_text(char text[AUDIT_TEXT_MAX], const struct audit *audit, uint32_t which)
{
	const struct audit_registration *registration = &audit->registration[which];
	const char *order = order_relative_to_application(audit, which);
	text[0] = '\0';
	if (!audit_is_allocators(registration))
		return;
	int used = snprintf(text, AUDIT_TEXT_MAX, "%s: through %s, by %s", audit->allocator,
		audit_entry_point_name(registration->entry_point), registration->caller);
	if (order && used < AUDIT_TEXT_MAX)
		used += snprintf(text + used, AUDIT_TEXT_MAX - (size_t)used,
			", %s the application's own handlers", order);
	if (registration->duplicate_of && used < AUDIT_TEXT_MAX)
		snprintf(text + used, AUDIT_TEXT_MAX - (size_t)used,
			"; a duplicate of registration %" PRIu32, registration->duplicate_of);
}

const char *audit_legend(void)
{
	return "\"runs\" is the place among the handlers of that side, the application's own "
	       "included. \"mutexes\" are calls of pthread_mutex functions; their instructions "
	       "are not counted. Stores are those outside of the stack. \"locks\" are words that "
	       "the handler changed by "
	       "atomic instructions or mutex calls, that hold another value in the fork, and are "
	       "put back afterwards. \"time\" is the median of a prepare handler, called by "
	       "itself.";
}
