/*
 * The clients of the servers: processes that are forked before there is a heap that they could
 * inherit, and that use none. Each makes one request after the other.
 */
#include "cost_clients.h"

#include "../common/shm_futex.h"
#include "../trial/child.h"
#include "../trial/fork_method.h"
#include "cost_clock.h"
#include "cost_heap.h"
#include "cost_histogram.h"
#include "cost_shm_attach.h"
#include "scenario.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t client[COST_CLIENTS];

int cost_socket_read(int fd, char *to, size_t size)
{
	while (size > 0) {
		ssize_t got = read(fd, to, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		to += got;
		size -= (size_t)got;
	}
	return 0;
}

/*
 * A connected socket whose operations time out after COST_HUNG_S; or -errno. Closing it leaves no
 * TIME_WAIT, which would use up the ports in a long run.
 */
static int client_connect(void)
{
	static const struct timeval timeout = {.tv_sec = COST_HUNG_S};
	static const struct linger at_once = {.l_onoff = 1};
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)cost_shm->service.port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) == 0 &&
		connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int error = -errno;
	close(fd);
	return error;
}

/* Sends a request and reads the response. 0 or -errno. */
static int client_exchange(uint64_t number, char response[COST_RESPONSE])
{
	int fd = client_connect(), error = -EPIPE;
	if (fd < 0)
		return fd;
	if (write(fd, &number, sizeof(number)) == sizeof(number))
		error = cost_socket_read(fd, response, COST_RESPONSE);
	close(fd);
	return error;
}

/* A connect(2) that times out fails with EINPROGRESS. */
static bool is_timeout(int error)
{
	return error == -EAGAIN || error == -EINPROGRESS;
}

/* One request; false: no complete response. */
static bool client_request(struct cost_client *me, uint64_t number)
{
	char response[COST_RESPONSE];
	uint64_t begin = cost_clock();
	int error = client_exchange(number, response);
	uint64_t took = cost_clock() - begin;
	if (error) {
		me->hung += is_timeout(error);
		me->cut += !is_timeout(error);
	} else if (!cost_record_holds(response, number, sizeof(response), 0)) {
		me->wrong++;
	} else {
		me->served++;
		me->late += took > COST_LATE_S * UINT64_C(1000000000);
		cost_histogram_record(&me->latency, took);
	}
	return error == 0;
}

static _Noreturn void client_main(uint32_t index)
{
	struct cost_client *me = &cost_shm->service.client[index];
	child_set_pdeathsig();
	shm_futex_wait(&cost_shm->service.go, 0);
	for (uint64_t n = 0; !atomic_load(&cost_shm->service.stop); n++)
		if (!client_request(me, n * COST_CLIENTS + index))
			break;
	_exit(RUNNER_OK);
}

void cost_clients_start(void)
{
	for (uint32_t i = 0; i < COST_CLIENTS; i++) {
		client[i] = method_fork(METHOD__FORK);
		if (client[i] == 0)
			client_main(i);
		if (client[i] < 0)
			lab_broken("a client cannot be made", -client[i]);
	}
}

bool cost_clients_running(void)
{
	for (int i = 0; i < COST_CLIENTS; i++)
		if (client[i])
			return true;
	return false;
}

void cost_clients_forget(pid_t pid)
{
	for (int i = 0; i < COST_CLIENTS; i++)
		if (client[i] == pid)
			client[i] = 0;
}

void cost_clients_reap(void)
{
	for (int i = 0; i < COST_CLIENTS; i++)
		if (client[i] && waitpid(client[i], NULL, WNOHANG) == client[i])
			client[i] = 0;
}
