/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What -i, -r and -b name, in the EAL's words. The EAL is started with its own options from in front of "--",
 * if there is one, and a --vdev for each of these:
 *
 *	-i eth1        --vdev net_af_packet0,iface=eth1,outgoing=1
 *	-i xdp:eth1    --vdev net_af_xdp0,iface=eth1
 *	-i cluster:10  --vdev net_cluster0,cluster='10'
 *	-r in.pcap     --vdev net_pcap0,rx_pcap='in.pcap',eof=1
 *	-b net_null0   --vdev net_null0
 *	--attach prog  --vdev net_attach0,program=prog,port='net_null0' and one for each further port of it
 *	-b 00:08.0     -a 0000:00:08.0; without such, and without options of the EAL, --no-pci
 */
#ifndef PLX_APPS_CAPTURE_DEVICES_H
#define PLX_APPS_CAPTURE_DEVICES_H

#include "eal_args.h"
#include "settings.h"

/*
 * Makes the EAL's arguments from argv[0..at), which ends where "--" stood, and the settings. -ENODEV, -EINVAL or
 * -ENOTSUP with a sentence when there is no such device. eal_args_fini gives all back, also after an error.
 */
int devices_make(struct eal_args *args, const struct settings *settings, int at, char **argv,
		 struct plx_why *why);

#endif
