#pragma once

/* Installs the handlers of struct crash_note if the plan asks for it. Main thread, before others.
 */
void crash_note_begin(void);

/* The child: back to the default actions. Async-signal-safe. */
void crash_note_end(void);
