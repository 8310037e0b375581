/* SPDX-License-Identifier: BSD-3-Clause */
/* The books for people. */
#include "books.h"

#include <inttypes.h>

#include "account.h"
#include "units.h"

static double
per_second(uint64_t now, uint64_t before, uint64_t ns)
{
	return ns == 0 ? 0 : (double)(now - before) * 1e9 / (double)ns;
}

static void
print_packets(const struct books *books, const struct books *before, uint64_t ns, FILE *out)
{
	const struct plx_cluster_stats *s = &books->all;
	struct account account;

	fprintf(out, "cluster %u, %s: %s\n", books->id, units_time(books->ns).text,
		units_rate(per_second(s->received, before->all.received, ns), "pps").text);
	account_init(&account, "received", s->received);
	account_add(&account, "delivered", s->delivered, true);
	account_add(&account, "forwarded to ports only", s->forwarded, false);
	account_add(&account, "dropped by a rule", s->by_rule, false);
	account_add(&account, "dropped, no rule wanted it", s->unwanted, false);
	account_add(&account, "dropped, not one of the N-th", s->sampled_out, false);
	account_add(&account, "dropped otherwise",
		    s->dropped - s->by_rule - s->unwanted - s->sampled_out, false);
	account_add(&account, "lost: no slave there", s->nobody, false);
	account_add(&account, "lost: queues full", s->full, false);
	account_add(&account, "filtered by slaves", s->filtered, false);
	account_add(&account, "lost: no buffer for a copy", s->no_buffer, false);
	account_print(&account, 2, out);
}

static void
print_port(const struct books *books, const struct books *before, uint32_t i, uint64_t ns,
	   FILE *out)
{
	const struct plx_cluster_port_stats *tx = &books->tx[i];

	fprintf(out, "  port %-3u received %s (%s)", books->rx[i].port,
		units_count(books->rx[i].received).text,
		units_rate(per_second(books->rx[i].received, before->rx[i].received, ns), "pps")
			.text);
	if (i < books->nb_tx && tx->asked != 0)
		fprintf(out, ", asked to send %s = sent %s + refused, no room %s + waiting %s",
			units_count(tx->asked).text, units_count(tx->transmitted).text,
			units_count(tx->refused).text, units_count(tx->waiting).text);
	fputc('\n', out);
}

/* ", name N" if there are any */
static void
print_if(const char *name, uint64_t count, FILE *out)
{
	if (count != 0)
		fprintf(out, " + %s %s", name, units_count(count).text);
}

static void
print_slave(const struct books *books, const struct books *before, uint32_t i, uint64_t ns,
	    FILE *out)
{
	const struct plx_cluster_place_stats *p = &books->places[i];
	char who[64] = "nobody";

	if (p->present && p->pid != 0)
		snprintf(who, sizeof(who), "process %d", p->pid);
	else if (p->slaves != 0)
		snprintf(who, sizeof(who), "nobody any more");
	fprintf(out, "  slave %u", i);
	if (books->grouped)
		fprintf(out, " of group %u", p->group);
	fprintf(out, ": %s", who);
	if (p->slaves == 0) {
		fputc('\n', out);
		return;
	}
	fprintf(out, ", %s\n    offered %s = queued %s",
		units_rate(per_second(p->queued, before->places[i].queued, ns), "pps").text,
		units_count(p->offered).text, units_count(p->queued).text);
	print_if("lost, queue full", p->full, out);
	print_if("lost, oldest", p->oldest, out);
	print_if("backlog", p->backlog, out);
	print_if("filtered", p->filtered, out);
	fprintf(out, "\n    queued %s", units_count(p->queued).text);
	print_if("granted", p->granted, out);
	fprintf(out, " = given back %s", units_count(p->released).text);
	print_if("sent", p->sent, out);
	print_if("taken back", p->taken_back, out);
	fprintf(out, " + held %s\n", units_count(p->held).text);
	if (p->lies != 0 || p->refused != 0)
		fprintf(out, "    not sent %s, not its own %s\n", units_count(p->refused).text,
			units_count(p->lies).text);
}

void
books_print(const struct books *books, const struct books *before, FILE *out)
{
	static const struct books none;
	uint64_t ns;

	if (before == NULL)
		before = &none;
	ns = books->ns - before->ns;
	print_packets(books, before, ns, out);
	for (uint32_t i = 0; i < books->nb_rx; i++)
		print_port(books, before, i, ns, out);
	for (uint32_t i = 0; i < books->nb_places; i++)
		print_slave(books, before, i, ns, out);
	fflush(out);
}
