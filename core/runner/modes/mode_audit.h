#ifndef FORKLAB_MODE_AUDIT_H
#define FORKLAB_MODE_AUDIT_H

/*
 * Registers atfork handlers, uses the allocator in two threads, and forks once when forklab says
 * so; then it times the handlers that forklab has listed in shm. Parent, main thread.
 */
void mode_audit(void);

#endif
