/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the transport vfio-user share: a PCI device that another program serves behind a UNIX socket. The program is
 * the client of lib/vfio_user's protocol, needs no rights, and hands its zones over by file descriptor.
 *
 *	any thread --lock--> call: command out, answer in (vfio_user_call.c)
 *	control thread ----> what the server asks meanwhile: DMA by message (vfio_user_dma.c)
 *
 * A server that is gone, lies or lets us wait breaks the connection: from then on everything is -EIO at once, until the port is
 * started anew and finds the same device there (vfio_user_again.c).
 */
#ifndef PLX_EAL_PCI_VFIO_USER_PRIV_H
#define PLX_EAL_PCI_VFIO_USER_PRIV_H

#include "pci/vfio_priv.h"
#include "plx_dma_driver.h"
#include "plx_event.h"
#include "plx_pci_driver.h"
#include "plx_peermem.h"
#include "plx_vfio_user.h"

#include <pthread.h>

#define PLX_VFIO_USER_WAIT_MS 5000 /* the longest that a command may take */

/* Memory that the server was told of. */
struct plx_vfio_user_map {
	uint8_t *at;
	uint64_t address, size;
	int fd; /* the zone's */
};

struct plx_vfio_user_bar {
	struct plx_vfio_region region;
	int fd;		    /* -1: by message only */
	unsigned nb_pieces; /* of its map, one an area */
	struct plx_peermem piece[PLX_PCI_AREAS_MAX];
};

struct plx_vfio_user {
	pthread_mutex_t lock; /* of the sockets and the maps */
	char path[PLX_DEVICE_NAME_MAX];
	int sock, twin; /* twin -1: both directions share sock */
	plx_event_id event, twin_event;
	bool broken;
	struct plx_why why; /* ... if so */
	uint16_t next_id;
	struct vfio_user_caps peer;
	bool can_reset;
	bool posts; /* writes to BARs in memory need no answer */
	struct plx_vfio_user_bar bar[PLX_PCI_BARS];
	enum plx_pci_irq_kind irq_kind;
	struct plx_dma_mapper mapper;
	bool mapping; /* the mapper was added */
	unsigned nb_maps, maps_room;
	struct plx_vfio_user_map *map;
	uint8_t *buf; /* VFIO_USER_DATA_MAX: what the server writes */
};

/* -- one command (vfio_user_call.c) ----------------------------------------------------------------------------------- */

/* A command and where its answer goes: `reply` first, which must be filled, then `data`, as much as comes. */
struct plx_vfio_user_call {
	uint16_t command;
	bool posted; /* no answer */
	struct vfio_user_piece head, body;
	const int *fds;
	unsigned nb_fds;
	void *reply;
	size_t reply_len;
	void *data;
	size_t data_size;
	/* Filled in. */
	size_t data_len;
	struct vfio_user_msg answer; /* descriptors are the caller's if it wants them */
	bool wants_fds;
};

/*
 * 0, the server's errno, or -EIO when the connection is broken, which it is after anything but an orderly answer. Thread: any.
 */
int plx_vfio_user_call(struct plx_vfio_user *dev, struct plx_vfio_user_call *call);

/* Connects and agrees on a version. */
int plx_vfio_user_connect(struct plx_vfio_user *dev, struct plx_why *why);
/* The second part of it, on a socket that is connected. */
int plx_vfio_user_agree(struct plx_vfio_user *dev, struct plx_why *why);
void plx_vfio_user_disconnect(struct plx_vfio_user *dev);

/* The lock is held: nothing is sent or received from here on. */
void plx_vfio_user_break(struct plx_vfio_user *dev, const char *why);

/* -- memory (vfio_user_dma.c) -------------------------------------------------------------------------------------------- */

int plx_vfio_user_dma_open(struct plx_vfio_user *dev, struct plx_why *why);
void plx_vfio_user_dma_close(struct plx_vfio_user *dev);
/* Tells a server that is new of all that the last one knew. */
int plx_vfio_user_dma_again(struct plx_vfio_user *dev, struct plx_why *why);
/* Answers one command of the server whose header came on `sock`. The lock is held. */
void plx_vfio_user_dma_serve(struct plx_vfio_user *dev, int sock, struct vfio_user_msg *msg);

/* -- what the transport's table is made of -------------------------------------------------------------------------------- */

/* vfio_user.c, vfio_user_again.c */
int plx_vfio_user_info(struct plx_vfio_user *dev, struct plx_why *why);
int plx_vfio_user_again(struct plx_pci *pci, struct plx_why *why);

/* vfio_user_bar.c */
int plx_vfio_user_region(struct plx_vfio_user *dev, unsigned index,
			 struct plx_vfio_region *ret_region, int *ret_fd);
int plx_vfio_user_access(struct plx_vfio_user *dev, unsigned region, uint64_t off, void *to,
			 const void *from, uint32_t len, bool posted);
int plx_vfio_user_bar_map(struct plx_pci *pci, unsigned bar, struct plx_why *why);
void plx_vfio_user_bar_unmap(struct plx_pci *pci, unsigned bar);
/* What is mapped already, from the file that the BAR has now, in place. */
int plx_vfio_user_bar_again(struct plx_pci *pci, unsigned bar, struct plx_why *why);
int
plx_vfio_user_bar_read(struct plx_pci *pci, unsigned bar, uint64_t off, void *value, unsigned len);
int plx_vfio_user_bar_write(struct plx_pci *pci, unsigned bar, uint64_t off, const void *value,
			    unsigned len);

/* vfio_user_irq.c */
int plx_vfio_user_irq_count(struct plx_pci *pci, struct plx_why *why);
int plx_vfio_user_irq_set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds,
			  unsigned n, struct plx_why *why);
int plx_vfio_user_irq_unmask(struct plx_pci *pci);

#endif
