/* SPDX-License-Identifier: BSD-3-Clause */
#include "rotation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pollux/plx_kvargs.h>

#include "units.h"

#define FILES_MAX 1000000
#define BYTES_MAX (UINT64_C(1) << 50)

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

static bool
has_limit(const struct plx_pcapfile_fileset_params *rules)
{
	return rules->file_bytes != 0 || rules->file_packets != 0 || rules->duration_ns != 0 ||
	       rules->period_ns != 0 || rules->interval_ns != 0 || rules->quota != 0;
}

/* As dumpcap has it: with -b the file's size, without it the end of the capture. */
static int
apply_stop_bytes(struct settings *settings, struct plx_why *why)
{
	struct plx_pcapfile_fileset_params *rules = &settings->rules;
	bool several = has_limit(rules);

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

static int
read_dumpcaps(struct settings *settings, struct plx_why *why)
{
	int err = 0;

	for (unsigned i = 0; i < settings->ring_rules.n && err == 0; i++)
		err = read_ring(&settings->rules, settings->ring_rules.item[i], why);
	if (err == 0 && settings->ring_rules.n != 0) {
		settings->rules.naming = PLX_PCAPFILE_NAME_NUMBER_AND_TIME;
		if (!has_limit(&settings->rules))
			err = plx_why(why, -EINVAL,
				      "-b files: says how many are kept; -b filesize:, duration:, "
				      "interval: or packets: says when one is full");
	}
	for (unsigned i = 0; i < settings->autostop.n && err == 0; i++)
		err = read_autostop(settings, settings->autostop.item[i], why);
	return err;
}

/* -- tcpdump's ----------------------------------------------------------------------------------- */

/* Millions of bytes, or a power of 1024 with a suffix. The next file begins once this one is larger. */
static int
read_file_size(struct settings *settings, struct plx_why *why)
{
	const char *text = settings->file_size;
	uint64_t unit = 1000000, n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	switch (*end) {
	case 'k':
	case 'K':
		unit = UINT64_C(1) << 10;
		break;
	case 'm':
	case 'M':
		unit = UINT64_C(1) << 20;
		break;
	case 'g':
	case 'G':
		unit = UINT64_C(1) << 30;
		break;
	default:
		break;
	}
	end += unit != 1000000;
	if (errno != 0 || end == text || *end != '\0' || text[0] < '0' || text[0] > '9' || n == 0 ||
	    n > BYTES_MAX / unit)
		return plx_why(why, -EINVAL,
			       "-C %s: write a number of millions of bytes, or with k, m or g of "
			       "KiB, MiB or GiB",
			       text);
	settings->rules.file_bytes = n * unit + 1;
	return 0;
}

/* -W is a ring of slots with -C, and how many periods there are with -G; with both the newest are kept. */
static int
apply_file_count(struct settings *settings, struct plx_why *why)
{
	struct plx_pcapfile_fileset_params *rules = &settings->rules;

	if (settings->file_count == 0)
		return 0;
	if (rules->file_bytes == 0 && rules->period_ns == 0)
		return plx_why(
			why, -EINVAL,
			"-W says how many files; -C SIZE or -G SECONDS says when one is full");
	if (rules->file_bytes == 0) {
		rules->stop_after = (uint32_t)settings->file_count;
		return 0;
	}
	rules->keep = (uint32_t)settings->file_count;
	rules->slots = rules->period_ns == 0;
	return 0;
}

static int
read_tcpdumps(struct settings *settings, struct plx_why *why)
{
	struct plx_pcapfile_fileset_params *rules = &settings->rules;
	int err = 0;

	if (settings->file_size != NULL)
		err = read_file_size(settings, why);
	rules->period_ns = settings->rotate_ns;
	rules->dated = rules->period_ns != 0 && settings->output != NULL &&
		       strchr(settings->output, '%') != NULL;
	return err != 0 ? err : apply_file_count(settings, why);
}

/* -- both ---------------------------------------------------------------------------------------- */

/* Found as the shell would find it. */
static bool
is_command(const char *name)
{
	const char *path = getenv("PATH");
	char file[4096];

	if (strchr(name, '/') != NULL)
		return access(name, X_OK) == 0;
	for (path = path != NULL ? path : "/usr/bin:/bin"; *path != '\0';) {
		size_t len = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
		if (access(file, X_OK) == 0)
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

static int
check_postrotate(const struct settings *settings, struct plx_why *why)
{
	const char *command = settings->postrotate;

	if (command == NULL)
		return 0;
	if (settings->output == NULL || strcmp(settings->output, "-") == 0)
		return plx_why(why, -EINVAL, "-z %s: there is no file to run it for; give -w FILE",
			       command);
	if (!is_command(command))
		return plx_why(
			why, -EINVAL,
			"-z %s: there is no such command. It is run with the file as its only "
			"argument and without a shell; what needs more goes into a script",
			command);
	return 0;
}

/* zstd, zstd:3, or a name that ends in .zst. */
static int
read_compression(struct settings *settings, struct plx_why *why)
{
	const char *text = settings->compress, *name = settings->output;
	size_t len = name != NULL ? strlen(name) : 0;
	uint64_t level = 1;

	if (text == NULL && (len <= 4 || strcmp(name + len - 4, ".zst") != 0))
		return 0;
	if (text != NULL && strcmp(text, "zstd") != 0 &&
	    (strncmp(text, "zstd:", 5) != 0 ||
	     plx_kvargs_uint(text + 5, 1, PLX_PCAPFILE_ZSTD_MAX, &level) != 0))
		return plx_why(why, -EINVAL,
			       "--compress %s: allowed are zstd and zstd:1 to zstd:%d", text,
			       PLX_PCAPFILE_ZSTD_MAX);
	if (name == NULL || strcmp(name, "-") == 0)
		return plx_why(why, -EINVAL,
			       "--compress %s: files are compressed, a pipe can be: "
			       "plx-capture ... -w - | zstd",
			       text);
	settings->zstd_level = (int)level;
	return 0;
}

bool
rotation_wanted(const struct settings *settings)
{
	return has_limit(&settings->rules);
}

int
rotation_read(struct settings *settings, struct plx_why *why)
{
	struct plx_pcapfile_fileset_params *rules = &settings->rules;
	bool tcpdumps = settings->file_size != NULL || settings->rotate_ns != 0 ||
			settings->file_count != 0;
	int err;

	if (tcpdumps && settings->ring_rules.n != 0)
		return plx_why(
			why, -EINVAL,
			"-C, -G and -W are tcpdump's rotation, -b is dumpcap's, and they name "
			"files differently; give one kind");
	rules->quota = settings->quota;
	rules->safe_rename = settings->safe_rename;
	err = read_compression(settings, why);
	if (err == 0)
		err = read_tcpdumps(settings, why);
	if (err == 0)
		err = read_dumpcaps(settings, why);
	if (err == 0)
		err = apply_stop_bytes(settings, why);
	if (err != 0)
		return err;
	if (rules->stop_after != 0 && !has_limit(rules))
		return plx_why(why, -EINVAL,
			       "-a files: says after how many it ends; -b filesize:, duration:, "
			       "interval: or packets: says when one is full");
	if (has_limit(rules) && settings->output == NULL)
		return plx_why(why, -EINVAL,
			       "there are rules for files, but no file: give -w FILE");
	if (has_limit(rules) && strcmp(settings->output, "-") == 0)
		return plx_why(why, -EINVAL,
			       "standard output is one file; several need a name to begin with");
	return check_postrotate(settings, why);
}
