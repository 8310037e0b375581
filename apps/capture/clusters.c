/* SPDX-License-Identifier: BSD-3-Clause */
#include "clusters.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_door_client.h>

#define SCHEME	     "cluster:"
#define PATIENCE_MS  3000
#define PROGRAMS_MAX 64
#define FILTER_MAX   1500 /* what a request to a master has room for, whatever it is made of */

bool
clusters_is_name(const char *name)
{
	return strncmp(name, SCHEME, strlen(SCHEME)) == 0;
}

/* Whether the master can be told; what it cannot is asked here, of what it hands over. */
static bool
can_be_sent(const char *filter)
{
	return filter != NULL && filter[0] != '\0' && strchr(filter, '\'') == NULL &&
	       strlen(filter) <= FILTER_MAX;
}

int
clusters_add(struct eal_args *args, const struct settings *settings, const char *name,
	     struct plx_why *why)
{
	const bool sent = can_be_sent(settings->filter);

	if (settings->direction != DIRECTION_INOUT)
		return plx_why(
			why, -ENOTSUP,
			"-Q: what a cluster's workers get is for its master to say; leave it "
			"out, or give -Q to the master's ports");
	return eal_args_add_vdev(args, why, "net_cluster%u,cluster='%s'%s%s%s", args->next++,
				 name + strlen(SCHEME), sent ? ",filter='" : "",
				 sent ? settings->filter : "", sent ? "'" : "");
}

/* -- what there is --------------------------------------------------------------------------------- */

static void
print_cluster(const json_t *cluster, const char *program, FILE *out)
{
	const json_int_t places = json_integer_value(json_object_get(cluster, "places"));
	const json_int_t slaves = json_integer_value(json_object_get(cluster, "slaves"));

	fprintf(out,
		"-i " SCHEME "%" JSON_INTEGER_FORMAT " [%s, %" JSON_INTEGER_FORMAT
		" of %" JSON_INTEGER_FORMAT " places free]\n",
		json_integer_value(json_object_get(cluster, "id")), program, places - slaves,
		places);
}

/* Programs without clusters do not know the question. */
static void
print_program(const struct plx_door_entry *program, FILE *out)
{
	struct plx_door_answer answer;
	json_t *whole, *cluster;
	size_t i;

	if (plx_door_call(program->path, "{\"command\":\"clusters\"}", PATIENCE_MS, &answer,
			  NULL) != 0)
		return;
	whole = json_loads(answer.text, 0, NULL);
	json_array_foreach(json_object_get(json_object_get(whole, "result"), "clusters"), i,
			   cluster) print_cluster(cluster, program->name, out);
	json_decref(whole);
	plx_door_answer_free(&answer);
}

void
clusters_print(FILE *out)
{
	struct plx_door_entry *entries = calloc(PROGRAMS_MAX, sizeof(*entries));
	unsigned n = entries != NULL ? plx_door_list(entries, PROGRAMS_MAX) : 0;

	for (unsigned i = 0; i < n && i < PROGRAMS_MAX; i++)
		print_program(&entries[i], out);
	free(entries);
}
