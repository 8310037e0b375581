/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake device's life, what a test sees of it, and what is written down about the driver. See virtio_fake.h. */
#include "virtio_fake_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FAKES_MAX 16

static struct vfake *fakes[FAKES_MAX];

struct vfake *
vfake_find(const char *name)
{
	for (unsigned i = 0; i < FAKES_MAX; i++)
		if (fakes[i] != NULL && strcmp(fakes[i]->name, name) == 0)
			return fakes[i];
	return NULL;
}

static void
fill_config(struct vfake *fake)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
	uint8_t *config = fake->config;
	uint16_t mtu = fake->options.mtu;
	uint32_t speed = 10000, types = 0x3f;

	memcpy(fake->permanent_mac, mac, sizeof(mac));
	config[VIRTIO_NET_CFG_STATUS] = VIRTIO_NET_S_LINK_UP;
	memcpy(config + VIRTIO_NET_CFG_MAX_PAIRS, &fake->options.pairs, 2);
	memcpy(config + VIRTIO_NET_CFG_MTU, &mtu, 2);
	memcpy(config + VIRTIO_NET_CFG_SPEED, &speed, 4);
	config[VIRTIO_NET_CFG_DUPLEX] = 1;
	config[VIRTIO_NET_CFG_RSS_MAX_KEY] = VFAKE_RSS_KEY;
	config[VIRTIO_NET_CFG_RSS_MAX_TABLE] = VFAKE_RSS_TABLE;
	memcpy(config + VIRTIO_NET_CFG_HASH_TYPES, &types, 4);
}

static void
init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t recursive;

	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(lock, &recursive);
	pthread_mutexattr_destroy(&recursive);
}

struct vfake *
vfake_create(const char *name, const struct vfake_options *options)
{
	struct vfake *fake = calloc(1, sizeof(*fake));
	unsigned slot = 0;

	while (slot < FAKES_MAX && fakes[slot] != NULL)
		slot++;
	if (fake == NULL || slot == FAKES_MAX || vfake_find(name) != NULL) {
		free(fake);
		return NULL;
	}
	snprintf(fake->name, sizeof(fake->name), "%s", name);
	fake->options = *options;
	if (fake->options.pairs == 0)
		fake->options.pairs = 1;
	if (fake->options.queue_size == 0)
		fake->options.queue_size = 256;
	if (fake->options.mtu == 0)
		fake->options.mtu = 1500;
	init_lock(&fake->lock);
	fake->doorbell_fd = -1;
	fill_config(fake);
	vfake_space_build(fake);
	vfake_reset(fake);
	fake->state.resets = 0;
	fakes[slot] = fake;
	return fake;
}

void
vfake_destroy(struct vfake *fake)
{
	if (fake == NULL)
		return;
	for (unsigned i = 0; i < FAKES_MAX; i++)
		if (fakes[i] == fake)
			fakes[i] = NULL;
	vfake_reset(fake);
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

/* -- what a test sees ------------------------------------------------------------------------------------------- */

struct vfake_state
vfake_state(struct vfake *fake)
{
	struct vfake_state state;

	pthread_mutex_lock(&fake->lock);
	memcpy(fake->state.mac, fake->config + VIRTIO_NET_CFG_MAC, 6);
	for (unsigned i = 0; i < VFAKE_QUEUES_MAX; i++) {
		fake->state.queue[i].enabled = fake->queue[i].enabled;
		fake->state.queue[i].size = fake->queue[i].size;
		fake->state.queue[i].vector = fake->queue[i].vector;
		fake->state.queue[i].notifications = fake->queue[i].notifications;
		fake->state.queue[i].frames = fake->queue[i].frames;
	}
	state = fake->state;
	pthread_mutex_unlock(&fake->lock);
	return state;
}

struct vfake_faults *
vfake_faults(struct vfake *fake)
{
	return &fake->faults;
}

uint8_t *
vfake_config_space(struct vfake *fake)
{
	return fake->space;
}

uint8_t *
vfake_config(struct vfake *fake)
{
	return fake->config;
}

void
vfake_tamper(struct vfake *fake, vfake_tamper_fn tamper, void *arg)
{
	pthread_mutex_lock(&fake->lock);
	fake->tamper = tamper;
	fake->tamper_arg = arg;
	pthread_mutex_unlock(&fake->lock);
}

/* -- what is written down ------------------------------------------------------------------------------------------ */

void
vfake_violation(struct vfake *fake, const char *format, ...)
{
	size_t len = strlen(fake->text), room = sizeof(fake->text) - len;
	va_list args;

	va_start(args, format);
	if (room > 2)
		vsnprintf(fake->text + len, room - 1, format, args);
	va_end(args);
	if (room > 2)
		strcat(fake->text, "\n");
}

const char *
vfake_violations(struct vfake *fake)
{
	return fake->text;
}

void
vfake_forget(struct vfake *fake)
{
	pthread_mutex_lock(&fake->lock);
	fake->text[0] = '\0';
	fake->nb_accesses = 0;
	pthread_mutex_unlock(&fake->lock);
}

void
vfake_log(struct vfake *fake, enum vfake_area area, bool write, uint64_t off, unsigned len,
	  uint64_t value)
{
	if (fake->nb_accesses == VFAKE_LOG_MAX)
		return;
	fake->access[fake->nb_accesses++] = (struct vfake_access){.area = area,
								  .write = write,
								  .len = (uint8_t)len,
								  .off = (uint16_t)off,
								  .value = (uint32_t)value};
}

bool
vfake_access_at(struct vfake *fake, unsigned i, struct vfake_access *ret_access)
{
	bool there;

	pthread_mutex_lock(&fake->lock);
	there = i < fake->nb_accesses;
	if (there)
		*ret_access = fake->access[i];
	pthread_mutex_unlock(&fake->lock);
	return there;
}

/* -- news ----------------------------------------------------------------------------------------------------------- */

void
vfake_set_link(struct vfake *fake, bool up)
{
	pthread_mutex_lock(&fake->lock);
	fake->config[VIRTIO_NET_CFG_STATUS] &= (uint8_t)~VIRTIO_NET_S_LINK_UP;
	fake->config[VIRTIO_NET_CFG_STATUS] |= up ? VIRTIO_NET_S_LINK_UP : 0;
	vfake_interrupt_config(fake);
	pthread_mutex_unlock(&fake->lock);
}

void
vfake_announce(struct vfake *fake)
{
	pthread_mutex_lock(&fake->lock);
	fake->config[VIRTIO_NET_CFG_STATUS] |= VIRTIO_NET_S_ANNOUNCE;
	vfake_interrupt_config(fake);
	pthread_mutex_unlock(&fake->lock);
}

void
vfake_need_reset(struct vfake *fake)
{
	pthread_mutex_lock(&fake->lock);
	fake->state.status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
	vfake_interrupt_config(fake);
	pthread_mutex_unlock(&fake->lock);
}
