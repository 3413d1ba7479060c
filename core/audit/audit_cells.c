#include "audit_cells.h"

#include "audit.h"
#include "interrupt.h"
#include "monotonic.h"

#include <stdlib.h>
#include <string.h>

/* Seconds for one audit, which usually takes a tenth of one. */
enum { AUDIT_TIMEOUT_S = 8 };

/* An earlier cell of the same allocator, or NULL. */
static const struct cell *earlier_cell(const struct report *report, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(report->cell[i].allocator, report->cell[index].allocator) == 0)
			return &report->cell[i];
	return NULL;
}

static void audit_for(struct cell *cell, struct audit *audit, const struct catalogue *catalogue)
{
	const struct catalogue_allocator *allocator = catalogue_find(catalogue, cell->allocator);
	char error[MODEL_TEXT_MAX];
	if (!allocator)
		return;
	(void)audit_allocator(allocator, AUDIT_TIMEOUT_S, audit, error, sizeof(error));
	if (interrupt_received())
		return;
	cell->audited = true;
	cell->atfork = audit->summary;
}

void audit_cells(struct report *report, const struct catalogue *catalogue, double seconds)
{
	uint64_t begin = monotonic_ns();
	struct audit *audit = malloc(sizeof(*audit));
	for (size_t i = 0; audit && i < report->cells && !interrupt_received(); i++) {
		struct cell *cell = &report->cell[i];
		const struct cell *before = earlier_cell(report, i);
		if (!before) {
			if (seconds == 0 || seconds_since(begin) < seconds)
				audit_for(cell, audit, catalogue);
			continue;
		}
		cell->audited = before->audited;
		cell->atfork = before->atfork;
	}
	free(audit);
}
