#include "audit.h"

#include <stdio.h>
#include <string.h>

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
			audit->resets++;
			continue;
		}
		audit->locks++;
		audit->of_malloc += word->of_malloc;
		audit->released += word->child == AUDIT_RELEASED;
		audit->reinited += word->child == AUDIT_REINITIALISED;
		audit->left += word->child == AUDIT_LEFT_LOCKED;
	}
	for (uint32_t i = 0; i < audit->known && i < AUDIT_PUBLISHED_LOCKS_MAX; i++)
		audit->forgotten += !audit->known_lock[i].taken && !audit->known_lock[i].reset;
}

static enum audit_kind kind_of(const struct audit *audit)
{
	struct handler_counts handlers = count_handlers(audit);
	if (*audit->why)
		return AUDIT_UNKNOWN;
	if (handlers.registrations == 0)
		return audit->of_libc && audit->locks ? AUDIT_LIBC : AUDIT_NONE;
	if (handlers.busy == 0)
		return AUDIT_EMPTY;
	if (audit->locks == 0)
		return audit->resets ? AUDIT_RESETS : AUDIT_LOCKS_NOTHING;
	if (audit->left)
		return AUDIT_ABANDONS;
	if (audit->released && audit->reinited)
		return AUDIT_MIXED;
	return audit->released ? AUDIT_RELEASES : AUDIT_REINITS;
}

/* ---- Text ---- */

static void add(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);
	snprintf(text + used, size - used, "%s", more);
}

static void write_brief(struct audit *audit)
{
	static const char *const words[AUDIT_KINDS] = {
		[AUDIT_UNKNOWN] = "?",
		[AUDIT_NONE] = "none",
		[AUDIT_EMPTY] = "empty",
		[AUDIT_LOCKS_NOTHING] = "no locks",
		[AUDIT_LIBC] = "libc",
	};
	char *brief = audit->brief;
	const char *word = words[audit->kind];
	if (word)
		snprintf(brief, sizeof(audit->brief), "%s", word);
	else if (audit->kind == AUDIT_RESETS)
		snprintf(brief, sizeof(audit->brief), "resets %u", audit->resets);
	else if (audit->forgotten)
		snprintf(brief, sizeof(audit->brief), "locks %u of %u", audit->locks,
			audit->locks + audit->forgotten);
	else
		snprintf(brief, sizeof(audit->brief), "locks %u", audit->locks);
}

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

/* "it" or "them". */
static const char *them(uint32_t count)
{
	return count == 1 ? "it" : "them";
}

static void write_locking(struct audit *audit)
{
	bool libc = audit->kind == AUDIT_LIBC;
	const char *who = libc ? "libc-internal: fork() itself " : "";
	const char *more = libc ? ", that of its malloc among them" : "";
	char *text = audit->sentence;
	size_t size = sizeof(audit->sentence);
	uint32_t n = audit->locks;
	int used = snprintf(text, size, "%slocks %u word%s%s", who, n, plural(n), more);
	text += used;
	size -= (size_t)used;
	if (audit->left)
		snprintf(text, size, ", %u of which the child finds locked", audit->left);
	else if (audit->released && audit->reinited)
		snprintf(text, size, ", releases %u and re-initialises %u in the child",
			audit->released, audit->reinited);
	else
		snprintf(text, size, ", %s %s in the child",
			audit->released ? "releases" : "re-initialises", them(n));
}

/* Names the published locks that the handlers do not touch. */
static void write_missed(struct audit *audit)
{
	unsigned named = 0;
	if (audit->forgotten == 0 || audit->kind < AUDIT_LOCKS_NOTHING)
		return;
	add(audit->sentence, sizeof(audit->sentence), "; leaves alone: ");
	for (uint32_t i = 0; i < audit->known; i++) {
		const struct audit_published_lock *lock = &audit->known_lock[i];
		if (lock->taken || lock->reset)
			continue;
		add(audit->sentence, sizeof(audit->sentence), named++ ? ", " : "");
		add(audit->sentence, sizeof(audit->sentence), lock->name);
	}
}

static void write_sentence(struct audit *audit)
{
	char *text = audit->sentence;
	size_t size = sizeof(audit->sentence);
	switch (audit->kind) {
	case AUDIT_UNKNOWN:
		snprintf(text, size, "not known: %s", audit->why);
		break;
	case AUDIT_NONE:
		snprintf(text, size, "none");
		break;
	case AUDIT_EMPTY:
		snprintf(text, size, "registered but empty");
		break;
	case AUDIT_LOCKS_NOTHING:
		snprintf(text, size, "registered, locks nothing");
		break;
	case AUDIT_RESETS:
		snprintf(text, size, "re-initialises %u word%s in the child without having locked",
			audit->resets, plural(audit->resets));
		break;
	default:
		write_locking(audit);
	}
	write_missed(audit);
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
	audit->locks = audit->released = audit->reinited = audit->left = 0;
	audit->resets = audit->forgotten = audit->of_malloc = 0;
	find_duplicates(audit);
	count_words(audit);
	audit->kind = kind_of(audit);
	write_brief(audit);
	write_sentence(audit);
}
