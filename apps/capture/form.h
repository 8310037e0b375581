/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two forms of a command line:
 *
 *	plx-capture -i eth1 -w log.pcap tcp port 80          no "--": all options are the program's own
 *	plx-capture -l 0-3 -a DEVICE -- -w log.pcap          "--": those in front of it are the EAL's
 */
#ifndef PLX_APPS_CAPTURE_FORM_H
#define PLX_APPS_CAPTURE_FORM_H

#include <pollux/plx_base.h>

/*
 * `at` is the place of the first "--", or argc. -EINVAL with a sentence that says where the "--" belongs when
 * options of one kind stand where the other's are.
 */
int form_check(int argc, char **argv, int at, struct plx_why *why);

#endif
