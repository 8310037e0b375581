/* SPDX-License-Identifier: BSD-3-Clause */
/* What is printed of NICs, and the same for programs. */
#ifndef PLX_APPS_NICEMU_REPORT_H
#define PLX_APPS_NICEMU_REPORT_H

#include "nicemu.h"

#include <jansson.h>

/* A line a NIC: where drivers connect, and to what. */
void report_start(const struct app *app, FILE *out);

/*
 * The books of a NIC as of now, its rates since the start, and its port's. True if all of them add up. Asks the NIC's loop, if it
 * runs.
 */
bool report_books(const struct app *app, const struct nic *nic, FILE *out);
json_t *report_books_json(const struct app *app, const struct nic *nic);

/* A row of show nics. */
json_t *report_nic_json(const struct nic *nic);
/* {"CTRL": "0x00000000", ..} */
json_t *report_registers_json(const struct nic *nic);
/* What is wrong with the card and with its wire. */
json_t *report_faults_json(const struct nic *nic);

#endif
