/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_LIB_NET_CSUM_PRIV_H
#define PLX_LIB_NET_CSUM_PRIV_H

#include "plx_net_csum.h"

/* What plx_net_crc32 and plx_net_crc32c are where the processor has no instructions for them. */
uint32_t net_crc32_portable(uint32_t crc, const void *bytes, size_t len);
uint32_t net_crc32c_portable(uint32_t crc, const void *bytes, size_t len);

#endif
