/* SPDX-License-Identifier: BSD-3-Clause */
/* What is asked of a NIC: the options of the short form, or socket=/run/a.sock,mac=..,port=0 of --nic. */
#ifndef PLX_APPS_NICEMU_NIC_CONF_H
#define PLX_APPS_NICEMU_NIC_CONF_H

#include <pollux/plx_base.h>

#define NICS_MAX 16

struct nic_conf {
	char socket[108];
	char mac_text[24]; /* "": one is made up */
	uint8_t mac[6];
	char tap[16];	/* the wire is a tap of that name, "" not */
	char net[64];	/* its address, as 10.0.0.1/24 */
	char port[64];	/* the wire is that port, by number or name, or that NIC, as nic1 */
	char pcap[256]; /* a file of what is on the wire */
	bool doorbells, lossless;
	int peer; /* the number of the NIC at the other end of the wire, -1 */
};

void nic_conf_init(struct nic_conf *conf);

/* By "key=value,..". -EINVAL. */
int nic_conf_parse(const char *text, struct nic_conf *conf, struct plx_why *why);

/* "nic1" or "1" of nb_nics: its number, or -EINVAL. `what` names the option. */
int nic_conf_number(const char *word, const char *what, unsigned nb_nics, struct plx_why *why);

/* "a,b": the two are each other's wire. */
int nic_conf_join(const char *text, struct nic_conf *confs, unsigned nb_nics, struct plx_why *why);

/*
 * Fills in what was left out and looks at all of them together: addresses, sockets and wires that are there twice. -EINVAL with a
 * sentence.
 */
int nic_conf_check(struct nic_conf *confs, unsigned nb_nics, struct plx_why *why);

/* The keys there are, for usage texts: NULL behind the last. */
const char *nic_conf_key(unsigned i, const char **ret_help);

#endif
