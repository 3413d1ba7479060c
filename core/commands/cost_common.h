/* What the commands cost and choose have in common. */
#pragma once

#include "choose_model.h"
#include "cost_model.h"
#include "option_error.h"
#include "options.h"

/* 0, or -EINVAL if --port is given for a server that does not listen. */
int cost_check_port(const struct options *options, const struct option_error *error);

/*
 * --plot, where it is given; `files`: bits of enum plot_files. The first checks what the second
 * needs, before anything is measured: 0, or -errno with a sentence in error[size]. The second
 * returns the exit status and reports errors itself.
 */
int cost_prepare_plot(const struct options *options, unsigned files, char *error, size_t size);
int cost_draw_plot(const struct options *options, unsigned files, const struct cost_report *costs,
	const struct choose_report *choice);
