/* SPDX-License-Identifier: BSD-3-Clause */
/* What the user wants, from the command line behind "--". */
#ifndef PLX_APPS_CAPTURE_SETTINGS_H
#define PLX_APPS_CAPTURE_SETTINGS_H

#include <pollux/plx_pcapfile_fileset.h>

#include "options.h"

enum { DRIVER_AF_PACKET, DRIVER_AF_XDP };
enum { DIRECTION_INOUT, DIRECTION_IN, DIRECTION_OUT };
enum { ON_FULL_COUNT, ON_FULL_STOP, ON_FULL_WAIT };

struct settings {
	bool short_form;		/* there is no "--": all options are the program's own */
	struct option_texts interfaces; /* -i */
	struct option_texts devices;	/* -b */
	struct option_texts attaches;	/* --attach */
	struct option_texts files;	/* -r */
	int driver;			/* DRIVER_* of interfaces that do not say */
	int direction;			/* DIRECTION_* */
	bool filter_code;		/* only show what the filter is compiled to */
	bool list;			/* only show the interfaces */
	const char *output;		/* NULL: look only, write nothing */
	struct option_texts texts;	/* of -f; `filter` has them and the free words in one */
	struct option_texts comments;	/* into the file */
	char *filter;			/* NULL: everything */
	const char *rules_file;		/* of rules for packets; NULL: there are none */
	uint64_t purge_ns;		/* of its exact rules; 0: never */
	int format_choice;
	enum plx_pcapfile_format format;
	const char *file_size;		/* -C */
	uint64_t rotate_ns;		/* -G */
	uint64_t file_count;		/* -W */
	struct option_texts ring_rules; /* -b KEY:VALUE */
	struct option_texts autostop;	/* -a */
	uint64_t stop_bytes;		/* of -a filesize */
	uint64_t quota;
	const char *postrotate; /* -z; NULL: nothing is run */
	const char *compress;	/* zstd[:LEVEL] */
	int zstd_level;		/* 0: not compressed */
	int on_full;		/* ON_FULL_* */
	bool safe_rename;
	struct plx_pcapfile_fileset_params rules; /* what all of that means */
	uint64_t ports;				  /* bit set of port numbers; 0: all */
	uint64_t workers; /* lcores that receive; 0: as many as are useful */
	uint64_t queues;  /* rx queues a port; 0: by the port's nature */
	uint64_t rxd;	  /* descriptors of an rx queue; 0: by the number of queues */
	uint64_t ring;	  /* packets between a queue and the writer; 0: by the number of queues */
	uint64_t snaplen;
	uint64_t count;	      /* 0: no end */
	uint64_t duration_ns; /* 0: no end */
	uint64_t period_ns;   /* of the progress line */
	uint64_t top;
	bool promisc;
	bool keep_privileges;
	bool quiet;
	bool live; /* a table on the terminal: found out by the program */
	bool verbose;
	bool json;	     /* lines for programs in place of text */
	const char *summary; /* they go there, and the text stays; NULL: standard error */
	bool period_given;
	bool help;
};

/*
 * Reads argv[1..argc): behind "--", which then is argv[0], or all there is. 0, or -EINVAL with a sentence. settings_fini frees what was made, also after an
 * error.
 */
int settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why);
void settings_fini(struct settings *settings);

void settings_usage(FILE *out);

/* True if the file's name asks for a file for each worker. */
bool settings_per_worker(const struct settings *settings);

#endif
