/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures as people write them. Each function returns a small struct: printf("%s", units_bytes(n).text). */
#ifndef PLX_APPS_COMMON_UNITS_H
#define PLX_APPS_COMMON_UNITS_H

#include <pollux/plx_base.h>

struct units_text {
	char text[32];
};

/* 1234567 -> "1,234,567" */
struct units_text units_count(uint64_t n);

/* Four significant figures, powers of 1000: units_rate(1250000, "pps") -> "1.250 Mpps", 12 -> "12 pps" */
struct units_text units_rate(double per_second, const char *unit);

/* 842000000 -> "842.0 MB", 12 -> "12 bytes" */
struct units_text units_bytes(uint64_t bytes);

/* 1250000000 -> "1.25 s"; also "850 us", "12.5 ms", "4 m 05 s", "2 h 03 m" */
struct units_text units_time(uint64_t ns);

/* "00:12", "1:02:03": a clock for progress lines */
struct units_text units_clock(uint64_t ns);

/* part of whole: "3.4 %", "0 %", "<0.1 %" for what is little but not nothing */
struct units_text units_percent(uint64_t part, uint64_t whole);

/* "2", "0.5", "500ms", "250us", "10s", "3m", "1h": nanoseconds. -EINVAL, also beyond 100 years. */
int units_parse_time(const char *text, uint64_t *ret_ns);

#endif
