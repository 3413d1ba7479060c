#include "atfork_handlers.h"

#include <stdio.h>
#include <string.h>

enum { LIBC = -1 }; /* struct audit_lock_word, taker */

/*
 * The next word that this registration touches on that side; `*again`: it is re-initialised there.
 */
static bool touches(
	const struct audit_lock_word *word, enum atfork_phase phase, int32_t taker, bool *reinit)
{
	enum audit_lock_state state = phase == ATFORK_PARENT ? word->parent : word->child;
	*reinit = word->reset || state == AUDIT_REINITIALISED;
	if (word->taker != taker)
		return false;
	if (phase == ATFORK_PREPARE)
		return !word->reset;
	return word->reset ? phase == ATFORK_CHILD : state != AUDIT_LEFT_LOCKED;
}

static void add_lock(struct explanation_handler *handler, const struct audit_lock_word *word)
{
	if (handler->locks == EXPLANATION_LOCKS_MAX) {
		handler->more_locks++;
		return;
	}
	struct explanation_handler_lock *lock = &handler->lock[handler->locks++];
	*lock = (struct explanation_handler_lock){.address = word->address};
	snprintf(lock->name, sizeof(lock->name), "%s", word->name);
}

static void add_locks(struct explanation_handler *handler, const struct audit *audit,
	enum atfork_phase phase, int32_t taker)
{
	unsigned count = 0, reinitialised = 0;
	for (uint32_t i = 0; i < audit->words && i < AUDIT_LOCK_WORDS_MAX; i++) {
		bool reinit;
		if (!touches(&audit->word[i], phase, taker, &reinit))
			continue;
		count++;
		reinitialised += reinit;
		add_lock(handler, &audit->word[i]);
	}
	handler->action = count == 0                ? HANDLER_NO_ACTION
			  : phase == ATFORK_PREPARE ? HANDLER_LOCKS
			  : reinitialised == count  ? HANDLER_REINITS
			  : reinitialised == 0      ? HANDLER_RELEASES
						    : HANDLER_RESTORES;
}

static void add_handler(struct explanation_fork *fork, const struct audit *audit,
	enum atfork_phase phase, const char *name, int32_t taker)
{
	if (fork->handlers == EXPLANATION_HANDLERS_MAX) {
		fork->all_known = false;
		return;
	}
	struct explanation_handler *handler = &fork->handler[fork->handlers++];
	*handler = (struct explanation_handler){.phase = phase, .of_libc = taker == LIBC};
	snprintf(handler->name, sizeof(handler->name), "%s", name);
	add_locks(handler, audit, phase, taker);
}

/* fork() itself comes last before the clone, and first after it. */
static void add_libc(
	struct explanation_fork *fork, const struct audit *audit, enum atfork_phase phase)
{
	bool any = false, reinit;
	for (uint32_t i = 0; audit->of_libc && i < audit->words && i < AUDIT_LOCK_WORDS_MAX; i++)
		any |= touches(&audit->word[i], phase, LIBC, &reinit);
	if (any)
		add_handler(fork, audit, phase, "fork() itself", LIBC);
}

/* In the order in which they ran: the one after number `*order`. */
static int32_t next_in_order(const struct audit *audit, enum atfork_phase phase, uint32_t *order)
{
	int32_t found = -1;
	uint32_t least = UINT32_MAX;
	for (uint32_t i = 0; i < audit->registrations && i < AUDIT_REGISTRATIONS_MAX; i++) {
		const struct audit_handler *handler = &audit->registration[i].handler[phase];
		if (!audit_is_allocators(&audit->registration[i]) || !handler->action.ran ||
			handler->action.order <= *order || handler->action.order >= least)
			continue;
		least = handler->action.order;
		found = (int32_t)i;
	}
	*order = least;
	return found;
}

static void add_side(
	struct explanation_fork *fork, const struct audit *audit, enum atfork_phase phase)
{
	uint32_t order = 0;
	if (phase != ATFORK_PREPARE)
		add_libc(fork, audit, phase);
	for (int32_t i; (i = next_in_order(audit, phase, &order)) >= 0;)
		add_handler(fork, audit, phase, audit->registration[i].handler[phase].name, i);
	if (phase == ATFORK_PREPARE)
		add_libc(fork, audit, phase);
}

static struct explanation_handler_lock *find_lock(
	struct explanation_handler *handler, uint64_t address)
{
	for (unsigned i = 0; i < handler->locks; i++)
		if (handler->lock[i].address == address)
			return &handler->lock[i];
	return NULL;
}

/* Keeps what was observed of a lock at single points. */
static void keep_wait_points(struct explanation_fork *fork, const struct explanation_handler *seen)
{
	for (unsigned i = 0; i < seen->locks; i++)
		for (size_t h = 0; h < fork->handlers; h++) {
			struct explanation_handler_lock *lock =
				find_lock(&fork->handler[h], seen->lock[i].address);
			if (lock && fork->handler[h].phase == ATFORK_PREPARE)
				*lock = seen->lock[i];
		}
}

void atfork_handlers_from_audit(struct explanation_fork *fork, const struct audit *audit)
{
	static struct explanation_fork seen;
	if (audit->summary.kind == AUDIT_UNKNOWN || audit->lost)
		return;
	seen = *fork;
	fork->handlers = 0;
	fork->all_known = true;
	fork->audit = audit->summary;
	for (int phase = 0; phase < ATFORK_PHASES; phase++)
		add_side(fork, audit, (enum atfork_phase)phase);
	for (size_t i = 0; i < seen.handlers; i++)
		keep_wait_points(fork, &seen.handler[i]);
}
