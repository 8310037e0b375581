/* SPDX-License-Identifier: BSD-3-Clause */
/* The sieves there are: put on, changed, taken off, and what is done for them from time to time. */
#include "sieve_priv.h"

#include "plx_clock.h"
#include "plx_event.h"
#include "plx_list.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define PURGE_TICKS  10
#define PURGE_BUDGET 16384 /* exact rules that are looked at, at most, every PURGE_TICKS */

struct plx_sieve {
	struct plx_list link;
	struct plx_sieve_params params;
	struct edition *edition;
	struct lane *lanes; /* PLX_ETHDEV_QUEUES_MAX */
	bool gone;
};

static struct {
	pthread_mutex_t lock;
	struct plx_list sieves;
	plx_event_id alarm; /* 0 while there are none */
	unsigned ticks;
} room = {.lock = PTHREAD_MUTEX_INITIALIZER, .sieves = PLX_LIST_INIT(room.sieves)};

/* -- editions ------------------------------------------------------------------------------------------ */

static void
on_gone(void *arg)
{
	const struct edition *edition = arg;

	__atomic_store_n(edition->gone, true, __ATOMIC_RELEASE);
}

static void
edition_destroy(struct edition *edition)
{
	if (edition == NULL)
		return;
	for (uint16_t i = 0; i < edition->nb_readers; i++)
		plx_filter_rules_reader_destroy(edition->reader[i]);
	free(edition);
}

/* A reader of the rules for each queue that the port has now; one, at least: it may be configured later. */
static int
edition_create(struct plx_sieve *sieve, struct plx_filter_rules *rules,
	       struct edition **ret_edition, struct plx_why *why)
{
	const uint16_t port = sieve->params.port;
	struct edition *edition = NULL;
	struct plx_ethdev_info info;
	uint16_t nb_queues;
	int ret = 0;

