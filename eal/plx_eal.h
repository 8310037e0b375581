/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The environment layer: from argc/argv to pinned threads, memory and probed devices, and back. Init and
 * cleanup may be repeated in one process. Options have DPDK's spelling; eal/README.md lists them.
 * Thread: any while the EAL is initialised, unless a function says otherwise. Path: slow. */
#ifndef PLX_EAL_PLX_EAL_H
#define PLX_EAL_PLX_EAL_H

#include "plx_base.h"

#include <stdio.h>

PLX_BEGIN_DECLS

/*
 * Reads EAL options up to "--" (or the end), creates lcores, memory and devices, and makes the calling
 * thread the main lcore. Returns how many arguments it took, so that the application goes on with
 * argc -= n, argv += n and has a program name and its own arguments, as getopt wants them: argv[n] was the
 * "--", or the last argument when there is none, and is overwritten with argv[0] when n > 0. The order and
 * text of argv are left alone otherwise.
 *
 * Errors: -ECANCELED after -h or --help: nothing was done, and the program shows plx_eal_usage and its own
 * usage and ends well. -EINVAL an option or its value (why names the option and what is allowed), -EALREADY
 * when initialised, -EPERM/-ENOMEM/-ENODEV/... from memory, pinning or a device. After an error everything
 * is undone and it may be called again. Thread: one, not an lcore. Path: slow.
 */
int plx_eal_init(int argc, char **argv, struct plx_why *why);

/*
 * The reverse: waits for the workers, removes events and devices, frees zones. What the application still
 * holds of zones or pools dies with it. Returns 0, -EALREADY if not initialised, -EPERM from a thread other
 * than the main lcore. Thread: main lcore.
 */
int plx_eal_cleanup(void);

/* Writes the usage text of the EAL options, also before plx_eal_init. Thread: any. */
void plx_eal_usage(FILE *out);

/* The name that tells this program from others: --file-prefix, or program name and pid. */
const char *plx_eal_prefix(void);

/* False with --no-telemetry, and while not initialised: plx_door_open then does nothing. */
bool plx_eal_wants_door(void);

/* A device as the EAL was told of it. */
struct plx_device_info {
	char name[128];	 /* net_null0, vfio-user:/run/nic.sock */
	char driver[64]; /* "" while none has taken it */
	char args[256];	 /* what followed the name in --vdev or -a, cut if it is longer */
	bool is_vdev;	 /* else it is on the PCI bus */
	int node;	 /* NUMA node, -1 if unknown */
};

/*
 * The devices there are, in the order of probing: fills up to n, returns how many there are. Thread: main.
 * Path: slow.
 */
unsigned plx_device_list(struct plx_device_info *ret_devices, unsigned n);

/*
 * The name of the driver that takes PCI devices of these ids, NULL if none does; also before plx_eal_init. Thread: main.
 * Path: slow.
 */
const char *plx_driver_for_pci(uint16_t vendor, uint16_t device);

/* The library's version, "0.1.0", at any time. A constant. Thread: any. */
const char *plx_version(void);

/*
 * Devices that are asked back: `fn` is called once a device, on the control thread, when the kernel wants to take it away (unplugged,
 * or unbound from vfio-pci, which waits for us) or says that it is out of order. The application then stops and detaches it, on the main
 * lcore, not from `fn`, which must not call the functions of this section. One watcher a program: -EBUSY if there is one. `fn` is not
 * running any more when unwatch returns; doing that twice is fine. Thread: main. Path: slow.
 */
typedef void (*plx_device_removal_fn)(void *arg, const char *device);
int plx_device_watch_removals(plx_device_removal_fn fn, void *arg, struct plx_why *why);
void plx_device_unwatch_removals(void);

PLX_END_DECLS

#endif
