/* SPDX-License-Identifier: BSD-3-Clause */
#include "rotation_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pollux/plx_kvargs.h>

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

/* A name that promises what the file would not be. */
static int
check_suffix(const char *name, struct plx_why *why)
{
	static const char *const others[] = {".gz", ".xz", ".bz2", ".lz4"};
	size_t len = name != NULL ? strlen(name) : 0;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(others); i++) {
		size_t end = strlen(others[i]);

		if (len > end && strcmp(name + len - end, others[i]) == 0)
			return plx_why(why, -EINVAL,
				       "'%.128s': files are compressed by zstd, with a name that "
				       "ends in .zst; others can do it afterwards: -z gzip",
				       name);
	}
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
	return rotation_has_limit(&settings->rules);
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
	err = check_suffix(settings->output, why);
	if (err == 0)
		err = read_compression(settings, why);
	if (err == 0)
		err = read_tcpdumps(settings, why);
	if (err == 0)
		err = rotation_read_dumpcaps(settings, why);
	if (err == 0)
		err = rotation_apply_stop_bytes(settings, why);
	if (err != 0)
		return err;
	if (rules->stop_after != 0 && !rotation_has_limit(rules))
		return plx_why(why, -EINVAL,
			       "-a files: says after how many it ends; -b filesize:, duration:, "
			       "interval: or packets: says when one is full");
	if (rotation_has_limit(rules) && settings->output == NULL)
		return plx_why(why, -EINVAL,
			       "there are rules for files, but no file: give -w FILE");
	if (rotation_has_limit(rules) && strcmp(settings->output, "-") == 0)
		return plx_why(why, -EINVAL,
			       "standard output is one file; several need a name to begin with");
	return check_postrotate(settings, why);
}
