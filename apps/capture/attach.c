/* SPDX-License-Identifier: BSD-3-Clause */
#include "attach.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_door_client.h>

#define PATIENCE_MS  60000 /* a program on a busy machine may be that late */
#define PROGRAMS_MAX 64

/* -- what there is --------------------------------------------------------------------------------- */

/* The ports of the program behind a socket, a new reference; NULL with why. */
static json_t *
ask_ports(const char *path, struct plx_why *why)
{
	struct plx_door_answer answer;
	json_t *whole, *ports;

	if (plx_door_call(path, "{\"command\":\"ports\"}", PATIENCE_MS, &answer, why) != 0)
		return NULL;
	whole = json_loads(answer.text, 0, NULL);
	ports = json_incref(json_object_get(json_object_get(whole, "result"), "ports"));
	if (!json_is_array(ports)) {
		const char *error = json_string_value(json_object_get(whole, "error"));

		plx_why(why, -EPROTO, "%s does not tell its ports: %s", path,
			error != NULL ? error : answer.text);
		json_decref(ports);
		ports = NULL;
	}
	json_decref(whole);
	plx_door_answer_free(&answer);
	return ports;
}

static const char *
name_of(const json_t *port)
{
	const char *name = json_string_value(json_object_get(port, "name"));

	return name != NULL ? name : "?";
}

static void
list_names(const json_t *ports, char *names, size_t size)
{
	size_t used = 0, i;
	const json_t *port;

	names[0] = '\0';
	json_array_foreach(ports, i, port)
	{
		if (used < size)
			used += (size_t)snprintf(names + used, size - used, "%s%s",
						 i > 0 ? ", " : "", name_of(port));
	}
}

/* NULL if the program has no such port. */
static const json_t *
find_port(const json_t *ports, const char *word)
{
	const json_t *port;
	char number[24];
	size_t i;

	json_array_foreach(ports, i, port)
	{
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(json_object_get(port, "port")));
		if (strcmp(name_of(port), word) == 0 || strcmp(number, word) == 0)
			return port;
	}
	return NULL;
}

void
attach_print(FILE *out)
{
	struct plx_door_entry *entries = calloc(PROGRAMS_MAX, sizeof(*entries));
	unsigned n = entries != NULL ? plx_door_list(entries, PROGRAMS_MAX) : 0;
	struct plx_why why;

	for (unsigned i = 0; i < n && i < PROGRAMS_MAX; i++) {
		json_t *ports = ask_ports(entries[i].path, &why);
		char names[512];

		list_names(ports, names, sizeof(names));
		if (names[0] != '\0')
			fprintf(out, "--attach %s [%s]\n", entries[i].name, names);
		json_decref(ports);
	}
	free(entries);
}

/* -- what is wanted -------------------------------------------------------------------------------- */

/* In the words of net_attach. The filter runs there, so that what does not match is not even copied. */
static int
add_port(struct eal_args *args, const struct settings *s, const char *program, const char *port,
	 struct plx_why *why)
{
	static const char *const directions[] = {"inout", "in", "out"};
	const char *filter = s->filter != NULL ? s->filter : "";
	const bool quoted = filter[0] != '\0';

	if (strchr(filter, '\'') != NULL)
		return plx_why(why, -EINVAL, "--attach: a filter with a ' cannot be handed over");
	return eal_args_add_vdev(args, why,
				 "net_attach%u,program=%s,port='%s',direction=%s,snaplen=%" PRIu64
				 "%s%s%s",
				 args->next++, program, port, directions[s->direction], s->snaplen,
				 quoted ? ",filter='" : "", filter, quoted ? "'" : "");
}

static int
add_all(struct eal_args *args, const struct settings *s, const char *program, const json_t *ports,
	struct plx_why *why)
{
	const json_t *port;
	size_t i;
	int err = 0;

	if (json_array_size(ports) == 0)
		return plx_why(why, -ENODEV, "%s has no ports", program);
	json_array_foreach(ports, i, port)
	{
		if (err == 0)
			err = add_port(args, s, program, name_of(port), why);
	}
	return err;
}

/* `words` is cut into pieces. */
static int
add_some(struct eal_args *args, const struct settings *s, const char *program, const json_t *ports,
	 char *words, struct plx_why *why)
{
	char names[512], *rest = words, *word;
	int err = 0;

	while (err == 0 && (word = strsep(&rest, ",")) != NULL) {
		const json_t *port = find_port(ports, word);

		list_names(ports, names, sizeof(names));
		if (port != NULL)
			err = add_port(args, s, program, name_of(port), why);
		else
			err = plx_why(why, -ENODEV, "%s has no port '%.64s'; there are: %s",
				      program, word, names);
	}
	return err;
}

int
attach_add(struct eal_args *args, const struct settings *settings, const char *word,
	   struct plx_why *why)
{
	char path[PLX_DOOR_PATH_MAX], *program = strdup(word), *chosen;
	json_t *ports = NULL;
	int err;

	if (program == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	chosen = strchr(program, ':');
	if (chosen != NULL)
		*chosen++ = '\0';
	err = plx_door_find(program, path, why);
	if (err == 0) {
		ports = ask_ports(path, why);
		err = ports == NULL ? -ECONNREFUSED : 0;
	}
	if (err == 0 && chosen == NULL)
		err = add_all(args, settings, program, ports, why);
	else if (err == 0)
		err = add_some(args, settings, program, ports, chosen, why);
	json_decref(ports);
	free(program);
	return err != 0 ? plx_why_prefix(why, err, "--attach: ") : 0;
}
