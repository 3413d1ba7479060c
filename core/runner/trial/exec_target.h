#pragma once

#include <stdint.h>

/*
 * main() of the program that a child executes or that is spawned, which is the runner itself.
 * `slot` is the trial's index in shm->trial.
 */
_Noreturn void exec_target_main(uint32_t slot);
