/* Audits for people. */
#include "audit_print.h"
#include "audit_text.h"

#include <inttypes.h>
#include <stdio.h>

static const char legend[] =
	"\"runs\" is the position among the handlers of that side, including the application's. "
	"\"mutexes\" counts calls of pthread_mutex functions; their instructions are not counted. "
	"\"stores\" counts stores outside of the stack. \"locks\" counts words that the handler "
	"changes by atomic instructions or mutex calls, that hold another value during the fork, "
	"and that are put back afterwards. \"time\" is the median of a prepare handler that is "
	"called by itself.";

/* ---- The table of handlers ---- */

enum { HANDLER_COLUMNS_MAX = 60 };

static const struct doc_column handler_columns[] = {
	{.heading = "allocator", .key = true, .once = true},
	{.heading = "side"},
	{.heading = "runs"},
	{.heading = "handler", .cut = HANDLER_COLUMNS_MAX},
	{.heading = "instr.", .right = true},
	{.heading = "mutexes", .right = true, .optional = true},
	{.heading = "syscalls", .right = true, .optional = true},
	{.heading = "stores", .right = true, .optional = true},
	{.heading = "locks", .right = true},
	{.heading = "time", .right = true},
};
enum { HANDLER_COLUMNS = sizeof(handler_columns) / sizeof(handler_columns[0]), FIGURES = 6 };

static void add_action(struct doc_table *table, const char *allocator, enum atfork_phase phase,
	const char *name, int length, const struct audit_action *action)
{
	table_cell(table, TONE_PLAIN, "%s", allocator);
	table_cell(table, TONE_PLAIN, "%s", atfork_phase_name(phase));
	table_blank(table, 1);
	if (action->ran)
		table_line(table, "%" PRIu32, action->order);
	table_cell(table, TONE_PLAIN, "%.*s", length, name);
	table_cell(table, TONE_PLAIN, "%" PRIu64, action->instructions);
	table_cell(table, TONE_PLAIN, "%" PRIu32, action->mutex_calls);
	table_cell(table, TONE_PLAIN, "%" PRIu32, action->syscalls);
	table_cell(table, TONE_PLAIN, "%" PRIu32, action->stores);
	table_blank(table, 1);
	if (phase == ATFORK_PREPARE)
		table_line(table, "%" PRIu32, action->locked);
	table_blank(table, 1);
}

/* One row for each handler of the allocator. Returns how many. */
static unsigned add_handlers(struct doc_table *table, const struct audit *audit)
{
	unsigned rows = 0;
	for (uint32_t i = 0; i < audit->registrations; i++) {
		const struct audit_registration *registration = &audit->registration[i];
		if (!audit_is_allocators(registration))
			continue;
		for (int phase = 0; phase < ATFORK_PHASES; phase++) {
			const struct audit_handler *handler = &registration->handler[phase];
			if (!handler->address)
				continue;
			add_action(table, audit->allocator, (enum atfork_phase)phase, handler->name,
				handler->function_length, &handler->action);
			if (handler->action.median_ns >= 0)
				table_line(table, "%.0f ns", handler->action.median_ns);
			rows++;
		}
	}
	return rows;
}

/* Of a libc that does it itself, one row for each side; one row where there is neither. */
static void add_audit(struct doc_table *table, const struct audit *audit)
{
	static const char itself[] = "fork() itself";
	char brief[MODEL_NAME_MAX];
	unsigned rows = add_handlers(table, audit);
	bool itself_locks =
		audit->summary.kind == AUDIT_LIBC || audit->summary.kind == AUDIT_NONE_OWN;
	for (int phase = 0; phase < ATFORK_PHASES && itself_locks; phase++, rows++)
		add_action(table, audit->allocator, (enum atfork_phase)phase, itself,
			sizeof(itself) - 1, &audit->libc[phase]);
	if (rows > 0)
		return;
	table_cell(table, TONE_PLAIN, "%s", audit->allocator);
	table_blank(table, 2);
	audit_text_brief(brief, sizeof(brief), &audit->summary);
	table_cell(table, TONE_PLAIN, "%s", brief);
	table_blank(table, FIGURES);
}

/* ---- Registrations and conclusions ---- */

/* Relative to the application's own registration. */
static const char *order_relative_to_application(const struct audit *audit, uint32_t which)
{
	for (uint32_t i = 0; i < audit->registrations; i++)
		if (audit->registration[i].own)
			return which < i ? "before" : "after";
	return NULL;
}

static void add_registration(struct document *document, const struct audit *audit, uint32_t which)
{
	const struct audit_registration *registration = &audit->registration[which];
	const char *order = order_relative_to_application(audit, which);
	char duplicate[64] = "";
	if (!audit_is_allocators(registration))
		return;
	if (registration->duplicate_of)
		(void)snprintf(duplicate, sizeof(duplicate),
			"; a duplicate of registration %" PRIu32, registration->duplicate_of);
	document_detail(document, BLOCK_ITEM, "%s: through %s, by %s%s%s%s%s", audit->allocator,
		audit_entry_point_name(registration->entry_point), registration->caller,
		order ? ", " : "", order ? order : "",
		order ? " the application's own handlers" : "", duplicate);
}

static void add_conclusions(struct document *document, const struct audit_report *report)
{
	static const struct doc_column columns[] = {
		{.heading = "allocator", .key = true}, {.heading = "atfork", .wrap = true}};
	struct doc_table *table;
	char sentence[MODEL_TEXT_MAX];
	document_block(document, BLOCK_HEADING, "In short");
	table = document_table(document, columns, 2);
	if (table)
		table->headless = true;
	for (size_t i = 0; i < report->audits; i++) {
		table_cell(table, TONE_PLAIN, "%s", report->audit[i].allocator);
		audit_text(sentence, sizeof(sentence), &report->audit[i].summary);
		table_cell(table, TONE_PLAIN, "%s", sentence);
	}
}

static struct document audit_document(
	const struct audit_report *report, const struct print_options *options)
{
	struct document document = {.options = options};
	struct doc_table *table;
	document_block(&document, BLOCK_TITLE,
		"The atfork handlers in force, and what they do in one fork()");
	table = document_table(&document, handler_columns, HANDLER_COLUMNS);
	for (size_t i = 0; i < report->audits; i++)
		add_audit(table, &report->audit[i]);
	document_add(&document, (struct block_style){.detail = true, .gap = true}, "%s", legend);
	document_detail(&document, BLOCK_HEADING, "How they were registered");
	for (size_t i = 0; i < report->audits; i++)
		for (uint32_t k = 0; k < report->audit[i].registrations; k++)
			add_registration(&document, &report->audit[i], k);
	add_conclusions(&document, report);
	if (report->partial)
		document_block(&document, BLOCK_NOTE,
			"Interrupted: the other allocators were not audited.");
	return document;
}

int audit_print(FILE *out, enum output_format format, const struct audit_report *report,
	const struct print_options *options)
{
	if (format == OUTPUT_JSON)
		return audit_print_json(out, report);
	struct document document = audit_document(report, options);
	return document_write(out, &document, format);
}
