#include "atfork_handlers.h"

#include <stdio.h>
#include <string.h>

enum { LIBC = -1 }; /* struct audit_word, taker */

/* A word that this one has to do with on that side; `*again` is true when it is made anew there. */
static bool concerns(
	const struct audit_word *word, enum audit_side side, int32_t taker, bool *again)
{
	enum audit_fate fate = side == AUDIT_PARENT ? word->parent : word->child;
	*again = word->reset || fate == AUDIT_REINITED;
	if (word->taker != taker)
		return false;
	if (side == AUDIT_PREPARE)
		return !word->reset;
	return word->reset ? side == AUDIT_CHILD : fate != AUDIT_LEFT;
}

static void add_lock(struct story_handler *handler, const struct audit_word *word)
{
	if (handler->locks == STORY_LOCKS_MAX) {
		handler->more_locks++;
		return;
	}
	struct story_handler_lock *lock = &handler->lock[handler->locks++];
	*lock = (struct story_handler_lock){.address = word->address};
	snprintf(lock->name, sizeof lock->name, "%s", word->name);
}

static void add_locks(struct story_handler *handler, const struct audit *audit,
	enum audit_side side, int32_t taker)
{
	unsigned count = 0, made_again = 0;
	for (uint32_t i = 0; i < audit->words && i < AUDIT_WORDS_MAX; i++) {
		bool again;
		if (!concerns(&audit->word[i], side, taker, &again))
			continue;
		count++;
		made_again += again;
		add_lock(handler, &audit->word[i]);
	}
	handler->deed = count == 0              ? STORY_NOTHING_DONE
			: side == AUDIT_PREPARE ? STORY_LOCKS
			: made_again == count   ? STORY_REINITS
			: made_again == 0       ? STORY_RELEASES
						: STORY_PUTS_BACK;
}

static void add_handler(struct story_fork *fork, const struct audit *audit, enum audit_side side,
	const char *name, int32_t taker)
{
	static const enum story_phase phases[AUDIT_SIDES] = {
		[AUDIT_PREPARE] = STORY_PREPARE,
		[AUDIT_PARENT] = STORY_IN_PARENT,
		[AUDIT_CHILD] = STORY_IN_CHILD,
	};
	if (fork->handlers == STORY_HANDLERS_MAX) {
		fork->all_known = false;
		return;
	}
	struct story_handler *handler = &fork->handler[fork->handlers++];
	*handler = (struct story_handler){.phase = phases[side]};
	snprintf(handler->name, sizeof handler->name, "%s", name);
	add_locks(handler, audit, side, taker);
}

/* fork() itself comes last before the copy, and first behind it. */
static void add_libc(struct story_fork *fork, const struct audit *audit, enum audit_side side)
{
	bool any = false, again;
	for (uint32_t i = 0; audit->of_libc && i < audit->words && i < AUDIT_WORDS_MAX; i++)
		any |= concerns(&audit->word[i], side, LIBC, &again);
	if (any)
		add_handler(fork, audit, side, "fork() itself", LIBC);
}

/* In the order in which they ran: the next one after the one that ran as number `*order`. */
static int32_t next_in_order(const struct audit *audit, enum audit_side side, uint32_t *order)
{
	int32_t found = -1;
	uint32_t least = UINT32_MAX;
	for (uint32_t i = 0; i < audit->registrations && i < AUDIT_REGISTRATIONS_MAX; i++) {
		const struct audit_handler *handler = &audit->registration[i].handler[side];
		if (!audit_is_allocators(&audit->registration[i]) || !handler->deed.ran ||
			handler->deed.order <= *order || handler->deed.order >= least)
			continue;
		least = handler->deed.order;
		found = (int32_t)i;
	}
	*order = least;
	return found;
}

static void add_side(struct story_fork *fork, const struct audit *audit, enum audit_side side)
{
	uint32_t order = 0;
	if (side != AUDIT_PREPARE)
		add_libc(fork, audit, side);
	for (int32_t i; (i = next_in_order(audit, side, &order)) >= 0;)
		add_handler(fork, audit, side, audit->registration[i].handler[side].name, i);
	if (side == AUDIT_PREPARE)
		add_libc(fork, audit, side);
}

static struct story_handler_lock *find_lock(struct story_handler *handler, uint64_t address)
{
	for (unsigned i = 0; i < handler->locks; i++)
		if (handler->lock[i].address == address)
			return &handler->lock[i];
	return NULL;
}

/* What was seen of a lock at this or that point stays told. */
static void keep_seen(struct story_fork *fork, const struct story_handler *seen)
{
	for (unsigned i = 0; i < seen->locks; i++)
		for (size_t h = 0; h < fork->handlers; h++) {
			struct story_handler_lock *lock =
				find_lock(&fork->handler[h], seen->lock[i].address);
			if (lock && fork->handler[h].phase == STORY_PREPARE)
				*lock = seen->lock[i];
		}
}

void handlers_from_audit(struct story_fork *fork, const struct audit *audit)
{
	static struct story_fork seen;
	if (audit->kind == AUDIT_UNKNOWN || audit->lost)
		return;
	seen = *fork;
	fork->handlers = 0;
	fork->all_known = true;
	snprintf(fork->audit, sizeof fork->audit, "%s", audit->sentence);
	for (int side = 0; side < AUDIT_SIDES; side++)
		add_side(fork, audit, (enum audit_side)side);
	for (size_t i = 0; i < seen.handlers; i++)
		keep_seen(fork, &seen.handler[i]);
}
