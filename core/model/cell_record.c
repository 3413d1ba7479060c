#include "cell_record.h"

#include <errno.h>
#include <stdlib.h>

void *cell_record_make(const struct cell *cell, size_t *size)
{
	size_t windows = cell->sweep.windows * sizeof(struct window);
	unsigned char *bytes = malloc(sizeof(*cell) + windows);
	if (!bytes)
		return NULL;
	struct cell plain = *cell;
	plain.sweep.window = NULL;
	memcpy(bytes, &plain, sizeof(plain));
	if (windows > 0)
		memcpy(bytes + sizeof(plain), cell->sweep.window, windows);
	*size = sizeof(plain) + windows;
	return bytes;
}

int cell_record_read(struct cell *cell, const void *bytes, size_t size)
{
	struct cell read;
	struct window *window = NULL;
	if (size < sizeof(read))
		return -EPROTO;
	memcpy(&read, bytes, sizeof(read));
	size -= sizeof(read);
	if (read.sweep.window || size % sizeof(*window) != 0 ||
		read.sweep.windows != size / sizeof(*window))
		return -EPROTO;
	if (size > 0) {
		window = malloc(size);
		if (!window)
			return -ENOMEM;
		memcpy(window, (const unsigned char *)bytes + sizeof(read), size);
	}
	*cell = read;
	cell->sweep.window = window;
	return 0;
}
