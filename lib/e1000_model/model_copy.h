/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes are copied and summed at once: the sum of a whole frame, which each receive descriptor has (3.2.3). */
#ifndef PLX_LIB_E1000_MODEL_MODEL_COPY_H
#define PLX_LIB_E1000_MODEL_MODEL_COPY_H

#include "plx_net_csum.h"

#include <endian.h>
#include <string.h>

#define EMODEL_COPY_SHORT 256u
#define EMODEL_WORD	  sizeof(uint64_t)

/* One's complement: what a word carries out comes in again. */
static inline uint64_t
emodel_add_word(uint64_t sum, uint64_t word)
{
	return sum + word + (sum + word < word);
}

static inline uint64_t
emodel_copy_word(uint8_t *to, const uint8_t *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	memcpy(to, &word, sizeof(word));
	return word;
}

/* The last bytes that are no word: all that came before in the same word was summed. */
static inline uint64_t
emodel_copy_tail(uint8_t *to, const uint8_t *from, size_t len)
{
	const size_t there = len % EMODEL_WORD;

	if (there == 0)
		return 0;
	return htole64(
		le64toh(emodel_copy_word(to + len - EMODEL_WORD, from + len - EMODEL_WORD)) >>
		8 * (EMODEL_WORD - there));
}

/* So short that to load each word once, for both, is worth more than loops of many words. Two sums do not wait for each other. */
static inline uint64_t
emodel_copy_short(uint8_t *to, const uint8_t *from, size_t len)
{
	uint64_t even = emodel_copy_tail(to, from, len), odd = 0;
	size_t at = 0;

	for (; at + 2 * EMODEL_WORD <= len; at += 2 * EMODEL_WORD) {
		even = emodel_add_word(even, emodel_copy_word(to + at, from + at));
		odd = emodel_add_word(
			odd, emodel_copy_word(to + at + EMODEL_WORD, from + at + EMODEL_WORD));
	}
	if (at + EMODEL_WORD <= len)
		even = emodel_add_word(even, emodel_copy_word(to + at, from + at));
	return emodel_add_word(even, odd);
}

/* Copies `len` bytes, 8 at least; the sum of all of them as a descriptor has it. */
static inline uint16_t
emodel_rx_copy_sum(uint8_t *to, const uint8_t *from, size_t len)
{
	uint64_t sum;

	if (len < EMODEL_COPY_SHORT) {
		sum = emodel_copy_short(to, from, len);
	} else {
		memcpy(to, from, len);
		sum = plx_net_csum_add(0, from, len);
	}
	return be16toh((uint16_t)~plx_net_csum_fold(sum));
}

#endif
