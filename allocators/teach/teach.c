/*
 * A small but complete allocator for studying forks.
 *
 * Memory comes from the kernel in chunks of 256 KiB that are cut into blocks, each a power of two
 * including its header. Freed blocks go to the list of their size, its "bin". Larger blocks get
 * their own mapping.
 *
 * Two locks (teach.h): `bins` guards the lists, `chunks` the chunks and the table of large blocks.
 * How a thread waits for a lock, and what happens around fork(), is chosen at link time.
 *
 * The heap is checked. A fork copies memory between any two stores of the other threads, so the
 * order of the stores is part of the design (hence the volatile): a bin's count is stored last, so
 * a list that was copied while another thread changed it disagrees with its count. Outside of the
 * bins everything is either consistent or leaked. Links are numbers, not pointers, and are checked
 * before use: with a corrupt heap the allocator reports damage instead of following wild pointers.
 */
#include "teach.h"
#include "allocator.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	UNIT = 16,               /* bytes: header size, default alignment, unit of links */
	CHUNK_SIZE = 256 * 1024, /* bytes */
	CHUNK_UNITS = CHUNK_SIZE / UNIT,
	CHUNKS_MAX = 1 << 14,
	BINS = 9,         /* of blocks of 32 bytes to 8 KiB, header included */
	SMALLEST = 32,    /* bytes */
	RUN = 8,          /* blocks that are cut from a chunk at once */
	CHECK_DEPTH = 16, /* blocks that are checked in a list */
	LARGE_MAX = 1 << 14,
	PAGE = 4096,
};
#define ALIGNMENT_MAX ((size_t)1 << 30)

/* State of a block: values that are unlikely in other data. */
enum block_state {
	FREE = 0x65657266,           /* "free": in its bin's list */
	USED = 0x64657375,           /* "used": allocated */
	LARGE = 0x6772616c,          /* "larg": allocated, with its own mapping */
	FREED_REMOTELY = 0x64697361, /* "asid": freed by another thread, for its owner to unmap */
	SHIFTED = 0x74666873, /* "shft": not a block, but the header before an aligned address */
};

/* The header, directly before the caller's bytes. */
struct teach_block {
	volatile uint32_t state;
	volatile uint16_t bin;   /* FREE, USED; LARGE, FREED_REMOTELY: owner's number, 0: none */
	volatile uint16_t chunk; /* FREE, USED: the chunk that contains it */
	volatile uint32_t next;  /* FREE: link; LARGE: entry in large[]; SHIFTED: bytes back */
	volatile uint32_t depth; /* FREE: blocks after it in the list; LARGE: size in pages */
};
_Static_assert(sizeof(struct teach_block) == UNIT, "a header is one unit");

struct teach_bin {
	volatile uint32_t head; /* link, 0 when empty */
	volatile uint32_t count;
};

struct teach_lock teach_bins, teach_chunks;

/* Guarded by teach_bins. */
static struct teach_bin bins[BINS];

/* Guarded by teach_chunks, but base[] is read without it: entries never change once set. */
static struct {
	char *volatile base[CHUNKS_MAX];
	volatile uint32_t count;
	volatile uint32_t used; /* bytes used of the last chunk */
} chunks = {.used = CHUNK_SIZE};

/* Guarded by teach_chunks. NULL: free; no entry before large_first is free. */
static struct teach_block *volatile large[LARGE_MAX];
static volatile uint32_t large_first;
static volatile uint32_t deferred_frees; /* of large[] */

/* Marks an entry while its block is mapped or unmapped: another owner of the lock never sees it. */
static struct teach_block busy_entry;

