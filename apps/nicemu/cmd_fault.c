/* SPDX-License-Identifier: BSD-3-Clause */
/* Cables, and what goes wrong with cards and wires. */
#include "commands.h"
#include "units.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define DELAY_MAX_NS (60 * UINT64_C(1000000000))

/* What is done to a NIC, on its loop. */
struct change {
	struct nic *nic;
	bool plugged;
	struct plx_e1000_model_faults faults;
	struct spoil spoil[WAYS]; /* of which the wishes count */
};

static int
change_each(struct app *app, const char *word, void (*fn)(void *arg), const struct change *change,
	    struct plx_why *why)
{
	unsigned first, last;
	int ret = command_nics(app, word, &first, &last, why);

	for (unsigned i = first; ret == 0 && i <= last; i++) {
		struct change of_nic = *change;

		of_nic.nic = &app->nics[i];
		loop_call(of_nic.nic->loop, fn, &of_nic);
	}
	return ret;
}

/* -- cables -------------------------------------------------------------------------------------------- */

static void
set_cable(void *arg)
{
	const struct change *change = arg;

	nic_set_cable(change->nic, change->plugged);
}

static int
set_link(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const struct change change = {.plugged = strcmp(words[2], "up") == 0};

	return change_each(app, words[1], set_cable, &change, why);
}

/* -- the card ------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	size_t at;
} card_faults[] = {
	{"dead", offsetof(struct plx_e1000_model_faults, dead)},
	{"reset_stuck", offsetof(struct plx_e1000_model_faults, reset_stuck)},
	{"no_eerd", offsetof(struct plx_e1000_model_faults, no_eerd)},
	{"eeprom_stuck", offsetof(struct plx_e1000_model_faults, eeprom_stuck)},
	{"eeprom_damaged", offsetof(struct plx_e1000_model_faults, eeprom_damaged)},
	{"phy_stuck", offsetof(struct plx_e1000_model_faults, phy_stuck)},
	{"irq_lost", offsetof(struct plx_e1000_model_faults, irq_lost)},
	{"tx_stuck", offsetof(struct plx_e1000_model_faults, tx_stuck)},
	{"rx_stuck", offsetof(struct plx_e1000_model_faults, rx_stuck)},
};

static void
set_faults(void *arg)
{
	const struct change *change = arg;

	change->nic->faults = change->faults;
	if (change->nic->card != NULL)
		plx_e1000_model_fault(plx_nicemu_model(change->nic->card), &change->faults);
}

/* Each NIC keeps what else is wrong with it. */
static int
change_faults(struct app *app, const char *word, const char *name, unsigned value,
	      struct plx_why *why)
{
	unsigned first, last;
	int ret = command_nics(app, word, &first, &last, why);

	for (unsigned i = first; ret == 0 && i <= last; i++) {
		struct change change = {.nic = &app->nics[i], .faults = app->nics[i].faults};

		if (strcmp(name, "dma_error") == 0)
			change.faults.dma_error = value;
		for (unsigned k = 0; k < PLX_ARRAY_LEN(card_faults); k++) {
			if (strcmp(card_faults[k].name, name) == 0)
				*((bool *)&change.faults + card_faults[k].at) = value != 0;
		}
		loop_call(change.nic->loop, set_faults, &change);
	}
	return ret;
}

static int
set_card_fault(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return change_faults(app, words[1], words[2], strcmp(words[3], "on") == 0, why);
}

static int
set_dma_error(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint64_t n;
	int ret = command_number(words[3], "1 access of", 0, UINT_MAX, &n, why);

	return ret == 0 ? change_faults(app, words[1], words[2], (unsigned)n, why) : ret;
}

/* -- the wire ------------------------------------------------------------------------------------------ */

static void
set_spoil(void *arg)
{
	const struct change *change = arg;

	for (enum way way = 0; way < WAYS; way++) {
		const struct spoil *wish = &change->spoil[way];
		struct spoil *spoil = &change->nic->spoil[way];

		spoil->drop = wish->drop;
		spoil->corrupt = wish->corrupt;
		spoil->delay_ns = wish->delay_ns;
	}
}

static void
wish(struct spoil *spoil, const char *name, uint64_t value)
{
	if (strcmp(name, "drop") == 0)
		spoil->drop = (unsigned)value;
	else if (strcmp(name, "corrupt") == 0)
		spoil->corrupt = (unsigned)value;
	else
		spoil->delay_ns = value;
}

/* `only`: to_wire or to_card; NULL: both. */
static int
change_spoil(struct app *app, const char *word, const char *name, uint64_t value, const char *only,
	     struct plx_why *why)
{
	unsigned first, last;
	int ret = command_nics(app, word, &first, &last, why);

	for (unsigned i = first; ret == 0 && i <= last; i++) {
		struct change change = {.nic = &app->nics[i]};

		memcpy(change.spoil, app->nics[i].spoil, sizeof(change.spoil));
		for (enum way way = 0; way < WAYS; way++) {
			if (only == NULL || strcmp(only, way_names[way]) == 0)
				wish(&change.spoil[way], name, value);
		}
		loop_call(change.nic->loop, set_spoil, &change);
	}
	return ret;
}

static int
set_wire_fault(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint64_t n;
	int ret = command_number(words[3], "1 frame of", 0, UINT_MAX, &n, why);

	if (ret != 0)
		return ret;
	return change_spoil(app, words[1], words[2], n, nb_words > 4 ? words[4] : NULL, why);
}

static int
set_delay(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint64_t ns;

	if (units_parse_time(words[3], &ns) != 0 || ns > DELAY_MAX_NS)
		return plx_why(why, -EINVAL,
			       "\"%.32s\": a time up to a minute is expected, as in 20ms or 0",
			       words[3]);
	return change_spoil(app, words[1], words[2], ns, nb_words > 4 ? words[4] : NULL, why);
}

static void
set_nothing_wrong(void *arg)
{
	set_faults(arg);
	set_spoil(arg);
}

static int
clear_faults(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const struct change change = {.plugged = true};

	return change_each(app, words[1], set_nothing_wrong, &change, why);
}

const struct command commands_fault[] = {
	{"link <nic> up|down", "its cable, and so that of a NIC at the far end", set_link},
	{"cable <nic> up|down", "the same, as plx-ctl calls it", set_link},
	{"fault <nic> drop|corrupt <n> [to_wire|to_card]", "1 frame of n; 0: none", set_wire_fault},
	{"fault <nic> delay <time> [to_wire|to_card]", "each frame, in order", set_delay},
	{"fault <nic> dma_error <n>", "1 access of n to the driver's memory", set_dma_error},
	{"fault <nic> dead|reset_stuck|no_eerd|eeprom_stuck|eeprom_damaged|phy_stuck|irq_lost|"
	 "tx_stuck|rx_stuck on|off",
	 "the card: see plx-nicemu(1)", set_card_fault},
	{"fault <nic> none", "all is well again; the cable stays as it is", clear_faults},
	{NULL},
};
