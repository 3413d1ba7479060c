#include "lock_words.h"

#include <string.h>

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* The index of the known lock that these bytes belong to, or `knowns`. */
static uint32_t known_at(
	const struct published_lock *known, uint32_t known_count, uint64_t address, uint32_t size)
{
	uint32_t i = 0;
	while (i < known_count && !overlap(known[i].address, known[i].size, address, size))
		i++;
	return i;
}

static struct lock_word *find(struct lock_words *words, const struct lock_word_store *store)
{
	for (uint32_t i = 0; i < words->count; i++)
		if (overlap(words->word[i].address, words->word[i].size, store->address,
			    store->size))
			return &words->word[i];
	return NULL;
}

static struct lock_word *add_word(struct lock_words *words, const struct lock_word_store *store)
{
	if (words->count == AUDIT_LOCK_WORDS_MAX) {
		words->lost = true;
		return NULL;
	}
	struct lock_word *word = &words->word[words->count++];
	*word = (struct lock_word){
		.address = store->address,
		.size = store->size < LOCK_WORD_MAX ? store->size : LOCK_WORD_MAX,
		.taker = store->taker,
		.mutex = store->mutex,
	};
	memcpy(word->free, store->before, word->size);
	return word;
}

/*
 * Before the fork: changed as a lock is, by an atomic instruction or in a mutex function. In the
 * child: re-initialised without having been locked.
 */
static bool is_of_interest(enum atfork_phase phase, const struct lock_word_store *store, bool known)
{
	if (phase == ATFORK_PREPARE)
		return store->changed && (store->kind == STORE_ATOMIC || store->mutex);
	return phase == ATFORK_CHILD && store->taker >= 0 && (store->kind == STORE_INIT || known);
}

void lock_words_store(struct lock_words *words, enum atfork_phase phase,
	const struct lock_word_store *store, const struct published_lock *known,
	uint32_t known_count)
{
	struct lock_word *word = find(words, store);
	bool is_known = known_at(known, known_count, store->address, store->size) < known_count;
	if (!word && is_of_interest(phase, store, is_known)) {
		word = add_word(words, store);
		if (word)
			word->reset = phase == ATFORK_CHILD;
	}
	/* Later the first store counts: a re-initialised lock may be taken and released again. */
	if (!word || (phase != ATFORK_PREPARE && word->phase[phase].stored) ||
		(!store->changed && !word->reset))
		return;
	word->phase[phase].stored = true;
	word->phase[phase].pc = store->pc;
	word->phase[phase].kind = store->kind;
}

void lock_words_compare(
	struct lock_words *words, enum atfork_phase phase, lock_words_reader *read, void *context)
{
	for (uint32_t i = 0; i < words->count; i++) {
		struct lock_word *word = &words->word[i];
		unsigned char now[LOCK_WORD_MAX] = {0};
		if (word->reset || !read(context, word->address, now, word->size))
			continue;
		bool free = memcmp(now, word->free, word->size) == 0;
		if (phase == ATFORK_PREPARE) {
			word->held = !free;
			memcpy(word->last, now, word->size);
		} else {
			word->phase[phase].back = free;
		}
	}
}

/* Atomic instructions also change counters, but never restore them. A mutex is always a lock. */
static bool is_lock(const struct lock_word *word)
{
	if (word->reset)
		return true;
	return word->held &&
	       (word->mutex || word->phase[ATFORK_PARENT].back || word->phase[ATFORK_CHILD].back);
}

static enum audit_lock_state lock_state(const struct lock_word *word, enum atfork_phase phase)
{
	if (!word->phase[phase].back && !word->reset)
		return AUDIT_LEFT_LOCKED;
	if (!word->phase[phase].stored)
		return AUDIT_REINITIALISED;
	/* The same store as the parent's release, whatever the instruction. */
	bool as_parent = word->phase[ATFORK_PARENT].stored && word->phase[ATFORK_PARENT].back &&
			 word->phase[phase].pc == word->phase[ATFORK_PARENT].pc &&
			 word->phase[phase].kind != STORE_INIT;
	if (as_parent || word->phase[phase].kind == STORE_ATOMIC ||
		word->phase[phase].kind == STORE_UNLOCK)
		return AUDIT_RELEASED;
	return AUDIT_REINITIALISED;
}

static void merge_word(struct audit_lock_word *word, const struct lock_word *more)
{
	enum audit_lock_state parent = lock_state(more, ATFORK_PARENT),
			      child = lock_state(more, ATFORK_CHILD);
	if (parent == AUDIT_LEFT_LOCKED)
		word->parent = parent;
	if (child == AUDIT_LEFT_LOCKED ||
		(child == AUDIT_REINITIALISED && word->child == AUDIT_RELEASED))
		word->child = child;
	word->reset &= more->reset;
}

static void add_lock_word(
	struct audit *audit, const struct lock_word *word, uint64_t address, uint32_t size)
{
	for (uint32_t i = 0; i < audit->words; i++)
		if (audit->word[i].address == address) {
			merge_word(&audit->word[i], word);
			return;
		}
	audit->word[audit->words++] = (struct audit_lock_word){
		.address = address,
		.size = size,
		.taker = word->taker,
		.mutex = word->mutex,
		.reset = word->reset,
		.parent = lock_state(word, ATFORK_PARENT),
		.child = lock_state(word, ATFORK_CHILD),
	};
}

void lock_words_conclude(const struct lock_words *words, struct audit *audit,
	const struct published_lock *known, uint32_t known_count)
{
	audit->words = 0;
	audit->lost |= words->lost;
	for (uint32_t i = 0; i < words->count; i++) {
		const struct lock_word *word = &words->word[i];
		uint32_t k = known_at(known, known_count, word->address, word->size);
		if (!is_lock(word))
			continue;
		if (k == known_count) {
			add_lock_word(audit, word, word->address, word->size);
			continue;
		}
		add_lock_word(audit, word, known[k].address, known[k].size);
		audit->known_lock[k].taken |= !word->reset;
		audit->known_lock[k].reset |= word->reset;
	}
	for (uint32_t i = 0; i < audit->words; i++)
		if (!audit->word[i].reset && audit->word[i].taker >= 0)
			audit->registration[audit->word[i].taker]
				.handler[ATFORK_PREPARE]
				.action.locked++;
		else if (!audit->word[i].reset)
			audit->libc[ATFORK_PREPARE].locked++;
}

/* Taken and released within malloc(), and touched by nothing in the fork. */
static bool is_own_lock(const struct audit *audit, const struct lock_word *word)
{
	for (uint32_t i = 0; i < audit->words; i++)
		if (overlap(audit->word[i].address, audit->word[i].size, word->address, word->size))
			return false;
	return !word->held;
}

void lock_words_mark_malloc(const struct lock_words *words, struct audit *audit)
{
	for (uint32_t i = 0; i < audit->words; i++) {
		struct audit_lock_word *word = &audit->word[i];
		for (uint32_t k = 0; k < words->count; k++)
			word->of_malloc |= overlap(word->address, word->size,
				words->word[k].address, words->word[k].size);
		audit->of_libc |= word->of_malloc && word->taker < 0;
	}
	audit->own_locks = 0;
	for (uint32_t k = 0; k < words->count; k++)
		audit->own_locks += is_own_lock(audit, &words->word[k]);
}
