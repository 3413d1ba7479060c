/*
 * Case 06c: a job of a busy thread pool forks. The jobs allocate, reallocate and pass blocks on, so
 * that most blocks are freed by another thread than the one that allocated them.
 */
#include "scenario.h"
#include "shared_blocks/shared_blocks.h"

#include <pthread.h>

enum job_kind { JOB_MIXED, JOB_PRODUCE, JOB_CONSUME, JOB_RESIZE, JOB_FORK, JOB_KINDS };

enum { QUEUE_MAX = 64 }; /* jobs */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	enum job_kind job[QUEUE_MAX];
	unsigned first, count;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

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

/* At the head of the queue, so that the fork happens soon. */
static void submit_first(enum job_kind kind)
{
	pthread_mutex_lock(&queue.lock);
	queue.first = (queue.first + QUEUE_MAX - 1) % QUEUE_MAX;
	queue.job[queue.first] = kind;
	if (queue.count < QUEUE_MAX)
		queue.count++;
	pthread_cond_signal(&queue.filled);
	pthread_mutex_unlock(&queue.lock);
}

static enum job_kind dequeue(void)
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

static void fork_now(struct task *worker)
{
	lab_aim(worker);
	lab_fork(worker);
}

static void (*const jobs[JOB_KINDS])(struct task *worker) = {
	[JOB_MIXED] = lab_mixed_work,
	[JOB_PRODUCE] = shared_blocks_produce,
	[JOB_CONSUME] = shared_blocks_consume,
	[JOB_RESIZE] = shared_blocks_resize,
	[JOB_FORK] = fork_now,
};

/*
 * A job that ends submits the next one, so the pool is never idle unless it is paused. The fork is
 * an extra job and has no successor.
 */
static void work(struct task *worker)
{
	enum job_kind kind = dequeue();
	jobs[kind](worker);
	if (kind != JOB_FORK)
		submit(lab_random_below(worker, JOB_FORK));
}

static int setup(void)
{
	for (int i = 0; i < QUEUE_MAX / 2; i++)
		submit((enum job_kind)(i % JOB_FORK));
	return 0;
}

static void trigger(void)
{
	submit_first(JOB_FORK);
}

/*
 * In a sweep one thread of the pool is stepped; the main thread acts as another one, which runs the
 * job that forks.
 */

static void run_swept_jobs(struct task *worker)
{
	static const enum job_kind swept_jobs[] = {JOB_PRODUCE, JOB_PRODUCE, JOB_RESIZE,
		JOB_PRODUCE, JOB_CONSUME, JOB_RESIZE, JOB_CONSUME};
	queue.count = 0;
	for (unsigned i = 0; i < sizeof(swept_jobs) / sizeof(swept_jobs[0]); i++) {
		submit(swept_jobs[i]);
		jobs[dequeue()](worker);
	}
}

static const struct sequence sequence = {.run = run_swept_jobs};

/* Shared blocks belong to no task, so the child frees them here. */
static void child(struct task *me)
{
	lab_child_steps(me);
	shared_blocks_clear(me);
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
