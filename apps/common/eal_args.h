/* SPDX-License-Identifier: BSD-3-Clause */
/* Arguments for plx_eal_init that a program makes of its own options. Thread: main lcore. */
#ifndef PLX_APPS_COMMON_EAL_ARGS_H
#define PLX_APPS_COMMON_EAL_ARGS_H

#include <pollux/plx_base.h>

#include "options.h"

#define EAL_ARGS_MAX (2 * 3 * OPTION_TEXTS_MAX + 2 * 64 + 16)

/* Begins as zeroes, but for next. */
struct eal_args {
	int argc;
	char **argv; /* for plx_eal_init, which writes into it */
	unsigned
		next; /* number of a virtual device: 0, or past what the command line may have of its own */
	bool pci; /* a PCI device is among them */
	unsigned nb_texts;
	char *texts[EAL_ARGS_MAX];
};

/* One more argument; a virtual device, which is two. -ENOMEM. */
int
eal_args_add(struct eal_args *args, struct plx_why *why, const char *format, ...) PLX_PRINTF(3, 4);
int eal_args_add_vdev(struct eal_args *args, struct plx_why *why, const char *format, ...)
	PLX_PRINTF(3, 4);

/* -l with the first n of the CPUs this program may run on. */
int eal_args_add_lcores(struct eal_args *args, unsigned n, struct plx_why *why);

/* args->argv: argv[0..at), and what was added. */
int eal_args_finish(struct eal_args *args, int at, char **argv, struct plx_why *why);

/* Gives all back, also after an error. */
void eal_args_fini(struct eal_args *args);

#endif
