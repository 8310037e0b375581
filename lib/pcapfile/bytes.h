/* SPDX-License-Identifier: BSD-3-Clause */
/* A growing row of bytes in which pcapng blocks with options are put together. Slow path only. */
#ifndef PLX_LIB_PCAPFILE_BYTES_H
#define PLX_LIB_PCAPFILE_BYTES_H

#include "plx_base.h"

struct bytes {
	uint8_t *data;
	size_t len;
	size_t size;
	bool failed; /* out of memory: what follows is ignored, the caller looks once at the end */
};

void bytes_fini(struct bytes *bytes);
void bytes_add(struct bytes *bytes, const void *data, size_t len);

/* Options; NULL texts add nothing, longer ones than PLX_PCAPFILE_TEXT_MAX are cut. */
void bytes_add_option(struct bytes *bytes, uint16_t code, const void *value, size_t len);
void bytes_add_text(struct bytes *bytes, uint16_t code, const char *text);
void bytes_add_u64(struct bytes *bytes, uint16_t code, uint64_t value);

/* Ends the options (if there are any behind body_end) and the block that begins at `start`. */
void bytes_end_block(struct bytes *bytes, size_t start, size_t body_len);

#endif
