/* SPDX-License-Identifier: BSD-3-Clause */
#include "form.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "habits.h"
#include "settings_priv.h"

static bool
is_own(const char *typed)
{
	for (const struct option_row *row = settings_rows; row->name != NULL; row++) {
		if (row->kind == OPTION_HEADING)
			continue;
		if (typed[1] == '-' ? strcmp(row->name, typed + 2) == 0 : row->letter == typed[1])
			return true;
	}
	return false;
}

/* "--vdev=net_null0" -> "--vdev", "-l0-3" -> "-l" */
static void
option_of(const char *word, char *ret_typed, size_t size)
{
	size_t len = word[1] == '-' ? strcspn(word, "=") : 2;

	snprintf(ret_typed, size, "%.*s", (int)len, word);
}

/* 0-3 or (0-1)@(0-1) or a device: what follows an -l, -n or -a of the EAL and nothing of ours. */
static bool
looks_like_eal_value(char letter, const char *value)
{
	switch (letter) {
	case 'l':
		return value[strspn(value, "0123456789-,@()")] == '\0';
	case 'n':
		return value[strspn(value, "0123456789")] == '\0';
	case 'a':
		return strncmp(value, "net_", 4) == 0 ||
		       value[strspn(value, "0123456789abcdef:.")] == '\0';
	default:
		return false;
	}
}

/* An option that only the EAL has, or one of the same letter with a value that only the EAL would take. */
static bool
is_the_eals(const char *word, const char *next)
{
	char typed[64];

	if (word[0] != '-' || word[1] == '\0' || strcmp(word, "--") == 0)
		return false;
	option_of(word, typed, sizeof(typed));
	if (!is_own(typed))
		return options_is_eal(typed);
	if (word[1] == '-')
		return false;
	if (word[2] != '\0')
		return looks_like_eal_value(word[1], word + 2);
	return next != NULL && next[0] != '\0' && looks_like_eal_value(word[1], next);
}

static int
refuse_missing(const char *word, struct plx_why *why)
{
	char typed[64];

	option_of(word, typed, sizeof(typed));
	return plx_why(
		why, -EINVAL,
		"'%s' is an option of the EAL, and there is no '--' behind it: write plx-capture "
		"[EAL options] -- [options], as in plx-capture -l 0-3 -- -i eth1 -w log.pcap",
		typed);
}

/* Letters that the EAL does not have, or has with another meaning that nobody wants here. */
static bool
is_ours_in_front(const char *word, const char *next)
{
	if (word[0] != '-' || word[1] == '-' || word[1] == '\0')
		return false;
	if (word[1] == 'r') /* of the EAL: a number */
		return next != NULL && next[strspn(next, "0123456789")] != '\0';
	return strchr("iowDs", word[1]) != NULL;
}

static int
check_front(int at, char **argv, struct plx_why *why)
{
	for (int i = 1; i < at; i++) {
		const char *next = i + 1 < at ? argv[i + 1] : NULL;

		if (is_ours_in_front(argv[i], next))
			return plx_why(
				why, -EINVAL,
				"'%.2s' stands in front of '--', where the EAL's options are: "
				"write it behind, or leave the '--' out if there are none of the "
				"EAL's (words of a filter need none)",
				argv[i]);
	}
	return 0;
}

/* Without "--": nothing is for the EAL. */
static int
check_all(int argc, char **argv, struct plx_why *why)
{
	for (int i = 1; i < argc; i++) {
		if (is_the_eals(argv[i], i + 1 < argc ? argv[i + 1] : NULL))
			return refuse_missing(argv[i], why);
	}
	return 0;
}

int
form_check(int argc, char **argv, int at, struct plx_why *why)
{
	int err = at < argc ? check_front(at, argv, why) : check_all(argc, argv, why);

	for (int i = at < argc ? at + 1 : 1; i < argc && err == 0; i++)
		err = habits_check(argv[i], i + 1 < argc ? argv[i + 1] : NULL, why);
	return err;
}
