#include "audit_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const audits_headings[AUDITS_COLUMNS] = {
	[AUDITS_ALLOCATOR] = "allocator",
	[AUDITS_SIDE] = "side",
	[AUDITS_ORDER] = "runs",
	[AUDITS_HANDLER] = "handler",
	[AUDITS_INSTRUCTIONS] = "instr.",
	[AUDITS_MUTEXES] = "mutexes",
	[AUDITS_SYSCALLS] = "syscalls",
	[AUDITS_STORES] = "stores",
	[AUDITS_LOCKS] = "locks",
	[AUDITS_TIME] = "time",
};

static void put_deed(struct audits_row *row, enum audit_side side, const struct audit_deed *deed)
{
	const uint64_t number[AUDITS_COLUMNS] = {
		[AUDITS_INSTRUCTIONS] = deed->instructions,
		[AUDITS_MUTEXES] = deed->mutex_calls,
		[AUDITS_SYSCALLS] = deed->syscalls,
		[AUDITS_STORES] = deed->stores,
		[AUDITS_LOCKS] = deed->locked,
	};
	snprintf(row->text[AUDITS_SIDE], AUDITS_TEXT_MAX, "%s", audit_side_name(side));
	for (int column = AUDITS_INSTRUCTIONS; column <= AUDITS_LOCKS; column++)
		snprintf(row->text[column], AUDITS_TEXT_MAX, "%" PRIu64, number[column]);
	if (side != AUDIT_PREPARE)
		row->text[AUDITS_LOCKS][0] = '\0';
}

static void put_handler(
	struct audits_row *row, enum audit_side side, const struct audit_handler *handler)
{
	const struct audit_deed *deed = &handler->deed;
	put_deed(row, side, deed);
	/* Its file is told with the registration. */
	const char *file = strstr(handler->name, " (");
	int length = file ? (int)(file - handler->name) : (int)strlen(handler->name);
	snprintf(row->text[AUDITS_HANDLER], AUDITS_TEXT_MAX, "%.*s", length, handler->name);
	if (deed->ran)
		snprintf(row->text[AUDITS_ORDER], AUDITS_TEXT_MAX, "%" PRIu32, deed->order);
	if (deed->median_ns >= 0)
		snprintf(row->text[AUDITS_TIME], AUDITS_TEXT_MAX, "%.0f ns", deed->median_ns);
}

struct rows {
	const struct audit *audit;
	int (*row)(void *context, const struct audits_row *row);
	void *context;
	unsigned count;
};

/* The allocator is named in its first row. */
static int give(struct rows *rows, struct audits_row *row)
{
	if (rows->count++ == 0)
		snprintf(
			row->text[AUDITS_ALLOCATOR], AUDITS_TEXT_MAX, "%s", rows->audit->allocator);
	return rows->row(rows->context, row);
}

static int give_registration(struct rows *rows, const struct audit_registration *registration)
{
	int status = 0;
	for (int side = 0; side < AUDIT_SIDES && status == 0; side++) {
		struct audits_row row = {0};
		if (!registration->handler[side].address)
			continue;
		put_handler(&row, (enum audit_side)side, &registration->handler[side]);
		status = give(rows, &row);
	}
	return status;
}

static int give_libc(struct rows *rows)
{
	int status = 0;
	for (int side = 0; side < AUDIT_SIDES && status == 0; side++) {
		struct audits_row row = {0};
		put_deed(&row, (enum audit_side)side, &rows->audit->libc[side]);
		snprintf(row.text[AUDITS_HANDLER], AUDITS_TEXT_MAX, "fork() itself");
		status = give(rows, &row);
	}
	return status;
}

int audits_rows(const struct audit *audit, int (*row)(void *context, const struct audits_row *row),
	void *context)
{
	struct rows rows = {audit, row, context, 0};
	struct audits_row lone = {0};
	int status = 0;
	for (uint32_t i = 0; i < audit->registrations && status == 0; i++)
		if (audit_is_allocators(&audit->registration[i]))
			status = give_registration(&rows, &audit->registration[i]);
	if (status == 0 && audit->kind == AUDIT_LIBC)
		status = give_libc(&rows);
	if (status != 0 || rows.count > 0)
		return status;
	snprintf(lone.text[AUDITS_HANDLER], AUDITS_TEXT_MAX, "%s", audit->brief);
	return give(&rows, &lone);
}

/* Relative to the application's own registration. */
static const char *when(const struct audit *audit, uint32_t which)
{
	for (uint32_t i = 0; i < audit->registrations; i++)
		if (audit->registration[i].own)
			return which < i ? "before" : "after";
	return NULL;
}

void audits_registration(char text[AUDITS_TEXT_MAX], const struct audit *audit, uint32_t which)
{
	const struct audit_registration *registration = &audit->registration[which];
	const char *order = when(audit, which);
	text[0] = '\0';
	if (!audit_is_allocators(registration))
		return;
	int used = snprintf(text, AUDITS_TEXT_MAX, "%s: through %s, by %s", audit->allocator,
		audit_door_name(registration->door), registration->caller);
	if (order && used < AUDITS_TEXT_MAX)
		used += snprintf(text + used, AUDITS_TEXT_MAX - (size_t)used,
			", %s the application's own handlers", order);
	if (registration->duplicate_of && used < AUDITS_TEXT_MAX)
		snprintf(text + used, AUDITS_TEXT_MAX - (size_t)used,
			"; a duplicate of registration %" PRIu32, registration->duplicate_of);
}

const char *audits_legend(void)
{
	return "\"runs\" is the place among the handlers of that side, the application's own "
	       "included. \"mutexes\" are calls of pthread_mutex functions; their instructions "
	       "are not counted. Stores are those outside of the stack. \"locks\" are words that "
	       "the handler changed by "
	       "atomic instructions or mutex calls, that hold another value in the fork, and are "
	       "put back afterwards. \"time\" is the median of a prepare handler, called by "
	       "itself.";
}
