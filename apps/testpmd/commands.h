/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables of what can be typed, one a noun in its cmd_<noun>.c; commands.c lists them. Each row has its place in
 * docs/guides/testpmd.md; the unit test testpmd_guide says which line to write there.
 */
#ifndef PLX_APPS_TESTPMD_COMMANDS_H
#define PLX_APPS_TESTPMD_COMMANDS_H

#include "command.h"
#include "testpmd.h"

extern const struct command commands_address[];
extern const struct command commands_config[];
extern const struct command commands_dump[];
extern const struct command commands_engine[];
extern const struct command commands_forward[];
extern const struct command commands_link[];
extern const struct command commands_registers[];
extern const struct command commands_port[];
extern const struct command commands_port_config[];
extern const struct command commands_rss[];
extern const struct command commands_rules[];
extern const struct command commands_show_port[];
extern const struct command commands_vlan[];

/* The app's console: its tables, its prompt, what completion offers. */
void commands_begin(struct app *app);

/* "3" or "all". -EINVAL, -ENODEV. On success *ret_first .. *ret_last are port numbers to walk. */
int command_ports(const char *word, uint16_t *ret_first, uint16_t *ret_last, struct plx_why *why);

#endif
