/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_APPS_CTL_SETTINGS_H
#define PLX_APPS_CTL_SETTINGS_H

#include "options.h"

struct settings {
	uint64_t timeout_ns;
	bool json; /* one line, also on a terminal; the list as JSON */
	bool help, version;
	int nb_words;
	char **words; /* the program, and the command */
};

int settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why);
void settings_fini(struct settings *settings);
void settings_usage(FILE *out);

#endif
