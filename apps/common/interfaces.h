/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's network interfaces, as people name them. */
#ifndef PLX_APPS_COMMON_INTERFACES_H
#define PLX_APPS_COMMON_INTERFACES_H

#include <pollux/plx_base.h>

#include <net/if.h>
#include <stdio.h>

struct interface {
	char name[IF_NAMESIZE];
	unsigned number; /* in the list, from 1 */
	bool up;
	bool running;
	bool loopback;
	bool ethernet; /* its frames begin with an Ethernet header */
};

/* Those of this network namespace, in the kernel's order; the caller frees *ret_list. How many, or -errno. */
int interfaces_list(struct interface **ret_list);

/*
 * The interface of that name, or of that number in the list if none has the name. -ENODEV with a sentence
 * that names those there are.
 */
int interfaces_find(const char *name, struct interface *ret_interface, struct plx_why *why);

/* Writes the list as tcpdump -D does. 0 or -errno. */
int interfaces_print(FILE *out);

#endif
