/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers of a port's device, by the names of its manual: all of them, or one. */
#include "commands.h"
#include "port.h"
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* All of them; free() it. */
static int
read_all(const char *word, uint16_t *ret_port, struct plx_ethdev_reg **ret_regs,
	 struct plx_why *why)
{
	int ret = port_one(word, ret_port, why);

	if (ret != 0)
		return ret;
	*ret_regs = calloc(PLX_ETHDEV_REGS_MAX, sizeof(**ret_regs));
	if (*ret_regs == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	ret = plx_ethdev_registers(*ret_port, *ret_regs, PLX_ETHDEV_REGS_MAX);
	if (ret < 0) {
		free(*ret_regs);
		port_refused(*ret_port, "reading its registers", ret, why);
	}
	return ret;
}

static json_t *
row(const struct plx_ethdev_reg *reg, bool words)
{
	char offset[16], value[16];

	if (!words)
		return json_pack("{s:s, s:I, s:I}", "name", reg->name, "offset",
				 (json_int_t)reg->offset, "value", (json_int_t)reg->value);
	snprintf(offset, sizeof(offset), "0x%05x", reg->offset);
	snprintf(value, sizeof(value), "0x%08x", reg->value);
	return json_pack("{s:s, s:s, s:s}", "register", reg->name, "offset", offset, "value",
			 value);
}

static int
make_rows(const char *word, bool words, uint16_t *ret_port, json_t **ret_rows, struct plx_why *why)
{
	struct plx_ethdev_reg *regs = NULL;
	int n = read_all(word, ret_port, &regs, why);

	if (n < 0)
		return n;
	*ret_rows = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(*ret_rows, row(&regs[i], words));
	free(regs);
	return 0;
}

static int
show(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	json_t *rows = NULL;
	uint16_t port;
	int ret = make_rows(words[2], true, &port, &rows, why);

	if (ret == 0)
		table_print(rows, stdout);
	json_decref(rows);
	return ret;
}

static int
show_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
	   struct plx_why *why)
{
	json_t *rows = NULL;
	uint16_t port;
	int ret = make_rows(words[2], false, &port, &rows, why);

	if (ret != 0)
		return ret;
	json_object_set_new(result, "port", json_integer(port));
	json_object_set_new(result, "registers", rows);
	return 0;
}

/* -- one ------------------------------------------------------------------------------------------------- */

/* By name or by offset. */
static bool
is_meant(const struct plx_ethdev_reg *reg, const char *word)
{
	char *end;
	const unsigned long offset = strtoul(word, &end, 0);

	if (end != word && *end == '\0')
		return reg->offset == offset;
	return strcasecmp(reg->name, word) == 0;
}

/* "read reg 0 RCTL", "read reg 0 0x100" */
static int
read_one(char *const *words, struct plx_ethdev_reg *ret_reg, struct plx_why *why)
{
	struct plx_ethdev_reg *regs = NULL;
	uint16_t port;
	int n = read_all(words[2], &port, &regs, why), i = 0;

	if (n < 0)
		return n;
	while (i < n && !is_meant(&regs[i], words[3]))
		i++;
	if (i < n)
		*ret_reg = regs[i];
	free(regs);
	return i < n ? 0
		     : plx_why(why, -ENOENT,
			       "port %u has no register \"%.32s\" to read, or it is a zero of a table; "
			       "`show port %u registers` lists them",
			       port, words[3], port);
}

static int
read_reg(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	struct plx_ethdev_reg reg;
	int ret = read_one(words, &reg, why);

	if (ret == 0)
		printf("port %s register %s at offset 0x%X: 0x%08X (%u)\n", words[2], reg.name,
		       reg.offset, reg.value, reg.value);
	return ret;
}

static int
read_reg_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
	       struct plx_why *why)
{
	struct plx_ethdev_reg reg;
	int ret = read_one(words, &reg, why);
	json_t *one;

	if (ret != 0)
		return ret;
	one = row(&reg, false);
	json_object_update(result, one);
	json_decref(one);
	return 0;
}

const struct command commands_registers[] = {
	{"show port <port> registers", "what the device's registers hold", show, show_facts},
	{"read reg <port> <register>", "one of them, by name or offset", read_reg, read_reg_facts},
	{NULL},
};
