/* SPDX-License-Identifier: BSD-3-Clause */
/* The options. */
#ifndef PLX_APPS_DOCTOR_SETTINGS_H
#define PLX_APPS_DOCTOR_SETTINGS_H

#include "options.h"

struct settings {
	int purpose; /* index into the words of --for; 0: all */
	const char *interface;
	bool json;
	bool list;
	bool sweep;
	bool yes;
	bool help;
	bool version;
	int nb_checks;
	char **checks; /* ids; the caller's argv */
};

/* 0, or -EINVAL with a sentence: also for a check there is none of. settings_fini in every case. */
int settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why);
void settings_fini(struct settings *settings);

/* Of enum purpose. */
unsigned settings_purposes(const struct settings *settings);

void settings_usage(FILE *out);

#endif
