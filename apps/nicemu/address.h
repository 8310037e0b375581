/* SPDX-License-Identifier: BSD-3-Clause */
/* An address of an interface: read, put there, taken away. */
#ifndef PLX_APPS_NICEMU_ADDRESS_H
#define PLX_APPS_NICEMU_ADDRESS_H

#include <pollux/plx_base.h>

struct address {
	int family; /* AF_INET or AF_INET6 */
	unsigned prefix;
	uint8_t bytes[16];
};

/* "10.0.0.1/24", "fd00::1/64". -EINVAL with a sentence, also for what no host can have. */
int address_parse(const char *text, struct address *ret_address, struct plx_why *why);

/* 0; 1 if the interface had it already, which then stays; -errno with a sentence. */
int address_add(const struct address *address, unsigned interface, struct plx_why *why);
/* Nobody is told of a failure: the interface may be gone. */
void address_remove(const struct address *address, unsigned interface);

#endif
