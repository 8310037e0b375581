/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake 82540EM: an emulated card (lib/e1000_model), its far end, its faults, and the memory it may reach. */
#include "e1000_fake_priv.h"

#include "plx_byteorder.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS	     8 /* timers that set themselves again end somewhere */
#define BUDGET	     32
#define TYPE_AT	     12u
#define TYPE_CONTROL 0x8808

struct efake *efake_only;

void
efake_violation(struct efake *fake, const char *format, ...)
{
	const size_t len = strlen(fake->violations);
	va_list args;

	va_start(args, format);
	vsnprintf(fake->violations + len, sizeof(fake->violations) - len, format, args);
	va_end(args);
	if (len + 1 < sizeof(fake->violations))
		strncat(fake->violations, "\n", sizeof(fake->violations) - len - 1);
}

/* -- what the model asks of its embedder --------------------------------------------------------------------------------- */

uint8_t *
efake_dma(struct efake *fake, uint64_t addr, uint64_t *ret_len)
{
	for (unsigned i = 0; i < fake->nb_zones; i++) {
		const uint64_t off = addr - (uintptr_t)fake->zone[i].addr;

		if (off >= fake->zone[i].len)
			continue;
		*ret_len = fake->zone[i].len - off;
		return fake->zone[i].addr + off;
	}
	efake_violation(fake, "DMA outside of all zones, at %#" PRIx64, addr);
	return NULL;
}

static void *
find(void *arg, uint64_t address, uint64_t len, bool write, uint64_t *ret_len)
{
	uint8_t *at = efake_dma(arg, address, ret_len);

	if (at != NULL && *ret_len > len)
		*ret_len = len;
	return at;
}

/* The far end keeps to itself what is not for who uses it: pauses. */
static bool
is_control(const struct efake_frame *frame)
{
	return frame->len >= TYPE_AT + 2 && plx_load_be16(frame->bytes + TYPE_AT) == TYPE_CONTROL;
}

static bool
takes_frame(void *arg, const struct plx_e1000_model_frame *out)
{
	struct efake *fake = arg;
	struct efake_frame *frame = calloc(1, sizeof(*frame) + out->len);

	if (frame == NULL)
		return false;
	for (unsigned i = 0; i < out->nb_parts; i++) {
		memcpy(frame->bytes + frame->len, out->parts[i].iov_base, out->parts[i].iov_len);
		frame->len += out->parts[i].iov_len;
	}
	if (is_control(frame)) {
		free(frame);
		return true;
	}
	*fake->sent_end = frame;
	fake->sent_end = &frame->next;
	return true;
}

static void
line_changed(void *arg, bool up)
{
	struct efake *fake = arg;

	fake->line = up;
	efake_drive_line(fake);
}

static void
complains(void *arg, const char *what)
{
	efake_violation(arg, "%s", what);
}

static const struct plx_e1000_model_ops ops = {
	.find = find, .send = takes_frame, .intx = line_changed, .complain = complains};

/* -- time ------------------------------------------------------------------------------------------------------------------ */

/* It passes only where the card waits for it to: tests need not. */
void
efake_settle(struct efake *fake)
{
	for (unsigned i = 0; i < TURNS; i++) {
		uint64_t next;

		while (plx_e1000_model_poll(fake->model, BUDGET) > 0)
			;
		next = plx_e1000_model_tick(fake->model, fake->now_ns);
		if (next == UINT64_MAX)
			return;
		fake->now_ns = next;
		plx_e1000_model_tick(fake->model, fake->now_ns);
	}
}

/* -- its life ---------------------------------------------------------------------------------------------------------------- */

struct efake *
efake_create(const char *name)
{
	const struct plx_e1000_model_options options = {.mac = {0x02, 0, 0, 0, 0, 0x05}};
	struct efake *fake = calloc(1, sizeof(*fake));

	if (fake == NULL)
		return NULL;
	if (plx_e1000_model_create(&options, &ops, fake, &fake->model) != 0) {
		free(fake);
		return NULL;
	}
	snprintf(fake->name, sizeof(fake->name), "%s", name);
	pthread_mutex_init(&fake->lock, NULL);
	fake->irq_fd = -1;
	fake->sent_end = &fake->sent;
	efake_settle(fake);
	efake_only = fake;
	return fake;
}

void
efake_destroy(struct efake *fake)
{
	if (fake == NULL)
		return;
	for (struct efake_frame *frame = fake->sent, *next; frame != NULL; frame = next) {
		next = frame->next;
		free(frame);
	}
	plx_e1000_model_destroy(fake->model);
	pthread_mutex_destroy(&fake->lock);
	free(fake);
	efake_only = NULL;
}

/* Being dead is the transport's affair: configuration space answers nevertheless. */
void
efake_fault(struct efake *fake, const struct efake_faults *faults)
{
	const struct plx_e1000_model_faults of_model = {.reset_stuck = faults->reset_stuck,
							.no_eerd = faults->no_eerd,
							.eeprom_stuck = faults->eeprom_stuck,
							.eeprom_damaged = faults->eeprom_damaged,
							.phy_stuck = faults->phy_stuck,
							.tx_stuck = faults->sends_nothing};

	pthread_mutex_lock(&fake->lock);
	fake->faults = *faults;
	plx_e1000_model_fault(fake->model, &of_model);
	pthread_mutex_unlock(&fake->lock);
}

