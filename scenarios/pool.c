/*
 * Case 06c: a thread pool runs live jobs, one of them forks. The jobs allocate, reallocate and pass
 * blocks on, so that a block is mostly freed by another thread than the one that allocated it.
 */
#include "scenario.h"

#include <pthread.h>

enum job_kind { JOB_MIXED, JOB_PRODUCE, JOB_CONSUME, JOB_RESIZE, JOB_FORK, JOB_KINDS };

enum {
	QUEUE_MAX = 64, /* jobs */
	SHELF_MAX = 64, /* blocks that wait for another thread to free them */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	enum job_kind job[QUEUE_MAX];
	unsigned first, count;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

/* Blocks between two jobs. An empty place has live == 0. */
static struct {
	pthread_mutex_t lock;
	struct block block[SHELF_MAX];
} shelf = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void submit(enum job_kind kind)
{
	pthread_mutex_lock(&queue.lock);
	if (queue.count < QUEUE_MAX) {
		queue.job[(queue.first + queue.count) % QUEUE_MAX] = kind;
		queue.count++;
		pthread_cond_signal(&queue.filled);
	}
	pthread_mutex_unlock(&queue.lock);
}

/* In front of all others: the fork shall happen now. */
static void submit_urgent(enum job_kind kind)
{
	pthread_mutex_lock(&queue.lock);
	queue.first = (queue.first + QUEUE_MAX - 1) % QUEUE_MAX;
	queue.job[queue.first] = kind;
	if (queue.count < QUEUE_MAX)
		queue.count++;
	pthread_cond_signal(&queue.filled);
	pthread_mutex_unlock(&queue.lock);
}

static enum job_kind take(void)
{
	pthread_mutex_lock(&queue.lock);
	while (queue.count == 0)
		pthread_cond_wait(&queue.filled, &queue.lock);
	enum job_kind kind = queue.job[queue.first];
	queue.first = (queue.first + 1) % QUEUE_MAX;
	queue.count--;
	pthread_mutex_unlock(&queue.lock);
	return kind;
}

/* Moves a block's bookkeeping; `to` belongs to the caller or is guarded by the shelf's lock. */
static void hand_over(struct block *to, struct block *from)
{
	to->tag = from->tag;
	to->at = from->at;
	to->size = from->size;
	from->live = 0;
	to->live = 1;
}

static void put_on_shelf(struct actor *worker, struct block *mine)
{
	pthread_mutex_lock(&shelf.lock);
	struct block *place = &shelf.block[lab_below(worker, SHELF_MAX)];
	struct block other = {0};
	if (place->live)
		hand_over(&other, place);
	hand_over(place, mine);
	pthread_mutex_unlock(&shelf.lock);
	if (other.live)
		lab_block_drop(worker, &other);
}

static bool take_from_shelf(struct actor *worker, struct block *mine)
{
	pthread_mutex_lock(&shelf.lock);
	struct block *place = &shelf.block[lab_below(worker, SHELF_MAX)];
	bool found = place->live;
	if (found)
		hand_over(mine, place);
	pthread_mutex_unlock(&shelf.lock);
	return found;
}

static void produce(struct actor *worker)
{
	struct block block = {0};
	lab_block_new(worker, &block, OP_MALLOC, lab_mixed_size(worker));
	put_on_shelf(worker, &block);
}

static void consume(struct actor *worker)
{
	struct block block = {0};
	if (take_from_shelf(worker, &block))
		lab_block_drop(worker, &block);
}

static void resize(struct actor *worker)
{
	struct block block = {0};
	if (!take_from_shelf(worker, &block))
		return;
	lab_block_resize(worker, &block, lab_mixed_size(worker));
	put_on_shelf(worker, &block);
}

static void fork_now(struct actor *worker)
{
	lab_aim(worker);
	lab_fork(worker);
}

static void (*const jobs[JOB_KINDS])(struct actor *worker) = {
	[JOB_MIXED] = lab_mixed_work,
	[JOB_PRODUCE] = produce,
	[JOB_CONSUME] = consume,
	[JOB_RESIZE] = resize,
	[JOB_FORK] = fork_now,
};

/*
 * A job that ends submits the next one, so the pool is never idle while the gate is open. The fork
 * is an extra job and has no successor.
 */
static void work(struct actor *worker)
{
	enum job_kind kind = take();
	jobs[kind](worker);
	if (kind != JOB_FORK)
		submit(lab_below(worker, JOB_FORK));
}

static int setup(void)
{
	for (int i = 0; i < QUEUE_MAX / 2; i++)
		submit((enum job_kind)(i % JOB_FORK));
	return 0;
}

static void trigger(void)
{
	submit_urgent(JOB_FORK);
}

/*
 * Under a sweep one thread of the pool is stepped; main is another one, which has taken its job
 * already and forks.
 */

static void run_some_jobs(struct actor *worker)
{
	static const enum job_kind some[] = {JOB_PRODUCE, JOB_PRODUCE, JOB_RESIZE, JOB_PRODUCE,
		JOB_CONSUME, JOB_RESIZE, JOB_CONSUME};
	queue.count = 0;
	for (unsigned i = 0; i < sizeof some / sizeof some[0]; i++) {
		submit(some[i]);
		jobs[take()](worker);
	}
}

static const struct sequence sequence = {.run = run_some_jobs};

/* Beside the ladder: blocks on the shelf belong to nobody, so the child frees them, too. */
static void child(struct actor *me)
{
	lab_ladder(me);
	for (unsigned i = 0; i < SHELF_MAX; i++)
		if (shelf.block[i].live)
			lab_block_drop(me, &shelf.block[i]);
}

const struct scenario scenario_pool = {
	.name = "pool",
	.summary = "a job of a busy thread pool forks; its blocks are freed by other threads",
	.forker = FORKER_WORKER,
	.main_sleeps = true,
	.setup = setup,
	.work = work,
	.trigger = trigger,
	.child = child,
	.sequence = &sequence,
};
