/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PCI devices as drivers see them: configuration space, capabilities, windows onto BARs, interrupts, reset. What carries it
 * (vfio, uio, a socket, a fake of a test) is a transport, a table of ten functions; a mapped BAR costs a plain load or store, any
 * other a call.
 *
 *	sysfs / name --> struct plx_pci --> transport: vfio-pci | uio_pci_generic | vfio-user | fake of a test
 *	                    |
 *	                    +-- plx_pci_window(bar 4, 0x1000, 0x40) --> plx_pci_read32(&window, 0x14)
 *
 * The bus opens the device before the driver's probe and closes it after the driver's remove: a driver only uses it.
 * All functions return 0 or a negative errno, unless they say otherwise. Thread: main lcore. Path: slow, unless a function says otherwise.
 */
#ifndef PLX_EAL_PLX_PCI_DRIVER_H
#define PLX_EAL_PLX_PCI_DRIVER_H

#include "plx_driver.h"
#include "plx_event.h"
#include "plx_zone.h"

#include <string.h>

PLX_BEGIN_DECLS

#define PLX_PCI_BARS	    6
#define PLX_PCI_CONFIG_SIZE 256
#define PLX_PCI_VECTORS_MAX (2 * 64 + 2) /* a queue each way, configuration, control */

#define PLX_PCI_AREAS_MAX 8

/* Bytes of a BAR. */
struct plx_pci_area {
	uint64_t off, len;
};

struct plx_pci_bar {
	uint64_t size; /* 0: there is none */
	bool io;       /* I/O ports, not memory */
	uint8_t *map;  /* where it is mapped; NULL: not (yet), or it cannot be */
	/*
	 * What of the map loads and stores may reach, in order and apart; calls reach the rest: the MSI-X table of older kernels, all
	 * but the doorbells of a device in another program. None: all of the map.
	 */
	unsigned nb_areas;
	struct plx_pci_area area[PLX_PCI_AREAS_MAX];
};

enum plx_pci_irq_kind {
	PLX_PCI_IRQ_NONE,
	PLX_PCI_IRQ_INTX, /* one vector, level: must be unmasked after each */
	PLX_PCI_IRQ_MSIX,
};

struct plx_pci;

/*
 * A way to reach devices. open() fills bar[] but for map, msix_vectors and intx, and has the device answer to accesses of its
 * BARs; DMA it may do only when its driver says so (plx_pci_bus_master). The device may be unplugged or hostile at any time
 * after, which is an error or all ones, never a crash. close() ends interrupts and DMA first.
 */
struct plx_pci_transport {
	const char
		*name; /* vfio-pci, fake: in log lines, and before the colon of a device's name */
	const char *about; /* "IOMMU", "no IOMMU: physical addresses" */
	/* `address` is 0000:00:08.0, or what stands behind the colon of the device's name. */
	int (*open)(struct plx_pci *pci, const char *address, struct plx_why *why);
	void (*close)(struct plx_pci *pci);
	/* len bytes; 0 or -EIO, -EINVAL beyond the space. */
	int (*config_read)(struct plx_pci *pci, uint32_t off, void *to, uint32_t len);
	int (*config_write)(struct plx_pci *pci, uint32_t off, const void *from, uint32_t len);
	/* Sets bar[bar].map if loads and stores can reach it, else leaves it NULL and returns 0. Once a BAR. */
	int (*bar_map)(struct plx_pci *pci, unsigned bar, struct plx_why *why);
	/* One access of 1, 2, 4 or 8 bytes at an offset inside the BAR. Path: hot for unmapped doorbells. */
	int (*bar_read)(struct plx_pci *pci, unsigned bar, uint64_t off, void *value, unsigned len);
	int (*bar_write)(struct plx_pci *pci, unsigned bar, uint64_t off, const void *value,
			 unsigned len);
	/*
	 * n eventfds that the vectors signal from now on, -1 for a vector that nobody needs; NONE with n 0 disables. The fds
	 * stay the caller's. A transport whose kernel signals in another way forwards by the control thread.
	 */
	int (*irq_set)(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
		       struct plx_why *why);
	/* Lets INTx fire again. */
	int (*irq_unmask)(struct plx_pci *pci);
	/* -ENOTSUP where the device cannot be reset alone: drivers must do without. */
	int (*reset)(struct plx_pci *pci);
	/* See plx_pci_again(). May be NULL. */
	int (*again)(struct plx_pci *pci, struct plx_why *why);
	/* Virtual addresses reach memory whatever the device says of itself: a fake, a peer that maps our memory. */
	bool virtual_addresses;
};

/* Readable by drivers, written by the bus and the transport. */
struct plx_pci {
	struct plx_device *device;
	const struct plx_pci_transport *transport;
	void *handle; /* the transport's own */
	uint16_t vendor, device_id, subsystem_vendor, subsystem;
	uint8_t revision;
	uint32_t class_code;   /* 24 bits: 0x020000 is Ethernet */
	uint16_t msix_vectors; /* that the device has; 0: INTx at most */
	bool intx;
	struct plx_pci_bar bar[PLX_PCI_BARS];
};

/* -- configuration space ----------------------------------------------------------------------------------------- */

