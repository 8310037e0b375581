/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include "house.h"
#include "json.h"
#include "ledger.h"
#include "units.h"

#include <pollux/plx_clock.h>

#include <inttypes.h>
#include <stdio.h>

#define MAC_FORMAT   "%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_BYTES(m) (m)[0], (m)[1], (m)[2], (m)[3], (m)[4], (m)[5]
#define STATUS	     0x0008u
#define STATUS_LU    (1u << 1)
#define SECOND_NS    1e9

void
report_start(const struct app *app, FILE *out)
{
	char wire[96];

	for (unsigned i = 0; i < app->nb_nics; i++) {
		const struct nic *nic = &app->nics[i];

		fprintf(out, "%s: %s, " MAC_FORMAT ", its wire is %s%s%s%s\n", nic->name,
			nic->conf.socket, MAC_BYTES(nic->conf.mac),
			house_wire_text(nic, wire, sizeof(wire)),
			nic->conf.net[0] != '\0' ? " with " : "", nic->conf.net,
			nic->loop->polls ? ", polled" : "");
	}
	fflush(out);
}

/* -- books --------------------------------------------------------------------------------------------- */

/* What is asked of a NIC on its loop. */
struct look {
	const struct nic *nic;
	struct nic_books books;
	bool connected, link;
	json_t *registers;
};

static void
look_at_books(void *arg)
{
	struct look *look = arg;

	nic_books_now(look->nic, &look->books);
}

static void
look(struct look *look, void (*fn)(void *arg))
{
	loop_call(look->nic->loop, fn, look);
}

static uint64_t
elapsed_ns(const struct app *app)
{
	const uint64_t end = app->ended_ns != 0 ? app->ended_ns : plx_clock_monotonic_ns();

	return end - app->started_ns;
}

static double
a_second(uint64_t n, uint64_t ns)
{
	return ns == 0 ? 0 : (double)n * SECOND_NS / (double)ns;
}

static void
print_rates(const struct app *app, const struct nic_books *books, FILE *out)
{
	const uint64_t ns = elapsed_ns(app);

	fprintf(out, "  in %s:", units_time(ns).text);
	for (enum way way = 0; way < WAYS; way++) {
		const struct way_books *b = &books->way[way];

		fprintf(out, "%s %s %s, %s, %s", way == TO_WIRE ? "" : ";",
			way == TO_WIRE ? "to the wire" : "to the card",
			units_bytes(b->passed_bytes).text,
			units_rate(a_second(b->passed, ns), "pps").text,
			units_rate(8 * a_second(b->passed_bytes, ns), "bps").text);
	}
	fputc('\n', out);
}

/* What is no frame, and yet worth knowing. */
static void
print_notes(const struct nic_books *books, FILE *out)
{
	const struct {
		const char *text;
		uint64_t n;
	} notes[] = {
		{"frames damaged by fault on the way to the wire", books->way[TO_WIRE].corrupted},
		{"frames damaged by fault on the way to the card", books->way[TO_CARD].corrupted},
		{"frames delayed by fault on the way to the wire", books->way[TO_WIRE].delayed},
		{"frames delayed by fault on the way to the card", books->way[TO_CARD].delayed},
		{"packets that the port handed over uncut", books->way[TO_CARD].uncut},
		{"frames from the wire that were made of them", books->way[TO_CARD].pieces},
		{"pause frames among those from the card", books->way[TO_WIRE].pauses},
		{"pause frames among those from the wire", books->way[TO_CARD].pauses},
		{"descriptors that made no frame", books->card.out_bad},
		{"frames the card sent to itself (loopback)", books->card.looped},
		{"accesses to memory that is not there", books->card.dma_errors},
		{"descriptors left unsent by drivers that went", books->unsent},
		{"times that no buffer was free for a frame from the card, which waited",
		 books->starved},
		{"things the driver did that the manual forbids", books->card.complaints},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(notes); i++) {
		if (notes[i].n > 0)
			fprintf(out, "  %s: %s\n", notes[i].text, units_count(notes[i].n).text);
	}
}

static bool
print_ways(const struct nic_books *books, FILE *out)
{
	bool right = true;

	for (enum way way = 0; way < WAYS; way++) {
		const int64_t more = books_against_card(books, way);
		struct account account;

		books_account(books, way, &account);
		account_print(&account, 2, out);
		if (more != 0)
			fprintf(out, "  the card itself counted %+" PRId64 " frames\n", more);
		right = right && account_balance(&account) == 0 && more == 0;
	}
	return right;
}

static bool
port_ledger(const struct nic *nic, struct plx_ethdev_ledger *ret_ledger)
{
	return nic->wire.peer == NULL && plx_ethdev_ledger(nic->wire.port, ret_ledger) == 0;
}

static bool
is_balanced(const struct plx_ethdev_ledger *ledger)
{
	int64_t rx, tx;

	plx_ethdev_ledger_balance(ledger, &rx, &tx);
	return rx == 0 && tx == 0;
}

bool
report_books(const struct app *app, const struct nic *nic, FILE *out)
{
	struct plx_ethdev_ledger ledger;
	struct look seen = {.nic = nic};
	char wire[96];
	bool right;

	look(&seen, look_at_books);
	fprintf(out, "\n%s and %s\n", nic->name, house_wire_text(nic, wire, sizeof(wire)));
	right = print_ways(&seen.books, out);
	print_notes(&seen.books, out);
	print_rates(app, &seen.books, out);
	if (port_ledger(nic, &ledger)) {
		fprintf(out, "  %s itself:\n", wire);
		right = ledger_print(&ledger, 4, out) && right;
	}
	fflush(out);
	return right;
}

