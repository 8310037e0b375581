/* SPDX-License-Identifier: BSD-3-Clause */
/* A port that is captured: its queues, its pool, its life. Thread: main lcore. */
#ifndef PLX_APPS_CAPTURE_PORT_H
#define PLX_APPS_CAPTURE_PORT_H

#include <net/if.h>

#include <pollux/plx_ethdev.h>

struct settings;

struct capture_port {
	uint16_t port;
	uint16_t nb_queues;
	uint16_t descs; /* of a device queue */
	uint32_t ring;	/* packets a queue's ring holds */
	uint32_t speed_mbps;
	uint64_t slack_ns; /* of its packets' time stamps */
	bool started;
	bool was_up;
	bool is_file;	     /* link down means: at its end */
	bool attached;	     /* copies of another program's packets, whose end is theirs */
	bool works;	     /* as a worker of a cluster, whose masters come and go */
	bool filtered_there; /* by that program, with our filter */
	bool gone;	     /* its kernel interface was removed meanwhile */
	char label
		[PLX_ETHDEV_NAME_MAX]; /* eth1, or the port's name if no kernel interface is behind */
	struct plx_ethdev_info info;
	struct plx_pool *pool;
};

/*
 * Finds the ports to capture. -ENODEV with a sentence if there are none, or not one that was asked for.
 * Returns how many.
 */
int ports_choose(const struct settings *settings, unsigned nb_workers, struct capture_port *ports,
		 struct plx_why *why);

/* Configures one port, makes its pool and queues. After an error port_close undoes what was done. */
int port_open(struct capture_port *port, unsigned nb_workers, struct plx_why *why);

int port_start(struct capture_port *port, const struct settings *settings, struct plx_why *why);
void port_stop(struct capture_port *port);

/* Stops and closes; complains in why (-EBUSY) about buffers that did not come home. */
int port_close(struct capture_port *port, struct plx_why *why);

/* Where the times of its packets come from, in words for a file. */
void port_clock(const struct capture_port *port, char *buf, size_t size);

/* What it runs on, in words: driver, and the kernel's driver of its interface. */
void port_hardware(const struct capture_port *port, char *buf, size_t size);

/* True if the port is a file that was read to its end. Thread: one control thread at a time. */
bool port_at_end(struct capture_port *port);

/* Looks whether the port's kernel interface is still there: port->gone. Thread: as above. */
void port_look(struct capture_port *port);

#endif
