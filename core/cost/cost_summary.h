/* From the rounds of a cell to its figures. Pure. */
#pragma once

#include "cost_model.h"

/* What is kept of a cell while its rounds are measured. Starts all zero. */
struct cost_rounds {
	uint32_t rounds;
	double value[COST_FIGURES][COST_ROUNDS_MAX];
	enum cost_reason why[COST_FIGURES];
	size_t forks;
	double fork[COST_ROUNDS_MAX * COST_FORKS];
	struct cost_histogram calm, around, requests, calm_requests;
};

/* Adds a round. */
void cost_rounds_add(
	struct cost_rounds *rounds, const struct cost_shm *shm, const struct cost_context *context);

/* Fills in the cell's results. Sorts within *rounds. */
void cost_summarize(struct cost_cell *cell, struct cost_rounds *rounds);

/* Judges the machine, from the cells of the report. */
void cost_judge_machine(struct cost_report *report);
