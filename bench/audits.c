/* How long an audit of all built allocators takes: at most 5 s on two processors. */
#include "bench.h"

#include "audit.h"
#include "audit_text.h"
#include "interrupt.h"

#include <stdio.h>
#include <stdlib.h>

void bench_audits(const struct catalogue *catalogue)
{
	struct audit *audit = malloc(sizeof(*audit));
	char error[MODEL_TEXT_MAX], sentence[MODEL_TEXT_MAX];
	double all = 0, limit_s = 10;
	printf("\nAn audit of each allocator: seconds, and its conclusion\n");
	for (size_t i = 0; audit && i < catalogue->allocators && !interrupt_received(); i++) {
		const struct catalogue_allocator *allocator = &catalogue->allocator[i];
		if (!allocator->built)
			continue;
		(void)audit_allocator(allocator, limit_s, audit, error, sizeof(error));
		audit_text(sentence, sizeof(sentence), &audit->summary);
		printf("  %-18s %6.2f  %s\n", allocator->name, audit->seconds, sentence);
		all += audit->seconds;
	}
	printf("  %-18s %6.2f\n", "all", all);
	free(audit);
}
