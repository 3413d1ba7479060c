/*
 * A measured cell as bytes, for the store. Only the build that wrote a record can read it: it is
 * the memory of struct cell, with its windows.
 */
#pragma once

#include "model.h"

#include <stddef.h>

/* The bytes of a cell, for free(), and their number in *size; NULL: no memory. */
void *cell_record_make(const struct cell *cell, size_t *size);

/*
 * The cell of a record; its windows are to be released. 0, -ENOMEM, or -EPROTO if the bytes cannot
 * be such a record; *cell is then as it was.
 */
int cell_record_read(struct cell *cell, const void *bytes, size_t size);
