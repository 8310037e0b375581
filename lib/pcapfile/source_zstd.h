/* SPDX-License-Identifier: BSD-3-Clause */
/* Unpacking, for the reader, which finds out by itself that a source is compressed. */
#ifndef PLX_LIB_PCAPFILE_SOURCE_ZSTD_H
#define PLX_LIB_PCAPFILE_SOURCE_ZSTD_H

#include "plx_pcapfile_reader.h"

/*
 * Over `inner`, of which `len` bytes at `first` were read already; inner remains the caller's. Reading
 * answers -EBADMSG for damage and -ENODATA where the last frame was cut. -ENOMEM.
 */
int source_zstd_create(struct plx_pcapfile_source *inner, const void *first, size_t len,
		       struct plx_pcapfile_source **ret_source);

#endif
