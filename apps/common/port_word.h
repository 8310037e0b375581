/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports as people name them, in the EAL's words:
 *
 *	eth1, or 2     --vdev net_af_packet0,iface='eth1'    by its number in the list of interfaces
 *	xdp:eth1       --vdev net_af_xdp0,iface='eth1'
 *	cluster:10@2   --vdev net_cluster0,cluster='10@2'
 *	net_null0      --vdev net_null0
 *	00:08.0        -a 0000:00:08.0
 */
#ifndef PLX_APPS_COMMON_PORT_WORD_H
#define PLX_APPS_COMMON_PORT_WORD_H

#include "eal_args.h"

/* What a program does with interfaces. */
struct port_habit {
	bool xdp; /* they are net_af_xdp, without xdp: in front */
	bool outgoing; /* net_af_packet: what the host sends, too; not of lo, where it would come twice */
	const char *refusal; /* why there can be none; NULL: there can */
	const char *twice;   /* what is wrong with one that is named twice */
};

/*
 * An interface or a virtual device. -ENODEV with the interfaces there are, -ENOTSUP for one without Ethernet, -EEXIST for one that
 * was named before.
 */
int port_word_add(struct eal_args *args, const struct port_habit *habit, const char *word,
		  struct plx_why *why);

/* That, or the address of a PCI device, maybe with arguments. -EBUSY, with what is to be done, if the kernel has that. */
int port_word_add_device(struct eal_args *args, const struct port_habit *habit, const char *word,
			 struct plx_why *why);

#endif
