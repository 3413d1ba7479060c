/*
 * The prefork server: it accepts connections on the loopback, and forks a child for each of them,
 * which allocates, answers, and ends. Its clients are processes of their own, made while there was
 * nothing yet that they could inherit; they use no heap.
 */
#include "cost.h"
#include "runner.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SERVE_MS = 400, /* that clients make requests */
	ANSWER = 4096,  /* bytes */
	BLOCKS = 64,    /* that a child allocates for its answer */
	ALIVE = 64,     /* children at a time; with so many nobody is let in */
	PATIENCE_S = 8, /* that a client waits for an answer */
	BACKLOG = 64,
};

static int listener = -1;
static pid_t client[COST_CLIENTS], alive[ALIVE];

/* ---- A client ---- */

static bool client_read(int fd, char *to, size_t size)
{
	while (size > 0) {
		ssize_t got = read(fd, to, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		to += got;
		size -= (size_t)got;
	}
	return true;
}

/* A socket that waits for nothing longer than PATIENCE_S, connected; or -1. */
static int client_connect(void)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)cost_sheet->prefork.port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
		connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* One request; false: no answer came. */
static bool client_ask(struct cost_client *me, uint64_t number)
{
	char answer[ANSWER];
	uint64_t begin = cost_clock();
	int fd = client_connect();
	bool answered = fd >= 0 && write(fd, &number, sizeof number) == sizeof number &&
			client_read(fd, answer, sizeof answer);
	bool late = cost_clock() - begin >= PATIENCE_S * UINT64_C(1000000000);
	if (fd >= 0)
		close(fd);
	if (answered && cost_record_holds(answer, number, sizeof answer, 0)) {
		me->served++;
		cost_count(&me->latency, cost_clock() - begin);
	} else if (late) {
		me->hung++;
	} else {
		me->wrong++;
	}
	return answered;
}

static _Noreturn void client_live(uint32_t index)
{
	struct cost_client *me = &cost_sheet->prefork.client[index];
	child_die_with_runner();
	wait_while(&cost_sheet->prefork.go, 0);
	for (uint64_t n = 0; !atomic_load(&cost_sheet->prefork.stop); n++)
		if (!client_ask(me, n * COST_CLIENTS + index))
			break;
	_exit(RUNNER_OK);
}

void cost_make_clients(void)
{
	for (uint32_t i = 0; i < COST_CLIENTS; i++) {
		client[i] = method_fork(METHOD__FORK);
		if (client[i] == 0)
			client_live(i);
		if (client[i] < 0)
			lab_broken("a client cannot be made", -client[i]);
	}
}

/* ---- A child ---- */

/* What an answer takes: some blocks, and one that it is made in. False: no memory. */
static bool child_make_answer(char *answer, uint64_t number)
{
	void *block[BLOCKS];
	bool made = true;
	for (int i = 0; i < BLOCKS; i++) {
		block[i] = malloc(cost_sheet->size[i]);
		made &= block[i] != NULL;
		if (block[i])
			*(volatile unsigned char *)block[i] = 1;
	}
	char *text = malloc(ANSWER);
	if (text) {
		cost_record_fill(text, number, ANSWER, 0);
		memcpy(answer, text, ANSWER);
	}
	free(text);
	for (int i = 0; i < BLOCKS; i++)
		free(block[i]);
	return made && text;
}

static _Noreturn void child_answer(int fd)
{
	char answer[ANSWER];
	uint64_t number;
	child_die_with_runner();
	bool answered = client_read(fd, (char *)&number, sizeof number) &&
			child_make_answer(answer, number) &&
			send(fd, answer, sizeof answer, MSG_NOSIGNAL) == sizeof answer;
	_exit(answered ? RUNNER_OK : RUNNER_FAILED_CHECK);
}

/* The same without a connection, to look at its memory when it has served. */
static void child_answer_nobody(struct cost_child *me)
{
	char answer[ANSWER];
	child_begin_life(me, cost_clock());
	if (!child_make_answer(answer, 1))
		_exit(RUNNER_FAILED_CHECK);
	child_stop(me, COST_FULL);
	atomic_store(&me->done, 1);
	_exit(RUNNER_OK);
}

/* ---- The server ---- */

static void open_listener(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof address;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
		listen(listener, BACKLOG) != 0 ||
		getsockname(listener, (struct sockaddr *)&address, &size) != 0)
		lab_broken("the server cannot listen on the loopback", errno);
	cost_sheet->prefork.port = ntohs(address.sin_port);
}

/* A free place for a child's pid, or NULL. */
static pid_t *free_place(void)
{
	for (int i = 0; i < ALIVE; i++)
		if (alive[i] == 0)
			return &alive[i];
	return NULL;
}

static void forget(pid_t pid, int status)
{
	for (int i = 0; i < ALIVE; i++)
		if (alive[i] == pid) {
			alive[i] = 0;
			cost_sheet->failed += status != RUNNER_OK;
		}
	for (int i = 0; i < COST_CLIENTS; i++)
		if (client[i] == pid)
			client[i] = 0;
}

static void reap(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		forget(pid, status);
}

static bool any_client(void)
{
	for (int i = 0; i < COST_CLIENTS; i++)
		if (client[i])
			return true;
	return false;
}

/* Lets one connection in, if there is one. */
static void accept_one(void)
{
	struct pollfd ready = {.fd = listener, .events = POLLIN};
	pid_t *place = free_place();
	if (!place || poll(&ready, 1, 1) <= 0)
		return;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	pid_t pid = method_fork((enum fork_method)runner.page->plan.method);
	if (pid == 0)
		child_answer(fd);
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	*place = pid;
	close(fd);
}

/* Those that hang: their clients have told. */
static void end_children(void)
{
	int status;
	for (int i = 0; i < ALIVE; i++) {
		if (!alive[i])
			continue;
		kill(alive[i], SIGKILL);
		waitpid(alive[i], &status, 0);
		alive[i] = 0;
	}
}

static void look_at_one(void)
{
	struct cost_child *child = &cost_sheet->child[0];
	pid_t pid = cost_start(child, COST_FULL, child_answer_nobody);
	if (cost_reaches(pid, child, COST_FULL))
		cost_memory_look(pid, &cost_sheet->prefork.child);
	announce(&child->go, COST_STAGES);
	cost_reap(pid);
}

void cost_serve_prefork(void)
{
	struct cost_prefork *prefork = &cost_sheet->prefork;
	open_listener();
	cost_window_is(COST_IGNORED);
	if (runner.page->plan.workers)
		cost_threads_order(COST_TIMED);
	uint64_t begin = cost_clock(), end = begin + SERVE_MS * UINT64_C(1000000);
	announce(&prefork->go, 1);
	while (any_client()) {
		accept_one();
		reap();
		if (cost_clock() >= end)
			atomic_store(&prefork->stop, 1);
	}
	prefork->took_ns = cost_clock() - begin;
	reap();
	end_children();
	cost_threads_order(COST_REST);
	close(listener);
	look_at_one();
	atomic_store(&prefork->done, 1);
}
