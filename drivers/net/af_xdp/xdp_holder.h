/* SPDX-License-Identifier: BSD-3-Clause */
/* Who holds an interface's XDP hook, for the sentence that tells how to free it. */
#ifndef PLX_DRIVERS_NET_AF_XDP_XDP_HOLDER_H
#define PLX_DRIVERS_NET_AF_XDP_XDP_HOLDER_H

#include "plx_base.h"

/* Writes the sentence and returns -EBUSY. Path: slow, a walk over the kernel's bpf links. */
int xdp_holder_explain(const char *if_name, uint32_t if_index, struct plx_why *why);

#endif
