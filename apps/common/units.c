/* SPDX-License-Identifier: BSD-3-Clause */
#include "units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_S UINT64_C(1000000000)

struct units_text
units_count(uint64_t n)
{
	struct units_text t;
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			t.text[at++] = ',';
		t.text[at++] = digits[i];
	}
	t.text[at] = '\0';
	return t;
}

/* As many decimals as make four figures. */
static int
decimals(double value)
{
	return value < 9.9995 ? 3 : value < 99.995 ? 2 : 1;
}

static struct units_text
scaled(double value, const char *whole, const char *unit)
{
	static const char prefix[] = {'k', 'M', 'G', 'T', 'P'};
	struct units_text t;
	size_t step = 0;

	if (value < 999.5) {
		snprintf(t.text, sizeof(t.text), "%.0f %s", value, whole);
		return t;
	}
	value /= 1000;
	while (value >= 999.95 && step + 1 < sizeof(prefix)) {
		value /= 1000;
		step++;
	}
	snprintf(t.text, sizeof(t.text), "%.*f %c%s", decimals(value), value, prefix[step], unit);
	return t;
}

struct units_text
units_rate(double per_second, const char *unit)
{
	return scaled(per_second, unit, unit);
}

struct units_text
units_bytes(uint64_t bytes)
{
	return scaled((double)bytes, "bytes", "B");
}

struct units_text
units_time(uint64_t ns)
{
	struct units_text t;
	uint64_t s = ns / NS_S;

	if (ns < 1000)
		snprintf(t.text, sizeof(t.text), "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		snprintf(t.text, sizeof(t.text), "%.4g us", (double)ns / 1e3);
	else if (ns < NS_S)
		snprintf(t.text, sizeof(t.text), "%.4g ms", (double)ns / 1e6);
	else if (s < 60)
		snprintf(t.text, sizeof(t.text), "%.4g s", (double)ns / 1e9);
	else if (s < 3600)
		snprintf(t.text, sizeof(t.text), "%" PRIu64 " m %02" PRIu64 " s", s / 60, s % 60);
	else
		snprintf(t.text, sizeof(t.text), "%" PRIu64 " h %02" PRIu64 " m", s / 3600,
			 s / 60 % 60);
	return t;
}

struct units_text
units_clock(uint64_t ns)
{
	struct units_text t;
	uint64_t s = ns / NS_S;

	if (s < 3600)
		snprintf(t.text, sizeof(t.text), "%02" PRIu64 ":%02" PRIu64, s / 60, s % 60);
	else
		snprintf(t.text, sizeof(t.text), "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600,
			 s / 60 % 60, s % 60);
	return t;
}

struct units_text
units_percent(uint64_t part, uint64_t whole)
{
	struct units_text t;
	double percent = whole == 0 ? 0 : 100.0 * (double)part / (double)whole;

	if (part == 0 || whole == 0)
		snprintf(t.text, sizeof(t.text), "0 %%");
	else if (percent < 0.1)
		snprintf(t.text, sizeof(t.text), "<0.1 %%");
	else
		snprintf(t.text, sizeof(t.text), "%.1f %%", percent);
	return t;
}

static const struct {
	const char *suffix;
	uint64_t ns;
} time_units[] = {
	{"", NS_S},	  {"s", NS_S},	      {"ms", 1000000},	  {"us", 1000},	       {"ns", 1},
	{"m", 60 * NS_S}, {"min", 60 * NS_S}, {"h", 3600 * NS_S}, {"d", 86400 * NS_S},
};

int
units_parse_time(const char *text, uint64_t *ret_ns)
{
	const double most = 100.0 * 366 * 86400 * 1e9;
	double value = 0, place = 1;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		value = value * 10 + (*p - '0');
	if (p == text)
		return -EINVAL;
	if (*p == '.') {
		if (p[1] < '0' || p[1] > '9')
			return -EINVAL;
		for (p++; *p >= '0' && *p <= '9'; p++) {
			place /= 10;
			value += place * (*p - '0');
		}
	}
	for (size_t i = 0; i < PLX_ARRAY_LEN(time_units); i++) {
		if (strcmp(p, time_units[i].suffix) != 0)
			continue;
		value *= (double)time_units[i].ns;
		if (value > most)
			return -EINVAL;
		*ret_ns = (uint64_t)(value + 0.5);
		return 0;
	}
	return -EINVAL;
}
