/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as devargs: it is parsed or refused with a sentence, and strings stay within their fields. */
#include "plx_kvargs.h"

#include <stdlib.h>
#include <string.h>

struct args {
	bool flag;
	uint64_t number;
	char text[16];
	char guard;
	uint8_t mac[6];
	int choice;
	struct plx_kvargs_list list;
};

static const char *const choices[] = {"native", "generic", NULL};

static const struct plx_kvargs_field fields[] = {
	{"flag", PLX_KVARGS_BOOL, offsetof(struct args, flag)},
	{"number", PLX_KVARGS_UINT, offsetof(struct args, number), .min = 3, .max = 4096},
	{"text", PLX_KVARGS_STRING, offsetof(struct args, text), .max = 16},
	{"mac", PLX_KVARGS_MAC, offsetof(struct args, mac)},
	{"choice", PLX_KVARGS_CHOICE, offsetof(struct args, choice), .choices = choices},
	{"list", PLX_KVARGS_LIST, offsetof(struct args, list)},
	{NULL},
};

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static void
check_parsed(const struct args *args)
{
	must(args->number == 5 || (args->number >= 3 && args->number <= 4096));
	must(memchr(args->text, '\0', sizeof(args->text)) != NULL && args->guard == 'g');
	must(args->choice == 0 || args->choice == 1);
	must(args->list.n <= PLX_KVARGS_LIST_MAX);
	for (unsigned i = 0; i < args->list.n; i++)
		must(memchr(args->list.item[i], '\0', PLX_KVARGS_STRING_MAX) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct args args = {.number = 5, .guard = 'g'};
	char *text = malloc(size + 1);
	struct plx_why why = {""};
	const char *rest;
	char name[32];
	int err;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (plx_kvargs_split(text, name, sizeof(name), &rest, &why) == 0) {
		must(strlen(name) > 0 && rest >= text && rest <= text + size);
		err = plx_kvargs_parse(rest, fields, &args, &why);
		if (err == 0)
			check_parsed(&args);
		else
			must(why.text[0] != '\0');
	} else {
		must(why.text[0] != '\0');
	}
	free(text);
	return 0;
}
