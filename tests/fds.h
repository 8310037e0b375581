/* SPDX-License-Identifier: BSD-3-Clause */
/* How many file descriptors this program has open: what has ended has left none. */
#ifndef PLX_TESTS_FDS_H
#define PLX_TESTS_FDS_H

#include <fcntl.h>

#define FDS_MAX 1024 /* those beyond are not seen */

/* Opens none itself, so that it also counts where no more can be had. */
static inline unsigned
open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < FDS_MAX; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

#endif
