/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guest_exit VALUE: writes it to QEMU's isa-debug-exit, which ends QEMU with the status 2 * VALUE + 1. The one thing in the
 * guest that cannot happen by accident.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>
#include <termios.h>
#include <unistd.h>

#define DEBUG_EXIT_PORT 0xf4

int
main(int argc, char **argv)
{
	if (argc != 2 || ioperm(DEBUG_EXIT_PORT, 4, 1) != 0) {
		perror("guest_exit");
		return 1;
	}
	(void)tcdrain(STDOUT_FILENO); /* why it ends */
	outl((unsigned)atoi(argv[1]), DEBUG_EXIT_PORT);
	return 1;
}
