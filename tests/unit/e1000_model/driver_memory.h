/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of a driver that is not there, a few maps at bus addresses, some of which can only be asked for; and a card on it. */
#ifndef PLX_TESTS_UNIT_E1000_MODEL_DRIVER_MEMORY_H
#define PLX_TESTS_UNIT_E1000_MODEL_DRIVER_MEMORY_H

#include "model_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MAPS_MAX 8
#define PAGE	 0x1000u

struct driver_map {
	uint64_t address, len;
	uint8_t *bytes; /* of their own, so that a sanitizer sees who goes too far */
	bool read_only, /* find() has it for loads only */
		asked;	/* find() does not have it: read() and write() do */
};

struct driver_memory {
	struct driver_map maps[MAPS_MAX];
	unsigned nb;
	unsigned finds, reads, writes;
	uint8_t wrote[4]; /* what the first of the writes began with, or had where a status is */
};

static inline uint8_t *
memory_add(struct driver_memory *memory, uint64_t address, uint64_t len)
{
	struct driver_map *map = &memory->maps[memory->nb++];

	*map = (struct driver_map){.address = address, .len = len, .bytes = calloc(1, len)};
	return map->bytes;
}

static inline void
memory_free(struct driver_memory *memory)
{
	for (unsigned i = 0; i < memory->nb; i++)
		free(memory->maps[i].bytes);
	memset(memory, 0, sizeof(*memory));
}

static inline struct driver_map *
memory_map(struct driver_memory *memory, uint64_t address)
{
	for (unsigned i = 0; i < memory->nb; i++)
		if (address - memory->maps[i].address < memory->maps[i].len)
			return &memory->maps[i];
	return NULL;
}

/* A byte, for tests to look at; NULL outside. */
static inline uint8_t *
memory_at(struct driver_memory *memory, uint64_t address)
{
	struct driver_map *map = memory_map(memory, address);

	return map != NULL ? map->bytes + (address - map->address) : NULL;
}

static inline void *
memory_find(struct driver_memory *memory, uint64_t address, uint64_t len, bool write,
	    uint64_t *ret_len)
{
	struct driver_map *map = memory_map(memory, address);

	memory->finds++;
	if (map == NULL || map->asked || (write && map->read_only))
		return NULL;
	*ret_len = map->len - (address - map->address);
	if (len < *ret_len)
		*ret_len = len;
	return map->bytes + (address - map->address);
}

/* As an embedder does that keeps strictly to what it promised: only what find() has not, and not over the end of a map. */
static inline int
memory_read(struct driver_memory *memory, uint64_t address, void *to, size_t len)
{
	struct driver_map *map = memory_map(memory, address);

	memory->reads++;
	if (map == NULL || !map->asked || len > map->len - (address - map->address))
		return -EFAULT;
	memcpy(to, map->bytes + (address - map->address), len);
	return 0;
}

static inline int
memory_write(struct driver_memory *memory, uint64_t address, const void *from, size_t len)
{
	struct driver_map *map = memory_map(memory, address);

	if (memory->writes < 4 && len > 4)
		memory->wrote[memory->writes] = ((const uint8_t *)from)[len - 4];
	memory->writes++;
	if (map == NULL || !map->asked || map->read_only ||
	    len > map->len - (address - map->address))
		return -EFAULT;
	memcpy(map->bytes + (address - map->address), from, len);
	return 0;
}

/* -- a card on it ----------------------------------------------------------------------------------------------------- */

static struct driver_memory memory;
static struct plx_e1000_model *model;

static inline void *
card_find(void *arg, uint64_t address, uint64_t len, bool write, uint64_t *ret_len)
{
	return memory_find(&memory, address, len, write, ret_len);
}

static inline int
card_read(void *arg, uint64_t address, void *to, size_t len)
{
	return memory_read(&memory, address, to, len);
}

static inline int
card_write(void *arg, uint64_t address, const void *from, size_t len)
{
	return memory_write(&memory, address, from, len);
}

static inline bool
card_swallows(void *arg, const struct plx_e1000_model_frame *frame)
{
	return true;
}

static inline void
make_card(void)
{
	const struct plx_e1000_model_options options = {.mac = {2, 0, 0, 0, 0, 1}};
	const struct plx_e1000_model_ops ops = {
		.find = card_find, .read = card_read, .write = card_write, .send = card_swallows};

	assert_int_equal(plx_e1000_model_create(&options, &ops, NULL, &model), 0);
}

static inline void
free_card(void)
{
	plx_e1000_model_destroy(model);
	memory_free(&memory);
}

static inline uint64_t
errors(void)
{
	return model->stats.dma_errors;
}

#endif
