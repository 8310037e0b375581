/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The face towards Wireshark: programs in its extcap folder are asked by --extcap-* options what interfaces they
 * have, and are started with --capture --fifo to capture from one. It is this same program, under any name.
 *
 *	plx-eth1        -i eth1             a copy of both directions
 *	plx-xdp-eth1    -i xdp:eth1         taken from the kernel
 */
#ifndef PLX_APPS_CAPTURE_EXTCAP_H
#define PLX_APPS_CAPTURE_EXTCAP_H

#include "options.h"

#define EXTCAP_WORDS_MAX 32

/* A capture as this program's own command line. */
struct extcap {
	int argc;
	char *argv[EXTCAP_WORDS_MAX];
	char texts[2][128]; /* of those that are made up */
};

/* True if the options of extcap are used. */
bool extcap_is_asked(int argc, char **argv);

/*
 * Answers a question on `out`, or, if a capture is asked for, makes ret_extcap and returns 1. 0 when it is
 * answered; -EINVAL or -ENODEV with a sentence. ret_extcap points into argv.
 */
int extcap_serve(int argc, char **argv, FILE *out, struct extcap *ret_extcap, struct plx_why *why);

#endif
