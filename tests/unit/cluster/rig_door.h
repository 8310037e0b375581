/* SPDX-License-Identifier: BSD-3-Clause */
/* The same with a door: slaves attach as those of other processes do. */
#ifndef PLX_TESTS_UNIT_CLUSTER_RIG_DOOR_H
#define PLX_TESTS_UNIT_CLUSTER_RIG_DOOR_H

#include "patience.h"
#include "rig.h"

#include "cluster_attach_priv.h"
#include "cluster_priv.h"
#include "plx_door.h"
#include "plx_door_client.h"
#include "plx_unixsock.h"
#include "own.h"

#include <time.h>
#include <unistd.h>

#define LIMIT_MS PATIENCE_MS

static char folder[OWN_PATH];

static void PLX_UNUSED
open_cluster(void)
{
	struct plx_why why;

	rig_make();
	if (plx_cluster_open(rig.cluster, &why) < 0)
		fail_msg("%s", why.text);
}

static PLX_UNUSED struct plx_cluster_slave *
attach(const char *name, uint32_t flags)
{
	struct plx_cluster_slave_params params = {.place = PLX_CLUSTER_PLACE_ANY, .flags = flags};
	struct plx_cluster_slave *slave;
	struct plx_why why;
	int ret = -ETIMEDOUT;

	WAIT_UNTIL((ret = plx_cluster_attach(name, &params, &slave, &why)) != -ETIMEDOUT);
	if (ret < 0)
		fail_msg("%s", why.text);
	return slave;
}

static void PLX_UNUSED
refused(const char *name, const struct plx_cluster_slave_params *params, int err, const char *words)
{
	struct plx_cluster_slave *slave;
	struct plx_why why = {""};
	int ret = -ETIMEDOUT;

	WAIT_UNTIL((ret = plx_cluster_attach(name, params, &slave, &why)) != -ETIMEDOUT);
	assert_int_equal(ret, err);
	if (strstr(why.text, words) == NULL)
		fail_msg("\"%s\" has no \"%s\"", why.text, words);
}

/* Bounded: until the control thread noticed that it went. */
static void PLX_UNUSED
wait_until_gone(uint32_t place)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (unsigned i = 0; i < LIMIT_MS && rig_place(place).present; i++)
		nanosleep(&pause, NULL);
	assert_false(rig_place(place).present);
	rig_poll();
}

/* What the master says to a request: 0 and the fds, or the error. */
static int PLX_UNUSED
by_hand(const char *request, struct welcome *ret_welcome, int *fds, unsigned *nb_fds)
{
	struct plx_door_answer answer;
	struct plx_why why = {""};
	int sock, ret = plx_door_attach(plx_door_path(), request, LIMIT_MS, &answer, &sock, &why);

	memset(ret_welcome, 0, sizeof(*ret_welcome));
	ret_welcome->why = why;
	if (ret < 0)
		return ret;
	plx_door_answer_free(&answer);
	assert_int_equal(plx_unixsock_recv_packet(sock, ret_welcome, sizeof(*ret_welcome), fds,
						  nb_fds, LIMIT_MS),
			 sizeof(*ret_welcome));
	if (ret_welcome->err == 0)
		return sock;
	/* Who is refused is hung up on. */
	assert_int_equal(plx_unixsock_recv_packet(sock, &answer, 1, NULL, NULL, LIMIT_MS),
			 -ECONNRESET);
	close(sock);
	return ret_welcome->err;
}

static int
rig_door_init(void **state)
{
	struct plx_why why;

	if (own_folder(folder) == NULL)
		return -1;
	setenv("RUNTIME_DIRECTORY", folder, 1);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	if (rig_init(state) < 0)
		return -1;
	return plx_door_open("test", &why);
}

static int
rig_door_fini(void **state)
{
	plx_door_close();
	rig_fini(state);
	return rmdir(folder); /* nothing is left in it */
}

#endif
