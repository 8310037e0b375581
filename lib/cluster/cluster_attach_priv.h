/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a slave and the master's control thread say to each other, before there is a lane and after it.
 *
 *	slave                                                  master
 *	{"command":"attach 10","version":1,"place":..}  -->
 *	                                                <--    {"result":{}}: the door lets go of the connection
 *	                                                <--    struct welcome, with the fds if err is 0
 *	                                                <--    a byte each time it is woken
 *	... the slave says nothing any more; who hangs up is gone ...
 *
 * A slave's bell is its connection, whose ends have flags of their own: a slave could make an eventfd that both have block, and
 * fill it, so that the master would never come back from ringing it. The master's bell is read without waiting, whatever its flags.
 */
#ifndef PLX_LIB_CLUSTER_CLUSTER_ATTACH_PRIV_H
#define PLX_LIB_CLUSTER_CLUSTER_ATTACH_PRIV_H

#include "plx_base.h"

enum welcome_fd {
	WELCOME_LANE, /* read and write */
	WELCOME_DATA, /* read; and write if that was granted */
	WELCOME_BELL, /* wakes the master */
	WELCOME_FDS,
};

/* The first two members stay what they are in all versions. */
struct welcome {
	uint32_t version; /* PLX_CLUSTER_LANE_VERSION of the master */
	int32_t err;	  /* 0, or what is refused, as why says */
	struct plx_why why;
};

#endif
