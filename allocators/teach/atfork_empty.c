/*
 * The handlers do nothing. An audit of the symbols cannot distinguish this from lockall; running it
 * can.
 */
#include "teach.h"

#include <pthread.h>

static void nothing(void)
{
}

void teach_register_handlers(void)
{
	pthread_atfork(nothing, nothing, nothing);
}
