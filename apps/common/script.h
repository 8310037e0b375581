/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of commands. A file is read and looked at as a whole before its first command runs; a command that
 * fails is told with file and line, and the rest goes on. A file may load others, not itself.
 */
#ifndef PLX_APPS_COMMON_SCRIPT_H
#define PLX_APPS_COMMON_SCRIPT_H

#include "console.h"

#include <sys/types.h>

#define SCRIPT_DEPTH_MAX 16
#define SCRIPT_SIZE_MAX	 (16u << 20)

/* A file whose commands are running; kept by script_run. */
struct script {
	const struct script *outer; /* that loads this one */
	dev_t dev;
	ino_t ino;
	unsigned depth;
};

/*
 * Runs the commands of the file, echoed behind a prompt if asked for, until its end, quit or a stop signal.
 * 0 when all of them worked. -EIO when some failed, each of which was told; else why no command was run:
 * -ENOENT and the like, -EISDIR, -EFBIG, -EILSEQ for a file that is no text, -ELOOP.
 */
int script_run(struct console *console, const char *path, bool echo, struct plx_why *why);

#endif
