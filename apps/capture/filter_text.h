/* SPDX-License-Identifier: BSD-3-Clause */
/* Filters for people: where one is wrong, and what became of one. */
#ifndef PLX_APPS_CAPTURE_FILTER_TEXT_H
#define PLX_APPS_CAPTURE_FILTER_TEXT_H

#include <pollux/plx_filter.h>

#include <stdio.h>

/*
 * Writes two lines, the filter and marks under the place where it is wrong; nothing if there is no one place.
 * A long text is cut to what is around the place.
 */
void filter_text_mark(const char *text, FILE *out);

/* Writes the program, an instruction a line, as tcpdump -d does. */
void filter_text_code(const struct plx_filter *filter, FILE *out);

#endif
