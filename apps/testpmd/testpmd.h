/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole program's state, passed down; there are no globals. Read in this order: main.c (from arguments to
 * the prompt and back), port.c (ports made ready), stream.c (who forwards what), forward.c (the lcore loop),
 * one of fwd_*.c (an engine), command.c and cmd_*.c (what can be typed).
 */
#ifndef PLX_APPS_TESTPMD_TESTPMD_H
#define PLX_APPS_TESTPMD_TESTPMD_H

#include "console.h"
#include "engine_settings.h"

#include <pollux/plx_base.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_lcore.h>
#include <pollux/plx_mbuf.h>

#include <stdio.h>
#include "hints.h"
#include "port_options.h"
#include "selection.h"
#include "txpkts.h"

#define BURST_MAX     512
#define ENGINE_COUNTS 4 /* figures an engine may have of its own */

/* How ports are paired: 0-1 2-3, in a circle, or each with itself. DPDK's --port-topology. */
enum topology {
	TOPOLOGY_PAIRED,
	TOPOLOGY_CHAINED,
	TOPOLOGY_LOOP,
};
extern const char *const topology_names[]; /* by enum topology, ends with NULL */

/* The application's options, as given behind "--". */
struct testpmd_args {
	bool interactive;
	bool auto_start;
	bool tx_first;
	bool help;
	bool json;		  /* every answer is a line of JSON */
	const char *cmdline_file; /* commands to run first, NULL for none */
	bool cmdline_echo;
	uint64_t stats_period_ns; /* 0: never */
	uint64_t duration_ns;	  /* 0: until a signal */
	const char *forward_mode;
	uint64_t nb_cores, nb_ports;		    /* 0: all of them */
	const char *coremask, *portmask, *portlist; /* NULL: all of them */
	const char *display_xstats;
	bool record_cycles, record_bursts, latency_stats;
	bool flush_rx; /* at start, what waits in the rx queues is thrown away */
	uint64_t rxq, txq;
	uint64_t rxd, txd; /* 0: the device's default */
	uint64_t burst;
	uint64_t total_num_mbufs; /* 0: as many as ports, queues and caches need */
	uint64_t mbuf_size; /* bytes behind the head-room included, as DPDK counts; 0: default */
	uint64_t mbcache;
	uint64_t mtu; /* 0: as it is */
	const char *txpkts_text;
	struct txpkts txpkts;
	int topology;
	bool disable_promisc;
	const char *rules; /* a file of them, for every port; NULL: none */
	bool rules_txq;	   /* a tx queue more, by which rules send */
	bool keep_privileges;
	struct engine_settings engines;
	struct port_options ports;
};

/* What shall be so of a port, over stop, close and start, where the device does not remember it itself. */
struct port_wishes {
	uint32_t rx_offloads, tx_offloads;	   /* on, if the device can */
	uint32_t rx_offloads_off, tx_offloads_off; /* off, whatever else would want them */
	uint16_t mtu;				   /* at the next configuring; 0: as it is */
	uint16_t
		reta_queues; /* the redirection table is the user's, for so many queues; 0: it is not */
	bool rss;	     /* key and hash types are the user's */
	uint32_t rss_types; /* at the next configuring, with rss_by_option */
	bool rss_by_option;
	uint64_t rx_deferred, tx_deferred; /* queues that start leaves stopped, a bit each */
	bool promiscuous;		   /* at the first start */
	uint16_t tx_vlan;		   /* the tag that what is sent gets, 0 none */
	bool changed;			   /* the next start has to configure anew */
	struct plx_pool *pool;		   /* that its queues take from, NULL while closed */
};

/* What one lcore does again and again: take from one queue, give to another. */
struct stream {
	uint16_t rx_port, rx_queue;
	uint16_t tx_port, tx_queue;
	uint32_t lcore;
	uint64_t rx, tx;
	uint64_t dropped; /* received, but the tx queue was full */
	uint64_t no_mbuf; /* engines that make packets: the pool was empty */
	const struct app *app;
	unsigned watch;			/* WATCH_ bits; 0: nobody looks at its packets; atomic */
	struct latency *latency;	/* NULL without latency-stats */
	struct record *record;		/* NULL unless something is recorded */
	void *engine;			/* what its begin() made and its end() frees */
	uint64_t counts[ENGINE_COUNTS]; /* of the things that its engine names, see engine.h */
} PLX_CACHE_ALIGNED;

struct engine;
struct latency;
struct port_rules;
struct record;
struct worker;

/* A port's figures when forwarding began, so that what it lost since can be told. */
struct port_start {
	uint64_t rx_missed, rx_no_mbuf;
};

struct app {
	struct testpmd_args args;
	struct console console; /* commands_begin() fills it in */
	struct plx_pool *pool;
	const struct engine *engine;
	uint16_t ports[PLX_ETHDEV_MAX]; /* that there are; nb_ports of them */
	unsigned nb_ports;
	struct port_wishes wishes[PLX_ETHDEV_MAX];
	struct port_rules *rules[PLX_ETHDEV_MAX];    /* NULL: it has none */
	bool rules_given[PLX_ETHDEV_MAX];	     /* args.rules were put on */
	struct plx_pool *more_pools[PLX_ETHDEV_MAX]; /* nb_more_pools of them, see port_pool.c */
	unsigned nb_more_pools, pools_made;

	struct selection chosen; /* who shall forward; what follows comes from it */
	uint16_t fwd_ports
		[PLX_ETHDEV_MAX]; /* that forward, in pairing order; nb_fwd_ports of them */
	unsigned nb_fwd_ports;
	struct hints notes; /* who is left out or paired oddly, as of the last streams_assign */

	struct stream *streams; /* nb_streams, made by streams_assign */
	unsigned nb_streams;
	struct worker *workers; /* nb_workers, made by workers_assign */
	unsigned nb_workers;
	struct stream *cleared;	   /* the streams as they were at clear fwd stats, NULL before */
	struct record *records;	   /* a stream's each, NULL when nothing is recorded */
	struct latency *latencies; /* the same without latency-stats */
	uint32_t latency_magic;	   /* in the probes of this run */
	uint64_t verbose;	   /* set verbose: 1 received packets, 2 sent ones, more both */
	unsigned clears;	   /* counts up: lcores then clear what they record; atomic */
	uint32_t lcores[PLX_LCORE_MAX]; /* that forward; nb_lcores of them */
	unsigned nb_lcores;

	bool forwarding;
	bool stop_lcores; /* set by the main lcore, read by all: atomic */
	uint64_t started_ticks, stopped_ticks;
	uint64_t counted_ticks; /* the start, or the last clear fwd stats */
	struct port_start at_start[PLX_ETHDEV_MAX];
};

/* port.c */
int ports_make_ready(struct app *app, struct plx_why *why);
void ports_close(struct app *app);

/* stream.c */
int streams_assign(struct app *app, struct plx_why *why);
/* The same unless packets are being forwarded: what is shown before a start. */
int streams_preview(struct app *app, struct plx_why *why);
/* Makes room for what is recorded, as args say. -ENOMEM. */
int streams_record(struct app *app, struct plx_why *why);
/* Clears what was recorded; not while packets are forwarded. */
void streams_forget(struct app *app);
unsigned streams_of_lcore(const struct app *app, uint32_t lcore);
void streams_free(struct app *app);

/* forward.c */
int forward_start(struct app *app, unsigned tx_first, struct plx_why *why);
void forward_stop(struct app *app);
/* 0, or -EBUSY with a why that says to stop first: for what cannot change meanwhile. */
int forward_is_stopped(const struct app *app, struct plx_why *why);

#endif
