/* SPDX-License-Identifier: BSD-3-Clause */
/* A card's life, and its turns. */
#include "nic.h"

#include "prompt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUDGET		32u /* frames of a card in a turn */
#define COMPLAINTS_TOLD 20u

/* -- what the card tells --------------------------------------------------------------------------------- */

static void tell(const struct nic *nic, const char *format, ...) PLX_PRINTF(2, 3);

/* On the loop's thread, beside whatever the prompt prints. */
static void
tell(const struct nic *nic, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	flockfile(stdout);
	prompt_leave(stdout);
	printf("%s: ", nic->name);
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	funlockfile(stdout);
	va_end(args);
}

static void
on_changed(void *arg, bool connected, const char *why)
{
	const struct nic *nic = arg;

	if (nic->verbose && connected)
		tell(nic, "a driver connected");
	else if (nic->verbose)
		tell(nic, "its driver has gone%s%s", why != NULL ? ": " : "",
		     why != NULL ? why : "");
}

/* A driver that went mad is not to fill a disk. */
static void
on_complaint(void *arg, const char *what)
{
	struct nic *nic = arg;

	if (!nic->verbose || nic->complaints_told > COMPLAINTS_TOLD)
		return;
	if (nic->complaints_told++ < COMPLAINTS_TOLD)
		tell(nic, "%s", what);
	else
		tell(nic, "and so on: show stats counts its complaints");
}

/* -- life ------------------------------------------------------------------------------------------------ */

int
nic_open(struct nic *nic, struct plx_why *why)
{
	const struct plx_nicemu_options options = {
		.path = nic->conf.socket,
		.mac = {nic->conf.mac[0], nic->conf.mac[1], nic->conf.mac[2], nic->conf.mac[3],
			nic->conf.mac[4], nic->conf.mac[5]},
		.takes = nic->wire.takes,
		.doorbells = nic->conf.doorbells,
		.arg = nic,
		.send = path_send,
		.complain = on_complaint,
		.changed = on_changed,
	};
	struct plx_why cause = {""};
	int ret;

	nic->cable = true;
	for (enum way way = 0; way < WAYS; way++)
		spoil_init(&nic->spoil[way], nic->number * WAYS + way + 1);
	nic->scratch = malloc(NIC_SCRATCH);
	if (nic->scratch == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	if (nic->wire.peer != NULL) {
		ret = wire_join(&nic->wire, why);
		if (ret != 0)
			return ret;
	}
	if (nic->conf.pcap[0] != '\0') {
		ret = record_open(nic->conf.pcap, nic->name, &nic->record, why);
		if (ret != 0)
			return ret;
	}
	ret = plx_nicemu_create(&options, &nic->card, &cause);
	return ret == 0 ? 0 : plx_why(why, ret, "%s: %s", nic->name, cause.text);
}

void
nic_end(struct nic *nic)
{
	struct way_books *way = nic->books.way;

	if (nic->card == NULL)
		return;
	wire_give_up(nic);
	for (enum way w = 0; w < WAYS; w++) {
		way[w].lost[LOSS_END] += nic->spoil[w].nb_held;
		spoil_fini(&nic->spoil[w]);
	}
	nic_books_now(nic, &nic->books);
	plx_nicemu_destroy(nic->card);
	nic->card = NULL;
}

int
nic_close(struct nic *nic, struct plx_why *why)
{
	int ret = record_close(nic->record, why);

	plx_nicemu_destroy(nic->card);
	nic->card = NULL;
	nic->record = NULL;
	free(nic->scratch);
	nic->scratch = NULL;
	wire_close(&nic->wire);
	return ret;
}

/* -- turns ----------------------------------------------------------------------------------------------- */

unsigned
nic_round(struct nic *nic)
{
	unsigned done = 0;

	if (PLX_UNLIKELY(nic->spoil[TO_WIRE].nb_held + nic->spoil[TO_CARD].nb_held > 0))
		done += path_release(nic);
	if (nic->wire.peer == NULL && !nic->is_silent)
		done += wire_receive(nic);
	done += plx_nicemu_poll(nic->card, BUDGET);
	if (nic->wire.nb_out > 0)
		done += wire_flush(nic);
	return done;
}

void
nic_idle(struct nic *nic)
{
	if (nic->record != NULL)
		record_flush(nic->record);
}

/* -- looking and changing -------------------------------------------------------------------------------- */

void
nic_books_now(const struct nic *nic, struct nic_books *ret_books)
{
	struct plx_nicemu_stats stats;

	*ret_books = nic->books;
	for (enum way way = 0; way < WAYS; way++)
		ret_books->waiting[way] = nic->spoil[way].nb_held;
	ret_books->waiting[TO_WIRE] += nic->wire.nb_out;
	if (nic->card == NULL)
		return;
	plx_e1000_model_stats(plx_nicemu_model(nic->card), &ret_books->card);
	plx_nicemu_stats(nic->card, &stats);
	ret_books->unsent = stats.unsent;
}

static void
plug(struct nic *nic, bool plugged)
{
	nic->cable = plugged;
	plx_e1000_model_set_cable(plx_nicemu_model(nic->card), plugged);
}

void
nic_set_cable(struct nic *nic, bool plugged)
{
	plug(nic, plugged);
	if (nic->wire.peer != NULL)
		plug(nic->wire.peer, plugged);
}
