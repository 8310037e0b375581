/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include "ask.h"
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>

/* What a program tells of itself; null, where it does not. */
static json_t *
describe(const struct plx_door_entry *entry, uint64_t timeout_ns)
{
	json_t *row = json_pack("{s:s, s:s, s:I, s:I}", "name", entry->name, "path", entry->path,
				"pid", (json_int_t)entry->pid, "uid", (json_int_t)entry->uid);
	static const char *const keys[] = {"program", "version", "uptime_s"};
	struct plx_why why = {""};
	json_t *info = NULL;

	if (ask(entry->path, "info", timeout_ns, &info, &why) != 0)
		json_object_set_new(row, "error", json_string(why.text));
	for (unsigned i = 0; i < PLX_ARRAY_LEN(keys); i++) {
		json_t *value = json_object_get(info, keys[i]);

		json_object_set_new(row, keys[i], value != NULL ? json_incref(value) : json_null());
	}
	json_decref(info);
	return row;
}

static void
print_user(json_int_t uid, FILE *out)
{
	const struct passwd *user = getpwuid((uid_t)uid);

	if (user != NULL)
		fprintf(out, "%-10s ", user->pw_name);
	else
		fprintf(out, "%-10" PRId64 " ", (int64_t)uid);
}

static void
print_uptime(json_t *value, FILE *out)
{
	const uint64_t s = (uint64_t)json_integer_value(value);

	if (!json_is_integer(value))
		fprintf(out, "%10s ", "-");
	else
		fprintf(out, "%4" PRIu64 ":%02u:%02u ", s / 3600, (unsigned)(s / 60 % 60),
			(unsigned)(s % 60));
}

static const char *
text_of(json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text != NULL ? text : "-";
}

static void
print_row(json_t *row, FILE *out)
{
	const char *error = json_string_value(json_object_get(row, "error"));

	fprintf(out, "%-28s %8" PRId64 " ", text_of(row, "name"),
		(int64_t)json_integer_value(json_object_get(row, "pid")));
	print_user(json_integer_value(json_object_get(row, "uid")), out);
	print_uptime(json_object_get(row, "uptime_s"), out);
	fprintf(out, "%s\n", error != NULL ? error : text_of(row, "program"));
}

static int
print_people(json_t *rows, FILE *out)
{
	json_t *row;
	size_t i;

	if (json_array_size(rows) == 0)
		fprintf(out, "no program of Pollux runs, or none that this user may see\n");
	else
		fprintf(out, "%-28s %8s %-10s %10s %s\n", "NAME", "PID", "USER", "UPTIME",
			"PROGRAM");
	json_array_foreach(rows, i, row) print_row(row, out);
	json_decref(rows);
	return ferror(out) ? -EIO : 0;
}

int
table_print(const struct programs *programs, uint64_t timeout_ns, bool json, FILE *out)
{
	json_t *rows = json_array();

	for (unsigned i = 0; i < programs->n; i++)
		json_array_append_new(rows, describe(&programs->entry[i], timeout_ns));
	return json ? json_print(rows, false, out) : print_people(rows, out);
}
