/* From fork points to windows: runs of neighbouring points with the same bad verdict. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "point_result.h"

enum { WINDOWS_MAX = 4096 }; /* of one cell; that is 10 MiB */

/* Starts all zero but for `sweep`, which has no windows yet. The rest is for windows.c only. */
struct windows {
	struct sweep *sweep;
	size_t capacity;      /* of sweep->window */
	bool open;            /* the last tried point was bad: its window may go on */
	bool kept;            /* the open window is the last of sweep->window; false: it is lost */
	enum verdict verdict; /* of the open window */
	uint32_t left_out;    /* points since the open window's last one */
	uint64_t left_out_from; /* the first one's instruction */
};

/*
 * Adds the next point. A window begins and ends with a tried, bad point. It extends across points
 * that were left out if the same verdict follows, but not across a point that waited: there was no
 * child to judge. A broken point belongs to no window.
 *
 * Counts the points and keeps the first WINDOWS_MAX windows in sweep->window, which the caller
 * frees; the others are counted as lost. 0, or -ENOMEM with nothing counted.
 */
int windows_add(struct windows *windows, const struct point_result *result);

/* After the last point: the sequence ended after that many instructions. */
void windows_finish(struct windows *windows, uint64_t end_instruction);
