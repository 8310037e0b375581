/* SPDX-License-Identifier: BSD-3-Clause */
#include "stdfds.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static bool out_was_open;

void
stdfds_open(void)
{
	int fd;

	out_was_open = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

bool
stdfds_out_was_open(void)
{
	return out_was_open;
}

/* The C library forgets why a write failed long ago; of a pipe the kernel still knows. */
static bool
reader_is_gone(FILE *out)
{
	struct pollfd pipe = {.fd = fileno(out)};

	return poll(&pipe, 1, 0) == 1 && (pipe.revents & POLLERR) != 0;
}

int
stdfds_end(const char *program, FILE *out, int status)
{
	bool lost_before, lost_now;
	int err;

	if (out == NULL)
		out = stdout;
	signal(SIGPIPE, SIG_IGN);
	lost_before = ferror(out) != 0;
	lost_now = fflush(out) != 0;
	err = errno;
	if ((!lost_before && !lost_now) || reader_is_gone(out))
		return status;
	fprintf(stderr, "%s: cannot write standard output%s%s\n", program, lost_now ? ": " : "",
		lost_now ? strerror(err) : ", or not all of it");
	return status == 0 ? 1 : status;
}
