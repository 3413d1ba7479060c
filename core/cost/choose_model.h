/* The result of `forklab choose`, for report/. */
#pragma once

#include "choose_rank.h"

struct choose_report {
	struct host host;
	const struct choose_server *server;
	uint32_t threads;
	uint64_t heap_bytes, seed;
	enum weight_kind weight;
	const char *from; /* the file with the costs; NULL: measured in this run */
	bool other_environment; /* they were measured with other variables: */
	struct host from_host;
	size_t choices;
	struct choice *choice; /* by rank; those that are out come last */
	bool controls_passed;  /* the controls of the safety check passed */
	bool noisy;            /* while costs were measured */
	bool partial;          /* interrupted */
	double seconds;
};
