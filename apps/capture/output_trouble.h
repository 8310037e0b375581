/* SPDX-License-Identifier: BSD-3-Clause */
/* An output that cannot be written: what is lost and said, and when it is tried again. For output.c. */
#ifndef PLX_APPS_CAPTURE_OUTPUT_TROUBLE_H
#define PLX_APPS_CAPTURE_OUTPUT_TROUBLE_H

#include "output.h"

/* A packet is lost for `err`, which is returned. */
int output_lose(struct output *o, int err);

/* What the writer had taken over and could not bring into the file. */
void output_take_losses(struct output *o, int err);

/* The file cannot be written: the end, or a new attempt in a second. */
void output_fail(struct output *o, int err, const char *sentence);

/* In the same file behind the last whole record; in a new one if that is not possible. False: it still cannot be. */
bool output_recover(struct output *o);

/* Something has reached the file again? Then that is told. */
void output_prove(struct output *o, const struct plx_pcapfile_writer_counts *counts);

/* A file that somebody has removed takes packets without a word, and keeps none: each second. */
void output_look_after_file(struct output *o);

#endif