json_t *
report_books_json(const struct app *app, const struct nic *nic)
{
	struct plx_ethdev_ledger ledger;
	struct look seen = {.nic = nic};
	json_t *result;

	look(&seen, look_at_books);
	result = books_json(&seen.books);
	json_object_set_new(result, "nic", json_string(nic->name));
	json_object_set_new(result, "time_ns", json_count(elapsed_ns(app)));
	json_object_set_new(result, "port",
			    port_ledger(nic, &ledger) ? json_ledger(&ledger) : json_null());
	if (port_ledger(nic, &ledger) && !is_balanced(&ledger))
		json_object_set_new(result, "balanced", json_false());
	return result;
}

/* -- what a NIC is --------------------------------------------------------------------------------------- */

static void
look_at_state(void *arg)
{
	struct look *look = arg;

	look->connected = look->nic->card != NULL && plx_nicemu_connected(look->nic->card);
	look->link = look->nic->card != NULL &&
		     (plx_e1000_model_peek(plx_nicemu_model(look->nic->card), STATUS) & STATUS_LU);
}

json_t *
report_nic_json(const struct nic *nic)
{
	struct look seen = {.nic = nic};
	char wire[96];

	look(&seen, look_at_state);
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s}", "nic", nic->name, "socket",
			 nic->conf.socket, "mac", json_mac(nic->conf.mac), "wire",
			 house_wire_text(nic, wire, sizeof(wire)), "cable",
			 nic->cable ? "plugged" : "out", "link", seen.link ? "up" : "down",
			 "driver", seen.connected ? "connected" : "none", "mode",
			 nic->loop->polls ? "poll" : "event");
}

/* -- registers ------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint32_t at;
} registers[] = {
	{"CTRL", 0x0000},  {"STATUS", 0x0008}, {"EECD", 0x0010},   {"CTRL_EXT", 0x0018},
	{"MDIC", 0x0020},  {"VET", 0x0038},    {"ICR", 0x00c0},	   {"ITR", 0x00c4},
	{"IMS", 0x00d0},   {"RCTL", 0x0100},   {"FCTTV", 0x0170},  {"TCTL", 0x0400},
	{"TIPG", 0x0410},  {"PBA", 0x1000},    {"FCRTL", 0x2160},  {"FCRTH", 0x2168},
	{"RDBAL", 0x2800}, {"RDBAH", 0x2804},  {"RDLEN", 0x2808},  {"RDH", 0x2810},
	{"RDT", 0x2818},   {"RDTR", 0x2820},   {"RXDCTL", 0x2828}, {"RADV", 0x282c},
	{"TDBAL", 0x3800}, {"TDBAH", 0x3804},  {"TDLEN", 0x3808},  {"TDH", 0x3810},
	{"TDT", 0x3818},   {"TIDV", 0x3820},   {"TXDCTL", 0x3828}, {"TADV", 0x382c},
	{"MPC", 0x4010},   {"GPRC", 0x4074},   {"GPTC", 0x4080},   {"RNBC", 0x40a0},
	{"TPR", 0x40d0},   {"TPT", 0x40d4},    {"RXCSUM", 0x5000}, {"RAL0", 0x5400},
	{"RAH0", 0x5404},  {"MANC", 0x5820},
};

static void
look_at_registers(void *arg)
{
	struct look *look = arg;

	for (unsigned i = 0; look->nic->card != NULL && i < PLX_ARRAY_LEN(registers); i++) {
		const uint32_t value =
			plx_e1000_model_peek(plx_nicemu_model(look->nic->card), registers[i].at);

		json_object_set_new(look->registers, registers[i].name,
				    json_sprintf("0x%08" PRIx32, value));
	}
}

json_t *
report_registers_json(const struct nic *nic)
{
	struct look seen = {.nic = nic, .registers = json_object()};

	look(&seen, look_at_registers);
	return seen.registers;
}

/* -- faults ------------------------------------------------------------------------------------------------ */

static json_t *
spoil_json(const struct spoil *spoil)
{
	return json_pack("{s:I, s:I, s:I}", "drop", (json_int_t)spoil->drop, "corrupt",
			 (json_int_t)spoil->corrupt, "delay_ns", (json_int_t)spoil->delay_ns);
}

json_t *
report_faults_json(const struct nic *nic)
{
	const struct plx_e1000_model_faults *f = &nic->faults;

	return json_pack("{s:s, s:o, s:o, s:{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:I}}",
			 "nic", nic->name, "to_wire", spoil_json(&nic->spoil[TO_WIRE]), "to_card",
			 spoil_json(&nic->spoil[TO_CARD]), "card", "dead", f->dead, "reset_stuck",
			 f->reset_stuck, "no_eerd", f->no_eerd, "eeprom_stuck", f->eeprom_stuck,
			 "eeprom_damaged", f->eeprom_damaged, "phy_stuck", f->phy_stuck, "irq_lost",
			 f->irq_lost, "tx_stuck", f->tx_stuck, "rx_stuck", f->rx_stuck, "dma_error",
			 (json_int_t)f->dma_error);
}
