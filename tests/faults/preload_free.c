/* Only free: malloc is still the expected one, but the pair is wrong. */
#include <stdlib.h>

void __libc_free(void *block);

void free(void *ptr)
{
	__libc_free(ptr);
}
