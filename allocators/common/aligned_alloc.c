/* For allocators without aligned_alloc(): their free() aborts on a block from libc's. */
#include <malloc.h>
#include <stdlib.h>

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}
