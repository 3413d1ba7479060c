#include "audit.h"

#include "strbuf.h"

const char *audit_entry_point_name(enum audit_entry_point entry_point)
{
	static const char *const names[AUDIT_ENTRY_POINTS] = {
		[AUDIT_ENTRY_REGISTER_ATFORK] = "__register_atfork",
		[AUDIT_ENTRY_COMPAT] = "libc's old pthread_atfork",
		[AUDIT_ENTRY_PTHREAD_ATFORK] = "pthread_atfork",
	};
	return (unsigned)entry_point < AUDIT_ENTRY_POINTS ? names[entry_point] : "?";
}

const char *atfork_phase_name(enum atfork_phase phase)
{
	static const char *const names[ATFORK_PHASES] = {"prepare", "parent", "child"};
	return (unsigned)phase < ATFORK_PHASES ? names[phase] : "?";
}

const char *audit_lock_state_name(enum audit_lock_state fate)
{
	static const char *const names[AUDIT_LOCK_STATES] = {
		[AUDIT_LEFT_LOCKED] = "left locked",
		[AUDIT_RELEASED] = "released",
		[AUDIT_REINITIALISED] = "re-initialised",
	};
	return (unsigned)fate < AUDIT_LOCK_STATES ? names[fate] : "?";
}

const char *audit_kind_name(enum audit_kind kind)
{
	static const char *const names[AUDIT_KINDS] = {
		[AUDIT_UNKNOWN] = "unknown",
		[AUDIT_NONE] = "none",
		[AUDIT_EMPTY] = "empty",
		[AUDIT_LOCKS_NOTHING] = "locks-nothing",
		[AUDIT_RESETS] = "resets",
		[AUDIT_RELEASES] = "locks-releases",
		[AUDIT_REINITS] = "locks-reinitialises",
		[AUDIT_MIXED] = "locks-mixed",
		[AUDIT_ABANDONS] = "locks-abandons",
		[AUDIT_LIBC] = "libc-internal",
		[AUDIT_NONE_OWN] = "none-of-its-own",
	};
	return (unsigned)kind < AUDIT_KINDS ? names[kind] : "?";
}

/* ---- Counting ---- */

/* A handler that only returns. */
static bool does_nothing(const struct audit_action *action)
{
	return action->mutex_calls == 0 && action->syscalls == 0 && action->stores == 0;
}

struct handler_counts {
	unsigned registrations, busy;
};

static struct handler_counts count_handlers(const struct audit *audit)
{
	struct handler_counts handlers = {0};
	for (uint32_t i = 0; i < audit->registrations; i++) {
		const struct audit_registration *registration = &audit->registration[i];
		if (!audit_is_allocators(registration))
			continue;
		handlers.registrations++;
		for (int phase = 0; phase < ATFORK_PHASES; phase++)
			handlers.busy += !does_nothing(&registration->handler[phase].action);
	}
	return handlers;
}

/*
 * What the allocator's handlers take counts; without handlers, what fork() itself takes, if it
 * covers that malloc.
 */
static bool counts(const struct audit *audit, const struct audit_lock_word *word, bool has_handlers)
{
	return word->taker >= 0 || (audit->of_libc && !has_handlers);
}

static void count_words(struct audit *audit)
{
	bool has_handlers = count_handlers(audit).registrations > 0;
	for (uint32_t i = 0; i < audit->words && i < AUDIT_LOCK_WORDS_MAX; i++) {
		const struct audit_lock_word *word = &audit->word[i];
		if (!counts(audit, word, has_handlers))
			continue;
		if (word->reset) {
			audit->summary.resets++;
			continue;
		}
		audit->summary.locks++;
		audit->of_malloc += word->of_malloc;
		audit->summary.released += word->child == AUDIT_RELEASED;
		audit->summary.reinited += word->child == AUDIT_REINITIALISED;
		audit->summary.left += word->child == AUDIT_LEFT_LOCKED;
	}
	for (uint32_t i = 0; i < audit->known && i < AUDIT_PUBLISHED_LOCKS_MAX; i++)
		audit->summary.forgotten +=
			!audit->known_lock[i].taken && !audit->known_lock[i].reset;
}

static enum audit_kind kind_of(const struct audit *audit)
{
	struct handler_counts handlers = count_handlers(audit);
	if (*audit->summary.why)
		return AUDIT_UNKNOWN;
	if (handlers.registrations == 0 && audit->of_libc && audit->summary.locks)
		return audit->own_locks ? AUDIT_NONE_OWN : AUDIT_LIBC;
	if (handlers.registrations == 0)
		return AUDIT_NONE;
	if (handlers.busy == 0)
		return AUDIT_EMPTY;
	if (audit->summary.locks == 0)
		return audit->summary.resets ? AUDIT_RESETS : AUDIT_LOCKS_NOTHING;
	if (audit->summary.left)
		return AUDIT_ABANDONS;
	if (audit->summary.released && audit->summary.reinited)
		return AUDIT_MIXED;
	return audit->summary.released ? AUDIT_RELEASES : AUDIT_REINITS;
}

/* Names the published locks that the handlers do not touch. */
static void name_missed(struct audit *audit)
{
	struct audit_summary *summary = &audit->summary;
	struct strbuf names = strbuf_init(summary->missed, sizeof(summary->missed));
	for (uint32_t i = 0; i < audit->known && i < AUDIT_PUBLISHED_LOCKS_MAX; i++)
		if (!audit->known_lock[i].taken && !audit->known_lock[i].reset)
			strbuf_add_item(&names, 0, ", ", "%s", audit->known_lock[i].name);
}

static void find_duplicates(struct audit *audit)
{
	for (uint32_t i = 0; i < audit->registrations; i++) {
		struct audit_registration *later = &audit->registration[i];
		for (uint32_t k = 0; k < i && !later->duplicate_of; k++) {
			const struct audit_registration *first = &audit->registration[k];
			bool same = true;
			for (int phase = 0; phase < ATFORK_PHASES; phase++)
				same &= first->handler[phase].address ==
					later->handler[phase].address;
			later->duplicate_of = same ? k + 1 : 0;
		}
	}
}

void audit_conclude(struct audit *audit)
{
	char why[MODEL_TEXT_MAX];
	memcpy(why, audit->summary.why, sizeof(why));
	audit->summary = (struct audit_summary){0};
	memcpy(audit->summary.why, why, sizeof(why));
	audit->of_malloc = 0;
	find_duplicates(audit);
	count_words(audit);
	name_missed(audit);
	audit->summary.kind = kind_of(audit);
	if (audit->summary.kind == AUDIT_NONE_OWN)
		audit->summary.own = audit->own_locks;
}
