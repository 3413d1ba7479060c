/*
 * A request, as the servers' children serve it: they allocate what it takes, make the answer in a
 * block, and send it.
 */
#include "mode_cost.h"
#include "runner.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BLOCKS = 64, /* that a request takes */
	BACKLOG = 64,
};

int cost_listen(int flags)
{
	static const int on = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)cost_sheet->plan.port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
		bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
		listen(listener, BACKLOG) != 0 ||
		getsockname(listener, (struct sockaddr *)&address, &size) != 0)
		lab_broken("the server cannot listen on the loopback", errno);
	cost_sheet->service.port = ntohs(address.sin_port);
	return listener;
}

/* Some blocks, and one that the answer is made in. False: no memory. */
bool child_make_answer(char *answer, uint64_t number)
{
	void *block[BLOCKS];
	bool made = true;
	for (int i = 0; i < BLOCKS; i++) {
		block[i] = malloc(cost_sheet->size[i]);
		made &= block[i] != NULL;
		if (block[i])
			*(volatile unsigned char *)block[i] = 1;
	}
	char *text = malloc(COST_ANSWER);
	if (text) {
		cost_record_fill(text, number, COST_ANSWER, 0);
		memcpy(answer, text, COST_ANSWER);
	}
	free(text);
	for (int i = 0; i < BLOCKS; i++)
		free(block[i]);
	return made && text;
}

bool child_answer(int connection)
{
	char answer[COST_ANSWER];
	uint64_t number;
	return cost_socket_read(connection, (char *)&number, sizeof number) &&
	       child_make_answer(answer, number) &&
	       send(connection, answer, sizeof answer, MSG_NOSIGNAL) == sizeof answer;
}
