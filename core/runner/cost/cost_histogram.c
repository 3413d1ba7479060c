#include "cost_histogram.h"

void cost_histogram_record(struct cost_histogram *histogram, uint64_t ns)
{
	histogram->count++;
	histogram->bucket[cost_bucket_of(ns)]++;
	if (ns > histogram->longest)
		histogram->longest = ns;
}
