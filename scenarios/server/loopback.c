#include "loopback.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BLOCKS = 24,     /* per request */
	RESPONSE = 1000, /* bytes, filled with a pattern */
	BACKLOG = 64,
};

/* Precedes the bytes of the response. */
struct response_header {
	uint64_t number;
	uint32_t tag, size;
};

/* ---- The client, which is the parent ---- */

static int try_to_listen(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0)
		return -errno;
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		listen(listener, BACKLOG) == 0)
		return listener;
	int error = errno;
	close(listener);
	return -error;
}

/* Avoids TIME_WAIT, which would use up the ports in a long run. 0 or -errno. */
static int try_to_connect(int client, int listener)
{
	static const struct linger abort_on_close = {.l_onoff = 1};
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	if (getsockname(listener, (struct sockaddr *)&address, &size) != 0 ||
		setsockopt(client, SOL_SOCKET, SO_LINGER, &abort_on_close,
			sizeof(abort_on_close)) != 0 ||
		connect(client, (struct sockaddr *)&address, size) != 0)
		return -errno;
	return 0;
}

static int client_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

const char *loopback_unavailable(void)
{
	int listener = try_to_listen(), client = client_socket();
	bool connected = listener >= 0 && client >= 0 && try_to_connect(client, listener) == 0;
	if (client >= 0)
		close(client);
	if (listener >= 0)
		close(listener);
	return connected ? NULL : "no connection can be made on the loopback (127.0.0.1)";
}

int loopback_listen(void)
{
	int listener = try_to_listen();
	if (listener < 0)
		lab_broken("the server cannot listen on the loopback", -listener);
	return listener;
}

int loopback_request(int listener, uint64_t number)
{
	int client = client_socket();
	int error = client < 0 ? -errno : try_to_connect(client, listener);
	if (!error && send(client, &number, sizeof(number), MSG_NOSIGNAL) != sizeof(number))
		error = -errno;
	if (error)
		lab_broken("the client cannot connect to the server", -error);
	return client;
}

static bool read_nowait(int fd, void *to, size_t size)
{
	return recv(fd, to, size, MSG_DONTWAIT) == (ssize_t)size;
}

void loopback_check_response(struct task *me, int client, uint64_t number)
{
	static unsigned char text[RESPONSE];
	struct response_header header;
	if (!read_nowait(client, &header, sizeof(header)) || header.number != number ||
		header.size != RESPONSE || !read_nowait(client, text, sizeof(text)))
		lab_broken("the child exited with 0, but its response is missing", 0);
	const struct block response = {1, header.tag, text, sizeof(text)};
	lab_block_check(me, &response);
}

/* ---- The server ---- */

int loopback_accept(struct task *task, int listener)
{
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (connection < 0)
		lab_fail(task, FAILURE_ENGINE);
	return connection;
}

static void send_response(
	struct task *me, int connection, uint64_t number, const struct block *text)
{
	const struct response_header header = {number, text->tag, (uint32_t)text->size};
	if (send(connection, &header, sizeof(header), MSG_NOSIGNAL) != sizeof(header) ||
		send(connection, text->at, text->size, MSG_NOSIGNAL) != (ssize_t)text->size)
		lab_fail(me, FAILURE_ENGINE);
}

void loopback_serve(struct task *me, int connection)
{
	struct block *text = &me->block[BLOCKS];
	uint64_t number = 0;
	lab_child_step(me, CHILD_STEP_SERVE);
	if (connection >= 0 && !read_nowait(connection, &number, sizeof(number)))
		lab_fail(me, FAILURE_ENGINE);
	for (unsigned i = 0; i < BLOCKS; i++)
		lab_block_new(me, &me->block[i], OP_MALLOC, lab_mixed_size(me));
	lab_block_new(me, text, OP_MALLOC, RESPONSE);
	if (connection >= 0)
		send_response(me, connection, number, text);
	for (unsigned i = 0; i <= BLOCKS; i++)
		lab_block_free(me, &me->block[i]);
}
