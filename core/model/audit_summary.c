#include "audit_summary.h"

#include <string.h>

bool audit_summary_same(const struct audit_summary *a, const struct audit_summary *b)
{
	return a->kind == b->kind && a->locks == b->locks && a->released == b->released &&
	       a->reinited == b->reinited && a->left == b->left && a->resets == b->resets &&
	       a->own == b->own && a->forgotten == b->forgotten &&
	       strcmp(a->missed, b->missed) == 0 && strcmp(a->why, b->why) == 0;
}
