#pragma once

#include "shm.h"

#include <stdbool.h>

/*
 * Fills shm->identity: which malloc this process uses. Returns true if it is the expected one. With
 * !may_allocate, only the objects that contain malloc and free are checked, and the allocator's
 * statistics are not consulted.
 */
bool identity_prove(struct shm *shm, bool may_allocate);
