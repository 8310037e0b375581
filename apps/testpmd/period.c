/* SPDX-License-Identifier: BSD-3-Clause */
#include "period.h"

#include "report.h"

#include <pollux/plx_clock.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- rates ------------------------------------------------------------------------------------------- */

static uint64_t
a_second(uint64_t before, uint64_t now, uint64_t ns)
{
	const uint64_t passed = now >= before ? now - before : now;

	return ns > 0 ? (uint64_t)((double)passed * 1e9 / (double)ns + 0.5) : 0;
}

struct period_rates
period_rates(const struct period_port *before, const struct period_port *now, uint64_t ns)
{
	return (struct period_rates){
		.rx_pps = a_second(before->rx_packets, now->rx_packets, ns),
		.rx_bps = 8 * a_second(before->rx_bytes, now->rx_bytes, ns),
		.tx_pps = a_second(before->tx_packets, now->tx_packets, ns),
		.tx_bps = 8 * a_second(before->tx_bytes, now->tx_bytes, ns),
	};
}

void
period_begin(const struct testpmd *app, struct period *ret_period)
{
	ret_period->ns = plx_clock_monotonic_ns();
	for (unsigned i = 0; i < app->nb_ports; i++) {
		struct plx_ethdev_stats stats = {0};

		plx_ethdev_stats(app->ports[i], &stats);
		ret_period->port[app->ports[i]] = (struct period_port){
			.rx_packets = stats.rx_packets,
			.rx_bytes = stats.rx_bytes,
			.tx_packets = stats.tx_packets,
			.tx_bytes = stats.tx_bytes,
		};
	}
}

static void
print_rates(const struct period_rates *rates, FILE *out)
{
	fprintf(out, "  Throughput (since last show)\n");
	fprintf(out, "  Rx-pps: %12" PRIu64 "          Rx-bps: %12" PRIu64 "\n", rates->rx_pps,
		rates->rx_bps);
	fprintf(out, "  Tx-pps: %12" PRIu64 "          Tx-bps: %12" PRIu64 "\n", rates->tx_pps,
		rates->tx_bps);
}

void
period_report(const struct testpmd *app, struct period *period, FILE *out)
{
	static const char home_and_clear[] = "\033[H\033[J";
	struct period now;

	if (isatty(fileno(out)))
		fputs(home_and_clear, out);
	period_begin(app, &now);
	for (unsigned i = 0; i < app->nb_ports; i++) {
		const uint16_t port = app->ports[i];
		struct period_rates rates =
			period_rates(&period->port[port], &now.port[port], now.ns - period->ns);

		report_port_stats(port, out);
		print_rates(&rates, out);
		period_report_xstats(app, port, out);
	}
	fflush(out);
	*period = now;
}

/* -- counters by name -------------------------------------------------------------------------------- */

/* True if the list "a,b,c" has the name. */
static bool
list_has(const char *list, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = list; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0'))
			return true;
	}
	return false;
}

/* The counters of a port, *ret_n of them: free() them. */
static struct plx_ethdev_xstat *
counters(uint16_t port, int *ret_n)
{
	struct plx_ethdev_xstat *all;

	*ret_n = plx_ethdev_xstats(port, NULL, 0);
	all = *ret_n > 0 ? calloc((size_t)*ret_n, sizeof(*all)) : NULL;
	*ret_n = all != NULL ? plx_ethdev_xstats(port, all, (unsigned)*ret_n) : 0;
	return all;
}

void
period_report_xstats(const struct testpmd *app, uint16_t port, FILE *out)
{
	struct plx_ethdev_xstat *all;
	int n;

	if (app->args.display_xstats == NULL)
		return;
	all = counters(port, &n);
	for (int i = 0; i < n; i++) {
		if (list_has(app->args.display_xstats, all[i].name))
			fprintf(out, "  %s: %" PRIu64 "\n", all[i].name, all[i].value);
	}
	free(all);
}

static bool
any_port_counts(const struct testpmd *app, const char *name)
{
	bool found = false;

	for (unsigned p = 0; p < app->nb_ports && !found; p++) {
		int n;
		struct plx_ethdev_xstat *all = counters(app->ports[p], &n);

		for (int i = 0; i < n && !found; i++)
			found = strcmp(all[i].name, name) == 0;
		free(all);
	}
	return found;
}

int
period_check_xstats(const struct testpmd *app, struct plx_why *why)
{
	char name[sizeof(((struct plx_ethdev_xstat *)NULL)->name)];
	const char *at = app->args.display_xstats;

	while (at != NULL) {
		const size_t len = strcspn(at, ",");

		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (!any_port_counts(app, name))
			return plx_why(why, -EINVAL,
				       "--display-xstats: no port counts \"%s\"; show port xstats "
				       "all lists what they count",
				       name);
		at = at[len] == ',' ? at + len + 1 : NULL;
	}
	return 0;
}
