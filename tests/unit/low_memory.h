/* SPDX-License-Identifier: BSD-3-Clause */
/* Where bus addresses of zones lie in a test: the address sanitizer keeps its own where they begin otherwise. */
#ifndef PLX_TESTS_UNIT_LOW_MEMORY_H
#define PLX_TESTS_UNIT_LOW_MEMORY_H

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define ZONE_FLOOR (1ULL << 28)
#else
#define ZONE_FLOOR (1ULL << 32)
#endif
#define ZONE_BITS 39

#endif
