/* SPDX-License-Identifier: BSD-3-Clause */
/* What ports of net_attach know of the program whose packets they receive copies of. */
#ifndef PLX_DRIVERS_NET_ATTACH_PLX_NET_ATTACH_H
#define PLX_DRIVERS_NET_ATTACH_PLX_NET_ATTACH_H

#include "plx_base.h"

PLX_BEGIN_DECLS

/* Why nothing comes any more. */
enum plx_net_attach_end {
	PLX_NET_ATTACH_RUNS,
	PLX_NET_ATTACH_ENDED,	     /* the program, or it let go of us */
	PLX_NET_ATTACH_PORT_GONE,    /* the program runs without that port */
	PLX_NET_ATTACH_SWITCHED_OFF, /* the program did not believe us */
	PLX_NET_ATTACH_NONSENSE,     /* we do not believe the program */
};

struct plx_net_attach_facts {
	char program[128];  /* as it was named */
	char port[128];	    /* its name there */
	uint16_t number;    /* there */
	const char *filter; /* that runs there, "" if none does; lives as long as the port */
	uint64_t filtered;  /* packets that did not match it */
	uint64_t
		lost; /* that matched and did not come: read too slowly, a queue younger than the tap */
	enum plx_net_attach_end end;
};

/* -ENODEV for ports of other drivers. Thread: any that keeps the port from being detached. Path: slow. */
int plx_net_attach_facts(uint16_t port, struct plx_net_attach_facts *ret_facts);

PLX_END_DECLS

#endif
