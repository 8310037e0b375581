/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_idle.h>

#include "json.h"

void
books_take(const struct master *master, struct books *ret_books)
{
	const struct settings *settings = &master->settings;
	const struct plx_cluster *cluster = master->cluster;
	struct books *books = ret_books;

	*books = (struct books){
		.ns = plx_clock_monotonic_ns() - master->began_ns,
		.id = (uint32_t)settings->id,
		.mode = settings_mode_name(settings),
		.overflow = settings_overflow_name(settings),
		.grouped = settings->nb_groups > 1,
	};
	plx_cluster_stats(cluster, &books->all);
	while (books->nb_places < PLX_CLUSTER_PLACES_MAX &&
	       plx_cluster_place_stats(cluster, books->nb_places,
				       &books->places[books->nb_places]) == 0)
		books->nb_places++;
	while (books->nb_rx < PLX_CLUSTER_PORTS_MAX &&
	       plx_cluster_rx_stats(cluster, books->nb_rx, &books->rx[books->nb_rx]) == 0)
		books->nb_rx++;
	while (books->nb_tx < PLX_CLUSTER_PORTS_MAX &&
	       plx_cluster_tx_stats(cluster, books->nb_tx, &books->tx[books->nb_tx]) == 0)
		books->nb_tx++;
}

static bool
place_adds_up(const struct plx_cluster_place_stats *p)
{
	return p->offered == p->queued + p->full + p->oldest + p->backlog + p->filtered &&
	       p->queued + p->granted == p->released + p->sent + p->taken_back + p->held;
}

bool
books_add_up(const struct books *books)
{
	const struct plx_cluster_stats *s = &books->all;
	bool right = s->received == s->delivered + s->forwarded + s->dropped + s->nobody + s->full +
					    s->filtered + s->no_buffer &&
		     s->asked == s->transmitted + s->refused + s->waiting;

	for (uint32_t i = 0; i < books->nb_places; i++)
		right = right && place_adds_up(&books->places[i]);
	return right;
}

/* -- for programs --------------------------------------------------------------------------------------- */

static void
put(json_t *object, const char *name, uint64_t count)
{
	json_object_set_new(object, name, json_count(count));
}

static json_t *
packets_json(const struct plx_cluster_stats *s)
{
	json_t *object = json_object();

	put(object, "received", s->received);
	put(object, "delivered", s->delivered);
	put(object, "forwarded", s->forwarded);
	put(object, "dropped", s->dropped);
	put(object, "nobody", s->nobody);
	put(object, "full", s->full);
	put(object, "filtered", s->filtered);
	put(object, "no_buffer", s->no_buffer);
	put(object, "dropped_by_rule", s->by_rule);
	put(object, "dropped_unwanted", s->unwanted);
	put(object, "dropped_sampled_out", s->sampled_out);
	put(object, "copied", s->copied);
	put(object, "misdirected", s->misdirected);
	return object;
}

static json_t *
slave_json(const struct plx_cluster_place_stats *p, uint32_t place)
{
	json_t *object = json_object();

	put(object, "place", place);
	put(object, "group", p->group);
	json_object_set_new(object, "present", json_boolean(p->present));
	json_object_set_new(object, "pid",
			    p->present && p->pid != 0 ? json_integer(p->pid) : json_null());
	put(object, "offered", p->offered);
	put(object, "queued", p->queued);
	put(object, "full", p->full);
	put(object, "oldest", p->oldest);
	put(object, "backlog", p->backlog);
	put(object, "filtered", p->filtered);
	put(object, "granted", p->granted);
	put(object, "released", p->released);
	put(object, "sent", p->sent);
	put(object, "taken_back", p->taken_back);
	put(object, "held", p->held);
	put(object, "send_refused", p->refused);
	put(object, "lies", p->lies);
	put(object, "slaves", p->slaves);
	return object;
}

static json_t *
port_json(const struct books *books, uint32_t i)
{
	json_t *object = json_object();

	put(object, "port", books->rx[i].port);
	put(object, "received", books->rx[i].received);
	if (i >= books->nb_tx)
		return object;
	put(object, "asked", books->tx[i].asked);
	put(object, "transmitted", books->tx[i].transmitted);
	put(object, "refused", books->tx[i].refused);
	put(object, "waiting", books->tx[i].waiting);
	return object;
}

json_t *
books_json(const struct books *books)
{
	static const char *const idle[] = {"poll", "yield", "sleep"};
	json_t *object = json_object(), *slaves = json_array(), *ports = json_array();

	put(object, "cluster", books->id);
	json_object_set_new(object, "mode", json_string(books->mode));
	json_object_set_new(object, "overflow", json_string(books->overflow));
	json_object_set_new(object, "idle", json_string(idle[plx_idle_policy()]));
	put(object, "time_ns", books->ns);
	json_object_set_new(object, "packets", packets_json(&books->all));
	for (uint32_t i = 0; i < books->nb_rx; i++)
		json_array_append_new(ports, port_json(books, i));
	json_object_set_new(object, "ports", ports);
	for (uint32_t i = 0; i < books->nb_places; i++)
		json_array_append_new(slaves, slave_json(&books->places[i], i));
	json_object_set_new(object, "slaves", slaves);
	return object;
}
