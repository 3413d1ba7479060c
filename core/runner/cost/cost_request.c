/*
 * How the servers' children serve a request: they allocate some blocks, make the response in
 * another one, and send it.
 */
#include "cost_request.h"

#include "cost_clients.h"
#include "cost_heap.h"
#include "cost_shm_attach.h"
#include "scenario.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	BLOCKS = 64, /* per request */
	BACKLOG = 64,
};

int cost_request_listen(int flags)
{
	static const int on = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)cost_shm->plan.port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
		bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(listener, BACKLOG) != 0 ||
		getsockname(listener, (struct sockaddr *)&address, &size) != 0)
		lab_broken("the server cannot listen on the loopback", errno);
	cost_shm->service.port = ntohs(address.sin_port);
	return listener;
}

/* Allocates some blocks, and one for the response. False: no memory. */
bool child_make_response(char *response, uint64_t number)
{
	void *block[BLOCKS];
	bool made = true;
	for (int i = 0; i < BLOCKS; i++) {
		block[i] = malloc(cost_shm->size[i]);
		made &= block[i] != NULL;
		if (block[i])
			*(volatile unsigned char *)block[i] = 1;
	}
	char *text = malloc(COST_RESPONSE);
	if (text) {
		cost_record_fill(text, number, COST_RESPONSE, 0);
		memcpy(response, text, COST_RESPONSE);
	}
	free(text);
	for (int i = 0; i < BLOCKS; i++)
		free(block[i]);
	return made && text;
}

bool child_serve_request(int connection)
{
	char response[COST_RESPONSE];
	uint64_t number;
	if (cost_socket_read(connection, (char *)&number, sizeof(number)) != 0)
		return true;
	if (!child_make_response(response, number))
		return false;
	(void)send(connection, response, sizeof(response), MSG_NOSIGNAL);
	return true;
}
