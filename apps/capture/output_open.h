/* SPDX-License-Identifier: BSD-3-Clause */
/* The first half of output_open: names, rules and sinks. */
#ifndef PLX_APPS_CAPTURE_OUTPUT_OPEN_H
#define PLX_APPS_CAPTURE_OUTPUT_OPEN_H

#include "output.h"

/* "log-%w.pcap" -> "log-3.pcap", with .zst behind it if it is compressed; NULL without memory. */
char *output_make_path(const struct settings *settings, unsigned worker);

/* The set and its first file. */
int output_open_set(struct output *o, unsigned nb_outputs, struct plx_why *why);

int output_create_writer(struct output *o, struct plx_why *why);

int output_add_interface(struct output *o, const struct capture_port *port, struct plx_why *why);

#endif
