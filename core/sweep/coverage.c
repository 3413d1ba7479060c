#include "coverage.h"

#include <stdlib.h>

#include "symbols.h"

enum { BITS_FIRST = 10, BITS_MAX = 21 };

/* At most half full, so that a search ends after a slot or two. */
_Static_assert(
	COVERAGE_PCS_MAX == 1 << (BITS_MAX - 1), "the largest table takes in as many as promised");

/* The slot that holds the number, or the free one where it belongs. */
static uint64_t *find(const struct number_set *numbers, uint64_t number)
{
	/* Fibonacci hashing spreads neighbouring addresses over the table. */
	size_t i = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> (64 - numbers->bits));
	size_t mask = ((size_t)1 << numbers->bits) - 1;
	while (numbers->slot[i] && numbers->slot[i] != number)
		i = (i + 1) & mask;
	return &numbers->slot[i];
}

static bool grow(struct number_set *numbers)
{
	struct number_set larger = {
		.count = numbers->count, .bits = numbers->slot ? numbers->bits + 1 : BITS_FIRST};
	if (larger.bits > BITS_MAX)
		return false;
	larger.slot = calloc((size_t)1 << larger.bits, sizeof(*larger.slot));
	if (!larger.slot)
		return false;
	for (size_t i = 0; numbers->slot && i < (size_t)1 << numbers->bits; i++) {
		if (numbers->slot[i])
			*find(&larger, numbers->slot[i]) = numbers->slot[i];
	}
	free(numbers->slot);
	*numbers = larger;
	return true;
}

static bool has_room(const struct number_set *numbers)
{
	return numbers->count < (size_t)1 << (numbers->bits - 1);
}

static bool make_room(struct number_set *numbers)
{
	if (!numbers->full && grow(numbers))
		return true;
	numbers->full = true;
	return false;
}

/* find() ends at a free slot: there always is one, as the table is never more than half full. */
static void add(struct number_set *numbers, uint64_t number)
{
	if (!numbers->slot && !make_room(numbers))
		return;
	uint64_t *slot = find(numbers, number);
	if (*slot)
		return;
	if (!has_room(numbers)) {
		if (!make_room(numbers))
			return;
		slot = find(numbers, number);
	}
	*slot = number;
	numbers->count++;
}

/* Nothing can be executed at address 0 without a fault, so 0 marks a free slot. */
void coverage_add_pc(struct coverage_set *set, uint64_t pc)
{
	if (pc)
		add(&set->pcs, pc);
}

void coverage_add_syscall(struct coverage_set *set, uint64_t number)
{
	set->syscalls++;
	add(&set->calls, number + 1);
}

static uint32_t count_functions(const struct number_set *pcs, struct symbols *symbols)
{
	struct number_set functions = {0};
	uint64_t start;
	for (size_t i = 0; pcs->slot && i < (size_t)1 << pcs->bits; i++) {
		if (pcs->slot[i] && symbols_function(symbols, pcs->slot[i], &start) == 0)
			add(&functions, start);
	}
	free(functions.slot);
	return (uint32_t)functions.count;
}

void coverage_totals(
	const struct coverage_set *set, struct symbols *symbols, struct coverage *coverage)
{
	*coverage = (struct coverage){.instructions = (uint32_t)set->pcs.count,
		.functions = symbols ? count_functions(&set->pcs, symbols) : 0,
		.syscalls = set->syscalls,
		.calls = (uint32_t)set->calls.count};
}

void coverage_free(struct coverage_set *set)
{
	free(set->pcs.slot);
	free(set->calls.slot);
	*set = (struct coverage_set){0};
}
