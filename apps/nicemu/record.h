/* SPDX-License-Identifier: BSD-3-Clause */
/* A file of what is on a NIC's wire, both ways, behind the wire's faults. */
#ifndef PLX_APPS_NICEMU_RECORD_H
#define PLX_APPS_NICEMU_RECORD_H

#include "books.h"

struct record;

/* pcapng, or pcap if the name ends so; "-" is standard output. -errno with a sentence. */
int record_open(const char *path, const char *nic, struct record **ret_record, struct plx_why *why);
/* 0, or that something could not be written. NULL is fine. */
int record_close(struct record *record, struct plx_why *why);

/* Path: warm. */
void
record_frame(struct record *record, enum way way, const struct iovec *parts, unsigned nb_parts);
/* What was written can be read from here on, so that somebody may watch. False if there was nothing. */
bool record_flush(struct record *record);

#endif
