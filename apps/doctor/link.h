/* SPDX-License-Identifier: BSD-3-Clause */
/* What system calls tell of an interface: driver and queues (ethtool), XDP (rtnetlink, bpf, the netdev family). */
#ifndef PLX_APPS_DOCTOR_LINK_H
#define PLX_APPS_DOCTOR_LINK_H

#include <pollux/plx_base.h>

/* XDP features as the kernel numbers them (NETDEV_XDP_ACT_*). */
#define LINK_XDP_BASIC	  (1u << 0)
#define LINK_XDP_ZEROCOPY (1u << 3)
#define LINK_XDP_RX_SG	  (1u << 5)

struct link_facts {
	unsigned index;
	unsigned flags, mtu, type; /* as in netdevice(7) */
	char driver[32];
	unsigned rx_queues, tx_queues; /* in use; 0: its driver does not tell */
	unsigned max_queues;	       /* 0: unknown */
	bool features_known;	       /* Linux 6.3 */
	uint64_t features;
	/* The XDP program on it. */
	uint32_t prog_id; /* 0: none */
	bool prog_generic;
	char prog_name[24];  /* "": not told without CAP_BPF */
	uint32_t bpf_link;   /* that holds it, 0: held by netlink, or not told */
	bool holder_visible; /* whether that could be looked for */
	int holder_pid;	     /* 0: none seen */
	char holder[24];     /* its program */
};

/* 0, -ENODEV; what cannot be found out stays 0. */
int link_facts_read(const char *name, struct link_facts *ret_facts);

/* The features by generic netlink. 0, -EOPNOTSUPP before Linux 6.3. */
int link_features(unsigned index, uint64_t *ret_features);

/* Fills in the fields about the XDP program. */
void link_xdp(struct link_facts *facts);

/* Takes the program of a link nobody holds, or of netlink, off the interface. 0 or -errno. */
int link_xdp_remove(const struct link_facts *facts);

#endif
