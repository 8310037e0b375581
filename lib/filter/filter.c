/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter_priv.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

PLX_STATIC_ASSERT(sizeof(struct bpf_insn) == sizeof(struct plx_filter_insn), "same layout");
PLX_STATIC_ASSERT(offsetof(struct bpf_insn, k) == offsetof(struct plx_filter_insn, k),
		  "same layout");

int
plx_filter_create(const struct plx_filter_insn *insns, unsigned n, struct plx_filter **ret_filter,
		  struct plx_why *why)
{
	struct plx_filter *filter;
	int err;

	err = plx_filter_check(insns, n, why);
	if (err != 0)
		return err;
	filter = malloc(sizeof(*filter) + n * sizeof(*insns));
	if (filter == NULL)
		return plx_why(why, -ENOMEM, "no memory for a filter of %u instructions", n);
	filter->n = n;
	memcpy(filter->insns, insns, n * sizeof(*insns));
	filter_jit_init(&filter->jit, filter->insns, n);
	*ret_filter = filter;
	return 0;
}

void
plx_filter_destroy(struct plx_filter *filter)
{
	if (filter == NULL)
		return;
	filter_jit_fini(&filter->jit);
	free(filter);
}

uint32_t
plx_filter_match(const struct plx_filter *filter, const void *bytes, uint32_t caplen,
		 uint32_t wirelen)
{
	if (PLX_LIKELY(filter->jit.run != NULL))
		return filter->jit.run(bytes, caplen, wirelen);
	return bpf_filter((const struct bpf_insn *)filter->insns, bytes, wirelen, caplen);
}

const char *
plx_filter_engine(const struct plx_filter *filter)
{
	return filter->jit.engine;
}

const struct plx_filter_insn *
plx_filter_insns(const struct plx_filter *filter, unsigned *ret_n)
{
	*ret_n = filter->n;
	return filter->insns;
}