	if (plx_ethdev_info(port, &info) != 0)
		return plx_why(why, -ENODEV, "there is no port %u", port);
	edition = plx_ethdev_alloc(sizeof(*edition));
	if (edition == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	*edition = (struct edition){.hook = {edition, sieve_burst, on_gone},
				    .rules = rules,
				    .lanes = sieve->lanes,
				    .gone = &sieve->gone,
				    .port = port};
	nb_queues = info.nb_rx_queues != 0 ? info.nb_rx_queues : 1;
	while (ret == 0 && edition->nb_readers < nb_queues) {
		ret = plx_filter_rules_reader_create(rules, &edition->reader[edition->nb_readers],
						     why);
		edition->nb_readers += ret == 0;
	}
	if (ret != 0) {
		edition_destroy(edition);
		return plx_why_prefix(why, ret, "port %u (%s): ", port, info.name);
	}
	*ret_edition = edition;
	return 0;
}

/* Puts the next one in its place; `next` NULL: takes it off. */
static int
swap(struct plx_sieve *sieve, struct edition *next, struct plx_why *why)
{
	const uint16_t port = sieve->params.port;
	struct edition *former = sieve->edition;
	int ret = plx_ethdev_sieve_swap(port, former != NULL ? &former->hook : NULL,
					next != NULL ? &next->hook : NULL);

	if (ret == -EBUSY && former == NULL)
		return plx_why(why, ret, "port %u has rules already", port);
	if (ret != 0)
		return plx_why(why, -ENODEV, "port %u is no more", port);
	sieve->edition = next;
	edition_destroy(former);
	return 0;
}

/* -- from time to time --------------------------------------------------------------------------------- */

/* On the control thread. */
static void
tick(void *arg)
{
	const uint64_t now_ns = plx_clock_monotonic_ns();
	bool purge;

	pthread_mutex_lock(&room.lock);
	purge = room.ticks++ % PURGE_TICKS == 0;
	PLX_LIST_FOREACH(link, &room.sieves) {
		struct plx_sieve *sieve = PLX_LIST_ITEM(link, struct plx_sieve, link);

		plx_filter_rules_service(sieve->params.rules, now_ns);
		if (purge && sieve->params.purge_ns != 0)
			plx_filter_rules_purge(sieve->params.rules, now_ns, sieve->params.purge_ns,
					       PURGE_BUDGET);
	}
	pthread_mutex_unlock(&room.lock);
	sieve_egress_tick();
}

/* The lock is held. */
static int
begin_ticks(struct plx_why *why)
{
	const uint64_t period_us = PLX_SIEVE_TICK_MS * 1000;
	int ret;

	if (room.alarm != 0)
		return 0;
	ret = plx_event_alarm_add(period_us, period_us, tick, NULL, &room.alarm);
	return ret == 0 ? 0 : plx_why(why, ret, "rules on a port need the EAL's control thread");
}

/* The lock is held; what is returned is to be removed without it, for `tick` takes it. */
static plx_event_id
end_ticks(void)
{
	plx_event_id alarm = 0;

	if (plx_list_empty(&room.sieves)) {
		alarm = room.alarm;
		room.alarm = 0;
	}
	return alarm;
}

/* -- life ---------------------------------------------------------------------------------------------- */

static void
destroy(struct plx_sieve *sieve)
{
	if (sieve == NULL)
		return;
	edition_destroy(sieve->edition);
	free(sieve->lanes);
	free(sieve);
}

static int
create(const struct plx_sieve_params *params, struct plx_sieve **ret_sieve, struct plx_why *why)
{
	struct plx_sieve *sieve;

	if (params->rules == NULL)
		return plx_why(why, -EINVAL, "port %u: there are no rules", params->port);
	sieve = calloc(1, sizeof(*sieve));
	if (sieve == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	sieve->params = *params;
	sieve->lanes = plx_ethdev_alloc(PLX_ETHDEV_QUEUES_MAX * sizeof(*sieve->lanes));
	if (sieve->lanes == NULL) {
		free(sieve);
		return plx_why(why, -ENOMEM, "out of memory");
	}
	*ret_sieve = sieve;
	return 0;
}

/* The lock is held. */
static int
put_on(struct plx_sieve *sieve, struct plx_why *why)
{
	struct edition *edition;
	int ret = edition_create(sieve, sieve->params.rules, &edition, why);

	if (ret != 0)
		return ret;
	ret = begin_ticks(why);
	if (ret == 0)
		ret = swap(sieve, edition, why);
	if (ret != 0)
		edition_destroy(edition);
	else
		plx_list_append(&room.sieves, &sieve->link);
	return ret;
}

int
plx_sieve_open(const struct plx_sieve_params *params, struct plx_sieve **ret_sieve,
	       struct plx_why *why)
{
	struct plx_sieve *sieve = NULL;
	plx_event_id alarm;
	int ret = create(params, &sieve, why);

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&room.lock);
	ret = put_on(sieve, why);
	alarm = end_ticks();
	pthread_mutex_unlock(&room.lock);
	if (alarm != 0)
		plx_event_remove(alarm);
	if (ret != 0)
		destroy(sieve);
	else
		*ret_sieve = sieve;
	return ret;
}

int
plx_sieve_change(struct plx_sieve *sieve, struct plx_filter_rules *rules, struct plx_why *why)
{
	struct edition *edition;
	int ret;

	if (rules == NULL)
		rules = sieve->params.rules;
	pthread_mutex_lock(&room.lock);
	ret = edition_create(sieve, rules, &edition, why);
	if (ret == 0) {
		ret = swap(sieve, edition, why);
		if (ret == 0)
			sieve->params.rules = rules;
		else
			edition_destroy(edition);
	}
	pthread_mutex_unlock(&room.lock);
	return ret;
}

void
plx_sieve_close(struct plx_sieve *sieve)
{
	plx_event_id alarm;

	if (sieve == NULL)
		return;
	pthread_mutex_lock(&room.lock);
	/* Of a port that is no more it is off already. */
	swap(sieve, NULL, NULL);
	plx_list_remove(&sieve->link);
	alarm = end_ticks();
	pthread_mutex_unlock(&room.lock);
	if (alarm != 0)
		plx_event_remove(alarm);
	sieve_egress_tick();
	destroy(sieve);
}

/* -- figures ------------------------------------------------------------------------------------------- */

static void
add_lane(struct plx_sieve_stats *stats, const struct sieve_counts *counts)
{
	const uint64_t *fates = counts->fates;

	stats->passed += plx_ethdev_read(&counts->passed);
	stats->dropped += plx_ethdev_read(&fates[PLX_ETHDEV_SIFTED_DROPPED]);
	stats->unwanted += plx_ethdev_read(&fates[PLX_ETHDEV_SIFTED_UNWANTED]);
	stats->sampled_out += plx_ethdev_read(&fates[PLX_ETHDEV_SIFTED_SAMPLED_OUT]);
	stats->sent += plx_ethdev_read(&fates[PLX_ETHDEV_SIFTED_SENT]);
	stats->unsent += plx_ethdev_read(&fates[PLX_ETHDEV_SIFTED_UNSENT]);
	stats->unread += plx_ethdev_read(&fates[PLX_ETHDEV_SIFTED_UNREAD]);
	stats->handed_over += plx_ethdev_read(&counts->handed_over);
	stats->misdirected += plx_ethdev_read(&counts->misdirected);
	stats->unmade += plx_ethdev_read(&counts->unmade);
	stats->crowded += plx_ethdev_read(&counts->crowded);
	stats->asked += plx_ethdev_read(&counts->asked);
	stats->packets += plx_ethdev_read(&counts->packets);
	stats->bytes += plx_ethdev_read(&counts->bytes);
}

void
plx_sieve_stats(const struct plx_sieve *sieve, struct plx_sieve_stats *ret_stats)
{
	*ret_stats = (struct plx_sieve_stats){
		.port = sieve->params.port,
		.queues = sieve->edition->nb_readers,
		.gone = __atomic_load_n(&sieve->gone, __ATOMIC_ACQUIRE),
	};
	for (unsigned i = 0; i < PLX_ETHDEV_QUEUES_MAX; i++)
		add_lane(ret_stats, &sieve->lanes[i].counts);
}
