/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What -i, -r and -b name, in the EAL's words. The EAL is started with its own options from in front of "--",
 * if there is one, and a --vdev for each of these:
 *
 *	-i eth1        --vdev net_af_packet0,iface=eth1,outgoing=1
 *	-i xdp:eth1    --vdev net_af_xdp0,iface=eth1
 *	-r in.pcap     --vdev net_pcap0,rx_pcap='in.pcap',eof=1
 *	-b net_null0   --vdev net_null0
 *	--attach prog  --vdev net_attach0,program=prog,port='net_null0' and one for each further port of it
 *	-b 00:08.0     -a 0000:00:08.0; without such, and without options of the EAL, --no-pci
 */
#ifndef PLX_APPS_CAPTURE_DEVICES_H
#define PLX_APPS_CAPTURE_DEVICES_H

#include "settings.h"

#define DEVICES_ARGS_MAX (2 * 3 * OPTION_TEXTS_MAX + 2 * 64 + 16)

struct devices {
	int argc;
	char **argv;   /* for plx_eal_init, which writes into it */
	unsigned next; /* number of a virtual device */
	bool pci;      /* a PCI device is among them */
	unsigned nb_texts;
	char *texts[DEVICES_ARGS_MAX];
};

/*
 * Makes the EAL's arguments from argv[0..at), which ends where "--" stood, and the settings. -ENODEV, -EINVAL or
 * -ENOTSUP with a sentence when there is no such device. devices_fini gives all back, also after an error.
 */
int devices_make(struct devices *devices, const struct settings *settings, int at, char **argv,
		 struct plx_why *why);
void devices_fini(struct devices *devices);

/* One more virtual device. -ENOMEM. */
int devices_add_vdev(struct devices *devices, struct plx_why *why, const char *format, ...)
	PLX_PRINTF(3, 4);

#endif
