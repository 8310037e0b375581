/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of an emulated NIC share.
 *
 *	client --messages--> plx_vfio_user_server --access, reset, gone--> plx_e1000_model
 *	  |                          ^--------- find, read, write, intx --------+   |
 *	  +--stores--> pages (a memfd) <----------- polled -------------------------+
 */
#ifndef PLX_LIB_NICEMU_NICEMU_PRIV_H
#define PLX_LIB_NICEMU_NICEMU_PRIV_H

#include "plx_nicemu.h"

#define NICEMU_NEVER UINT64_MAX
/* The rings' registers, in BAR 0: the two pages are neighbours. */
#define NICEMU_PAGES_LEN (2 * PLX_E1000_MODEL_PAGE_LEN)

struct plx_nicemu {
	struct plx_nicemu_options options;
	struct plx_e1000_model *model;
	struct plx_vfio_user_device device;
	struct plx_vfio_user_server *server;
	uint8_t *pages; /* NULL: every access is a message */
	int pages_fd;
	uint64_t drivers, unsent;
	unsigned turn;	   /* of poll() */
	uint64_t look_ns;  /* messages are looked for again at that time */
	int timer;	   /* of event mode; -1: nobody asked for fd() */
	uint64_t timer_ns; /* what the timer is set to */
};

/* -- nicemu_device.c: the device as the server sees it, the bus as the card sees it ---------------------------------- */

void nicemu_device_init(struct plx_nicemu *nic);
extern const struct plx_e1000_model_ops nicemu_model_ops;

/* -- nicemu_pages.c --------------------------------------------------------------------------------------------------- */

int nicemu_pages_create(struct plx_nicemu *nic, struct plx_why *why);
/* Puts new pages in place of those that a client may still have mapped. */
int nicemu_pages_renew(struct plx_nicemu *nic);
void nicemu_pages_destroy(struct plx_nicemu *nic);

#endif
