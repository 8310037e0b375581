/* SPDX-License-Identifier: BSD-3-Clause */
/* The options, in our words (plx-devbind bind --driver vfio-pci 00:08.0) and in dpdk-devbind's (-b vfio-pci 00:08.0). */
#ifndef PLX_APPS_DEVBIND_SETTINGS_H
#define PLX_APPS_DEVBIND_SETTINGS_H

#include "options.h"

enum command {
	COMMAND_STATUS,
	COMMAND_BIND,
	COMMAND_UNBIND,
	COMMAND_RESTORE,
};

struct settings {
	enum command command;
	const char *driver;
	const char *bind; /* --bind DRIVER: the command and the driver */
	bool status, unbind;
	bool force;
	bool json;
	const char *root;
	bool help;
	bool version;
	int nb_cards;
	char **cards; /* what stands for devices; the caller's argv */
	char **words; /* owned */
};

/* 0, or -EINVAL with a sentence. settings_fini in every case. */
int settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why);
void settings_fini(struct settings *settings);

void settings_usage(FILE *out);

#endif