/* len bytes at off. -EINVAL beyond the space, -EIO. */
int plx_pci_config_read(struct plx_pci *pci, uint32_t off, void *to, uint32_t len);
/* The same the other way. */
int plx_pci_config_write(struct plx_pci *pci, uint32_t off, const void *from, uint32_t len);

#define PLX_PCI_CAP_MSI	   0x05
#define PLX_PCI_CAP_VENDOR 0x09
#define PLX_PCI_CAP_MSIX   0x11

/*
 * Walks the list of capabilities: `each` gets its id, its offset and, copied once, up to `len` bytes of it; it stops the
 * walk by returning anything but 0, which is then returned. A list that loops or leaves the space ends the walk with
 * -ELOOP or -ERANGE after what was good.
 */
typedef int (*plx_pci_cap_fn)(void *arg, uint8_t id, uint8_t off, const uint8_t *bytes,
			      unsigned len);
int plx_pci_each_cap(struct plx_pci *pci, plx_pci_cap_fn each, void *arg);

/* Lets the device do DMA, or not. */
int plx_pci_bus_master(struct plx_pci *pci, bool on);

/* -- BARs ---------------------------------------------------------------------------------------------------------- */

/*
 * A piece of a BAR whose bounds were checked once. Offsets given to the functions below must lie inside. One that lies in mapped
 * areas as a whole is reached by plain loads and stores; in one that does so in part, a call finds out.
 */
struct plx_pci_window {
	uint8_t *map; /* NULL: by call */
	struct plx_pci *pci;
	uint8_t bar;
	uint64_t off;
	uint64_t len;
};

/* -ERANGE if the BAR is missing or too small; why says which and how large it is. */
int plx_pci_window(struct plx_pci *pci, unsigned bar, uint64_t off, uint64_t len,
		   struct plx_pci_window *ret_window, struct plx_why *why);

/* What such windows do: all ones when the device does not answer. Path: warm where a mapped area is met, else slow. */
uint64_t plx_pci_read_call(const struct plx_pci_window *w, uint64_t off, unsigned len);
void plx_pci_write_call(const struct plx_pci_window *w, uint64_t off, uint64_t value, unsigned len);

/* One load or store of that width, in program order with the other accesses to the device. Path: hot. */
#define PLX_PCI_ACCESS(bits)                                                                   \
	static inline uint##bits##_t plx_pci_read##bits(const struct plx_pci_window *w,        \
							uint64_t off)                          \
	{                                                                                      \
		if (PLX_LIKELY(w->map != NULL))                                                \
			return *(const volatile uint##bits##_t *)(const void *)(w->map + off); \
		return (uint##bits##_t)plx_pci_read_call(w, off, bits / 8);                    \
	}                                                                                      \
	static inline void plx_pci_write##bits(const struct plx_pci_window *w, uint64_t off,   \
					       uint##bits##_t value)                           \
	{                                                                                      \
		if (PLX_LIKELY(w->map != NULL))                                                \
			*(volatile uint##bits##_t *)(void *)(w->map + off) = value;            \
		else                                                                           \
			plx_pci_write_call(w, off, value, bits / 8);                           \
	}
PLX_PCI_ACCESS(8)
PLX_PCI_ACCESS(16)
PLX_PCI_ACCESS(32)
PLX_PCI_ACCESS(64)

/* -- interrupts and reset ------------------------------------------------------------------------------------------ */

/*
 * Makes the vectors signal these eventfds; takes back those of the call before. -ENOTSUP if the device or the transport
 * has not that kind or not that many.
 */
int plx_pci_irq_set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
		    struct plx_why *why);
/* Lets INTx fire again, once what it told of is done. */
int plx_pci_irq_unmask(struct plx_pci *pci);

/*
 * INTx without eventfds: `fn` runs on the control thread for each interrupt and calls plx_pci_irq_unmask() when it is done with what the
 * device told; until then there are no more. *intx is the caller's and stays where it is until it is forgotten; all zeroes is one
 * that watches nothing. When forget returns, `fn` is not running and will not run again; twice is fine. -ENOTSUP, -EMFILE, ...
 */
typedef void (*plx_pci_intx_fn)(void *arg);
struct plx_pci_intx {
	plx_pci_intx_fn fn;
	void *arg;
	int fd;
	plx_event_id event; /* 0: it watches nothing */
};
int plx_pci_intx_watch(struct plx_pci *pci, plx_pci_intx_fn fn, void *arg,
		       struct plx_pci_intx *intx, struct plx_why *why);
void plx_pci_intx_forget(struct plx_pci *pci, struct plx_pci_intx *intx);

/* -ENOTSUP where it cannot be reset alone. */
int plx_pci_reset(struct plx_pci *pci);

/*
 * A device that was lost and may be there again, such as one in another program that was started anew: finds it, as after a reset, and
 * tells it of all memory. What the driver has of it (windows) is good again. Nothing else uses the device meanwhile. Ports do
 * this before each start. 0 also where nothing was lost; -ENODEV for another device in its place.
 */
int plx_pci_again(struct plx_pci *pci, struct plx_why *why);

/* -- transports ---------------------------------------------------------------------------------------------------- */

/*
 * Adds a transport: devices named "<its name>:<address>" are its own from then on. For tests with a fake device; cleanup of
 * the EAL forgets it. -EEXIST, -ENOSPC.
 */
int plx_pci_transport_add(const struct plx_pci_transport *transport);

PLX_END_DECLS

#endif