void
efake_set_link(struct efake *fake, bool up)
{
	pthread_mutex_lock(&fake->lock);
	plx_e1000_model_set_cable(fake->model, up);
	efake_settle(fake);
	efake_drive_line(fake);
	pthread_mutex_unlock(&fake->lock);
}

void
efake_leave_running(struct efake *fake)
{
	pthread_mutex_lock(&fake->lock);
	efake_set_command(fake, efake_command(fake) | EFAKE_COMMAND_MASTER);
	pthread_mutex_unlock(&fake->lock);
}

void
efake_set_mac_words(struct efake *fake, uint16_t first, uint16_t second, uint16_t third)
{
	const uint16_t mac[] = {first, second, third};
	uint16_t *words, sum = 0;

	pthread_mutex_lock(&fake->lock);
	words = plx_e1000_model_eeprom(fake->model);
	memcpy(words + E1000_EEPROM_MAC, mac, sizeof(mac));
	for (unsigned i = 0; i < E1000_EEPROM_CHECKSUM; i++)
		sum = (uint16_t)(sum + words[i]);
	words[E1000_EEPROM_CHECKSUM] = (uint16_t)(E1000_EEPROM_SUM - sum);
	pthread_mutex_unlock(&fake->lock);
}

/* -- the far end ------------------------------------------------------------------------------------------------------------- */

void
efake_put(struct efake *fake, const void *frame, size_t len)
{
	pthread_mutex_lock(&fake->lock);
	plx_e1000_model_receive(fake->model, frame, len);
	efake_settle(fake);
	pthread_mutex_unlock(&fake->lock);
}

size_t
efake_take(struct efake *fake, void *frame, size_t size)
{
	struct efake_frame *first;
	size_t len = 0;

	pthread_mutex_lock(&fake->lock);
	first = fake->sent;
	if (first != NULL) {
		len = first->len < size ? first->len : size;
		memcpy(frame, first->bytes, len);
		fake->sent = first->next;
		if (fake->sent == NULL)
			fake->sent_end = &fake->sent;
		free(first);
	}
	pthread_mutex_unlock(&fake->lock);
	return len;
}

/* -- lies -------------------------------------------------------------------------------------------------------------------- */

static uint32_t
get(struct efake *fake, uint32_t reg)
{
	return plx_e1000_model_peek(fake->model, reg);
}

static uint8_t *
find_all(struct efake *fake, uint64_t addr, uint64_t len)
{
	uint64_t rest;
	uint8_t *at = efake_dma(fake, addr, &rest);

	return at != NULL && rest >= len ? at : NULL;
}

static bool
write_back(struct efake *fake, const void *bytes, size_t room, const struct e1000_rx_desc *desc)
{
	const uint64_t base = (uint64_t)get(fake, E1000_RDBAH) << 32 | get(fake, E1000_RDBAL);
	const uint32_t size = get(fake, E1000_RDLEN) / (uint32_t)sizeof(*desc);
	const uint32_t head = get(fake, E1000_RDH);
	uint64_t word;
	uint8_t *at, *to;

	if (size == 0 || head == get(fake, E1000_RDT))
		return false;
	at = find_all(fake, base + head * sizeof(*desc), sizeof(*desc));
	if (at == NULL)
		return false;
	to = room > 0 ? find_all(fake, plx_load_le64(at), room) : NULL;
	if (room > 0 && to == NULL)
		return false;
	if (room > 0)
		memcpy(to, bytes, room);
	memcpy(&word, (const uint8_t *)desc + 8, sizeof(word));
	__atomic_store_n((uint64_t *)(void *)(at + 8), word, __ATOMIC_RELEASE);
	plx_e1000_model_poke(fake->model, E1000_RDH, (head + 1) % size);
	return true;
}

bool
efake_put_raw(struct efake *fake, const void *bytes, size_t room, const struct e1000_rx_desc *desc)
{
	bool put;

	pthread_mutex_lock(&fake->lock);
	put = write_back(fake, bytes, room, desc);
	pthread_mutex_unlock(&fake->lock);
	return put;
}

uint32_t
efake_register(struct efake *fake, uint32_t reg)
{
	uint32_t value;

	pthread_mutex_lock(&fake->lock);
	value = get(fake, reg);
	pthread_mutex_unlock(&fake->lock);
	return value;
}

void
efake_set_register(struct efake *fake, uint32_t reg, uint32_t value)
{
	pthread_mutex_lock(&fake->lock);
	plx_e1000_model_poke(fake->model, reg, value);
	pthread_mutex_unlock(&fake->lock);
}

/* -- books ------------------------------------------------------------------------------------------------------------------- */

void
efake_accesses(struct efake *fake, unsigned *ret_reads, unsigned *ret_writes)
{
	pthread_mutex_lock(&fake->lock);
	*ret_reads = fake->reads;
	*ret_writes = fake->writes;
	fake->reads = fake->writes = 0;
	pthread_mutex_unlock(&fake->lock);
}

const char *
efake_violations(struct efake *fake)
{
	return fake->violations;
}
