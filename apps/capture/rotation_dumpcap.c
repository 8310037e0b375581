/* SPDX-License-Identifier: BSD-3-Clause */
/* dumpcap's rules of a set of files: -b and -a KEY:VALUE. */
#include "rotation_priv.h"

#include <errno.h>
#include <string.h>

#include <pollux/plx_kvargs.h>

#include "units.h"

#define FILES_MAX 1000000

/* -- conditions such as filesize:1000 ------------------------------------------------------------ */

enum { DURATION, INTERVAL, FILESIZE, FILES, PACKETS };
static const char *const ring_keys[] = {"duration", "interval", "filesize",
					"files",    "packets",	NULL};
static const char *const stop_keys[] = {"duration", "filesize", "files", "packets", NULL};

static size_t
key_length(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz");
}

bool
rotation_is_rule(const char *text)
{
	size_t len = key_length(text);

	/* "ad:00.0" is a PCI address. */
	return len > 2 && text[len] == ':' && strspn(text, "abcdef") < len;
}

static int
find_key(const char *option, const char *text, const char *const *keys, const char **ret_value,
	 struct plx_why *why)
{
	size_t len = key_length(text);
	char key[32], all[80] = "";
	const char *near;

	for (int i = 0; keys[i] != NULL; i++) {
		if (strlen(keys[i]) == len && strncmp(text, keys[i], len) == 0 &&
		    text[len] == ':') {
			*ret_value = text + len + 1;
			for (int k = 0;; k++) {
				if (strcmp(ring_keys[k], keys[i]) == 0)
					return k;
			}
		}
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i > 0 ? ", " : "",
			 keys[i]);
	}
	snprintf(key, sizeof(key), "%.*s", (int)len, text);
	near = plx_kvargs_nearest(key, keys);
	return plx_why(why, -EINVAL, "%s %s: write %s:VALUE; there are %s", option, text,
		       near != NULL ? near : "filesize", all);
}

static int
read_number(const char *option, const char *text, const char *value, uint64_t max, uint64_t unit,
	    uint64_t *ret, struct plx_why *why)
{
	uint64_t n;

	if (plx_kvargs_uint(value, 1, max, &n) != 0)
		return plx_why(why, -EINVAL, "%s %s: '%s' is no number from 1 to %llu", option,
			       text, value, (unsigned long long)max);
	*ret = n * unit;
	return 0;
}

static int
read_time(const char *option, const char *text, const char *value, uint64_t *ret,
	  struct plx_why *why)
{
	if (units_parse_time(value, ret) != 0 || *ret == 0)
		return plx_why(why, -EINVAL,
			       "%s %s: '%s' is no time; write 10, 0.5, 500ms, 3m or 1h (seconds if "
			       "no unit is given)",
			       option, text, value);
	return 0;
}

static int
set_once(const char *option, const char *text, uint64_t *field, uint64_t value, struct plx_why *why)
{
	if (*field != 0)
		return plx_why(why, -EINVAL, "%s %s: there is a limit of that kind already", option,
			       text);
	*field = value;
	return 0;
}

/* One condition as key and number; times in nanoseconds, sizes in bytes. */
static int
read_condition(const char *option, const char *text, const char *const *keys, uint64_t *ret_value,
	       struct plx_why *why)
{
	const char *value = "";
	int err, key = find_key(option, text, keys, &value, why);

	switch (key) {
	case DURATION:
	case INTERVAL:
		err = read_time(option, text, value, ret_value, why);
		break;
	case FILESIZE:
		err = read_number(option, text, value, BYTES_MAX / 1000, 1000, ret_value, why);
		break;
	case FILES:
		err = read_number(option, text, value, FILES_MAX, 1, ret_value, why);
		break;
	case PACKETS:
		err = read_number(option, text, value, UINT64_MAX, 1, ret_value, why);
		break;
	default:
		return key;
	}
	return err != 0 ? err : key;
}

/* -- dumpcap's ----------------------------------------------------------------------------------- */

static int
read_ring(struct plx_pcapfile_fileset_params *rules, const char *text, struct plx_why *why)
{
	uint64_t value = 0, keep = rules->keep;
	int err, key = read_condition("-b", text, ring_keys, &value, why);

	switch (key) {
	case DURATION:
		return set_once("-b", text, &rules->duration_ns, value, why);
	case INTERVAL:
		return set_once("-b", text, &rules->interval_ns, value, why);
	case FILESIZE:
		return set_once("-b", text, &rules->file_bytes, value, why);
	case PACKETS:
		return set_once("-b", text, &rules->file_packets, value, why);
	case FILES:
		err = set_once("-b", text, &keep, value, why);
		rules->keep = (uint32_t)keep;
		return err;
	default:
		return key;
	}
}

static int
read_autostop(struct settings *settings, const char *text, struct plx_why *why)
{
	struct plx_pcapfile_fileset_params *rules = &settings->rules;
	uint64_t value = 0, stop = rules->stop_after;
	int err, key = read_condition("-a", text, stop_keys, &value, why);

	switch (key) {
	case DURATION:
		return set_once("-a", text, &settings->duration_ns, value, why);
	case PACKETS:
		return set_once("-a", text, &settings->count, value, why);
	case FILESIZE:
		return set_once("-a", text, &settings->stop_bytes, value, why);
	case FILES:
		err = set_once("-a", text, &stop, value, why);
		rules->stop_after = (uint32_t)stop;
		return err;
	default:
		return key;
	}
}

bool
rotation_has_limit(const struct plx_pcapfile_fileset_params *rules)
{
	return rules->file_bytes != 0 || rules->file_packets != 0 || rules->duration_ns != 0 ||
	       rules->period_ns != 0 || rules->interval_ns != 0 || rules->quota != 0;
}

int
rotation_apply_stop_bytes(struct settings *settings, struct plx_why *why)
{
	struct plx_pcapfile_fileset_params *rules = &settings->rules;
	bool several = rotation_has_limit(rules);

	if (settings->stop_bytes == 0)
		return 0;
	if (rules->file_bytes != 0)
		return plx_why(why, -EINVAL, "-a filesize contradicts %s: give one size of a file",
			       settings->file_size != NULL ? "-C" : "-b filesize");
	rules->file_bytes = settings->stop_bytes;
	if (!several && rules->stop_after == 0)
		rules->stop_after = 1;
	return 0;
}

int
rotation_read_dumpcaps(struct settings *settings, struct plx_why *why)
{
	int err = 0;

	for (unsigned i = 0; i < settings->ring_rules.n && err == 0; i++)
		err = read_ring(&settings->rules, settings->ring_rules.item[i], why);
	if (err == 0 && settings->ring_rules.n != 0) {
		settings->rules.naming = PLX_PCAPFILE_NAME_NUMBER_AND_TIME;
		if (!rotation_has_limit(&settings->rules))
			err = plx_why(why, -EINVAL,
				      "-b files: says how many are kept; -b filesize:, duration:, "
				      "interval: or packets: says when one is full");
	}
	for (unsigned i = 0; i < settings->autostop.n && err == 0; i++)
		err = read_autostop(settings, settings->autostop.item[i], why);
	return err;
}
