/* Only free: malloc is still the expected one, and half a wrong allocator is a wrong one. */
#include <stdlib.h>

void __libc_free(void *block);

void free(void *ptr)
{
	__libc_free(ptr);
}
