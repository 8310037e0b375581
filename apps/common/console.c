/* SPDX-License-Identifier: BSD-3-Clause */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int
console_part_answers(struct console *console, struct plx_why *why)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	console->answers = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (console->answers == NULL || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return plx_why(why, -errno, "--json: %s", strerror(errno));
	return 0;
}
