#include "loopback_port.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As the runner does. 0 or -errno. */
static int try_to_listen(uint32_t port)
{
	static const int on = 1;
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	int result = 0, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(fd, 1) != 0)
		result = -errno;
	close(fd);
	return result;
}

bool loopback_port_is_free(uint32_t port, char *error, size_t size)
{
	int result = port ? try_to_listen(port) : 0;
	if (result == -EADDRINUSE)
		snprintf(error, size,
			"port %u of the loopback interface is in use; choose another, or omit "
			"--port",
			(unsigned)port);
	else if (result != 0)
		snprintf(error, size,
			"cannot listen on port %u of the loopback interface: %s; choose another, "
			"or omit --port",
			(unsigned)port, strerror(-result));
	return result == 0;
}