static void say(const char *text)
{
	/* Failure is ignored. */
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

static _Noreturn void complain(const char *what)
{
	if (lab_complain) {
		lab_complain(what);
	} else {
		say("teach: ");
		say(what);
		say("\n");
	}
	abort();
}

/* ---- Blocks and links ---- */

static size_t bin_size(unsigned bin)
{
	return (size_t)SMALLEST << bin;
}

/* The bin for `size` bytes with their header; BINS or more: none. */
static unsigned bin_for(size_t size)
{
	unsigned bin = 0;
	while (bin < BINS && bin_size(bin) < size)
		bin++;
	return bin;
}

static void *payload(struct teach_block *block)
{
	return block + 1;
}

/* A link is a number: chunk and unit, counted from 1. */
static uint32_t link_to(const struct teach_block *block)
{
	uint32_t chunk = block->chunk;
	if (chunk >= CHUNKS_MAX || !chunks.base[chunk])
		complain("a header names no chunk");
	size_t offset = (uintptr_t)block - (uintptr_t)chunks.base[chunk];
	if (offset >= CHUNK_SIZE)
		complain("a block lies outside of its chunk");
	return chunk * CHUNK_UNITS + (uint32_t)(offset / UNIT) + 1;
}

static struct teach_block *block_at_link(uint32_t link)
{
	uint32_t chunk = (link - 1) / CHUNK_UNITS;
	if (chunk >= CHUNKS_MAX || !chunks.base[chunk])
		complain("a link leads out of the heap");
	return (void *)(chunks.base[chunk] + (size_t)((link - 1) % CHUNK_UNITS) * UNIT);
}

/* The header of the caller's block. */
static struct teach_block *block_of(void *address)
{
	struct teach_block *block = (struct teach_block *)address - 1;
	if (block->state == SHIFTED)
		block = (void *)((char *)block - block->next);
	if (block->state != USED && block->state != LARGE)
		complain(block->state == FREE ? "a free block is freed or resized"
					      : "a header is overwritten, or never was one");
	return block;
}

/* The caller's bytes from `address` to the end of its block. */
static size_t usable(const struct teach_block *block, const void *address)
{
	size_t size = block->state == LARGE ? (size_t)block->depth * PAGE : bin_size(block->bin);
	return (uintptr_t)block + size - (uintptr_t)address;
}

/* ---- Bins: with teach_bins held ---- */

/* The list at `link` must have exactly `count` blocks; checks the first `look` of them. */
static void check_list(unsigned bin, uint32_t link, uint32_t count, unsigned look)
{
	for (unsigned i = 0; i < look && count > 0; i++) {
		const struct teach_block *block = block_at_link(link);
		count--;
		if (block->state != FREE || block->bin != bin || block->depth != count)
			complain("a free list is damaged");
		link = block->next;
	}
	if (count == 0 && link != 0)
		complain("a free list is longer than its count");
}

static void push(unsigned bin, struct teach_block *block)
{
	uint32_t head = bins[bin].head, count = bins[bin].count, link = link_to(block);
	check_list(bin, head, count, 1);
	block->next = head;
	block->depth = count;
	block->state = FREE;
	bins[bin].head = link;
	check_list(bin, link, count + 1, CHECK_DEPTH);
	bins[bin].count = count + 1;
}

static struct teach_block *pop(unsigned bin)
{
	uint32_t head = bins[bin].head, count = bins[bin].count;
	check_list(bin, head, count, 1);
	if (count == 0)
		return NULL;
	struct teach_block *block = block_at_link(head);
	uint32_t next = block->next;
	bins[bin].head = next;
	block->state = USED;
	check_list(bin, next, count - 1, CHECK_DEPTH);
	bins[bin].count = count - 1;
	return block;
}

/* Makes RUN new blocks, from top to bottom, the list of an empty bin. */
static void fill(unsigned bin, char *run, uint16_t chunk)
{
	size_t size = bin_size(bin);
	for (uint32_t i = 0; i < RUN; i++) {
		struct teach_block *block = (void *)(run + i * size);
		block->chunk = chunk;
		if (i == 0)
			bins[bin].head = link_to(block);
		block->bin = (uint16_t)bin;
		block->depth = RUN - 1 - i;
		block->next = i < RUN - 1 ? link_to(block) + (uint32_t)(size / UNIT) : 0;
		block->state = FREE;
	}
	bins[bin].count = RUN;
}

/* ---- Chunks: with teach_chunks held ---- */

static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

/* Cuts `bytes` from the last chunk or a new one, whose number it stores. NULL: no memory. */
static char *cut(uint32_t bytes, uint16_t *number)
{
	uint32_t count = chunks.count, used = chunks.used;
	if (used + bytes > CHUNK_SIZE) {
		char *base = count < CHUNKS_MAX ? map(CHUNK_SIZE) : NULL;
		if (!base)
			return NULL;
		chunks.base[count++] = base;
		chunks.count = count;
		used = 0;
	}
	chunks.used = used + bytes;
	*number = (uint16_t)(count - 1);
	return chunks.base[count - 1] + used;
}

/* Finds a free entry for a large block and marks it; LARGE_MAX: none. */
static uint32_t reserve_large(void)
{
	uint32_t i = large_first;
	while (i < LARGE_MAX && large[i]) {
		if (large[i] == &busy_entry)
			complain("a large block was left half made");
		i++;
	}
	if (i < LARGE_MAX)
		large[i] = &busy_entry;
	return i;
}

static struct teach_block *map_large(uint32_t i, size_t pages)
{
	struct teach_block *block = map(pages * PAGE);
	if (block) {
		/* Fresh pages are zero, so "no owner" is not stored. */
		if (teach_owner)
			block->bin = teach_owner();
		block->next = i;
		block->depth = (uint32_t)pages;
		block->state = LARGE;
	}
	large[i] = block;
	large_first = block ? i + 1 : i;
	return block;
}

static void unmap_large(struct teach_block *block)
{
	uint32_t i = block->next;
	if (i >= LARGE_MAX || large[i] != block)
		complain("a large block is not in the table");
	large[i] = &busy_entry;
	if (i < large_first)
		large_first = i;
	munmap(block, (size_t)block->depth * PAGE);
	large[i] = NULL;
}

/* Unmaps the owner's blocks that others freed; `gone`: its other blocks lose their owner. */
static void free_deferred(uint16_t owner, bool gone)
{
	if (!owner || (!gone && deferred_frees == 0))
		return;
	for (uint32_t i = 0; i < LARGE_MAX; i++) {
		struct teach_block *block = large[i];
		if (!block || block == &busy_entry || block->bin != owner)
			continue;
		if (block->state == FREED_REMOTELY) {
			unmap_large(block);
			deferred_frees--;
		} else if (gone) {
			block->bin = 0;
		}
	}
}

static void defer_free(struct teach_block *block)
{
	block->state = FREED_REMOTELY;
	deferred_frees++;
}

static bool has_other_owner(const struct teach_block *block)
{
	return teach_owner && block->bin && block->bin != teach_owner();
}

/* ---- Functions that take the locks ---- */

/* With teach_bins held. False: no memory. */
static bool refill(unsigned bin)
{
	uint16_t chunk;
	teach_lock_take(&teach_chunks);
	char *run = cut((uint32_t)(RUN * bin_size(bin)), &chunk);
	teach_lock_give(&teach_chunks);
	if (run)
		fill(bin, run, chunk);
	return run != NULL;
}

static struct teach_block *take_small(unsigned bin)
{
	teach_lock_take(&teach_bins);
	struct teach_block *block = pop(bin);
	if (!block && refill(bin))
		block = pop(bin);
	teach_lock_give(&teach_bins);
	return block;
}

static void give_small(struct teach_block *block)
{
	unsigned bin = block->bin;
	teach_lock_take(&teach_bins);
	if (block->state != USED || bin >= BINS)
		complain("a block is freed twice, or its header is overwritten");
	push(bin, block);
	teach_lock_give(&teach_bins);
}

static struct teach_block *take_large(size_t size)
{
	teach_lock_take(&teach_chunks);
	if (teach_owner)
		free_deferred(teach_owner(), false);
	uint32_t i = reserve_large();
	struct teach_block *block = i < LARGE_MAX ? map_large(i, (size + PAGE - 1) / PAGE) : NULL;
	teach_lock_give(&teach_chunks);
	return block;
}

static void give_large(struct teach_block *block)
{
	teach_lock_take(&teach_chunks);
	if (has_other_owner(block))
		defer_free(block);
	else
		unmap_large(block);
	teach_lock_give(&teach_chunks);
}

void teach_abandon(uint16_t owner)
{
	teach_lock_take(&teach_chunks);
	free_deferred(owner, true);
	teach_lock_give(&teach_chunks);
}

/* Calls the policy, if it has the function, at the thread's first call into the allocator. */
static void note_first_call(void)
{
	static _Thread_local bool known __attribute__((tls_model("initial-exec")));
	if (!teach_thread_begins || known)
		return;
	known = true;
	teach_thread_begins();
}

/* A block for `size` bytes; NULL and ENOMEM if there is none. */
static struct teach_block *take(size_t size)
{
	struct teach_block *block = NULL;
	note_first_call();
	if (size <= PTRDIFF_MAX - PAGE) {
		unsigned bin = bin_for(size + UNIT);
		block = bin < BINS ? take_small(bin) : take_large(size + UNIT);
	}
	if (!block)
		errno = ENOMEM;
	return block;
}

/* ---- The standard functions ---- */

void *malloc(size_t size)
{
	struct teach_block *block = take(size);
	return block ? payload(block) : NULL;
}

void free(void *ptr)
{
	if (!ptr)
		return;
	struct teach_block *block = block_of(ptr);
	if (block->state == LARGE)
		give_large(block);
	else
		give_small(block);
}

void *calloc(size_t nmemb, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(nmemb, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	struct teach_block *block = take(bytes);
	if (!block)
		return NULL;
	/* A large block is fresh from the kernel, and zero. */
	return block->state == LARGE ? payload(block) : memset(payload(block), 0, bytes);
}

void *realloc(void *ptr, size_t size)
{
	if (!ptr)
		return malloc(size);
	size_t old = usable(block_of(ptr), ptr);
	/* Stays in place if it fits, and wastes at most three quarters. */
	if (size <= old && size >= old / 4)
		return ptr;
	void *moved = malloc(size);
	if (!moved)
		return NULL;
	memcpy(moved, ptr, size < old ? size : old);
	free(ptr);
	return moved;
}

static bool valid_alignment(size_t alignment)
{
	return alignment > 0 && alignment <= ALIGNMENT_MAX && (alignment & (alignment - 1)) == 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	if (!valid_alignment(alignment) || size > PTRDIFF_MAX) {
		errno = valid_alignment(alignment) ? ENOMEM : EINVAL;
		return NULL;
	}
	if (alignment <= UNIT)
		return malloc(size);
	char *address = malloc(size + alignment);
	if (!address)
		return NULL;
	size_t shift = -(uintptr_t)address & (alignment - 1);
	if (shift == 0)
		return address;
	struct teach_block *mark = (struct teach_block *)(void *)(address + shift) - 1;
	mark->next = (uint32_t)shift;
	mark->state = SHIFTED;
	return address + shift;
}

void *memalign(size_t alignment, size_t size)
{
	return aligned_alloc(alignment, size);
}

int posix_memalign(void **memptr, size_t alignment, size_t size)
{
	if (!valid_alignment(alignment) || alignment % sizeof(void *) != 0)
		return EINVAL;
	int saved = errno;
	void *address = aligned_alloc(alignment, size);
	errno = saved;
	if (!address)
		return ENOMEM;
	*memptr = address;
	return 0;
}

size_t malloc_usable_size(void *ptr)
{
	return ptr ? usable(block_of(ptr), ptr) : 0;
}

/* ---- For traces ---- */

/* As check_list(), for the whole list, and without reporting. */
static bool list_is_sound(unsigned bin)
{
	uint32_t link = bins[bin].head;
	for (uint32_t count = bins[bin].count; count > 0; count--) {
		if (link == 0 || (link - 1) / CHUNK_UNITS >= CHUNKS_MAX ||
			!chunks.base[(link - 1) / CHUNK_UNITS])
			return false;
		const struct teach_block *block = block_at_link(link);
		if (block->state != FREE || block->bin != bin || block->depth != count - 1)
			return false;
		link = block->next;
	}
	return link == 0;
}

static void add_bins(struct allocator_heap_state *heap)
{
	uint64_t cut_bytes = (uint64_t)chunks.count * CHUNK_SIZE;
	heap->mapped_bytes += cut_bytes;
	heap->used_bytes += cut_bytes - (chunks.count ? CHUNK_SIZE - chunks.used : 0);
	for (unsigned bin = 0; bin < BINS; bin++) {
		heap->used_bytes -= (uint64_t)bins[bin].count * bin_size(bin);
		heap->sound &= list_is_sound(bin);
	}
}

static void add_large(struct allocator_heap_state *heap)
{
	for (uint32_t i = 0; i < LARGE_MAX; i++) {
		const struct teach_block *block = large[i];
		if (!block || block == &busy_entry)
			continue;
		heap->used_bytes += (uint64_t)block->depth * PAGE;
		heap->mapped_bytes += (uint64_t)block->depth * PAGE;
		heap->sound &= (block->state == LARGE || block->state == FREED_REMOTELY) &&
			       block->next == i;
	}
}

void teach_heap(struct allocator_heap_state *heap)
{
	heap->has_sizes = heap->checked = heap->sound = 1;
	teach_lock_take(&teach_bins);
	teach_lock_take(&teach_chunks);
	add_bins(heap);
	add_large(heap);
	teach_lock_give(&teach_chunks);
	teach_lock_give(&teach_bins);
}

static void publish(const char *name, const struct teach_lock *lock)
{
	if (lab_publish_lock)
		lab_publish_lock(name, lock, sizeof(*lock), offsetof(struct teach_lock, owner));
}

__attribute__((constructor)) static void start(void)
{
	publish("teach bins lock", &teach_bins);
	publish("teach chunks lock", &teach_chunks);
	teach_register_handlers();
}
