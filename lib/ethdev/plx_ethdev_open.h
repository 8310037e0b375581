/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From probed ports to running ones and back, for programs without wishes of their own: one pool that suits every
 * port, each port with as many queues as asked for and defaults for the rest, and the books of all at the end.
 *
 *	ret = plx_ethdev_open_all(2, 1, 0, &pool, &why);
 *	...
 *	ret = plx_ethdev_close_all(pool, stdout, &sum, &why);
 *
 * plx_ethdev.h has the single steps. Everything here: Thread: main. Path: slow.
 */
#ifndef PLX_LIB_ETHDEV_PLX_ETHDEV_OPEN_H
#define PLX_LIB_ETHDEV_PLX_ETHDEV_OPEN_H

#include "plx_base.h"
#include "plx_ethdev.h"
#include "plx_mbuf.h"

#include <stdio.h>

PLX_BEGIN_DECLS

/*
 * A pool that every port there is can take its buffers from: as large as frames of their MTUs need and as the
 * devices like best, as many as their rings of nb_queues rx and tx queues each hold, with the caches of all lcores
 * and some bursts on their way. `held` more are for what the program itself keeps: rings between lcores, queues.
 * -ENODEV when there is no port, -EINVAL for more queues than a port can have, or what plx_pool_create says.
 */
int plx_ethdev_pool_create(const char *name, uint16_t nb_queues, uint32_t held,
			   struct plx_pool **ret_pool, struct plx_why *why);

/*
 * Configures a closed port with nb_queues rx and tx queues, sets them up on `pool`, and starts it. Frames longer
 * than a buffer are asked for as chains only if nothing else would do. After an error the port is closed again.
 */
int plx_ethdev_open(uint16_t port, uint16_t nb_queues, struct plx_pool *pool, struct plx_why *why);

/*
 * True if nothing more will come: the port is no kernel interface and its link is down, as that of a capture file
 * (net_pcap, eof=1) is at its end. For loops to ask when a burst was empty. Thread: the port's. Path: warm.
 */
bool plx_ethdev_ended(uint16_t port);

/*
 * Writes the port's ledger: a line for each direction that had packets, and one for each loss that happened. Call it
 * when the port is stopped or closed. 0 if the books are right, -EUCLEAN if not (and says so), -ENODEV.
 */
int plx_ethdev_ledger_print(uint16_t port, FILE *out);

/*
 * Opens every port there is, promiscuous where it can be, on a pool that it makes. -ENODEV unless there are
 * nb_ports of them (0: any number but none); why says how to name them. After an error all is closed again.
 */
int plx_ethdev_open_all(unsigned nb_ports, uint16_t nb_queues, uint32_t held,
			struct plx_pool **ret_pool, struct plx_why *why);

/*
 * The reverse, when no burst is under way any more: closes every port, writes their ledgers to `out`, adds up their
 * counters in *ret_sum (both may be NULL), and destroys the pool. -EUCLEAN if some port's books are wrong, -EBUSY if
 * buffers are still out; the ports are closed in any case.
 */
int plx_ethdev_close_all(struct plx_pool *pool, FILE *out, struct plx_ethdev_stats *ret_sum,
			 struct plx_why *why);

PLX_END_DECLS

#endif
