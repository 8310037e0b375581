/* SPDX-License-Identifier: BSD-3-Clause */
/* How many bits bus addresses of zones have in a test: the address sanitizer keeps its own where they lie otherwise. */
#ifndef PLX_TESTS_UNIT_LOW_MEMORY_H
#define PLX_TESTS_UNIT_LOW_MEMORY_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZONE_BITS 47
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(ZONE_BITS)
#define ZONE_BITS 47
#endif
#ifndef ZONE_BITS
#define ZONE_BITS 39
#endif

#endif
