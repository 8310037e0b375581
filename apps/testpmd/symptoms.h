/* SPDX-License-Identifier: BSD-3-Clause */
/* What hints are found from: the state and the figures of ports and lcores, copied once. */
#ifndef PLX_APPS_TESTPMD_SYMPTOMS_H
#define PLX_APPS_TESTPMD_SYMPTOMS_H

#include "testpmd.h"

struct symptoms_port {
	uint16_t port;
	char name[PLX_ETHDEV_NAME_MAX];
	char interface[32]; /* the kernel's name of it, "" if there is none */
	bool link_up;
	bool with_itself; /* for want of a partner */
	uint64_t rx, tx, dropped;
	uint64_t rx_no_mbuf; /* since the start */
};

struct symptoms {
	uint64_t ns;	    /* how long it has been going on */
	bool makes_packets; /* nothing need be received */
	unsigned nb_ports;
	struct symptoms_port port[PLX_ETHDEV_MAX];
	const char *pool_name;
	uint32_t pool_n;
	unsigned nb_lcores, nb_workers; /* that forward, and that could */
	uint32_t busiest;		/* the lcore with the most streams, and how many */
	unsigned busiest_streams;
};

void symptoms_take(const struct app *app, struct symptoms *ret_symptoms);

/* The hints that follow, the most telling first. */
void symptoms_explain(const struct symptoms *symptoms, struct hints *ret_hints);

/* Both. */
void symptoms_hints(const struct app *app, struct hints *ret_hints);

#endif
