#include "audit.h"

#include "strbuf.h"

#include <stdio.h>

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

static void write_brief(struct audit *audit)
{
	static const char *const words[AUDIT_KINDS] = {
		[AUDIT_UNKNOWN] = "?",
		[AUDIT_NONE] = "none",
		[AUDIT_EMPTY] = "empty",
		[AUDIT_LOCKS_NOTHING] = "no locks",
		[AUDIT_LIBC] = "libc",
	};
	struct strbuf brief = strbuf_init(audit->brief, sizeof(audit->brief));
	const char *word = words[audit->kind];
	if (word)
		strbuf_addf(&brief, "%s", word);
	else if (audit->kind == AUDIT_RESETS)
		strbuf_addf(&brief, "resets %u", audit->resets);
	else
		strbuf_addf(&brief, "locks %u", audit->locks);
	if (!word && audit->kind != AUDIT_RESETS && audit->forgotten)
		strbuf_addf(&brief, " of %u", audit->locks + audit->forgotten);
}

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

static void write_locking(struct strbuf *text, const struct audit *audit)
{
	bool libc = audit->kind == AUDIT_LIBC;
	uint32_t n = audit->locks;
	strbuf_addf(text, "%slocks %u word%s%s", libc ? "libc-internal: fork() itself " : "", n,
		plural(n), libc ? ", that of its malloc among them" : "");
	if (audit->left)
		strbuf_addf(text, ", %u of which the child finds locked", audit->left);
	else if (audit->released && audit->reinited)
		strbuf_addf(text, ", releases %u and re-initialises %u in the child",
			audit->released, audit->reinited);
	else
		strbuf_addf(text, ", %s %s in the child",
			audit->released ? "releases" : "re-initialises", n == 1 ? "it" : "them");
}

/* Names the published locks that the handlers do not touch. */
static void write_missed(struct strbuf *text, const struct audit *audit)
{
	if (audit->forgotten == 0 || audit->kind < AUDIT_LOCKS_NOTHING)
		return;
	strbuf_addf(text, "; leaves alone: ");
	size_t begin = text->used;
	for (uint32_t i = 0; i < audit->known; i++)
		if (!audit->known_lock[i].taken && !audit->known_lock[i].reset)
			strbuf_add_item(text, begin, ", ", "%s", audit->known_lock[i].name);
}

static void write_sentence(struct audit *audit)
{
	struct strbuf text = strbuf_init(audit->sentence, sizeof(audit->sentence));
	switch (audit->kind) {
	case AUDIT_UNKNOWN:
		strbuf_addf(&text, "not known: %s", audit->why);
		break;
	case AUDIT_NONE:
		strbuf_addf(&text, "none");
		break;
	case AUDIT_EMPTY:
		strbuf_addf(&text, "registered but empty");
		break;
	case AUDIT_LOCKS_NOTHING:
		strbuf_addf(&text, "registered, locks nothing");
		break;
	case AUDIT_RESETS:
		strbuf_addf(&text, "re-initialises %u word%s in the child without having locked",
			audit->resets, plural(audit->resets));
		break;
	default:
		write_locking(&text, audit);
	}
	write_missed(&text, audit);
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
