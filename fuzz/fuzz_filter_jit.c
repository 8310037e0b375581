/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a classic BPF program and a frame, as fuzz_filter has them: machine code and libpcap's interpreter must say the same of
 * the frame and of each of its beginnings, and read nothing behind them.
 */
#include "plx_filter.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ROOM 65536 /* for a frame; a page that cannot be read follows */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *
room_end(void)
{
	static uint8_t *end;
	void *room;

	if (end != NULL)
		return end;
	room = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED || mprotect((uint8_t *)room + ROOM, 4096, PROT_NONE) != 0)
		abort();
	end = (uint8_t *)room + ROOM;
	return end;
}

static void
compare(const struct plx_filter *filter, const uint8_t *frame, uint32_t caplen, uint32_t wirelen)
{
	unsigned n;
	const struct plx_filter_insn *insns = plx_filter_insns(filter, &n);
	uint8_t *bytes = room_end() - caplen;

	memcpy(bytes, frame, caplen);
	if (plx_filter_match(filter, bytes, caplen, wirelen) !=
	    bpf_filter((const struct bpf_insn *)(const void *)insns, bytes, wirelen, caplen))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plx_filter_insn insns[256];
	struct plx_filter *filter;
	size_t n, len;

	if (size == 0)
		return 0;
	n = data[0];
	if (size - 1 < n * sizeof(insns[0]))
		n = (size - 1) / sizeof(insns[0]);
	memcpy(insns, data + 1, n * sizeof(insns[0]));
	if (plx_filter_create(insns, (unsigned)n, &filter, NULL) != 0)
		return 0;
	data += 1 + n * sizeof(insns[0]);
	len = size - 1 - n * sizeof(insns[0]);
	if (len > ROOM)
		len = ROOM;
	compare(filter, data, (uint32_t)len, (uint32_t)len);
	for (size_t cut = 0; cut < len && cut < 256; cut++)
		compare(filter, data, (uint32_t)cut, (uint32_t)len);
	plx_filter_destroy(filter);
	return 0;
}
