/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a classic BPF program and a frame: what the checker lets through must end, read nothing outside
 * the frame, and have a translation whose length is what was announced. The first byte says how many
 * instructions follow; the rest is the frame.
 */
#include "plx_filter.h"
#include "plx_filter_driver.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool truth)
{
	if (!truth)
		abort();
}

static void
check_translation(const struct plx_filter *filter)
{
	struct bpf_insn *insns;
	size_t n, written;

	require(plx_filter_to_ebpf(filter, NULL, 0, &n, NULL) == 0);
	insns = calloc(n, sizeof(*insns));
	require(plx_filter_to_ebpf(filter, insns, n, &written, NULL) == 0 && written == n);
	/* Every jump goes forward and not behind the block. */
	for (size_t i = 0; i < n; i++) {
		uint8_t class = insns[i].code & 7;
		bool jump = (class == BPF_JMP || class == BPF_JMP32) &&
			    (insns[i].code & 0xf0) != BPF_CALL;

		if (jump)
			require(insns[i].off >= 0 && i + 1 + (size_t)insns[i].off <= n);
	}
	free(insns);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plx_filter_insn insns[256];
	struct plx_filter *filter;
	uint8_t *frame;
	size_t n, len;

	if (size == 0)
		return 0;
	n = data[0];
	if (size - 1 < n * sizeof(insns[0]))
		n = (size - 1) / sizeof(insns[0]);
	memcpy(insns, data + 1, n * sizeof(insns[0]));
	if (plx_filter_create(insns, (unsigned)n, &filter, NULL) != 0)
		return 0;
	len = size - 1 - n * sizeof(insns[0]);
	frame = malloc(len > 0 ? len : 1);
	memcpy(frame, data + 1 + n * sizeof(insns[0]), len);
	plx_filter_match(filter, frame, (uint32_t)len, (uint32_t)len);
	check_translation(filter);
	free(frame);
	plx_filter_destroy(filter);
	return 0;
}
