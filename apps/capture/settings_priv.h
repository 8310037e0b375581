/* SPDX-License-Identifier: BSD-3-Clause */
/* What settings.c (what the options mean together) and settings_table.c (what there is) share. */
#ifndef PLX_APPS_CAPTURE_SETTINGS_PRIV_H
#define PLX_APPS_CAPTURE_SETTINGS_PRIV_H

#include "settings.h"

#define NS_S UINT64_C(1000000000)

enum { FORMAT_AUTO, FORMAT_PCAP, FORMAT_PCAPNG, FORMAT_PCAP_US };

/* Fill a struct settings; the last has no name. */
extern const struct option_row settings_rows[];

#endif
