/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a slave and the master's control thread say to each other, before there is a lane and after it.
 *
 *	slave                                                  master
 *	{"command":"attach 10","version":1,"place":..}  -->
 *	                                                <--    {"result":{}}: the door lets go of the connection
 *	                                                <--    struct welcome, with the fds if err is 0
 *	a byte each time the master is woken            -->
 *	                                                <--    a byte each time the slave is woken
 *	... neither says anything else; who hangs up is gone ...
 *
 * Both bells are the connection, whose ends have flags of their own: of an eventfd that both have either side could make the other
 * wait, by having it block and filling it; and of one that all slaves have each could take away what the others rang.
 */
#ifndef PLX_LIB_CLUSTER_CLUSTER_ATTACH_PRIV_H
#define PLX_LIB_CLUSTER_CLUSTER_ATTACH_PRIV_H

#include "plx_base.h"

enum welcome_fd {
	WELCOME_LANE, /* read and write */
	WELCOME_DATA, /* read; and write if that was granted */
	WELCOME_FDS,
};

/* The first two members stay what they are in all versions. */
struct welcome {
	uint32_t version; /* PLX_CLUSTER_LANE_VERSION of the master */
	int32_t err;	  /* 0, or what is refused, as why says */
	struct plx_why why;
};

#endif
