#include "lock_words.h"

#include <string.h>

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* The number of the known lock that these bytes are of, or `knowns`. */
static uint32_t known_at(
	const struct word_known *known, uint32_t knowns, uint64_t address, uint32_t size)
{
	uint32_t i = 0;
	while (i < knowns && !overlap(known[i].address, known[i].size, address, size))
		i++;
	return i;
}

static struct word *find(struct words *words, const struct word_store *store)
{
	for (uint32_t i = 0; i < words->count; i++)
		if (overlap(words->word[i].address, words->word[i].size, store->address,
			    store->size))
			return &words->word[i];
	return NULL;
}

static struct word *add(struct words *words, const struct word_store *store)
{
	if (words->count == AUDIT_WORDS_MAX) {
		words->lost = true;
		return NULL;
	}
	struct word *word = &words->word[words->count++];
	*word = (struct word){
		.address = store->address,
		.size = store->size < WORD_MAX ? store->size : WORD_MAX,
		.taker = store->taker,
		.mutex = store->mutex,
	};
	memcpy(word->free, store->before, word->size);
	return word;
}

/*
 * Before the copy whatever is changed as locks are: by an atomic instruction, or within a mutex
 * function. In the child what is made anew although nobody had taken it.
 */
static bool is_of_interest(enum audit_side side, const struct word_store *store, bool known)
{
	if (side == AUDIT_PREPARE)
		return store->changed && (store->how == HOW_ATOMIC || store->mutex);
	return side == AUDIT_CHILD && store->taker >= 0 && (store->how == HOW_INIT || known);
}

void words_store(struct words *words, enum audit_side side, const struct word_store *store,
	const struct word_known *known, uint32_t knowns)
{
	struct word *word = find(words, store);
	bool is_known = known_at(known, knowns, store->address, store->size) < knowns;
	if (!word && is_of_interest(side, store, is_known)) {
		word = add(words, store);
		if (word)
			word->reset = side == AUDIT_CHILD;
	}
	/* On the way back the first one counts: a lock made anew may be taken and released again.
	 */
	if (!word || (side != AUDIT_PREPARE && word->side[side].stored) ||
		(!store->changed && !word->reset))
		return;
	word->side[side].stored = true;
	word->side[side].pc = store->pc;
	word->side[side].how = store->how;
}

void words_compare(struct words *words, enum audit_side side, words_reader *read, void *context)
{
	for (uint32_t i = 0; i < words->count; i++) {
		struct word *word = &words->word[i];
		unsigned char now[WORD_MAX] = {0};
		if (word->reset || !read(context, word->address, now, word->size))
			continue;
		bool free = memcmp(now, word->free, word->size) == 0;
		if (side == AUDIT_PREPARE) {
			word->held = !free;
			memcpy(word->last, now, word->size);
		} else {
			word->side[side].back = free;
		}
	}
}

/*
 * A counter is changed by atomic instructions, too, and is not put back by anybody. A mutex is a
 * lock whatever becomes of it.
 */
static bool is_lock(const struct word *word)
{
	if (word->reset)
		return true;
	return word->held &&
	       (word->mutex || word->side[AUDIT_PARENT].back || word->side[AUDIT_CHILD].back);
}

static enum audit_fate fate(const struct word *word, enum audit_side side)
{
	if (!word->side[side].back && !word->reset)
		return AUDIT_LEFT;
	if (!word->side[side].stored)
		return AUDIT_REINITED;
	/* The parent's way of releasing it, whatever instruction that is. */
	bool as_parent = word->side[AUDIT_PARENT].stored && word->side[AUDIT_PARENT].back &&
			 word->side[side].pc == word->side[AUDIT_PARENT].pc &&
			 word->side[side].how != HOW_INIT;
	if (as_parent || word->side[side].how == HOW_ATOMIC || word->side[side].how == HOW_UNLOCK)
		return AUDIT_RELEASED;
	return AUDIT_REINITED;
}

static void merge(struct audit_word *word, const struct word *more)
{
	enum audit_fate parent = fate(more, AUDIT_PARENT), child = fate(more, AUDIT_CHILD);
	if (parent == AUDIT_LEFT)
		word->parent = parent;
	if (child == AUDIT_LEFT || (child == AUDIT_REINITED && word->child == AUDIT_RELEASED))
		word->child = child;
	word->reset &= more->reset;
}

static void take(struct audit *audit, const struct word *word, uint64_t address, uint32_t size)
{
	for (uint32_t i = 0; i < audit->words; i++)
		if (audit->word[i].address == address) {
			merge(&audit->word[i], word);
			return;
		}
	audit->word[audit->words++] = (struct audit_word){
		.address = address,
		.size = size,
		.taker = word->taker,
		.mutex = word->mutex,
		.reset = word->reset,
		.parent = fate(word, AUDIT_PARENT),
		.child = fate(word, AUDIT_CHILD),
	};
}

void words_conclude(const struct words *words, struct audit *audit, const struct word_known *known,
	uint32_t knowns)
{
	audit->words = 0;
	audit->lost |= words->lost;
	for (uint32_t i = 0; i < words->count; i++) {
		const struct word *word = &words->word[i];
		uint32_t k = known_at(known, knowns, word->address, word->size);
		if (!is_lock(word))
			continue;
		if (k == knowns) {
			take(audit, word, word->address, word->size);
			continue;
		}
		take(audit, word, known[k].address, known[k].size);
		audit->known_lock[k].taken |= !word->reset;
		audit->known_lock[k].reset |= word->reset;
	}
	for (uint32_t i = 0; i < audit->words; i++)
		if (!audit->word[i].reset && audit->word[i].taker >= 0)
			audit->registration[audit->word[i].taker]
				.handler[AUDIT_PREPARE]
				.deed.locked++;
		else if (!audit->word[i].reset)
			audit->libc[AUDIT_PREPARE].locked++;
}

void words_mark_malloc(const struct words *words, struct audit *audit)
{
	for (uint32_t i = 0; i < audit->words; i++) {
		struct audit_word *word = &audit->word[i];
		for (uint32_t k = 0; k < words->count; k++)
			word->of_malloc |= overlap(word->address, word->size,
				words->word[k].address, words->word[k].size);
		audit->of_libc |= word->of_malloc && word->taker < 0;
	}
}
